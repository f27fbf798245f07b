"""Reading a set that can only be paged, and only to 10,000 rows: windows over update time, halved until each fits.

Laws. A settled window, which ends some time ago, only loses rows: one that is touched meanwhile leaves it and shifts
later rows to lower pages, so pages are read from the last to the first (reliability sheet 5.1). The newest window has
no end and only gains rows, which shift later ones to higher pages: its pages are read from the first to the last.
A window asks for one second more on either side, since nobody knows whether its bounds are inclusive, and gives only
rows of its own seconds, so that no row is lost or given twice at an edge; rows that tell no time are given whenever
they come. Windows come in the order of time; a bookmark may move to the end of each finished one. A total of 10,000
may be clipped and never counts as fitting. Pure but for the asking.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tap_medipim.client import Page
from tap_medipim.errors import StreamFailed
from tap_medipim.records import updated_at

Row = dict[str, Any]
MAX_REACHABLE_ROWS = 10_000
LATEST = 2**32 - 1  # creation times need not be earlier than update times


@dataclass(frozen=True)
class Span:
    """Whole seconds from ``start`` to ``end``, both included."""

    start: int
    end: int

    def halves(self) -> tuple["Span", "Span"]:
        """The earlier and the later half; only for spans of two seconds and more."""
        middle = (self.start + self.end) // 2
        return Span(self.start, middle), Span(middle + 1, self.end)

    @property
    def is_one_second(self) -> bool:
        """Whether the span cannot be halved."""
        return self.start >= self.end

    def asked(self) -> dict[str, int]:
        """As a filter value, one second wider on either side."""
        return {"from": max(0, self.start - 1), "until": self.end + 1}


@dataclass(frozen=True)
class Question:
    """What a page is asked of: update times; inside them creation times, or rows that tell none; the direction."""

    updated: Span
    created: Span | None = None
    without_creation: bool = False
    descending: bool = False

    def filter(self) -> dict[str, Any]:
        """The Medipim filter."""
        updated = {"updatedSince": self.updated.asked()}
        if self.without_creation:
            return {"and": [updated, {"not": {"createdAt": {"from": 0}}}]}
        if self.created is None:
            return updated
        return {"and": [updated, {"createdAt": self.created.asked()}]}


Ask = Callable[[Question, int], Page]


class Windows:
    """Reads one span of update times completely; ``ask(question, page number)`` reads a page of ``size`` rows.

    Up to the second ``settled`` no row can enter a window any more.
    """

    def __init__(self, ask: Ask, size: int, settled: int = LATEST) -> None:
        self._ask = ask
        self._size = size
        self._settled = settled

    def read(self, span: Span, finished: Callable[[int], None]) -> Iterator[Row]:
        """Rows, window by window; ``finished(end)`` tells that everything up to that second has been given.

        Raises StreamFailed when rows cannot be reached whatever is asked.
        """
        first = self._ask(Question(span), 0)
        if not _fits(first) and not span.is_one_second:
            _check_shown(span, first)
            for half in span.halves():
                yield from self.read(half, finished)
            return
        rows = self._pages(Question(span), first) if _fits(first) else self._by_creation(span)
        yield from _once(span, rows)
        finished(span.end)

    def _pages(self, question: Question, first: Page) -> Iterator[Row]:
        """All pages after the first, in the direction in which no row can escape."""
        yield from first.given()
        yield from (self._downwards if question.updated.end <= self._settled else self._upwards)(question, first)

    def _downwards(self, question: Question, first: Page) -> Iterator[Row]:
        """From the last page to page 0, which is read again, since rows may have moved down to it."""
        last = max(0, ((first.total or 0) - 1) // self._size)
        for number in range(last, -1 if last else 0, -1):
            yield from self._ask(question, number).given()

    def _upwards(self, question: Question, page: Page) -> Iterator[Row]:
        """From page 1 to the page that is the last when it is read."""
        for number in range(1, MAX_REACHABLE_ROWS // self._size):
            if number * self._size >= (page.total or 0):
                return
            page = self._ask(question, number)
            yield from page.given()

    def _by_creation(self, second: Span) -> Iterator[Row]:
        """More rows than pages reach share one second of update: halve over creation time, which never changes."""
        questions = [Question(second, without_creation=True), Question(second, Span(0, LATEST))]
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
        """What nothing can halve any more: the first 10,000 rows by id, and the last 10,000; they must meet."""
        reach = MAX_REACHABLE_ROWS // self._size
        seen: set[Any] = set()
        met = False
        for descending in (False, True):
            for number in range(reach):
                rows = self._ask(replace(question, descending=descending), number).results
                met = met or (descending and any(row["id"] in seen for row in rows))
                seen.update(row["id"] for row in rows)
                yield from rows
        if not met:
            raise StreamFailed(
                f"more than {2 * MAX_REACHABLE_ROWS} rows share one second of creation and one of update, which pages "
                "cannot reach"
            )


def _fits(first: Page) -> bool:
    return first.total is not None and first.total < MAX_REACHABLE_ROWS


def _check_shown(span: Span, first: Page) -> None:
    """Raises StreamFailed when rows are claimed and not shown: halving on would ask for every second since 1970."""
    asked = range(max(0, span.start - 1), span.end + 2)
    moments = [updated_at(row) for row in first.results]
    if not any(moment is None or moment in asked for moment in moments):
        told = "an untold number of" if first.total is None else first.total
        raise StreamFailed(f"the service says it has {told} rows from {span.start} to {span.end}, and shows none")


def _once(own: Span, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows whose update time is in the span, and those that tell none, each once; others have another window."""
    given: set[Any] = set()
    for row in rows:
        moment = updated_at(row)
        is_own = moment is None or own.start <= moment <= own.end
        if is_own and row["id"] not in given:
            given.add(row["id"])
            yield row
