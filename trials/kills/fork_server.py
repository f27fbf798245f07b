"""A fork server for taps and targets that are killed: real processes, a real SIGKILL, at a chosen moment of their own.

Starting a plugin takes a second, most of it imports. So one process imports both plugins once and forks a child for
each order. The child patches the libraries below the plugins (requests, SQLAlchemy, its input and output), never our
own code, and sends itself SIGKILL there. After that no thread flushes, rolls back or writes anything. Moments at which
a child can be killed, each before and after:

    request    the n-th HTTP request: not sent; or answered, the answer not looked at
    write      the n-th request that is no GET; "POST media" and so on: the n-th of a method to the last word of a path
    commit     the n-th change of the ledger: not committed; or committed
    line in    the n-th line of the input: not read; or read, nothing done with it
    line out   the n-th line of the output: torn in the middle; or whole
    file       the n-th line of a file that must be on the disk (rejects): in no page cache yet; or safe
"""

import contextlib
import gc
import importlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.support.fork_server import warm_up

ROOT = Path(__file__).resolve().parents[2]
MOMENTS = ("request", "commit", "line in", "line out", "file")


@dataclass(frozen=True)
class Kill:
    """Whom to kill when: ``number`` counts from 1."""

    plugin: str
    moment: str
    number: int
    after: bool

    def __str__(self) -> str:
        return f"{self.plugin} killed {'after' if self.after else 'before'} {self.moment} {self.number}"


@dataclass(frozen=True)
class Ended:
    """How an order ended: exit codes by plugin (negative: the signal), and how often each survivor met each moment."""

    codes: dict[str, int]
    seen: dict[str, dict[str, int]]
    killed: bool


class ForkServer:
    """Starts plugins, alone or as a pair with a pipe between them."""

    def __init__(self) -> None:
        command, pipe = [sys.executable, "-m", "trials.kills.fork_server"], subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)
        self.pids: dict[str, int] = {}

    def run(self, folder: Path, *parts: dict[str, Any], kill: Kill | None = None) -> Ended:
        """Run the parts ({"plugin", "config", "state"}) side by side in ``folder``, to their end or their death.

        The first reads ``folder/input``, the last writes ``folder/output``.
        """
        order = {"folder": str(folder), "parts": parts, "kill": asdict(kill) if kill else None}
        print(json.dumps(order), file=self._stdin, flush=True)
        self.pids = json.loads(self._stdout.readline())
        codes: dict[str, int] = json.loads(self._stdout.readline())
        seen = {plugin: json.loads((folder / f"{plugin}.seen").read_text()) for plugin in codes if codes[plugin] >= 0}
        return Ended(codes, seen, kill is not None and codes[kill.plugin] == -signal.SIGKILL)

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    @property
    def _stdout(self) -> Any:
        return self._process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stdin.close()
        self._process.wait(10)
        self._stdout.close()


class KillSwitch:
    """Counts moments, and kills this process at the chosen one."""

    def __init__(self, kill: dict[str, Any] | None) -> None:
        self._kill = kill
        self.seen: Counter[str] = Counter()

    def around(self, moment: str, act: Callable[[], Any]) -> Any:
        """Do something that is a moment."""
        due = self.due_at(moment)
        if due and not due["after"]:
            die()
        done = act()
        if due:
            die()
        return done

    def due_at(self, moment: str) -> dict[str, Any] | None:
        """Count a moment; the kill if it is the one."""
        self.seen[moment] += 1
        kill = self._kill
        return kill if kill and (kill["moment"], kill["number"]) == (moment, self.seen[moment]) else None

    def install(self) -> None:
        """Into the libraries below the plugins."""
        from requests.adapters import HTTPAdapter  # noqa: PLC0415 - the parent process needs none of them
        from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg  # noqa: PLC0415

        send, commit, fsync = HTTPAdapter.send, PGDialect_psycopg.do_commit, os.fsync
        around = self.around

        def watched_send(adapter: Any, request: Any, **kwargs: Any) -> Any:
            def carried() -> Any:
                return self.around(kind, lambda: send(adapter, request, **kwargs))

            kind = f"{request.method} {last_word(request.url)}"
            return self.around("request", carried if request.method == "GET" else lambda: self.around("write", carried))

        def watched_commit(dialect: Any, connection: Any) -> None:
            if has_written(connection):
                self.around("commit", lambda: commit(dialect, connection))
            else:
                commit(dialect, connection)

        connect: Any = sqlite3.connect

        def watched_connect(*given: Any, factory: type[sqlite3.Connection] = sqlite3.Connection, **options: Any) -> Any:
            return connect(*given, factory=watched(factory, around), **options)

        HTTPAdapter.send = watched_send  # type: ignore[method-assign]
        PGDialect_psycopg.do_commit = watched_commit  # type: ignore[method-assign]
        sqlite3.dbapi2.connect = watched_connect  # type: ignore[attr-defined]
        os.fsync = lambda file: self.around("file", lambda: fsync(file))


def last_word(url: str) -> str:
    """What a path is about: its last part that is no number."""
    return next((part for part in reversed(urlsplit(url).path.split("/")) if part and not part.isdigit()), "")


@cache
def watched(factory: type[sqlite3.Connection], around: Callable[..., Any]) -> type[sqlite3.Connection]:
    """The ledger's connections: most of what it writes goes to them without SQLAlchemy."""

    class Watched(factory):  # type: ignore[misc, valid-type]
        def commit(self) -> None:
            """A moment, if anything was written."""
            if has_written(self):
                around("commit", super().commit)
            else:
                super().commit()

    return Watched


