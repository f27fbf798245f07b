"""The small pure modules of the tap: changes, bookmark, pagination, normalise, filters."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_medipim.bookmark import BEGINNING, Bookmark, HighWaterMark
from tap_medipim.client import Page, _unix
from tap_medipim.errors import StreamFailed
from tap_medipim.filters import both, problems, read_filter
from tap_medipim.pagination import all_pages
from tap_medipim.raw_rows import rfc3339_text
from tap_medipim.records import LATEST, normalise, rfc3339, updated_at


def row(key: Any, moment: Any) -> dict[str, Any]:
    """A raw result."""
    return {"id": key, "meta": {"updatedAt": moment}}


def after(*rows: dict[str, Any], since: int = 1) -> HighWaterMark:
    """What is known after these rows."""
    frontier = HighWaterMark(since)
    for one in rows:
        frontier.admit(one)
    return frontier


@given(times=st.lists(st.integers(2, 9), max_size=20))
def test_rows_in_order_are_admitted_once(times: list[int]) -> None:
    """Sorted rows are all new; asked again from the edge, none is given twice."""
    rows = [row(key, moment) for key, moment in enumerate(sorted(times))]
    frontier = after(*rows)
    assert frontier.in_order
    again = [one for one in rows if one["meta"]["updatedAt"] >= frontier.resume_from()]
    assert not [one for one in again if frontier.admit(one)]
    assert frontier.in_order


def test_a_row_out_of_order_sends_reading_back_to_the_start() -> None:
    """One late row makes nothing certain any more."""
    frontier = after(row(1, 10), row(2, 20), row(3, 15), since=5)
    assert not frontier.in_order
    assert frontier.resume_from() == 5


def test_a_new_version_of_a_row_at_the_edge_is_new() -> None:
    """The same id with a later time is another version."""
    frontier = after(row(1, 10))
    assert not frontier.admit(row(1, 10))
    assert frontier.admit(row(1, 11))


@pytest.mark.parametrize("value", [None, "1700000000", True, 1.5, {}])
def test_what_is_no_number_is_no_update_time(value: Any) -> None:
    """Such a row is given, has no ``updated_at`` and moves no edge."""
    assert updated_at(row(1, value)) is None
    assert normalise(row(1, value), incremental=True)["updated_at"] is None
    frontier = after(row(1, value))
    assert frontier.edge is None


@pytest.mark.parametrize("meta", [None, [], "text"])
def test_a_row_without_usable_meta_is_kept_as_it_is(meta: Any) -> None:
    """Drift in ``meta`` loses nothing and stops nothing."""
    raw = {"id": 1, "meta": meta}
    assert normalise(raw, incremental=False) == raw
    assert normalise(raw, incremental=True) == {**raw, "updated_at": None}


@pytest.mark.parametrize("value", [-1, 10**12, 2**63])
def test_a_time_outside_the_calendar_is_no_time(value: int) -> None:
    """Milliseconds by mistake do not stop the run."""
    assert normalise(row(1, value), incremental=True)["updated_at"] is None


@pytest.mark.parametrize("value", [10**12, 2**63])
def test_a_time_outside_the_calendar_moves_no_bookmark(value: int) -> None:
    """Milliseconds by mistake do not move the bookmark out of the calendar either."""
    frontier = after(row(1, 1_700_000_000), row(2, value))
    bookmark = Bookmark()
    bookmark.complete(frontier, None)
    state: dict[str, Any] = {}
    bookmark.write(state, "updated_at")
    assert state["replication_key_value"] == "2023-11-14T22:13:20Z"


def test_normalise_takes_out_and_adds_nothing_else() -> None:
    """The row itself becomes the record; all other values are the very same."""
    names = {"fr": None}
    raw = {"id": 1, "name": names, "meta": {"updatedAt": 1, "embedUrl": "x", "createdAt": None}}
    record = normalise(raw, incremental=True)
    assert record is raw
    assert record == {
        "id": 1,
        "name": {"fr": None},
        "meta": {"updatedAt": 1, "createdAt": None},
        "updated_at": "1970-01-01T00:00:01Z",
    }
    assert record["name"] is names


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
    bookmark.advance(after(*rows), server)
    assert bookmark.value == value


def test_a_complete_answer_moves_the_bookmark_in_any_order() -> None:
    """When everything was read, the order does not matter any more."""
    bookmark = Bookmark(1000)
    bookmark.complete(after(row(1, 1500), row(2, 1400)), 2000)
    assert bookmark.value == 1500


def test_nothing_certain_writes_nothing() -> None:
    """An empty bookmark leaves no key in the state."""
    state = {"replication_key": "updated_at", "replication_key_value": "x"}
    Bookmark().write(state, "updated_at")
    assert state == {}


@pytest.mark.parametrize("text", ["2026-01-31T00:00:00Z", "2026-01-31", "2026-01-31T01:00:00+01:00"])
def test_bookmarks_compare_as_times(text: str) -> None:
    """A time is a time in any zone."""
    assert rfc3339(Bookmark.read({"replication_key_value": text}, None).value or 0) == "2026-01-31T00:00:00Z"


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


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ({}, None),
        ("{}", None),
        ('{"brand": [21]}', {"brand": [21]}),
        ({"not": {"brand": [1]}}, {"not": {"brand": [1]}}),
    ],
)
def test_a_filter_is_an_object_or_its_text(value: Any, read: Any) -> None:
    """Both forms mean the same; an empty one is none."""
    assert read_filter(value) == read


@pytest.mark.parametrize("value", ["{", "[1]", "12", [1], 12])
def test_a_filter_that_is_no_object_is_refused(value: Any) -> None:
    """Neither a list nor half a text passes."""
    with pytest.raises(ValueError, match=r"JSON|object"):
        read_filter(value)


@pytest.mark.parametrize(
    ("found", "places"),
    [
        ({"brand": [1]}, []),
        ({"and": [{"brand": 1}, {"or": [{"not": {"a": 0}}, {"b": False}]}]}, []),
        ({"and": []}, ["filter.and"]),
        ({"or": {"brand": 1}}, ["filter.or"]),
        ({"not": [{"brand": 1}]}, ["filter.not"]),
        ({"and": [{"brand": None}, 3, {}]}, ["filter.and[0].brand", "filter.and[1]", "filter.and[2]"]),
    ],
)
def test_what_is_wrong_with_a_filter_is_named_with_its_place(found: Any, places: list[str]) -> None:
    """Every mistake is listed, not just the first."""
    assert [problem.split(":")[0] for problem in problems(found)] == places


def test_both_filters_must_match() -> None:
    """Ours is and-ed to theirs, also when theirs has several keys."""
    assert both({"a": 1, "b": 2}, {"c": 3}) == {"and": [{"a": 1, "b": 2}, {"c": 3}]}
    assert both(None, {"c": 3}) == {"c": 3}


@given(moment=st.integers(0, LATEST))
def test_a_second_is_written_as_the_calendar_has_it(moment: int) -> None:
    """From the first second to the last one, as the standard library writes it."""
    assert rfc3339(moment) == datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    assert rfc3339_text(moment) == b'"%b"' % rfc3339(moment).encode()


def test_the_calendar_ends_where_dates_end() -> None:
    """All places of the clock at their highest, and the last full hour of a day."""
    assert rfc3339(LATEST) == "9999-12-31T23:59:59Z"
    assert rfc3339(2 * 86_400 + 82_800) == "1970-01-03T23:00:00Z"


@pytest.mark.parametrize("settings", [{}, {"keep_embed_url": True}])
def test_the_signed_link_is_kept_on_request_only(settings: Any) -> None:
    """It differs in every answer; and without ``incremental`` nothing is added."""
    record = normalise({"meta": {"embedUrl": "x"}}, incremental=False, **settings)
    assert record == {"meta": {"embedUrl": "x"} if settings else {}}


def test_a_row_without_an_id_shows_that_it_has_none() -> None:
    """An incremental record has both its key and its time, told or not; what is told stands."""
    assert normalise({}, incremental=True) == {"id": None, "updated_at": None}
    assert normalise({"id": 0, "updated_at": "x"}, incremental=True) == {"id": 0, "updated_at": "x"}


ENDS = [(0, 0), (LATEST, LATEST), (-1, None), (LATEST + 1, None), (True, None), (1.0, None), ("1", None)]


@pytest.mark.parametrize(("moment", "read"), ENDS)
def test_an_update_time_is_a_second_of_the_calendar(moment: Any, read: int | None) -> None:
    """Both ends of the calendar count; what lies beyond, or is no whole number, tells no time."""
    assert updated_at(row("1", moment)) == read


@pytest.mark.parametrize("date", ["Mon, 01 Jan 0999 00:00:00 GMT", "Wed, 31 Dec 1969 23:59:59 GMT", "x", ""])
def test_a_service_whose_clock_is_wrong_tells_no_time(date: str) -> None:
    """Its bookmark could not be read again."""
    assert _unix(date) is None
    assert _unix("Thu, 01 Jan 1970 00:00:01 GMT") == 1
