"""Reading a changing set completely, against a list in memory: what is asked, what is given, when it is given up."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tap_medipim.client import Page
from tap_medipim.errors import OutOfReach, StreamBroken, StreamFailed
from tap_medipim.high_water_mark import HighWaterMark
from tap_medipim.pagination import all_pages, by_keyset, resumed


def row(key: int, moment: Any) -> dict[str, Any]:
    """A raw result."""
    return {"id": key, "meta": {"updatedAt": moment}}


class Paged:
    """A set in order of update time; ``touch`` gives a row a new time after so many questions."""

    def __init__(self, *moments: Any, size: int, touch: dict[int, tuple[int, int]] | None = None) -> None:
        self.rows = [row(key, moment) for key, moment in enumerate(moments)]
        self.size, self.touch = size, touch or {}
        self.asked: list[tuple[int, int]] = []

    def ask(self, since: int, number: int) -> Page:
        """One page of what has changed since."""
        self.asked.append((since, number))
        if len(self.asked) in self.touch:
            key, moment = self.touch[len(self.asked)]
            next(one for one in self.rows if one["id"] == key)["meta"] = {"updatedAt": moment}
            self.rows.sort(key=lambda one: one["meta"]["updatedAt"])
        found = [one for one in self.rows if not one["meta"]["updatedAt"] or one["meta"]["updatedAt"] >= since]
        return Page([dict(one) for one in found[number * self.size :][: self.size]], None)

    def read(self, since: int = 1) -> list[int]:
        """The ids in the order in which they are given."""
        return [one["id"] for one in by_keyset(self.ask, HighWaterMark(since), self.size)]


def test_a_page_is_let_go_row_by_row() -> None:
    """When the next page is asked for, nothing of the last one is held any more: memory holds one page, not two."""
    paged, pages, held = Paged(*range(10, 20), size=4), [], []

    def ask(since: int, number: int) -> Page:
        held.append([len(page.results) for page in pages])
        pages.append(paged.ask(since, number))
        return pages[-1]

    assert [one["id"] for one in by_keyset(ask, HighWaterMark(1), 4)] == list(range(10))
    assert len(held) > 2
    assert not any(any(lengths) for lengths in held)


@pytest.mark.parametrize(
    ("moments", "asked"),
    [
        ((), [(1, 0)]),
        ((10,), [(1, 0)]),
        ((10, 20), [(1, 0), (19, 0)]),
        ((10, 20, 30), [(1, 0), (19, 0), (29, 0)]),
        ((5, 5, 5), [(1, 0), (4, 0), (4, 1), (4, 0)]),
        ((1, 1, 1), [(1, 0), (1, 1), (1, 0)]),
        ((2, 2, 2, 9), [(1, 0), (1, 1), (1, 0), (8, 0)]),
        ((1, 1, 1, 1, 1), [(1, 0), (1, 1), (1, 2), (1, 1), (1, 0)]),
        ((1, 2, 2, 2), [(1, 0), (1, 1), (1, 2), (1, 1), (1, 0)]),
        ((5, 5, 5, 6, 9), [(1, 0), (4, 0), (4, 1), (4, 0), (5, 0), (5, 1), (5, 2), (5, 1), (5, 0)]),
        ((5, 5, 5, 7, 9), [(1, 0), (4, 0), (4, 1), (4, 0), (6, 0), (8, 0)]),
    ],
)
@pytest.mark.parametrize("base", [0, 1_700_000_000])
def test_each_row_is_given_once_with_the_fewest_questions(moments: tuple[int, ...], asked: Any, base: int) -> None:
    """Page 0 of an ever later question; further pages only while one second fills the whole page."""
    paged = Paged(*[base + moment for moment in moments], size=2)
    assert paged.read(base + 1) == list(range(len(moments)))
    assert paged.asked == [(base + since, number) for since, number in asked]


@pytest.mark.parametrize("touched", [2, 3, 4, 5])
def test_a_row_that_leaves_its_second_hides_no_other(touched: int) -> None:
    """Seven rows of one second on pages of two: what moved to a lower page meanwhile is met on the way back."""
    paged = Paged(*[5] * 7, size=2, touch={touched: (0, 9)})
    assert sorted(paged.read()) == [0, *range(7)]  # row 0 in both of its versions


@pytest.mark.parametrize(
    ("size", "rows", "last", "reached"),
    [(2500, 9_999, 3, True), (2500, 10_000, 3, False), (3333, 9_998, 2, True), (3333, 9_999, 2, False)],
)
def test_one_second_is_read_as_far_as_pages_reach(size: int, rows: int, last: int, reached: bool) -> None:
    """No page is asked for that goes beyond row 10,000: the service gives none."""
    paged = Paged(*[5] * rows, size=size)
    if reached:
        assert len(paged.read()) == rows
    else:
        with pytest.raises(OutOfReach, match="more than 10000 rows share one update time"):
            paged.read()
    assert max(number for _, number in paged.asked) == last


def test_rows_out_of_order_are_not_called_complete() -> None:
    """Without an order there is no edge to go on from."""
    paged = Paged(9, 5, 7, size=2)
    with pytest.raises(OutOfReach, match="order of update time"):
        paged.read()


def test_rows_without_a_time_do_not_stop_the_reading() -> None:
    """They are given and move no edge."""
    assert set(Paged(None, 3, size=2).read()) == {0, 1}
    assert set(Paged(None, None, None, size=2).read()) == {0, 1, 2}


class Breaking:
    """A stream whose answers break after what is said, one after the other; the last one is whole."""

    def __init__(self, *answers: list[dict[str, Any]]) -> None:
        self.answers = list(answers)
        self.asked: list[int] = []
        self.pauses: list[int] = []
        self.said: list[str] = []

    def ask(self, since: int) -> Iterator[dict[str, Any]]:
        """The next answer."""
        self.asked.append(since)
        yield from self.answers.pop(0)
        if self.answers:
            raise StreamBroken("cut")

    def read(self) -> list[int]:
        """The ids given."""
        return [one["id"] for one in resumed(self.ask, HighWaterMark(1), self.pauses.append, self.said.append)]


def test_a_broken_stream_goes_on_from_its_edge() -> None:
    """Nothing twice, nothing missing; progress starts the count of fruitless attempts again."""
    stream = Breaking([row(1, 10)], [], [row(2, 10), row(3, 20)], [row(3, 20), row(4, 30)])
    assert stream.read() == [1, 2, 3, 4]
    assert stream.asked == [1, 9, 9, 19]
    assert stream.pauses == [0, 1, 0]
    assert stream.said[-1] == "cut; going on from update time 19"


def test_five_breaks_without_a_new_row_are_the_end() -> None:
    """Four are borne, and so is any number with progress between them."""
    assert Breaking([], [], [], [], [row(1, 10)]).read() == [1]
    assert Breaking(*[[row(n, 10 * n)] for n in range(1, 9)]).read() == list(range(1, 9))
    stream = Breaking(*[[] for _ in range(7)])
    with pytest.raises(StreamFailed, match="cut; given up after 5 attempts without a new row"):
        stream.read()
    assert stream.pauses == [1, 2, 3, 4]


@pytest.mark.parametrize(("again", "asked"), [([row(1, None)], 5), ([row(1, 10), row(2, 5)], 6)])
def test_rows_that_come_with_every_answer_are_no_progress(again: list[dict[str, Any]], asked: int) -> None:
    """Without a time, or out of order, a row cannot be told from a repeated one for ever."""
    stream = Breaking(*[list(again) for _ in range(20)])
    with pytest.raises(StreamFailed):
        stream.read()
    assert len(stream.asked) == asked


def listed(count: int, total: int, first: int) -> tuple[list[Any], Callable[[dict[str, Any]], Page]]:
    """A reference list of ``count`` rows that says ``total``; unasked it gives the ``first`` ones."""
    asked: list[Any] = []

    def ask(body: dict[str, Any]) -> Page:
        asked.append(body.get("page"))
        page = body.get("page") or {"no": 0, "size": first}
        return Page([{"id": n} for n in range(count)[page["no"] * page["size"] :][: page["size"]]], total)

    return asked, ask


@pytest.mark.parametrize(
    ("count", "total", "first", "pages"),
    [(3, 3, 3, 0), (4, 3, 4, 0), (300, 300, 250, 2), (500, 500, 250, 3), (10_250, 10_000, 250, 40)],
)
def test_a_list_is_paged_only_when_it_must_be(count: int, total: int, first: int, pages: int) -> None:
    """Page by page from page 0 until a short one, or as far as pages reach."""
    asked, ask = listed(count, total, first)
    assert len(list(all_pages(ask, 250))) == min(count, 10_000)
    assert asked == [None, *({"no": number, "size": 250} for number in range(pages))]


def test_a_list_that_gives_the_same_page_for_ever_ends() -> None:
    """Each row once, and then the truth: not everything could be read."""
    asked: list[Any] = []

    def ask(body: dict[str, Any]) -> Page:
        asked.append(body)
        return Page([{"id": n} for n in range(300)], 900)

    given = []
    with pytest.raises(StreamFailed, match="only 300 of 900"):
        given.extend(all_pages(ask, 300))
    assert len(asked) == 3


def test_a_page_with_more_rows_than_asked_for_is_not_the_last() -> None:
    """Only a page with fewer rows ends a set."""
    generous = Paged(*range(1, 12), size=3)
    assert [one["id"] for one in by_keyset(generous.ask, HighWaterMark(1), 2)] == list(range(11))

    def ask(body: dict[str, Any]) -> Page:
        number = body.get("page", {"no": 0})["no"]
        return Page([{"id": n} for n in range(3 * number, min(3 * number + 3, 7))], 7)

    assert len(list(all_pages(ask, 2))) == 7


def paged(rows: list[int], total: int | None, *, lose: int = 0) -> Callable[[dict[str, Any]], Page]:
    """A reference list that pages although nobody asked for it."""

    def ask(body: dict[str, Any]) -> Page:
        page = body.get("page", {"no": 0, "size": 100})
        first = page["no"] * page["size"]
        return Page([{"id": n} for n in rows[first : first + page["size"]]][: page["size"] - lose], total)

    return ask


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250, 433])
def test_a_list_that_pages_anyway_is_read_whole(count: int) -> None:
    """When the one answer is not everything, pages are read until all rows are there."""
    rows = list(range(count))
    assert [r["id"] for r in all_pages(paged(rows, count), 50)] == rows


def test_a_list_that_stays_short_of_its_total_fails() -> None:
    """Fewer rows than the service counts are not called everything."""
    with pytest.raises(StreamFailed, match="only 49 of 300"):
        list(all_pages(paged(list(range(300)), 300, lose=1), 50))
