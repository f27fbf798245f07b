"""One run of the writer, as a process of its own: killed at any request or commit, stopped, or standing still."""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from pim_wire.errors import Interrupted, StopRun
from pim_wire.redaction import Redactor
from pim_wire.wire import Wire
from target_micropim.connection import Connection
from target_micropim.run import Run
from target_micropim.settings.values import TargetSettings
from trials.simulate.clock import SimClock, Time
from trials.simulate.ledgers import Engines, SimConnection, asked_of
from trials.simulate.pool import SteppedPool

Json = dict[str, Any]
Message = tuple[str, Any]  # the name of a stream and a record, or "" and a STATE
Way = Callable[[Wire, "Process"], None]
LATENCY_SECONDS = 0.05
MOST_REQUESTS = 1500  # of one run: a few products and every retry that fifteen minutes allow need fewer


class Killed(BaseException):
    """The process is gone: nothing of it may catch this, and nothing that it does afterwards counts."""


class Endless(BaseException):
    """The run sends more requests than any world needs."""


@dataclass
class Disturbance:
    """What happens to a run at, or ``after``, its n-th ``request``, ``write``, ``commit`` or ``sleep``."""

    at: str
    number: int
    do: Callable[["Process"], None]
    after: bool = False


@dataclass
class Ended:
    """How a run ended: ``finished``, ``stopped`` (exit code 1 or 143), or ``killed``; and what it left."""

    how: str
    failure: BaseException | None
    states: list[Json]
    report: Json = field(default_factory=dict)
    rejects: list[Json] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    asked: frozenset[str] = frozenset()  # of a killed run: records with a question in the ledger, for the next report

    def names(self, key: str) -> bool:
        """Whether the report or the rejects name this record, or the next report will."""
        kinds = ("conflicts", "unsure", "manual_actions", "warnings")
        rows = (row for kind in kinds for row in self.report.get(kind, ()))
        return key in self.asked or any(row.get("external_id") == key for row in [*rows, *self.rejects])


