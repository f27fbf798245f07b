"""How far a run is, for whoever looks on: one line that is rewritten on a terminal, else a line of the log in time."""

import logging
import os
import shutil
import sys
from collections.abc import Callable, Collection
from typing import IO

from target_micropim.report.run_report import Report
from target_micropim.report.words import duration

LOG_SECONDS = 20.0
LIVE_SECONDS = 1.0
_WAITS = {
    "failing": "waits after failures of MicroPIM",
    "asked": "waits as MicroPIM asked (429)",
    "pace": "waits for its turn (reads_per_minute, writes_per_minute)",
}
_CLEAR = "\r\x1b[K"

logger = logging.getLogger("target-micropim")


class Progress:
    """Asked by one thread whether a line is due; ``waits`` gives the kinds of waits that go on."""

    def __init__(
        self, report: Report, now: Callable[[], float], waits: Callable[[], Collection[str]], out: IO[str] | None = None
    ) -> None:
        out = out or sys.stderr
        self._live = out if out is not None and out.isatty() and os.environ.get("TERM") != "dumb" else None
        self._report = report
        self._now = now
        self._waits = waits
        self._told_at = self._began = now()
        self._done_then = 0
        self._is_shown = False

    def tell(self) -> None:
        """Say how far the run is, if a line is due."""
        now = self._now()
        if now - self._told_at < (LIVE_SECONDS if self._live else LOG_SECONDS):
            return
        line = self._line(now)
        if self._live is None:
            logger.info("%s", line)
            return
        room = shutil.get_terminal_size().columns - 1
        self._live.write(f"{_CLEAR}{line[:room]}\r")  # what is written next begins at the left
        self._live.flush()
        self._is_shown = True

    def end(self) -> None:
        """Take the live line away."""
        if self._live is not None and self._is_shown:
            self._live.write(_CLEAR)
            self._live.flush()

    def _line(self, now: float) -> str:
        received, ends = self._report.counts()
        done = sum(ends.values())
        lately = (done - self._done_then) / (now - self._told_at)
        rate = lately or done / max(now - self._began, 0.001)
        self._told_at, self._done_then = now, done
        kinds = ", ".join(f"{number} {action}" for action, number in sorted(ends.items()))
        parts = [f"{done} of {received} records received are done" + (f" ({kinds})" if kinds else ""), _rate(lately)]
        if received > done and rate:
            parts.append(f"{received - done} to go, about {duration((received - done) / rate)}")
        return "; ".join(part for part in (*parts, self._why(received - done)) if part)

    def _why(self, left: int) -> str:
        """What it waits for, the longest kind of wait first."""
        waits = self._waits()
        return next((words for kind, words in _WAITS.items() if kind in waits), "" if left else "waits for input")


def _rate(per_second: float) -> str:
    return f"{per_second:.1f}/s" if per_second >= 1 or not per_second else f"{60 * per_second:.0f} a minute"