def has_written(connection: Any) -> bool:
    """Whether a commit changes anything."""
    if hasattr(connection, "in_transaction"):  # SQLite: a transaction that only read is none
        return bool(connection.in_transaction)
    with connection.cursor() as cursor:
        return cursor.execute("select pg_current_xact_id_if_assigned()").fetchone() != (None,)


class WatchedInput:
    """Lines in."""

    def __init__(self, file: Any, kill_switch: KillSwitch) -> None:
        self._file = file
        self._kill_switch = kill_switch

    def readline(self, limit: int = -1) -> Any:
        """A line; the moment is the handing over."""
        line = self._file.readline(limit)
        return self._kill_switch.around("line in", lambda: line) if line else line


class WatchedOutput(io.RawIOBase):
    """Lines out, to the descriptor ``target``."""

    def __init__(self, target: int, kill_switch: KillSwitch) -> None:
        super().__init__()
        self._target = target
        self._kill_switch = kill_switch

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Whole lines one by one, so that each can be the last; what follows the last line end goes out as it is."""
        rest = bytes(data)
        while b"\n" in rest:
            line, _, rest = rest.partition(b"\n")
            due = self._kill_switch.due_at("line out")
            if due and not due["after"]:
                self._out(line[: len(line) // 2])
                die()
            self._out(line + b"\n")
            if due:
                die()
        self._out(rest)
        return len(data)

    def _out(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._target, data) :]


def die() -> None:
    """Now, at once, all threads."""
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()  # this thread may live a moment longer than the call; it must do nothing more


def run_child(order: dict[str, Any], part: dict[str, Any], source: int, sink: int) -> None:
    """Be a plugin, in a process that was just forked. Never returns."""
    folder, plugin = Path(order["folder"]), part["plugin"]
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    os.chdir(folder)
    kill = order["kill"]
    imported = set(sys.modules)
    kill_switch = KillSwitch(kill if kill and kill["plugin"] == plugin else None)
    kill_switch.install()
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(WatchedOutput(sink, kill_switch)), encoding="utf-8")
    code = 1
    try:
        _run_plugin(part, os.fdopen(source, "rb"), kill_switch)
        sys.stdout.flush()
        code = 0
    except BaseException as failure:  # noqa: BLE001 - the end of a process
        os.write(2, f"{plugin}: {type(failure).__name__}: {failure}\n".encode())
        with contextlib.suppress(Exception):
            sys.stdout.flush()
    (folder / f"{plugin}.seen").write_text(json.dumps(kill_switch.seen))
    (folder / f"{plugin}.imported").write_text(json.dumps(sorted(set(sys.modules) - imported)))
    os._exit(code)


def _run_plugin(part: dict[str, Any], source: Any, kill_switch: KillSwitch) -> None:
    from pim_wire.clock import Clock  # noqa: PLC0415 - only the fork_server's own process has plugins
    from tap_medipim.tap import TapMedipim  # noqa: PLC0415
    from target_micropim.target import TargetMicroPim  # noqa: PLC0415

    clock = _without_waiting(Clock())
    if part["plugin"] == "tap":
        tap = TapMedipim(config=part["config"], state=part.get("state"), catalog=part.get("catalog"), clock=clock)
        tap.sync_all()
        tap.run.finish()
        return
    target: Any = TargetMicroPim(config=part["config"], clock=clock)
    if path := part.get("replay"):
        target.replay(Path(path))
    else:
        target.listen(WatchedInput(source, kill_switch))


def _without_waiting(clock: Any) -> Any:
    """Waits pass at once, and count as time all the same."""
    passed = [0.0]
    now = clock.now

    def sleep(seconds: float) -> None:
        passed[0] += max(0.0, seconds)

    clock.sleep, clock.now = sleep, lambda: now() + passed[0]
    return clock


def execute(order: dict[str, Any]) -> None:
    """Fork the parts, tell their pids, wait for them, tell their exit codes."""
    folder = Path(order["folder"])
    (folder / "input").touch()
    source = os.open(folder / "input", os.O_RDONLY)
    pids: dict[str, int] = {}
    for part in order["parts"]:
        if part is order["parts"][-1]:
            following, sink = -1, os.open(folder / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        else:
            following, sink = os.pipe()
        pid = os.fork()
        if not pid:
            if following >= 0:
                os.close(following)
            run_child(order, part, source, sink)
        pids[part["plugin"]] = pid
        os.close(source)
        os.close(sink)
        source = following
    print(json.dumps(pids), flush=True)
    codes = {plugin: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for plugin, pid in pids.items()}
    for plugin, code in codes.items():
        if code >= 0:
            preload(folder / f"{plugin}.imported")
    print(json.dumps(codes), flush=True)  # from here on the folder may go


def preload(imported: Path) -> None:
    """Import what a child had to, so that the next one need not: most of a short life would be spent on it."""
    for name in json.loads(imported.read_text()):
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def main() -> None:
    """The fork_server's own process: an order a line."""
    from tap_medipim.tap import TapMedipim  # noqa: F401, PLC0415 - imported before the first fork
    from target_micropim.target import TargetMicroPim  # noqa: F401, PLC0415

    with contextlib.suppress(ImportError):  # an extra
        import psycopg  # noqa: F401, PLC0415
    warm_up()
    gc.disable()  # children live for a moment; and what the collector touches, the kernel has to copy
    for line in sys.stdin:
        execute(json.loads(line))


if __name__ == "__main__":
    main()
