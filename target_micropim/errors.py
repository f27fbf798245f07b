"""Failures of the target, named by what happens next.

RecordRejected      this record cannot go in as it stands: keep it whole with its reasons, go on
├── NotYet          something that comes later in the input may help: try again when it has ended
├── CallFailed      MicroPIM fails for this record again and again, while other calls succeed
└── RequestRefused  MicroPIM said no to this content (400, 409, 413, 415, 422, or anything unknown)
    ├── NotFound    MicroPIM says that it does not know this id: a reason to look again, never to forget
    └── Unreadable  a good answer in which what was asked for cannot be read to its end
StaleId             MicroPIM has shown a product and does not know its id in the next moment: look again, once
TooMany             a guard (max_rejects, max_archive, max_create) stops the run before harm
LedgerUnusable      the ledger cannot be opened, belongs to another organization or is in use
UnseenState         the tap goes on from a state of which this ledger has seen nothing
AnotherShop         the key is that of another organization than the settings, or another ledger, say
"""

from dataclasses import dataclass

from pim_wire.errors import StaleLook, StopRun


@dataclass(frozen=True)
class Reason:
    """Why a record was refused: where in the record or payload, and in which words."""

    path: str
    message: str


class RecordRejected(Exception):
    """All reasons why one record cannot go in, the stage that found them, and what the server said."""

    def __init__(
        self, stage: str, reasons: list[Reason], *, status: int | None = None, said: str | None = None
    ) -> None:
        super().__init__("; ".join(f"{reason.path}: {reason.message}" for reason in reasons))
        self.stage = stage
        self.reasons = reasons
        self.status = status
        self.said = said


class RequestRefused(RecordRejected):
    """MicroPIM refuses this content."""


class NotFound(RequestRefused):
    """MicroPIM says that it does not know this id."""


class Unreadable(RequestRefused):
    """A good answer that cannot be read: nothing may be concluded from what it does not show."""

    def __init__(self, subject: str, problem: str) -> None:
        super().__init__("send", [Reason("$", f"{subject} of MicroPIM cannot be read: it {problem}")])


class NotYet(RecordRejected):
    """What is missing may come with the rest of the input; a reject when it does not."""


class CallFailed(RecordRejected):
    """MicroPIM fails for this record again and again, while other calls succeed."""


class StaleId(StaleLook):
    """MicroPIM showed a product and does not know its id in the next moment; ``refusal`` is what it says twice."""

    def __init__(self, refusal: NotFound) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class TooMany(StopRun):
    """A guard of the settings was reached."""

    section = "limit-reached"


class LedgerUnusable(StopRun):
    """The ledger cannot serve this run."""

    section = "ledger"


class AnotherShop(StopRun):
    """The organization at hand is not the one that is meant, or it has a ledger already."""

    section = "another-shop"


class UnseenState(StopRun):
    """What the tap's state leaves out was never seen by this ledger, and is not in MicroPIM."""

    section = "state"
