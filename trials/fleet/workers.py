"""Several ``micropim-fleet run`` at once, so many per egress: how long each took, and what of the machine."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from trials.fleet.place import ROOT

LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Ran:
    """One run. ``cpu``: seconds of all its processes; ``peak``: MB that they had together, what they share once."""

    name: str
    code: int
    seconds: float
    cpu: float
    peak: float
    said: str


@dataclass
class Workers:
    """Starts the command in the folder of a fleet file; one run can be killed while it goes on."""

    folder: Path
    environment: Mapping[str, str]
    _running: dict[str, int] = field(default_factory=dict)

    def all(self, names: Mapping[str, Sequence[str]], at_once: int, *flags: str) -> dict[str, Ran]:
        """Run shops by egress, so many of each at a time."""
        with contextlib.ExitStack() as stack:
            pools = {egress: stack.enter_context(ThreadPoolExecutor(at_once)) for egress in names}
            going = [pools[egress].submit(self.run, name, *flags) for egress, shops in names.items() for name in shops]
            return {ran.name: ran for ran in (one.result() for one in going)}

    def run(self, name: str, *flags: str) -> Ran:
        """One market or shop."""
        command = [str(ROOT / ".venv/bin/micropim-fleet"), "run", *flags, name]
        began = time.monotonic()
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=dict(self.environment),
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        ) as process:
            self._running[name] = process.pid
            peak = Peak(process.pid)
            lines = list(process.stderr or ())
            _pid, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime
        return Ran(name, process.returncode, time.monotonic() - began, cpu, peak.stop(), "".join(lines[-40:]))

    def kill(self, name: str) -> None:
        """SIGKILL to a run and all that it has started, as a machine that has no memory left does."""
        for pid in reversed(list(tree(self._running[name]))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Peak:
    """Looks at the memory of a process and all below it, once a second."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._most = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """The most at one time, in MB."""
        self._ended.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self._most = max(self._most, sum(map(_megabytes, tree(self._pid))))


def tree(pid: int) -> Iterator[int]:
    """A process and all below it, the upper ones first."""
    yield pid
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in file.read_text().split():
                yield from tree(int(child))


def _megabytes(pid: int) -> float:
    """A process's own share (PSS): what several have in common is counted once."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
