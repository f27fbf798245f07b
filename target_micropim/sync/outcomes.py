"""The two ways a record ends: settled, or rejected whole. Either way its ticket is closed, and a STATE may pass.

Limits stop a run before it does harm: too many rejects, too many archives, a key that the ledger cannot hold.
"""

import logging
from dataclasses import dataclass
from typing import Any

from target_micropim.errors import Reason, RecordRejected, TooMany
from target_micropim.ledger import MAX_KEY
from target_micropim.plan.limit import Limit
from target_micropim.report.rejects import Rejects
from target_micropim.report.run_report import Report
from target_micropim.sync.checkpoints import Checkpoints

logger = logging.getLogger("target-micropim")

ENOUGH_TO_JUDGE = 100  # records, before a per cent of rejects stops a run that is still going on
DEFAULT_ARCHIVE_SHARE = 0.20
DEFAULT_ARCHIVE_FREE = 50


@dataclass(frozen=True)
class Guards:
    """``max_rejects`` and ``max_archive``."""

    rejects: Limit
    archive: Limit

    def after_reject(self, report: Report) -> None:
        """Raises TooMany as soon as the limit is passed."""
        received = sum(report.received.values())
        if self.rejects.share is None or received >= ENOUGH_TO_JUDGE:
            self._judge(report.count("rejected"), received)

    def at_end(self, report: Report) -> None:
        """Raises TooMany when the whole run is over the limit."""
        self._judge(report.count("rejected"), sum(report.received.values()))

    def _judge(self, rejected: int, received: int) -> None:
        if not self.rejects.allows(rejected, received):
            raise TooMany(f"{rejected} of {received} records rejected: more than max_rejects allows; see rejects.jsonl")

    def before_archiving(self, count: int, live: int) -> None:
        """Raises TooMany before the first product is archived."""
        unset = self.archive == Limit()
        allowed = (
            count <= max(DEFAULT_ARCHIVE_FREE, DEFAULT_ARCHIVE_SHARE * live)
            if unset
            else self.archive.allows(count, live)
        )
        if not allowed:
            raise TooMany(
                f"{count} of {live} products would be archived: more than max_archive allows; nothing was archived. "
                "If the source is right, raise max_archive for one run"
            )


class Outcomes:
    """Called from several threads."""

    def __init__(self, checkpoints: Checkpoints, report: Report, rejects: Rejects, guards: Guards) -> None:
        self._checkpoints = checkpoints
        self._report = report
        self._rejects = rejects
        self.guards = guards

    def open(self) -> int:
        """A record came in; its ticket."""
        return self._checkpoints.open()

    def settle(self, stream: str, ticket: int, action: str) -> None:
        """The record is in MicroPIM, or needs nothing."""
        self._report.settle(stream, action)
        self._checkpoints.close(ticket)

    def reject(self, stream: str, ticket: int, key: str | None, record: Any, error: RecordRejected) -> None:
        """The record cannot go in: it is kept, with its reasons. Raises TooMany when that happens too often."""
        self._rejects.write(stream, key, record, error)
        logger.warning("%s %s rejected (%s): %s", stream, key, error.stage, str(error)[:300])
        self.settle(stream, ticket, "rejected")
        self.guards.after_reject(self._report)

    def release(self) -> None:
        """Let a STATE go if one is due."""
        self._checkpoints.release()


def rejection(stage: str, path: str, message: str) -> RecordRejected:
    """A reject with one reason."""
    return RecordRejected(stage, [Reason(path, message)])


def check_key(key: str, field: str = "id") -> None:
    """Raises RecordRejected for a key that the ledger could not hold: one record must not end the run.

    The ledger's column has an end, and PostgreSQL takes no NUL in a text.
    """
    if len(key) > MAX_KEY:
        raise rejection("map", field, f"is longer than {MAX_KEY} characters")
    if "\x00" in key:
        raise rejection("map", field, "holds a NUL character")
