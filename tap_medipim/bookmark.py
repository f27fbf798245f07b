"""How far a set that is ordered by update time has been read, and how far that is certain. Pure.

Invariant: what a bookmark claims for good was read in one answer, by windows, or was counted. While rows come in order
the bookmark moves with them, so that a run that is stopped goes on there; beside it stands the ``origin``, up to which
it is certain. When the run that went on is done, all since the origin is read once more
(docs/decisions/0025-a-bookmark-says-what-it-knows.md).
"""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tap_medipim.bookmark_state import BEGINNING, DAY, FUTURE_SECONDS, Circumstances, SavedBookmark, unix_seconds
from tap_medipim.errors import StreamFailed
from tap_medipim.high_water_mark import HighWaterMark
from tap_medipim.records import rfc3339
from tap_medipim.spans import Span

MOST_UNREAD = 20


class Bookmark:
    """Moves to the edge while rows come in order, back to its start when they do not, and to the end when complete.

    A row counts in two steps: the reader calls ``prepare`` before it yields the row, and the stream calls ``advance``
    once the line is written. ``refusal`` says why the state's bookmark does not count, ``remark`` what is odd with it.
    """

    def __init__(
        self,
        saved: int | None = None,
        start_date: int | None = None,
        circumstances: Circumstances | None = None,
        *,
        was: SavedBookmark | None = None,
        refusal: str = "",
    ) -> None:
        was = was or SavedBookmark(saved)
        self._saved = was.value
        self._start_date = start_date
        self._floor = max(BEGINNING, start_date or BEGINNING)
        self._circumstances = circumstances or Circumstances()
        self.refusal = refusal
        self._certain = self._saved
        self._is_by_order = False
        self._origin, self._again, self._whole_at = was.origin, was.read_again_from, was.read_whole_at
        self._unread_before, self._unread = list(was.unread), list[Span]()
        self._due = self._again  # what this run leaves unproven is due in the next one
        is_gap = self._saved is not None and self._floor > self._saved
        self._read_from = start_date if is_gap or self._saved is None else was.read_from
        self.remark = (
            f"start_date, {rfc3339(self._floor)}, is later than the bookmark, {rfc3339(self._saved or 0)}: "
            "what changed between them is not read"
            if is_gap
            else ""
        )
        self._held_at: int | None = None
        self._is_held = False
        self._mark: HighWaterMark | None = None
        self._server_time: int | None = None

    @classmethod
    def read(
        cls, state: Mapping[str, Any], start_date: str | None, circumstances: Circumstances | None = None
    ) -> "Bookmark":
        """From the stream's state and the settings. Raises StreamFailed for a time that is none.

        A bookmark of other circumstances, or of a later ``start_date``, says nothing about what is asked now.
        """
        circumstances = circumstances or Circumstances()
        was, start = SavedBookmark.read(state), unix_seconds(start_date, "start_date")
        if "source" not in state:  # an earlier release made it, with this start_date as far as anybody knows
            was = replace(was, read_from=start)
        changes = [] if was.value is None else list(circumstances.changes(state))
        if was.read_from is not None and (start or BEGINNING) < was.read_from:
            changes.append(f"start_date was {rfc3339(was.read_from)} and is {rfc3339(start) if start else 'unset'}")
        if not changes:
            return cls(None, start, circumstances, was=was)
        refusal = f"{'; '.join(changes)}: the old bookmark does not count, everything is read again"
        return cls(None, start, circumstances, refusal=refusal)

    @property
    def value(self) -> int | None:
        """How far reading is."""
        return self._held_at if self._is_held else self._certain

    @contextmanager
    def held(self) -> Iterator[None]:
        """While one filter is asked in several questions nothing is certain before the last one is answered."""
        before = self._is_held, self._held_at
        self._is_held, self._held_at = True, self.value
        yield
        self._is_held, self._held_at = before  # not after a failure: then it stays where it was

    def ask_from(self, lookback_seconds: int) -> int:
        """The ``updatedSince`` of this run: the later of start_date and bookmark less look-back.

        At least one second of look-back: whether the bound is inclusive is unknown (docs/api/medipim.md#incremental).
        """
        saved = BEGINNING if self._saved is None else self._saved - max(1, lookback_seconds)
        return max(saved, self._floor)

    def go_back_to(self, lookback_seconds: int, now: int | None, full_read_days: int) -> int | None:
        """From where everything is read once more in this run, after what is new; None when nothing is due."""
        if self._is_whole_due(now, full_read_days):
            return self._floor
        return None if self._due is None else max(self._floor, self._due - max(1, lookback_seconds))

    def _is_whole_due(self, now: int | None, days: int) -> bool:
        """Whether all was last read so many days ago; a time in the future comes of a wrong clock."""
        if not days or now is None or self._whole_at is None or self._saved is None:
            return False
        return not self._whole_at - FUTURE_SECONDS <= now < self._whole_at + days * DAY

    def prepare(self, mark: HighWaterMark | None, server_time: int | None = None) -> None:
        """Called before a row is yielded: what is certain once it is written; None where rows move no bookmark."""
        self._mark, self._server_time = mark, server_time

    def advance(self) -> None:
        """Called after a row was written: reading goes on at the edge as long as rows come in order."""
        if self._mark is not None and not self._is_held:
            self._certain = self._newest(self._mark, self._server_time) if self._mark.in_order else self._saved
            self._is_by_order = self._certain != self._saved

    def complete(self, mark: HighWaterMark, server_time: int | None, bound: int | None = None) -> None:
        """Called after the last row: everything up to the newest was asked for, whatever the order was.

        ``bound`` is the time that nothing can be later than, where that is not the service's own.
        """
        self.refuse_future(server_time)
        if self._is_held and server_time is None:
            return  # a later question may hold newer rows than the first could: only the service's clock bounds both
        self.reached(self._newest(mark, server_time if bound is None else bound))

    def ended(self, now: int | None, *, is_proven: bool) -> None:
        """Called when all questions about what is new were answered; without proof it is read once more."""
        since = self._floor if self._saved is None else self._saved
        today = _day_of(now)
        unproven = self._origin if self._origin is not None else None if is_proven else since
        if unproven is not None:
            self._again = unproven if self._again is None else min(self._again, unproven)
        elif self._saved is None or (self._whole_at is None and self._again is None):
            self._whole_at = today  # all was read now; or an earlier release read it, and it counts from now on
        self._origin, self._is_by_order = None, False

    def went_back(self, since: int, now: int | None, *, is_proven: bool) -> None:
        """Called when everything from there on was read once more."""
        if is_proven:
            self._again = None
            self._whole_at = _day_of(now) if since <= self._floor else self._whole_at

    def note_unread(self, span: Span) -> None:
        """A row of this time could not be read. Of very many all since the first is read once more instead."""
        if span in self._unread:
            return
        if len(self._unread) < MOST_UNREAD:
            self._unread.append(span)
        else:
            self._again = min(span.start, self._again if self._again is not None else span.start)

    def unread_before(self, since: int) -> list[Span]:
        """What earlier runs could not read and this one does not ask for anyway, from then on."""
        self._unread_before = [span for span in self._unread_before if span.start < since]
        return list(self._unread_before)

    def looked_at(self, span: Span) -> None:
        """What could not be read before was asked for once more."""
        self._unread_before.remove(span)

    def refuse_future(self, now: int | None) -> None:
        """Raises StreamFailed for a bookmark in the future: it would read nothing for years and call it a success."""
        if self._saved is not None and now is not None and self._saved > now + FUTURE_SECONDS:
            raise StreamFailed(
                f"the bookmark in the state, {rfc3339(self._saved)}, lies in the future of the service's clock; "
                "remove it from the state to read everything again"
            )

    def reached(self, end: int | None) -> None:
        """Everything up to this second has been read, in whatever order."""
        seconds = [second for second in (end, self._saved, self._certain) if second is not None]
        self._certain = max(seconds, default=None)

    def _newest(self, mark: HighWaterMark, now: int | None) -> int | None:
        """The edge, but never later than a clock: one row dated 2099 must not end all reading."""
        if mark.edge is None:
            return self._saved
        edge = mark.edge if now is None else min(mark.edge, now)
        return edge if self._saved is None else max(edge, self._saved)

    def write(self, state: MutableMapping[str, Any], key: str) -> None:
        """Into the stream's state; nothing is written while nothing is certain."""
        origin = self._origin
        if origin is None and self._is_by_order:
            origin = self._floor if self._saved is None else self._saved
        saved = SavedBookmark(
            self.value,
            self._read_from,
            None if self._again is not None else origin,
            self._again,
            self._whole_at,
            tuple(dict.fromkeys(self._unread_before + self._unread))[: 2 * MOST_UNREAD],
        )
        saved.write(state, key, self._circumstances)


def _day_of(now: int | None) -> int | None:
    """The beginning of the day: full reads are counted in days."""
    return None if now is None else now - now % DAY
