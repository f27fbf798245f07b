"""What a case is: a fault, the side that meets it, and the expected outcome."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from sandbox.faults import Fault, FaultKind
from trials.faults.fixture import Fixture

Side = Literal["tap", "target", "pair"]


@dataclass(frozen=True)
class Injection:
    """What is done to a fixture before the faulted run, and which kinds of the sandbox's faults it uses."""

    act: Callable[[Fixture], None]
    kinds: frozenset[FaultKind] = frozenset()

    def with_settings(self, side: Side, **settings: object) -> "Injection":
        """The same under other settings."""

        def act(fixture: Fixture) -> None:
            fixture.change_settings(side, **settings)
            self.act(fixture)

        return Injection(act, self.kinds)


class Outcome(Enum):
    """How the faulted run ends. In each case nothing is lost nor doubled once the fault is gone."""

    IN_RUN = "healed in the run"
    NEXT_RUN = "healed by the next run"
    REPLAY = "kept in rejects.jsonl, healed by --replay"
    STOPPED = "stopped with a message, the next run completes it"
    ON_REQUEST = "stopped on request, the next run completes it"
    KILLED = "killed, the next run completes it"


@dataclass(frozen=True)
class ExpectedMessage:
    """What the last line of a stopped run must say, as patterns: what happened, where, and what to do."""

    what: str
    where: str
    todo: str

    def missing(self, line: str) -> list[str]:
        """The parts that the line does not say."""
        return [pattern for pattern in (self.what, self.where, self.todo) if not re.search(pattern, line)]


@dataclass(frozen=True)
class Case:
    """One fault, injected once. ``short`` cases are part of ``make trials SHORT=1``."""

    side: Side
    name: str
    injection: Injection
    expected: Outcome
    message: ExpectedMessage | None = None
    real: bool = False
    short: bool = False

    @property
    def kinds(self) -> frozenset[FaultKind]:
        """The kinds of the sandbox's faults that this case uses."""
        return self.injection.kinds

    def __post_init__(self) -> None:
        """A run that stops must say why."""
        assert (self.message is not None) == (self.expected is Outcome.STOPPED), self.name


@dataclass(frozen=True)
class Result:
    """What came of a case. ``requests`` are those of the faulted run; ``undisturbed`` those of an undisturbed one."""

    outcome: Outcome | None
    line: str
    lost: int
    doubled: int
    requests: int
    undisturbed: int
    wrong: tuple[str, ...] = field(default=())


def planned(fault: Fault, *, at: Literal["medipim", "micropim"]) -> Injection:
    """Plan a fault of one service, gone before the next run."""

    def act(fixture: Fixture) -> None:
        service = getattr(fixture.box, at)
        service.faults.add(fault)
        fixture.undo.append(service.faults.clear)

    return Injection(act, frozenset({fault.kind}))
