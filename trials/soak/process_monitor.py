"""A monitored process: memory, open files and threads as Linux tells them in /proc, CPU when it ends.

The peak is VmHWM of the process itself. ``ru_maxrss`` would not do: across fork and exec it keeps the peak of whoever
started the process, and the sandbox in this one is larger than what it starts.
"""

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Sample:
    """One look: resident and peak memory in MB, open files, threads; ``at`` on the monotonic clock."""

    rss_mb: float
    peak_mb: float
    files: int
    threads: int
    at: float = 0.0


def look(pid: int) -> Sample | None:
    """What /proc says of a process; None when it is gone."""
    place = Path("/proc") / str(pid)
    try:
        lines = (line.partition(":") for line in (place / "status").read_text().splitlines())
        status = {name: value.strip() for name, _, value in lines}
        files = sum(1 for _ in (place / "fd").iterdir())
        rss, peak = (int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    except (OSError, KeyError):
        return None
    return Sample(rss, peak, files, int(status["Threads"]), time.monotonic())


class MonitoredProcess:
    """Starts a command and samples it until it ends."""

    def __init__(self, command: Sequence[str], cwd: Path, log: IO[bytes], stdin: Any = subprocess.DEVNULL) -> None:
        self.process = subprocess.Popen(command, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=log)
        self.series: list[Sample] = []
        self.cpu_seconds = 0.0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        over = threading.Event()
        while (sample := look(self.process.pid)) is not None:
            self.series.append(sample)
            over.wait(POLL_SECONDS * (1 + len(self.series) // 1000))  # seconds for nights, minutes for hours

    def ended(self) -> int:
        """Wait for the end; the exit code."""
        _pid, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self._thread.join()
        return self.process.returncode

    @property
    def most(self) -> Sample:
        """The most of each."""
        return most(self.series)


def most(series: Sequence[Sample]) -> Sample:
    """The most of each over several looks."""
    return Sample(
        max(one.rss_mb for one in series),
        max(one.peak_mb for one in series),
        max(one.files for one in series),
        max(one.threads for one in series),
    )
