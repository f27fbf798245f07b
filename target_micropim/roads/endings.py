"""The two ways a record ends: settled, or rejected whole. Either way its ticket is closed, and a STATE may pass."""

import logging
from typing import Any

from target_micropim.errors import Reason, RecordRejected
from target_micropim.report.rejects import Rejects
from target_micropim.report.run_report import Report
from target_micropim.roads.guards import Guards
from target_micropim.roads.settlement import Settlement

logger = logging.getLogger("target-micropim")


class Endings:
    """Called from several threads."""

    def __init__(self, settlement: Settlement, report: Report, rejects: Rejects, guards: Guards) -> None:
        self._settlement = settlement
        self._report = report
        self._rejects = rejects
        self._guards = guards

    def open(self) -> int:
        """A record came in; its ticket."""
        return self._settlement.open()

    def settle(self, stream: str, ticket: int, action: str) -> None:
        """The record is in MicroPIM, or needs nothing."""
        self._report.settle(stream, action)
        self._settlement.close(ticket)

    def reject(self, stream: str, ticket: int, key: str | None, record: Any, why: RecordRejected) -> None:
        """The record cannot go in: it is kept, with its reasons. Raises TooMany when that happens too often."""
        self._rejects.write(stream, key, record, why)
        logger.warning("%s %s rejected (%s): %s", stream, key, why.stage, str(why)[:300])
        self.settle(stream, ticket, "rejected")
        self._guards.after_reject(self._report)

    def release(self) -> None:
        """Let a STATE go if one is due."""
        self._settlement.release()


def because(stage: str, path: str, message: str) -> RecordRejected:
    """A reject with one reason."""
    return RecordRejected(stage, [Reason(path, message)])
