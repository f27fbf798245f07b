"""The two command lines: in this process, with a clock that waits for nothing, or as the installed executables."""

import contextlib
import io
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tap_medipim.tap import TapMedipim
from target_micropim.target import TargetMicroPim
from trials.faults.fixture import Fixture, Launch

BIN = Path(sys.executable).parent
LONGEST_SECONDS = 120
PLUGINS = {"tap": TapMedipim, "target": TargetMicroPim}
EXECUTABLES = {"tap": "tap-medipim", "target": "target-micropim"}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: bytes
    err: str

    @property
    def line(self) -> str:
        """The last warning or error, without time, level and name."""
        lines = [line for line in self.err.splitlines() if " | ERROR " in line or " | WARNING " in line]
        return lines[-1].split(" | ", 3)[-1].strip() if lines else ""

    @property
    def errors(self) -> list[str]:
        """The lines that report an error."""
        return [line for line in self.err.splitlines() if " | ERROR " in line]

    def messages(self) -> list[dict[str, Any]]:
        """The whole lines of stdout, read."""
        return [json.loads(line) for line in self.out.split(b"\n")[:-1]]


@contextlib.contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """The SDK takes over the signals of the process it lives in."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_here(fixture: Fixture, side: str, *arguments: str) -> Ended:
    """The command line in this process: every line of it is real but for the clock."""
    plugin: Any = PLUGINS[side]
    clock = fixture.clock

    class WithThisClock(plugin):  # type: ignore[misc]
        """The plugin with a clock that waits for nothing."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, clock=clock, **kwargs)

    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    command = ["--config", fixture.config_file(side), *arguments]
    with _environment(fixture.env), _own_signals(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = WithThisClock.cli.main(args=command, prog_name=EXECUTABLES[side], standalone_mode=False)
        out.flush()
    return Ended(code or 0, out.buffer.getvalue(), err.getvalue())  # type: ignore[attr-defined]


def start(fixture: Fixture, side: str, *arguments: str, stdin: Any = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    """The installed executable; its stderr goes to a file of its own."""
    command = [str(BIN / EXECUTABLES[side]), "--config", fixture.config_file(side), *arguments]
    launch = fixture.launch if fixture.launch.victim in {"", side} else Launch()
    out: Any = open(launch.stdout, "wb") if launch.stdout else subprocess.PIPE  # noqa: SIM115, PTH123
    limit = launch.file_limit
    inherited = {name: value for name, value in os.environ.items() if limit is None or not name.startswith("COVERAGE")}

    def confine() -> None:
        if limit is not None:  # coverage would want to write its own file, and is not what is tried
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with (fixture.folder / f"{side}.err").open("wb") as err, out if launch.stdout else contextlib.nullcontext():
        return subprocess.Popen(
            command, cwd=fixture.folder, env={**inherited, **fixture.env}, stdin=stdin, stdout=out, stderr=err,
            preexec_fn=confine if limit is not None else None,  # noqa: PLW1509 - for the child alone; it holds no lock
        )  # fmt: skip


def signal_when_due(fixture: Fixture, process: "subprocess.Popen[bytes]", side: str) -> None:
    """Send the process its signal when the service receives the n-th request from now on."""
    launch = fixture.launch
    if launch.signal is None or launch.victim != side:
        return
    seen = iter(range(1, 1_000_000))

    def injection(_call: Any) -> None:
        if next(seen) == launch.at_request:
            process.send_signal(launch.signal)  # type: ignore[arg-type]

    getattr(fixture.box, launch.at).on_request(injection)


def run_real(fixture: Fixture, side: str, *arguments: str) -> Ended:
    """The installed executable to its end, or until its reader stops reading."""
    with start(fixture, side, *arguments) as process:
        signal_when_due(fixture, process, side)
        if fixture.launch.lines_read is not None and process.stdout is not None:
            out = b"".join(process.stdout.readline() for _ in range(fixture.launch.lines_read))
            process.stdout.close()
            process.wait(LONGEST_SECONDS)
        else:
            out = process.communicate(timeout=LONGEST_SECONDS)[0] or b""
    return Ended(process.returncode, out, (fixture.folder / f"{side}.err").read_text(encoding="utf-8"))