class Process:
    """Made for one run. ``machine`` knows which process is on at this moment; processes may be nested."""

    def __init__(self, machine: "Machine", ledger: SimConnection, disturbances: list[Disturbance]) -> None:
        self._machine = machine
        self.ledger = ledger
        self._disturbances = disturbances
        self._counts = {"request": 0, "write": 0, "commit": 0, "sleep": 0}
        self._is_dead = self._is_write = False
        self.stands_still = False
        self.states: list[Json] = []
        self.writes: list[str] = []
        self.run: Run | None = None
        self.pool: SteppedPool | None = None
        self.heart: tuple[Callable[[], None], Callable[[Exception], None]] | None = None
        self.clock = SimClock(machine.time, lambda: self._moment("sleep", after=False))
        self.pid = machine.next_pid()

    # What happens to it

    def _moment(self, kind: str, *, after: bool) -> None:
        if self._is_dead:
            raise Killed
        if not after:
            self._counts[kind] += 1
        for one in self._disturbances:
            if one.at == kind and one.after == after and one.number == self._counts[kind]:
                one.do(self)

    def kill(self) -> None:
        """End here."""
        self._machine.log(f"  KILLED at {self._counts}")
        self._is_dead = True
        raise Killed

    def stop(self) -> None:
        """SIGTERM."""
        self._machine.log(f"  SIGTERM at {self._counts}")
        self.clock.stop()

    def before_request(self, what: str, body: Any) -> None:
        """A request leaves."""
        self._moment("request", after=False)
        if self._counts["request"] > MOST_REQUESTS:
            self._is_dead = True
            raise Endless(f"{MOST_REQUESTS} requests, the last is {what}")
        self._machine.time.jump(LATENCY_SECONDS)
        if self._machine.is_traced:
            sent = body.decode() if isinstance(body, bytes) else body or ""
            self._machine.log(f"  #{self._counts['request']} {what} {sent}")
        self._is_write = not what.startswith("GET")
        if self._is_write:
            self.writes.append(what)
            self._moment("write", after=False)

    def after_request(self, status: int, body: bytes) -> None:
        """It was handled; the answer has not been seen."""
        if self._machine.is_traced:
            self._machine.log(f"      {status} {body.decode('utf-8', 'replace')[:400]}")
        self._moment("request", after=True)
        if self._is_write:
            self._moment("write", after=True)

    def before_commit(self) -> None:
        """A transaction of the ledger is about to be final."""
        self._moment("commit", after=False)

    def after_commit(self) -> None:
        """It is."""
        self._moment("commit", after=True)

    def wait_for_nothing(self, seconds: float) -> None:
        """An answer does not come."""
        self._machine.time.go_by(seconds)

    def tick(self) -> None:
        """What ticker and heart of the program do every half second, while it lives and does not stand still."""
        if self.heart is None or self._is_dead or self.stands_still:
            return
        beat, on_loss = self.heart
        try:
            beat()
            if self.run is not None:
                self.run.checkpoints.release()
        except StopRun as failure:
            on_loss(failure)

    # The run

    def carry_out(self, settings: TargetSettings, way: Way, messages: list[Message]) -> Ended:
        """Feed it to its end. ``way`` is how its requests travel."""
        with self._machine.on(self):
            try:
                ended = self._fed(settings, way, messages)
            except Killed as killed:
                ended = Ended("killed", killed, self.states, asked=asked_of(self.ledger))
                self._close_files()
            finally:
                self._is_dead = True
        self._read_folder(ended)
        ended.writes = self.writes
        return ended

    def _fed(self, settings: TargetSettings, way: Way, messages: list[Message]) -> Ended:
        connection = Connection(settings, "simulate", self.clock, Redactor([settings.api_key]))
        way(connection.wire, self)
        try:
            self.run = Run(connection, self.states.append)
            for stream, content in messages:
                if stream:
                    self.run.pipeline.receive(stream, content)
                else:
                    self.run.pipeline.checkpoint(content)
            self.run.finish()
        except (StopRun, Interrupted) as failure:
            self._aborted(failure)
            return Ended("stopped", failure, self.states)
        return Ended("finished", None, self.states)

    def _aborted(self, failure: BaseException) -> None:
        """As the host does: what fails on the way out does not hide what ended the run."""
        self._machine.log(f"  STOPS: {failure}")
        if self.run is not None:
            with contextlib.suppress(StopRun):
                self.run.abort(failure)

    def _close_files(self) -> None:
        """As the system does when a process is gone."""
        if self.run is not None:
            self.run.pipeline._products.close()  # noqa: SLF001

    def _read_folder(self, ended: Ended) -> None:
        """What a person would find in the run's folder."""
        report = getattr(self.run, "report", None)
        if report is None:
            return
        ended.report = _json(report.folder / "report.json") or {}
        file = report.folder / "rejects.jsonl"
        if file.exists():
            ended.rejects = [json.loads(line) for line in file.read_text().splitlines()]
        shutil.rmtree(report.folder)


def _json(file: Path) -> Any:
    return json.loads(file.read_bytes()) if file.exists() else None


class Machine:
    """Where processes run: its time, its engines, its choices."""

    def __init__(self, engines: Engines, choose: Random, trace: list[str] | None) -> None:
        self.time = Time()
        self.time.on_tick = self._tick
        self.choose = choose
        self._engines = engines
        self._trace = trace
        self._running: list[Process] = []
        self.engine: Any = None
        self._last_pid = 1000

    def next_pid(self) -> int:
        """A number that no process of this machine has had."""
        self._last_pid += 1
        return self._last_pid

    @property
    def is_traced(self) -> bool:
        """Whether somebody reads along."""
        return self._trace is not None

    def log(self, line: str) -> None:
        """A line of the trace."""
        if self._trace is not None:
            self._trace.append(line)

    @property
    def current(self) -> Process:
        """The process that is on."""
        return self._running[-1]

    def is_alive(self, pid: int) -> bool:
        """Whether a process with this number runs."""
        return any(process.pid == pid for process in self._running)

    @contextlib.contextmanager
    def on(self, process: Process) -> Iterator[None]:
        """This process is on; one that was on waits."""
        number, engine = self._engines.take(process.ledger)
        before = self.engine
        self._running.append(process)
        self.engine = engine
        self._hook(process)
        try:
            yield
        finally:
            self._running.pop()
            self.engine = before
            self._engines.give_back(number)
            process.ledger.rollback()
            if self._running:
                self._hook(self._running[-1])

    @staticmethod
    def _hook(process: Process) -> None:
        process.ledger.before_commit = process.before_commit
        process.ledger.after_commit = process.after_commit

    def make_pool(self, workers: int, clock: SimClock) -> SteppedPool:
        """The pool of the process that is on."""
        self.current.pool = SteppedPool(workers, clock, self.choose)
        return self.current.pool

    def _tick(self) -> None:
        for process in self._running:
            process.tick()
