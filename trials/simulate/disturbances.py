"""What goes wrong while the writer runs: faults of the service, kills, other writers, and people who work meanwhile."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.faults import Fault
from sandbox.micropim.service import MicroPimService
from trials.simulate.book import Book
from trials.simulate.laws import Laws
from trials.simulate.ledgers import SimConnection, new_ledger
from trials.simulate.people import People
from trials.simulate.process import Disturbance, Ended, Machine, Message, Process
from trials.simulate.scenario import NEVER_FOR_GOOD, ROUTES, Event
from trials.simulate.source import Source

HTML = b"<html><body><h1>Not here</h1></body></html>"
ENVELOPE_404 = b'{"status":0,"data":null,"error":"Product not found"}'
STANDS_STILL_SECONDS = 75.0
_HTML_TYPE = {"content-type": "text/html"}
FAULTS: dict[str, dict[str, Any]] = {
    "drop_before": {"kind": "drop_before"},
    "drop_after": {"kind": "drop_after"},
    "503": {"kind": "status", "status": 503},
    "429": {"kind": "status", "status": 429},
    "500": {"kind": "status", "status": 500},
    "500 done": {"kind": "status", "status": 500, "commit": True},
    "400": {"kind": "status", "status": 400},
    "422": {"kind": "status", "status": 422},
    "html": {"kind": "html"},
    "html done": {"kind": "html", "commit": True},
    "empty": {"kind": "empty"},
    "truncate_json": {"kind": "truncate_json"},
    "short_length": {"kind": "short_length"},
    "status_zero": {"kind": "status_zero"},
    "401": {"kind": "status", "status": 401},
    "404 foreign": {"kind": "status", "status": 404, "body": HTML, "headers": _HTML_TYPE},
    "404": {"kind": "status", "status": 404, "body": ENVELOPE_404},
    "hang": {"kind": "hang"},
    "hang done": {"kind": "hang", "commit": True},
}


@dataclass(frozen=True)
class Stage:
    """What disturbances happen to. ``run`` carries out a process over a ledger and an input."""

    machine: Machine
    pim: MicroPimService
    source: Source
    book: Book
    people: People
    laws: Laws
    run: Callable[[SimConnection, list[Message], list[Disturbance]], Ended]


class Disturber:
    """Plans what the events of one night say. ``stale`` is what comes behind the input."""

    def __init__(self, stage: Stage, messages: list[Message]) -> None:
        self._stage = stage
        self._messages = messages
        self.stale: list[Message] = []

    def plan(self, events: list[Event]) -> list[Disturbance]:
        """Faults are planned at the sandbox; the rest happens to the process."""
        planned = []
        for event in events:
            if event.kind == "tap":  # reading.py
                continue
            self._stage.machine.log(f"  {event}")
            match event.kind:
                case "fault":
                    self._stage.pim.faults.add(fault_of(event))
                case "spell":
                    self._begin_spell(*event.what.split("="))
                case "stale":
                    self.stale += self._older(event)
                case _:
                    planned.append(self._disturbance(event))
        return planned

    def _begin_spell(self, name: str, value: str) -> None:
        """MicroPIM is otherwise, for this night."""
        (found,) = (one for one in NEVER_FOR_GOOD[name] if str(one) == value)
        self._stage.pim.switch(**{name: found})

    def _older(self, event: Event) -> list[Message]:
        """An older version of a product, as an old file or a second stream would bring it."""
        versions = [record for records in self._stage.source.earlier.values() for record in records]
        return [("products", copy.deepcopy(versions[event.a % len(versions)]))] if versions else []

    def _disturbance(self, event: Event) -> Disturbance:
        match event.kind, event.what:
            case "kill", "stop":
                return Disturbance("request", 1 + event.a % 20, Process.stop)
            case "kill", what:
                moment = what.removeprefix("kill ")
                most = {"write": 8, "request": 20, "commit": 60}[moment]
                return Disturbance(moment, 1 + event.a % most, Process.kill, after=bool(event.b % 2))
            case "meanwhile", _:
                return Disturbance("sleep", 1 + event.b % 3, lambda _process: self._stage.people.work(event))
            case _, what:
                # behind an answer: no ledger can call back a request that has left
                return Disturbance("request", 1 + event.a % 15, lambda one: self._second(one, what), after=True)

    def _second(self, first: Process, what: str) -> None:
        """Another machine runs the same night, while the first one waits for its answer or stands still."""
        stage = self._stage
        stage.book.loosen_all()
        first.stands_still = what == "stands still"
        if first.stands_still:
            stage.machine.time.jump(STANDS_STILL_SECONDS)
            stage.pim.let_pictures_show()
        same = what in {"stands still", "second writer, same ledger"}
        copied = what == "second writer, copied ledger"
        stage.book.two_wrote = stage.book.two_wrote or not same
        ledger = first.ledger if same else new_ledger(first.ledger.copy() if copied else b"")
        stage.machine.log(f"  {what}: it begins")
        ended = stage.run(ledger, copy.deepcopy(self._messages), [])
        stage.machine.log(f"  the other one has {ended.how}: {ended.failure}")
        stage.book.loosen_all()
        if same and ended.how == "finished":
            stage.book.see_sent(is_finished=True)  # the ledger knows of it, whatever becomes of the first one
        stage.laws.second_has_ended(what, ended, first)
        first.stands_still = False


def fault_of(event: Event) -> Fault:
    """A fault of the sandbox's script."""
    route = ROUTES[event.a % len(ROUTES)]
    return Fault(
        **FAULTS[event.what], route=route, nth=(1, 1, 2, 3)[event.b % 4], times=(1, 1, 1, 3, 12, None)[event.c % 6]
    )
