"""What came of one client."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How it ended."""

    PASSED = "passed"
    WAY_ROUND = "passed, by a way round"
    LEFT_OUT = "not tried"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Result:
    """A row of the page: a client in one role."""

    client: str
    version: str
    role: str
    ran: str
    verdict: Verdict
    notes: tuple[str, ...] = ()
    """Of a failure: what is wrong. Else: what a reader must know."""
    faults: tuple[str, ...] = ()
    """Faults that are the client's own: what it is, its minimal form, the way round, as Markdown."""
