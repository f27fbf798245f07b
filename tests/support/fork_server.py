"""The process that has imported both plugins and forks a child for each command (tests/support/forked.py).

Run by its path, with the number of a connected socket. A request is a length, three standard streams, a pipe for the
exit status, and JSON: argv, cwd, env. The answer is the pid of the child. The server ends with the socket.
"""

import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

NUMBER = struct.Struct("!i")
PACKAGES = ("pim_wire", "pim_airbyte", "tap_medipim", "target_micropim")
# What commands and libraries import late; an extra may be absent.
LATE = (
    "click._textwrap", "encodings.idna", "http.cookiejar", "http.cookies", "psycopg", "redis",
    "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite", "xml.sax.saxutils", "yaml",
)  # fmt: skip
INTERRUPT_AT_THE_START = signal.getsignal(signal.SIGINT)


def import_plugins() -> None:
    """All that a command could import, except ``__main__``, which each child executes itself."""
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            if not module.name.endswith(".__main__"):
                importlib.import_module(module.name)
    for name in LATE:
        with suppress(ImportError):
            importlib.import_module(name)


def warm_up() -> None:
    """What a first run compiles and keeps for later ones: pages, a language, the definitions of the ledger's tables.

    A child lives for a third of a second, and would spend as much again on them.
    """
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415 - not before the plugins are imported

    from target_micropim.ledger.statements import definitions  # noqa: PLC0415
    from target_micropim.report.render import _environment  # noqa: PLC0415
    from target_micropim.report.words import Words  # noqa: PLC0415

    for template in _environment().list_templates(extensions=("html",)):
        _environment().get_template(template)
    words = Words("en")
    words.number(1234.5)
    words.moment(datetime.now(UTC))
    definitions(sqlite.dialect())


class Server:
    """Forks a child for each request, and tells its exit status when it has ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._status_pipes: dict[int, int] = {}
        self._woken, self._waker = os.pipe()
        for end in (self._woken, self._waker):
            os.set_blocking(end, False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which ends the server
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker)

    def serve(self) -> list[str] | None:
        """Return in each child, with its command; in the server itself when the worker is gone."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        while True:
            ready = [file for file, _ in poll.poll()]
            if self._woken in ready:
                self._reap()
            if self._control.fileno() in ready:
                request, files = self._receive()
                if request is None:
                    return None
                if not self._fork(files):
                    self._become(request, files)
                    return list(request["argv"])

    def _receive(self) -> tuple[Any, list[int]]:
        head, files, *_ = socket.recv_fds(self._control, NUMBER.size, 4)
        if not head:
            return None, files
        (size,) = NUMBER.unpack(head)
        body = bytearray()
        while len(body) < size:
            body += self._control.recv(size - len(body))
        return json.loads(body), files

    def _fork(self, files: list[int]) -> int:
        """The pid of the child, 0 within it. No signal reaches the child before it has its own handlers."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        pid = os.fork()
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            for file in files[:3]:
                os.close(file)
            self._status_pipes[pid] = files[3]
            self._control.sendall(NUMBER.pack(pid))
        return pid

    def _reap(self) -> None:
        """Tell the status of every child that has ended."""
        with suppress(BlockingIOError):
            while os.read(self._woken, 512):
                pass
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                pipe = self._status_pipes.pop(ended[0])
                with suppress(BrokenPipeError):  # nobody waits for it any more
                    os.write(pipe, NUMBER.pack(ended[1]))
                os.close(pipe)

    def _become(self, request: dict[str, Any], files: list[int]) -> None:
        """Make the child what a new interpreter would be: signals, files, folder, environment, streams."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, INTERRUPT_AT_THE_START)
        self._control.close()
        for file in (self._woken, self._waker, files[3], *self._status_pipes.values()):
            os.close(file)
        for number, file in enumerate(files[:3]):
            os.dup2(file, number)
            os.close(file)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        time.tzset()
        open_streams()
        gc.enable()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def open_streams() -> None:
    """The standard streams over the child's files, with the buffers that the interpreter gives them."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        before, is_written = getattr(sys, name), name != "stdin"
        is_raw = before.write_through  # PYTHONUNBUFFERED
        buffering = 0 if is_raw and is_written else -1
        binary = open(number, "wb" if is_written else "rb", buffering, closefd=False)  # noqa: SIM115 - open to the end
        getattr(binary, "raw", binary).name = f"<{name}>"  # type: ignore[misc]
        by_line = not is_raw and (binary.isatty() or name == "stderr")
        stream = io.TextIOWrapper(binary, before.encoding, before.errors, "\n", by_line, is_raw)
        stream.mode = "w" if is_written else "r"  # type: ignore[misc]
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def run(argv: list[str]) -> None:
    """The installed script, or ``-m`` and a module, as the interpreter runs them."""
    if argv[1:2] == ["-m"]:
        sys.argv, sys.path[0] = ["-m", *argv[3:]], str(os.getcwd())  # noqa: PTH109
        runpy._run_module_as_main(argv[2])  # type: ignore[attr-defined]  # what the interpreter calls for -m
        return
    sys.argv, sys.path[0] = argv, os.path.dirname(argv[0])  # noqa: PTH120
    with io.open_code(argv[0]) as script:
        code = compile(script.read(), argv[0], "exec")
    exec(code, globals() | {"__file__": argv[0]})  # noqa: S102 - the installed script


def end(status: int) -> None:
    """What a shutdown of the interpreter does, but for taking two thousand modules to pieces.

    That was three quarters of what a child cost: each page of memory is copied to be given back. Returns when the
    streams cannot be flushed, which the interpreter tells in its own words.
    """
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
    atexit._run_exitfuncs()
    gc.collect()
    with suppress(OSError, ValueError):
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status & 0xFF)


if __name__ == "__main__":
    gc.disable()  # what the collector touches, the kernel copies for each child
    import_plugins()
    warm_up()
    gc.freeze()
    command = Server(socket.socket(fileno=int(sys.argv[1]))).serve()
    # A child goes on here. What is no ordinary end is the interpreter's own affair.
    if command:
        try:
            run(command)
        except SystemExit as stop:
            if isinstance(stop.code, int | None):
                end(stop.code or 0)
            raise
        end(0)
