"""Processes, measured: what the kernel says of each, and medians of runs taken in turn."""

import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1"}
LOOK_SECONDS = 0.02
ENOUGH_SECONDS = 45.0


@dataclass(frozen=True)
class Measurement:
    """Seconds on the clock, of processor time (its own and its children's), peak in MB; runs this is the median of."""

    wall: float
    cpu: float
    peak_mb: float
    runs: int = 1

    def figures(self) -> dict[str, Any]:
        """As it is kept."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


def measure(command: Sequence[str], folder: Path, feed: IO[bytes] | None = None) -> Measurement:
    """Run a process to its end, fed from a pipe if given; its output goes nowhere. A failure ends the benchmark."""
    log = folder / "errors.txt"
    began = time.monotonic()
    with log.open("wb") as errors:
        stdin = feed or subprocess.DEVNULL
        process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdin=stdin, stdout=subprocess.DEVNULL, stderr=errors
        )
        peak = _watched(process.pid)
        wall = time.monotonic() - began
        _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
    return Measurement(wall, usage.ru_utime + usage.ru_stime, peak)


def _watched(pid: int) -> float:
    """The peak that /proc told last. Not ``ru_maxrss``, which starts with the peak of whoever started the process."""
    descriptor, peak = os.pidfd_open(pid), 0.0
    try:
        while not select.select([descriptor], [], [], LOOK_SECONDS)[0]:
            peak = _peak_of(pid) or peak
    finally:
        os.close(descriptor)
    return peak


def _peak_of(pid: int) -> float:
    with Path(f"/proc/{pid}/status").open(encoding="utf-8") as lines:
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def in_turn(commands: Mapping[str, Sequence[str]], folder: Path, rounds: int) -> dict[str, Measurement]:
    """Each command once per round, so that a busy moment of the machine strikes all alike; the medians.

    One that has taken 45 seconds in all is not run again: hours would go by for a second digit of a large ratio.
    """
    runs_of: dict[str, list[Measurement]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            if sum(run.wall for run in runs_of[name]) < ENOUGH_SECONDS:
                runs_of[name].append(measure(command, folder))
                print(f"  {name}: {runs_of[name][-1].wall:.1f} s", file=sys.stderr, flush=True)
    return {name: median(runs) for name, runs in runs_of.items()}


def median(runs: Sequence[Measurement]) -> Measurement:
    """Medians of the times, the highest peak."""
    return Measurement(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        max(run.peak_mb for run in runs),
        len(runs),
    )


@contextmanager
def served(module: str, *words: str) -> Iterator[str]:
    """A server in a process of its own, until the block ends; the line with which it says where it is."""
    command = [sys.executable, "-m", module, *words]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin  # noqa: S101 - piped above
    assert process.stdout  # noqa: S101
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()


@contextmanager
def server(catalogue: Path, products: int = 0, *words: str) -> Iterator[int]:
    """The lean server; its port. ``products``: how many it shows, if not those of the file."""
    with served("benchmarks.server", str(catalogue), "--products", str(products), *words) as port:
        yield int(port)
