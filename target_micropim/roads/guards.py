"""Limits that stop a run before it does harm: how many rejects, how many archives."""

from dataclasses import dataclass

from target_micropim.errors import TooMany
from target_micropim.plan.limit import Limit
from target_micropim.report.run_report import Report

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
