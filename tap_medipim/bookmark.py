"""How far a set that is ordered by update time has been read, and how far that is certain. Pure.

``HighWaterMark`` holds what one reading has met: the newest update time, and the rows there. ``Bookmark`` holds what is
certain from run to run: unix seconds here, RFC 3339 in the state.

Invariant: the bookmark moves only past what is certain. As long as rows come in order, all before the newest one is
certain; the first row out of order makes nothing certain until the whole set has been read
(docs/api/medipim.md#incremental).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tap_medipim.errors import StreamFailed
from tap_medipim.records import LAST_SECOND, Row, key_of, rfc3339, updated_at

# No documented filter means "everything"; every product has an update time, and 0 could be read as "not given".
BEGINNING = 1
FILTER_KEY = "filter_digest"
FUTURE_SECONDS = 86_400  # more than any two servers' clocks differ


class HighWaterMark:
    """Tells new rows from repeated ones across resumed answers and overlapping pages.

    ``edge`` is the newest update time so far. ``dated`` counts admitted rows that have an update time, since a row
    without one comes again with every answer.
    """

    def __init__(self, since: int) -> None:
        self.start = since
        self.edge: int | None = None
        self.in_order = True
        self.dated = 0
        self._at_edge: set[str] = set()
        self._second_before: set[str] = set()

    def admit(self, row: Row) -> bool:
        """Whether this version of the row is new; remembers it."""
        second, key = updated_at(row), str(key_of(row))
        if second is None:
            return True
        if self.edge is None or second > self.edge:
            self._second_before = self._at_edge if self.edge == second - 1 else set()
            self._at_edge, self.edge = {key}, second
        elif (keys := self._keys_at(second)) is None:
            self.in_order = False
        elif key in keys:
            return False
        else:
            self.in_order = self.in_order and second == self.edge
            keys.add(key)
        self.dated += 1
        return True

    def knows(self, row: Row) -> bool:
        """Whether this version of the row was admitted before, as far as that is remembered."""
        second = updated_at(row)
        return second is not None and str(key_of(row)) in (self._keys_at(second) or ())

    def _keys_at(self, second: int) -> set[str] | None:
        """The keys admitted at the edge or one second before it; None for any other time."""
        if self.edge is None:
            return None
        return {0: self._at_edge, 1: self._second_before}.get(self.edge - second)

    def resume_from(self) -> int:
        """Where to ask from next: one second before the edge, since nobody knows whether the bound is inclusive."""
        if self.edge is None or not self.in_order:
            return self.start
        return max(self.start, self.edge - 1)


class Bookmark:
    """Moves to the edge while rows come in order, back to its start when they do not, and to the end when complete.

    A row counts in two steps: the reader calls ``prepare`` before it yields the row, and the stream calls ``advance``
    once the line is written.
    """

    def __init__(
        self, saved: int | None = None, start_date: int | None = None, filter_digest: str | None = None
    ) -> None:
        self._saved = saved
        self._start_date = start_date
        self._filter_digest = filter_digest
        self._certain = saved
        self._is_held = False
        self._mark: HighWaterMark | None = None
        self._server_time: int | None = None
        self.was_for_another_filter = False

    @classmethod
    def read(
        cls, state: Mapping[str, Any], start_date: str | None, row_filter: Mapping[str, Any] | None = None
    ) -> "Bookmark":
        """From the stream's state and two settings. Raises StreamFailed for a time that is none.

        A bookmark made with another filter says nothing about what this one matches: it does not count.
        """
        saved, digest = (
            _unix_seconds(state.get("replication_key_value"), "the bookmark in the state"),
            _digest(row_filter),
        )
        is_stale = saved is not None and state.get(FILTER_KEY) != digest
        bookmark = cls(None if is_stale else saved, _unix_seconds(start_date, "start_date"), digest)
        bookmark.was_for_another_filter = is_stale
        return bookmark

    @property
    def value(self) -> int | None:
        """How far reading is certain."""
        return self._saved if self._is_held else self._certain

    @contextmanager
    def held(self) -> Iterator[None]:
        """While one filter is asked in several questions nothing is certain before the last one is answered."""
        self._is_held = True
        yield
        self._is_held = False

    def ask_from(self, lookback_seconds: int) -> int:
        """The ``updatedSince`` of this run: the later of start_date and bookmark less look-back.

        At least one second of look-back: whether the bound is inclusive is unknown (docs/api/medipim.md#incremental).
        """
        saved = BEGINNING if self._saved is None else self._saved - max(1, lookback_seconds)
        return max(BEGINNING, saved, self._start_date or BEGINNING)

    def prepare(self, mark: HighWaterMark | None, server_time: int | None = None) -> None:
        """Called before a row is yielded: what is certain once it is written; None where rows move no bookmark."""
        self._mark, self._server_time = mark, server_time

    def advance(self) -> None:
        """Called after a row was written: the edge is certain as long as rows came in order."""
        if self._mark is not None and not self._is_held:
            self._certain = self._newest(self._mark, self._server_time) if self._mark.in_order else self._saved

    def complete(self, mark: HighWaterMark, server_time: int | None) -> None:
        """Called after the last row: everything up to the newest is certain, whatever the order was."""
        self.refuse_future(server_time)
        if self._is_held and server_time is None:
            return  # a later question may hold newer rows than the first could: only the service's clock bounds both
        self.reached(self._newest(mark, server_time))

    def refuse_future(self, server_time: int | None) -> None:
        """Raises StreamFailed for a bookmark in the future: it would read nothing for years and call it a success."""
        if self._saved is not None and server_time is not None and self._saved > server_time + FUTURE_SECONDS:
            raise StreamFailed(
                f"the bookmark in the state, {rfc3339(self._saved)}, lies in the future of the service's clock; "
                "remove it from the state to read everything again"
            )

    def reached(self, end: int | None) -> None:
        """Everything up to this second has been read, in whatever order."""
        seconds = [second for second in (end, self._saved, self._certain) if second is not None]
        self._certain = max(seconds, default=None)

    def _newest(self, mark: HighWaterMark, server_time: int | None) -> int | None:
        """The edge, but never later than the service's own clock: one row dated 2099 must not end all reading."""
        if mark.edge is None:
            return self._saved
        edge = mark.edge if server_time is None else min(mark.edge, server_time)
        return edge if self._saved is None else max(edge, self._saved)

    def write(self, state: MutableMapping[str, Any], key: str) -> None:
        """Into the stream's state; nothing is written while nothing is certain."""
        if self.value is None:
            for name in ("replication_key", "replication_key_value", FILTER_KEY):
                state.pop(name, None)
            return
        state["replication_key"] = key
        state["replication_key_value"] = rfc3339(self.value)
        if self._filter_digest is None:
            state.pop(FILTER_KEY, None)
        else:
            state[FILTER_KEY] = self._filter_digest


def _digest(row_filter: Mapping[str, Any] | None) -> str | None:
    """A short digest of a filter, the same whatever the order of its keys."""
    if not row_filter:
        return None
    return hashlib.blake2b(json.dumps(row_filter, sort_keys=True).encode(), digest_size=8).hexdigest()


def _unix_seconds(text: Any, where: str) -> int | None:
    """Seconds of an RFC 3339 text; a time without a zone is UTC."""
    if text is None or text == "":
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise StreamFailed(
            f"{where} is not a date: {str(text)[:40]!r}; it must look like 2026-01-31T00:00:00Z"
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(
        max(0, int(moment.timestamp())), LAST_SECOND
    )  # a zone can move the first or last day out of the calendar
