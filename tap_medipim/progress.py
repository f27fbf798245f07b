"""How far the run is, for people: a live line on a terminal, else a log line every ten seconds; a table at the end."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

LOG_SECONDS = 10.0
LIVE_SECONDS = 0.5
ROWS_BETWEEN_REPORTS = 256

logger = logging.getLogger("tap-medipim")


@dataclass
class Spent:
    """Requests so far, and seconds waited."""

    requests: int = 0
    retries: int = 0
    waited: float = 0.0

    def since(self, before: "Spent") -> "Spent":
        """The difference to an earlier count."""
        return Spent(self.requests - before.requests, self.retries - before.retries, self.waited - before.waited)


@dataclass
class StreamProgress:
    """One stream: rows read, rows expected, when it began and what it has cost."""

    name: str
    began: float
    before: Spent
    rows: int = 0
    expected: int | None = None
    ended: float | None = None
    spent: Spent = field(default_factory=Spent)


class Progress:
    """Counts the rows of each stream; reads the clock once in 256 rows."""

    def __init__(
        self, now: Callable[[], float], spent: Callable[[], Spent], budget: Callable[[], str], terminal: TextIO
    ) -> None:
        """``spent`` gives the requests so far, ``budget`` the part of the minute's allowance that is used, in words."""
        self._now = now
        self._spent = spent
        self._budget = budget
        self._terminal = terminal if terminal.isatty() else None
        self._reported_at = now()
        self.streams: list[StreamProgress] = []

    def begin(self, stream: str) -> None:
        """A stream starts."""
        self.streams.append(StreamProgress(stream, self._now(), self._spent()))

    def expect(self, rows: int) -> None:
        """So many rows are still to come."""
        self.streams[-1].expected = self.streams[-1].rows + rows

    def row(self) -> None:
        """A row was written."""
        current = self.streams[-1]
        current.rows += 1
        if current.rows % ROWS_BETWEEN_REPORTS == 0:
            self.report()

    def report(self, waiting: str = "", *, at_once: bool = False) -> None:
        """Say how far the run is, if a line is due or ``at_once``."""
        pause = LIVE_SECONDS if self._terminal else LOG_SECONDS
        if not self.streams or (not at_once and self._now() - self._reported_at < pause):
            return
        self._reported_at = self._now()
        line = self._line(self.streams[-1], waiting)
        if self._terminal:
            self._terminal.write(f"\r{line[:100]:<100}")
            self._terminal.flush()
        else:
            logger.info("%s", line)

    def end(self) -> None:
        """The stream is done."""
        current = self.streams[-1]
        current.ended = self._now()
        current.spent = self._spent().since(current.before)

    def table(self) -> list[str]:
        """Rows and cost of each stream, for the end of the run."""
        if self._terminal:
            self._terminal.write("\r" + " " * 100 + "\r")
        head = f"{'stream':<22}{'records':>10}{'requests':>10}{'retries':>9}{'waited s':>10}{'seconds':>9}"
        rows = [
            f"{s.name:<22}{s.rows:>10}{s.spent.requests:>10}{s.spent.retries:>9}{s.spent.waited:>10.1f}"
            f"{(s.ended or self._now()) - s.began:>9.1f}"
            for s in self.streams
        ]
        return [head, *rows]

    def _line(self, current: StreamProgress, waiting: str) -> str:
        seconds = max(self._now() - current.began, 0.001)
        rate = current.rows / seconds
        rows = f"{current.rows} of {current.expected}" if current.expected is not None else str(current.rows)
        remaining = ""
        if current.expected is not None and rate > 0:
            remaining = f", {max(0, current.expected - current.rows) / rate:.0f} s left"
        reason = f"{waiting}, " if waiting else ""  # first, since a terminal cuts the end off
        return (
            f"{current.name}: {rows} rows, {reason}{rate:.0f}/s{remaining}, "
            f"requests in the last minute: {self._budget()}"
        )
