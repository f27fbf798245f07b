"""What has been read and how far that is certain: the high-water mark of one reading, and the bookmark of all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_medipim.bookmark import Bookmark
from tap_medipim.bookmark_state import BEGINNING
from tap_medipim.high_water_mark import HighWaterMark
from tap_medipim.records import rfc3339


def row(key: Any, moment: Any) -> dict[str, Any]:
    """A raw result."""
    return {"id": key, "meta": {"updatedAt": moment}}


def after(*rows: dict[str, Any], since: int = 1) -> HighWaterMark:
    """The mark after these rows."""
    mark = HighWaterMark(since)
    for one in rows:
        mark.admit(one)
    return mark


@given(times=st.lists(st.integers(2, 9), max_size=20))
def test_rows_in_order_are_admitted_once(times: list[int]) -> None:
    """Sorted rows are all new; asked again from the edge, none is given twice."""
    rows = [row(key, moment) for key, moment in enumerate(sorted(times))]
    mark = after(*rows)
    assert mark.in_order
    again = [one for one in rows if one["meta"]["updatedAt"] >= mark.resume_from()]
    assert not [one for one in again if mark.admit(one)]
    assert mark.in_order


def test_a_row_out_of_order_sends_reading_back_to_the_start() -> None:
    """One late row makes nothing certain any more."""
    mark = after(row(1, 10), row(2, 20), row(3, 15), since=5)
    assert not mark.in_order
    assert mark.resume_from() == 5


def test_a_new_version_of_a_row_at_the_edge_is_new() -> None:
    """The same id with a later time is another version."""
    mark = after(row(1, 10))
    assert not mark.admit(row(1, 10))
    assert mark.admit(row(1, 11))


@pytest.mark.parametrize("value", [None, "1700000000", True, 1.5, {}])
def test_a_row_without_an_update_time_moves_no_edge(value: Any) -> None:
    """It is admitted, and says nothing about how far reading is."""
    mark = after(row(1, value))
    assert mark.edge is None


@pytest.mark.parametrize("value", [10**12, 2**63])
def test_a_time_outside_the_calendar_moves_no_bookmark(value: int) -> None:
    """Milliseconds by mistake do not move the bookmark out of the calendar either."""
    mark = after(row(1, 1_700_000_000), row(2, value))
    bookmark = Bookmark()
    bookmark.complete(mark, None)
    state: dict[str, Any] = {}
    bookmark.write(state, "updated_at")
    assert state["replication_key_value"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize(
    ("saved", "start", "lookback", "asked"),
    [
        (None, None, 600, BEGINNING),
        (5000, None, 600, 4400),
        (5000, None, 0, 4999),
        (100, None, 600, BEGINNING),
        (None, 3000, 600, 3000),
        (5000, 3000, 600, 4400),
        (5000, 4900, 600, 4900),
    ],
)
def test_where_a_run_asks_from(saved: int | None, start: int | None, lookback: int, asked: int) -> None:
    """The later of start date and bookmark less look-back, and always at least a second before the bookmark."""
    assert Bookmark(saved, start).ask_from(lookback) == asked


@pytest.mark.parametrize(
    ("rows", "server", "value"),
    [
        ([], 2000, 1000),
        ([row(1, 1500)], 2000, 1500),
        ([row(1, 1500)], None, 1500),
        ([row(1, 2500)], 2000, 2000),
        ([row(1, 900)], 2000, 1000),
        ([row(1, None)], 2000, 1000),
        ([row(1, 1500), row(2, 1400)], 2000, 1000),
    ],
)
def test_where_the_bookmark_stands_while_reading(rows: list[Any], server: int | None, value: int) -> None:
    """At the edge, within the service's time, never back, and not at all when rows come out of order."""
    bookmark = Bookmark(1000)
    bookmark.prepare(after(*rows), server)
    bookmark.advance()
    assert bookmark.value == value


def test_a_row_moves_the_bookmark_once_it_is_written() -> None:
    """Prepared rows do not count, and rows that move no bookmark leave it where it is."""
    bookmark, mark = Bookmark(1000), after(row(1, 1500))
    bookmark.prepare(mark, 2000)
    assert bookmark.value == 1000
    bookmark.advance()
    assert bookmark.value == 1500
    mark.admit(row(2, 1600))
    bookmark.prepare(None)
    bookmark.advance()
    assert bookmark.value == 1500


def test_a_complete_answer_moves_the_bookmark_in_any_order() -> None:
    """When everything was read, the order does not matter any more."""
    bookmark = Bookmark(1000)
    bookmark.complete(after(row(1, 1500), row(2, 1400)), 2000)
    assert bookmark.value == 1500


def test_several_questions_without_the_services_clock_move_no_bookmark() -> None:
    """The second question may hold newer rows than the first one could: nothing bounds what both have."""
    bookmark, mark = Bookmark(saved=100), HighWaterMark(1)
    mark.admit({"id": "1", "meta": {"updatedAt": 500}})

    with bookmark.held():
        bookmark.complete(mark, None)
    assert bookmark.value == 100

    with bookmark.held():
        bookmark.complete(mark, 400)
    assert bookmark.value == 400


def test_a_question_that_fails_leaves_the_bookmark_where_it_was() -> None:
    """Whatever the questions before it have reached."""
    bookmark = Bookmark(saved=100)

    def ask() -> None:
        with bookmark.held(), bookmark.held():
            bookmark.reached(500)
            raise ValueError("one of them")

    with pytest.raises(ValueError, match="one of them"):
        ask()
    assert bookmark.value == 100


def test_nothing_certain_writes_nothing() -> None:
    """An empty bookmark leaves no key in the state."""
    state = {"replication_key": "updated_at", "replication_key_value": "x"}
    Bookmark().write(state, "updated_at")
    assert state == {}


@pytest.mark.parametrize("text", ["2026-01-31T00:00:00Z", "2026-01-31", "2026-01-31T01:00:00+01:00"])
def test_bookmarks_compare_as_times(text: str) -> None:
    """A time is a time in any zone."""
    assert rfc3339(Bookmark.read({"replication_key_value": text}, None).value or 0) == "2026-01-31T00:00:00Z"
