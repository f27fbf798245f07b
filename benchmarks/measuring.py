"""Processes, measured: what the kernel says of each when it ends, and medians of runs taken in turn."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1"}


@dataclass(frozen=True)
class Measured:
    """One process: seconds on the clock, seconds of processor time (its own and the kernel's for it), peak in MB."""

    wall: float
    cpu: float
    peak_mb: float


def measure(command: Sequence[str], folder: Path) -> Measured:
    """Run a process to its end; its output goes nowhere. Ends the benchmark when it fails."""
    began = time.monotonic()
    with (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=errors)
        _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: {(folder / 'errors.txt').read_text(encoding='utf-8')[-2000:]}")
    return Measured(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_turn(commands: dict[str, Sequence[str]], folder: Path, rounds: int) -> dict[str, Measured]:
    """Each command once per round, so that a busy moment of the machine strikes all alike; the medians."""
    found: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(measure(command, folder))
    return {name: _median(runs) for name, runs in found.items()}


def _median(runs: list[Measured]) -> Measured:
    return Measured(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        max(run.peak_mb for run in runs),
    )


@contextmanager
def server(catalogue: Path) -> Iterator[int]:
    """The lean server in a process of its own; its port."""
    command = [sys.executable, "-m", "benchmarks.server", str(catalogue)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin  # noqa: S101 - piped above
    assert process.stdout  # noqa: S101
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait()
