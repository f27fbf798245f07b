"""Limits that stop a run before it does harm: how many rejects, how many archives."""

from dataclasses import dataclass

from target_micropim.errors import TooMany
from target_micropim.report import Report

ENOUGH_TO_JUDGE = 100  # records, before a per cent of rejects stops a run that is still going on
DEFAULT_ARCHIVE_SHARE = 0.20
DEFAULT_ARCHIVE_FREE = 50


@dataclass(frozen=True)
class Limit:
    """A number, or a share of something."""

    number: int | None = None
    share: float | None = None

    @classmethod
    def read(cls, text: str | int | None) -> "Limit":
        """From ``25`` or ``"5%"``. Raises ValueError."""
        if text is None or text == "":
            return cls()
        words = str(text).strip()
        if words.endswith("%"):
            share = float(words[:-1]) / 100
            if not 0 <= share <= 1:
                raise ValueError("a per cent goes from 0% to 100%")
            return cls(share=share)
        number = int(words)
        if number < 0:
            raise ValueError("must not be negative")
        return cls(number=number)

    def allows(self, count: int, whole: int) -> bool:
        """Whether ``count`` of ``whole`` is within the limit."""
        if self.number is not None:
            return count <= self.number
        return self.share is None or count <= self.share * whole


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
