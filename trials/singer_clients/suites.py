"""The SDK's own suites of a tap and of a target, from outside: on the installed wheel alone."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from trials.singer_clients.results import Result, Verdict

OUTSIDE = Path(__file__).parent / "outside"
SUITES = "singer-sdk"
ROLE = "tests of the installed wheel"
SUITE_SECONDS = 300
VERSION = "from importlib.metadata import version; print(version('singer-sdk'))"


def try_suites(ours: Path, sources: Sequence[str], folder: Path) -> Iterator[Result]:
    """The tap's for each market and version, the target's once."""
    version = subprocess.run([str(ours / "python"), "-c", VERSION], check=True, capture_output=True, text=True).stdout
    taps = {name: _tap(ours, name, folder) for name in sources}
    yield _result("singer-sdk's tests of a tap", version.strip(), taps)
    target = {"tests": _target(ours, folder)}
    yield _result("singer-sdk's tests of a target", version.strip(), target)


def _result(name: str, version: str, outcomes: Mapping[str, tuple[bool, str]]) -> Result:
    ran = "; ".join(f"{source}: {said}" for source, (_, said) in outcomes.items())
    failed = any(not passed for passed, _ in outcomes.values())
    return Result(name, version, ROLE, ran, Verdict.FAILED if failed else Verdict.PASSED)


def _tap(ours: Path, name: str, folder: Path) -> tuple[bool, str]:
    market: Any = "be" if name == "v3" else name
    options = MedipimOptions(products=20, market=market, requests_per_minute=None)
    with Sandbox(options, None) as box:
        config = {
            "api_url": box.medipim_url, "api_key_id": options.api_key_id, "api_key_secret": options.api_key_secret,
            "market": market, "api_version": "v3" if name == "v3" else "v4", "requests_per_minute": 100_000,
        }  # fmt: skip
        return _run(ours, "tap_suite.py", config, folder / f"tap-suite-{name}")


def _target(ours: Path, folder: Path) -> tuple[bool, str]:
    options = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
    with Sandbox(None, options) as box:
        return _run(
            ours, "target_suite.py", {"api_url": box.micropim_url, "api_key": options.api_key}, folder / "target-suite"
        )


def _run(ours: Path, suite: str, config: Mapping[str, Any], folder: Path) -> tuple[bool, str]:
    """Pytest's own verdict, and its last line without the time."""
    folder.mkdir()
    shutil.copy(OUTSIDE / suite, folder / f"test_{suite}")
    command = [str(ours / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", f"test_{suite}"]
    environment = {**os.environ, "CONFIG": json.dumps(config), "PYTHONPATH": ""}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=SUITE_SECONDS
    )
    lines = done.stdout.strip().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    said = re.sub(r" in [\d.]+s.*", "", lines[-1]) if lines else done.stderr.strip()[-300:]
    return done.returncode == 0, "; ".join([said, *failed[:5]])
