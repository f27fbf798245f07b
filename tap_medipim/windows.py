"""Reading a set that can only be paged, and only to 10,000 rows: windows over update time, halved until each fits.

- A settled window, which ends some time ago, only loses rows. One that is touched meanwhile leaves it and shifts later
  rows to lower pages, so pages are read from the last to the first (docs/api/medipim.md#moving-set).
- The newest window has no end and only gains rows, which shift later ones to higher pages. Its pages are read from the
  first to the last.
- A window asks for one second more on either side, since nobody knows whether its bounds are inclusive. It yields only
  rows of its own seconds, so that no row is lost or repeated at an edge. Rows without an update time are yielded by
  every window that shows them.
- Windows come in the order of time. A bookmark may move to the end of each finished one.
- A total of 10,000 may be clipped and never counts as fitting.

No I/O of its own: ``Windows`` gets the function that asks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tap_medipim.client import MAX_REACHABLE_ROWS, Page
from tap_medipim.errors import StreamFailed
from tap_medipim.records import Row, key_of, updated_at
from tap_medipim.spans import Span

END_OF_TIME = 2**32 - 1  # of open windows; for creation times too, which need not be earlier than update times


@dataclass(frozen=True)
class Question:
    """Which rows are asked for, and in which direction: a span of update times, and within it one of creation times.

    ``without_creation`` asks for rows without a creation time instead.
    """

    updated: Span
    created: Span | None = None
    without_creation: bool = False
    descending: bool = False

    def filter(self) -> dict[str, Any]:
        """The Medipim filter."""
        updated = {"updatedSince": self.updated.bounds()}
        if self.without_creation:
            return {"and": [updated, {"not": {"createdAt": {"from": 0}}}]}
        if self.created is None:
            return updated
        return {"and": [updated, {"createdAt": self.created.bounds()}]}


Ask = Callable[[Question, int], Page]


class Windows:
    """Reads one span of update times completely; ``ask(question, page number)`` reads a page of ``size`` rows.

    Up to the second ``settled`` no row can enter a window any more.
    """

    def __init__(self, ask: Ask, size: int, settled: int = END_OF_TIME) -> None:
        self._ask = ask
        self._size = size
        self._settled = settled

    def read(self, span: Span, finished: Callable[[int], None]) -> Iterator[Row]:
        """Rows, window by window; ``finished(end)`` is called once everything up to that second has been yielded.

        Raises StreamFailed when rows cannot be reached whatever is asked.
        """
        first = self._ask(Question(span), 0)
        if not _fits(first) and not span.is_one_second:
            _check_rows_shown(span, first)
            for half in span.halves():
                yield from self.read(half, finished)
            return
        rows = self._pages(Question(span), first) if _fits(first) else self._by_creation(span)
        yield from _own_rows(span, rows)
        finished(span.end)

    def _pages(self, question: Question, first: Page) -> Iterator[Row]:
        """All pages after the first, in the direction in which no row can escape."""
        yield from first.take()
        yield from (self._downwards if question.updated.end <= self._settled else self._upwards)(question, first)

    def _downwards(self, question: Question, first: Page) -> Iterator[Row]:
        """From the last page to page 0, which is read again, since rows may have moved down to it."""
        last = max(0, ((first.total or 0) - 1) // self._size)
        for number in range(last, -1 if last else 0, -1):
            yield from self._ask(question, number).take()

    def _upwards(self, question: Question, page: Page) -> Iterator[Row]:
        """From page 1 to the page that is the last when it is read."""
        for number in range(1, MAX_REACHABLE_ROWS // self._size):
            if number * self._size >= (page.total or 0):
                return
            page = self._ask(question, number)
            yield from page.take()

    def _by_creation(self, second: Span) -> Iterator[Row]:
        """More rows than pages reach share one second of update: halve over creation time, which never changes."""
        questions = [Question(second, without_creation=True), Question(second, Span(0, END_OF_TIME))]
        while questions:
            question = questions.pop()
            first = self._ask(question, 0)
            if _fits(first):
                yield from self._pages(question, first)
            elif question.created is None or question.created.is_one_second:
                yield from self._from_both_ends(question)
            else:
                questions += [replace(question, created=half) for half in question.created.halves()]

    def _from_both_ends(self, question: Question) -> Iterator[Row]:
        """Rows of a question that cannot be halved: the first 10,000 by id, and the last 10,000; they must meet."""
        pages = MAX_REACHABLE_ROWS // self._size
        seen: set[Any] = set()
        met = False
        for descending in (False, True):
            for number in range(pages):
                rows = self._ask(replace(question, descending=descending), number).results
                met = met or (descending and any(key_of(row) in seen for row in rows))
                seen.update(key_of(row) for row in rows)
                yield from rows
        if not met:
            raise StreamFailed(
                f"more than {2 * MAX_REACHABLE_ROWS} rows share one second of creation and one of update, which pages "
                "cannot reach"
            )


def _fits(first: Page) -> bool:
    return first.total is not None and first.total < MAX_REACHABLE_ROWS


def _check_rows_shown(span: Span, first: Page) -> None:
    """Raises StreamFailed when rows are claimed and not shown: halving on would ask for every second since 1970."""
    seconds = range(max(0, span.start - 1), span.end + 2)
    times = [updated_at(row) for row in first.results]
    if not first.bad and not any(second is None or second in seconds for second in times):
        count = "an untold number of" if first.total is None else first.total
        raise StreamFailed(f"the service says it has {count} rows from {span.start} to {span.end}, and shows none")


def _own_rows(span: Span, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows whose update time is in the span, and those without one, each once; others have another window."""
    seen: set[Any] = set()
    for row in rows:
        second, key = updated_at(row), key_of(row)
        is_own = second is None or span.start <= second <= span.end
        if is_own and key not in seen:
            seen.add(key)
            yield row
