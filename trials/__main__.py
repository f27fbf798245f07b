"""``make trials``: every trial in its long form, one after the other; ``make trials SHORT=1``: a sample of each.

The short form ends within minutes: faults, one case of each kind; kills, every n-th moment; ten orders of kills and all
else; three nights with faults and one steady process; a few changes of two pure modules. All examples of each property
are tried in both, of which ``make test`` tries a few; the seeds of the fuzzer are all there. Real clients are tried in
both forms: the pages' commands under Meltano, a newcomer's project, and a browser; in the long one Meltano installs the
wheel and a mapper for the newcomer. So are Airbyte's own.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTEST = ("pytest", "-q", "-p", "no:cacheprovider")
WORKERS = str((os.cpu_count() or 2) + 1)  # killed and waiting processes leave a core free
IN_PARALLEL = ("--numprocesses", WORKERS, "--dist", "worksteal", "--durations=15")
CLIENTS = ("trials/clients", "trials/test_request_counts.py", "trials/test_shared_limit.py")
SHORT_TESTS = ("trials/faults", "trials/kills", "trials/soak", *CLIENTS)
PROPERTIES = (*PYTEST, *IN_PARALLEL, "-m", "hypothesis", "tests")  # `make test` tries a few examples of each
MUTATED = ("pim_wire/pace.py", "target_micropim/plan/limit.py")
MUTANTS = 3  # of each
FUZZ_TARGETS = ("lines", "messages", "filters", "mapping", "html", "urls")
FUZZ_SECONDS = 60


@dataclass(frozen=True)
class Trial:
    """A module with its arguments; ``needs``: a library without which the trial is left out, and its group."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, str] | None = None

    def missing(self) -> str | None:
        """Why this trial cannot be run here."""
        if self.needs is None or find_spec(self.needs[0]) is not None:
            return None
        return f"{self.needs[0]} is not installed: uv pip install --group {self.needs[1]}"

    def run(self) -> int:
        """In a process of its own; the exit code."""
        environment = {**os.environ, **self.environment}
        return subprocess.run([sys.executable, "-m", *self.command], cwd=ROOT, env=environment, check=False).returncode


def short_trials() -> Iterator[Trial]:
    """A sample of each."""
    yield Trial("faults, kills, any order, soak, clients", (*PYTEST, *IN_PARALLEL, *SHORT_TESTS))
    yield properties()
    yield mutation("--sample", str(MUTANTS), *MUTATED)
    yield Trial("airbyte: PyAirbyte, the CDK's tests", ("trials.airbyte", "--short"))


def long_trials() -> Iterator[Trial]:
    """Everything."""
    yield Trial("clients: Meltano, a browser", (*PYTEST, *IN_PARALLEL, *CLIENTS), {"NEWCOMER_INSTALLS": "1"})
    yield Trial("airbyte", ("trials.airbyte",))
    yield Trial("faults", ("trials.faults",))
    yield Trial("kills", ("trials.kills",))
    yield Trial("any order", (*PYTEST, "trials/kills/test_any_order.py"), {"KILL_EXAMPLES": "200"})
    yield Trial("soak", ("trials.soak",))
    yield properties()
    yield mutation()
    for target in FUZZ_TARGETS:
        command = ("trials.fuzz", target, f"-max_total_time={FUZZ_SECONDS}", "-max_len=2048")
        yield Trial(f"fuzz: {target}", command, needs=("atheris", "fuzz"))


def properties() -> Trial:
    """All examples of each property in ``tests``."""
    return Trial("properties, all examples", PROPERTIES, {"EXAMPLES": "all"})


def mutation(*arguments: str) -> Trial:
    """Mutation testing, where cosmic-ray is installed."""
    return Trial("mutation", ("trials.mutation", *arguments), needs=("cosmic_ray", "mutate"))


def main() -> int:
    """Run all, whatever comes of one; 1 when any failed."""
    flags = argparse.ArgumentParser(prog="python -m trials", description=__doc__.partition("\n")[0])
    flags.add_argument("--short", action="store_true", help="a sample of each, within minutes")
    results: list[str] = []
    failed = False
    for trial in short_trials() if flags.parse_args().short else long_trials():
        print(f"\n{trial.name}", flush=True)
        missing, began = trial.missing(), time.monotonic()
        code = 0 if missing else trial.run()
        failed = failed or code != 0
        verdict = f"left out: {missing}" if missing else f"FAILED ({code})" if code else "passed"
        results.append(f"{trial.name}: {verdict}, {time.monotonic() - began:.0f} s")
    print("\n" + "\n".join(results))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
