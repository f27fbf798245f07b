"""How a resource that has update times is read from its bookmark on: as one stream, by keyset, or by windows.

| API | products_endpoint | read |
| --- | --- | --- |
| v4 | stream | as one answer, resumed from its edge when it breaks |
| v4 | query | as page 0 of ever later questions; by windows where that cannot reach or the order does not hold |
| v3 | | by windows over update time: v3 cannot sort by it |
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_medipim import questions
from tap_medipim.bad_rows import BadRow, OnBad, bad_row
from tap_medipim.bookmark import Bookmark
from tap_medipim.bookmark_state import BEGINNING
from tap_medipim.client import MAX_REACHABLE_ROWS, MedipimClient, Page
from tap_medipim.errors import OutOfReach, QuestionRefused, StreamFailed
from tap_medipim.filters import Filter, both, split
from tap_medipim.high_water_mark import Completeness, HighWaterMark
from tap_medipim.pagination import by_keyset, resumed
from tap_medipim.raw_rows import whole
from tap_medipim.records import Row, key_of, rfc3339, updated_at
from tap_medipim.resources import Resource
from tap_medipim.settings import TapSettings
from tap_medipim.spans import Span
from tap_medipim.v3 import as_v4
from tap_medipim.windows import END_OF_TIME, Question, Windows

if TYPE_CHECKING:  # its library is imported when a tap begins to read
    from tap_medipim.row_decoder import RowDecoder

FRESH_SECONDS = 2  # the service's clock is told in whole seconds, and windows ask one second beyond their end
MOST_FRESH_SECONDS = 3600
LAST_RESORT_AFTER = 2  # attempts without progress

logger = logging.getLogger("tap-medipim")


@dataclass(frozen=True)
class Notices:
    """What a reader says: the number of rows to come as soon as the service tells it, warnings, rows it cannot read."""

    expect: Callable[[int], None]
    warn: Callable[[str], None]
    bad_row: OnBad


class IncrementalReader:
    """Reads one resource once, and prepares its bookmark for each row."""

    def __init__(
        self,
        client: MedipimClient,
        resource: Resource,
        settings: TapSettings,
        decoder: "RowDecoder",
        bookmark: Bookmark,
        notices: Notices,
    ) -> None:
        self._client = client
        self._resource = resource
        self._settings = settings
        self._decoder = None if settings.api_version == "v3" else decoder  # a row of v3 is changed in many places
        self._bookmark = bookmark
        self._expect, self._warn, self._tell_bad_row = notices.expect, notices.warn, notices.bad_row
        self._sorting = settings.sorting if resource.name == "products" else None
        self._is_proven = True  # of the questions that were asked last
        self._is_last_resort = False  # the same place of an answer stayed unreadable
        self._mark: HighWaterMark | None = None  # of rows that come in order
        self._complete = Completeness()
        self._bad_after: int | None = None  # the update time before a bad row that shows none
        self._is_time_required = False  # the service takes no question without one

    def rows(self, row_filter: Filter | None) -> Iterator[Row]:
        """Every row that changed since the bookmark and matches, each version once; those of v4 as text.

        Behind them all others that are due once more: since the last run that was sure, or everything.
        """
        self._client.forget_server_time()
        parts = split(row_filter, self._settings.api_version)
        since = self._bookmark.ask_from(self._settings.lookback_seconds)
        yield from self._questions(parts, since)
        now = self._client.calendar_time
        self._bookmark.ended(now, is_proven=self._is_proven)
        settings = self._settings
        again = self._bookmark.go_back_to(settings.lookback_seconds, now, settings.full_read_every_days)
        for unread in self._bookmark.unread_before(since if again is None else min(since, again)):
            yield from self._unread(parts, unread)
            self._bookmark.looked_at(unread)
        if again is not None:
            yield from self._once_more(parts, again, since)

    def _questions(self, parts: list[Filter | None], since: int, *, by_windows: bool = False) -> Iterator[Row]:
        """All questions that together are the filter."""
        self._is_proven = True
        if len(parts) == 1:
            return self._part(parts[0], since, by_windows=by_windows)
        return self._each_once(parts, since, by_windows=by_windows)

    def _each_once(self, parts: list[Filter | None], since: int, *, by_windows: bool) -> Iterator[Row]:
        with self._bookmark.held():
            seen: set[tuple[str, int | None]] = set()
            for part in parts:
                for row in self._part(part, since, by_windows=by_windows):
                    version = (str(key_of(row)), updated_at(row))
                    if version not in seen:
                        seen.add(version)
                        yield row

    def _once_more(self, parts: list[Filter | None], start: int, since: int) -> Iterator[Row]:
        """All rows since ``start``, but for those that this run has given for sure: the new ones since ``since``.

        Pages go on at their edge, which proves nothing once more: here they are read by windows.
        """
        logger.info("%s: all that was updated since %s is read once more", self._resource.name, rfc3339(start))
        given = range(since + 1, (self._client.server_time or 0) - FRESH_SECONDS) if self._is_proven else range(0)
        is_paged = self._settings.products_endpoint == "query"
        with self._bookmark.held():
            for row in self._questions(parts, start, by_windows=is_paged):
                if updated_at(row) not in given:
                    yield row
        if not self._is_proven:
            self._warn("not in one answer: the next run reads it once more again")
        self._bookmark.went_back(start, self._client.calendar_time, is_proven=self._is_proven)

    def _unread(self, parts: list[Filter | None], unread: Span) -> Iterator[Row]:
        """The rows of a time in which one could not be read in an earlier run; it is told again if it still cannot."""
        is_stream = self._settings.api_version == "v4" and self._settings.products_endpoint == "stream"
        with self._bookmark.held():
            for part in parts:
                for row in (self._span_stream if is_stream else self._span_pages)(part, unread):
                    if (second := updated_at(row)) is None or unread.start <= second <= unread.end:
                        yield row
                self._close_bad(unread.end)

    def _span_stream(self, row_filter: Filter | None, span: Span) -> Iterator[Row]:
        mark = self._mark = HighWaterMark(span.start)
        self._is_last_resort = False

        def ask(since: int) -> Iterator[Row]:
            asked = {"updatedSince": Span(since, span.end).bounds()}
            return self._stream(both(row_filter, asked), lambda _total: None)

        return resumed(ask, mark, self._pause, self._warn)

    def _span_pages(self, row_filter: Filter | None, span: Span) -> Iterator[Row]:
        self._mark = None
        windows = Windows(partial(self._ask_window, row_filter), self._settings.page_size, span.end)
        rows = windows.read(span, lambda _end: None)
        return self._as_v4(rows) if self._settings.api_version == "v3" else rows

    def _bad(self, bad: BadRow) -> None:
        """A row that cannot be read: told, and looked at again in the next run, by its time or by its neighbours'."""
        self._tell_bad_row(bad)
        if bad.updated_at is not None:
            self._complete.count_bad(bad.key, bad.updated_at, self._client.server_time)
            self._bookmark.note_unread(Span(bad.updated_at, bad.updated_at))
        elif self._bad_after is None and self._mark is not None:
            self._bad_after = self._mark.edge or self._mark.start

    def _close_bad(self, second: int | None) -> None:
        """The next row, or the end, says how late a bad one before it can be."""
        if self._bad_after is not None and second is not None:
            self._bookmark.note_unread(Span(*sorted((self._bad_after, second))))
            self._bad_after = None

    def _pause(self, fruitless: int) -> None:
        """Wait before a broken answer is asked for again; what stays broken at one place is a bad row, not damage."""
        self._is_last_resort = fruitless >= LAST_RESORT_AFTER
        self._client.wire.back_off(fruitless)

    def _as_v4(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            try:
                yield as_v4(whole(row))
            except (AttributeError, LookupError, TypeError, ValueError, StreamFailed) as failure:
                self._bad(bad_row(row, f"a row of {self._resource.name}", type(failure).__name__))

    def _part(self, row_filter: Filter | None, since: int, *, by_windows: bool = False) -> Iterator[Row]:
        if self._settings.api_version == "v3":
            yield from self._as_v4(self._by_windows(row_filter, since))
            return
        if by_windows:
            yield from self._by_windows(row_filter, since)
            return
        mark, complete = self._mark, self._complete = HighWaterMark(since), Completeness()
        self._is_last_resort = False
        try:
            for row in self._in_order(row_filter, mark, complete):
                second = mark.second
                complete.count(second, self._client.server_time)
                if second is None:
                    complete.count_undated(str(key_of(row)))
                if self._bad_after is not None:
                    self._close_bad(second)
                self._bookmark.prepare(mark, self._client.time)
                yield row
        except OutOfReach as reason:
            self._bookmark.prepare(None)
            self._warn(f"{reason}: reading on by windows of time")
            self._is_proven = self._is_proven and not mark.in_order  # else what is before the edge was not by windows
            rest = self._by_windows(row_filter, mark.resume_from())
            yield from (row for row in rest if not mark.knows(row))
        else:
            self._close_bad(self._client.time)
            self._is_proven = self._is_proven and complete.is_proven
            self._bookmark.refuse_future(self._client.believable_time)
            self._bookmark.complete(mark, self._client.server_time, self._client.time)

    def _in_order(self, row_filter: Filter | None, mark: HighWaterMark, complete: Completeness) -> Iterator[Row]:
        if self._settings.products_endpoint == "stream":
            ask = partial(self._ask_stream, row_filter, mark, complete)
            return resumed(ask, mark, self._pause, self._warn)
        ask_page = partial(self._ask_page, row_filter, mark, complete)
        return by_keyset(ask_page, mark, self._settings.page_size)

    def _ask_stream(
        self, row_filter: Filter | None, mark: HighWaterMark, complete: Completeness, since: int
    ) -> Iterator[Row]:
        def told(total: int) -> None:
            complete.tell(total)
            self._expect(total)

        complete.ask(from_start=since == mark.start)
        dated = questions.since(row_filter, since)
        return self._all(row_filter, dated, told) if self._asks_all(since) else self._stream(dated, told)

    def _asks_all(self, since: int) -> bool:
        """Whether all is asked for: then without a time, which a row without one would never match."""
        return since <= BEGINNING and not self._is_time_required

    def _all(self, row_filter: Filter | None, dated: Filter, told: Callable[[int], None]) -> Iterator[Row]:
        """All rows that match; where the service does not take the question, those that have an update time."""
        try:
            yield from self._stream(questions.everything(self._resource.name, row_filter), told)
        except QuestionRefused:
            self._is_time_required = True
            yield from self._stream(dated, told)

    def _stream(self, asked: Filter, told: Callable[[int], None]) -> Iterator[Row]:
        body = {"filter": asked, "sorting": self._sorting or questions.BY_UPDATE_TIME}
        path, is_last_resort = f"{self._resource.v4}/stream", self._is_last_resort
        return self._client.stream(path, body, told, self._decoder, self._bad, is_last_resort=is_last_resort)

    def _ask_page(
        self, row_filter: Filter | None, mark: HighWaterMark, complete: Completeness, since: int, number: int
    ) -> Page:
        complete.ask(from_start=since == mark.start and number == 0)
        page = self._page_of_all(row_filter, number) if self._asks_all(since) else None
        page = page or self._page(questions.since(row_filter, since), questions.BY_UPDATE_TIME, number)
        complete.tell(None if page.total == MAX_REACHABLE_ROWS else page.total)
        is_first = mark.edge is None and number == 0
        if is_first and page.total is not None:  # later questions hold a few rows again
            self._expect(page.total)
        return page

    def _page_of_all(self, row_filter: Filter | None, number: int) -> Page | None:
        """As ``_all``, one page; None where the service does not take the question."""
        try:
            return self._page(questions.everything(self._resource.name, row_filter), questions.BY_UPDATE_TIME, number)
        except QuestionRefused:
            self._is_time_required = True
            return None

    def _by_windows(self, row_filter: Filter | None, since: int) -> Iterator[Row]:
        """Up to some time before the service's own, window by window; then what is newer, or dated in the future.

        What comes late into a settled window would be lost. So the newest, open one begins a look-back ago, and the
        next run reads all of it again.
        """
        self._mark = None
        ask = partial(self._ask_window, row_filter)
        first = ask(Question(Span(since, END_OF_TIME)), 0)  # for the service's time, and a refusal before anything else
        self._bookmark.refuse_future(self._client.believable_time)
        if first.total is not None and first.total != MAX_REACHABLE_ROWS:
            self._expect(first.total)
        is_told = self._client.server_time is not None
        now = max(since, self._client.time or since) if is_told else since
        settled = max(since, now - min(max(FRESH_SECONDS, self._settings.lookback_seconds), MOST_FRESH_SECONDS))
        windows = Windows(ask, self._settings.page_size, settled)
        if self._asks_all(since):
            yield from self._undated(row_filter)
        yield from windows.read(Span(since, settled), self._bookmark.reached)
        newest = since
        for row in windows.read(Span(settled + 1, END_OF_TIME), lambda _end: None):
            newest = max(newest, updated_at(row) or since)
            yield row
        self._bookmark.reached(now if is_told else min(newest, self._client.time or since))

    def _undated(self, row_filter: Filter | None) -> Iterator[Row]:
        """Rows without an update time, which no window shows; none where the service does not take the question."""
        for number in range(MAX_REACHABLE_ROWS // self._settings.page_size):
            try:
                page = self._page(questions.undated(row_filter), self._sorting or questions.BY_ID, number)
            except QuestionRefused:
                self._is_time_required = True
                return
            yield from (row for row in page.take() if updated_at(row) is None)
            if page.shown < self._settings.page_size:
                return

    def _ask_window(self, row_filter: Filter | None, question: Question, number: int) -> Page:
        return self._page(*questions.window(row_filter, question, self._sorting), number)

    def _page(self, asked: Filter, sorting: dict[str, Any], number: int) -> Page:
        path = self._resource.v3[0] if self._settings.api_version == "v3" else f"{self._resource.v4}/query"
        body = questions.page_of(asked, sorting, number, self._settings.page_size)
        return self._client.query(path, body, self._decoder, self._bad)
