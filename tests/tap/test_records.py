"""What can be worked with of a row, and the record that becomes of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_medipim.bad_rows import BadRow, good_rows
from tap_medipim.records import LAST_SECOND, RawRow, key_of, normalise, rfc3339, updated_at


def row(key: Any, moment: Any) -> dict[str, Any]:
    """A raw result."""
    return {"id": key, "meta": {"updatedAt": moment}}


NO_SECONDS = [None, "1700000000", True, 1.5, {}]


@pytest.mark.parametrize("value", NO_SECONDS)
def test_what_is_no_number_is_no_update_time(value: Any) -> None:
    """Such a row is kept, and its record has no ``updated_at``."""
    assert updated_at(row(1, value)) is None
    assert normalise(row(1, value), incremental=True)["updated_at"] is None


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


ENDS = [(0, 0), (LAST_SECOND, LAST_SECOND), (-1, None), (LAST_SECOND + 1, None), (True, None), (1.0, None), ("1", None)]


@pytest.mark.parametrize(("moment", "read"), ENDS)
def test_an_update_time_is_a_second_of_the_calendar(moment: Any, read: int | None) -> None:
    """Both ends of the calendar count; what lies beyond, or is no whole number, tells no time."""
    assert updated_at(row("1", moment)) == read


def test_a_row_as_text_says_the_same_as_an_object() -> None:
    """Key and update time of either form, and no complaint about it."""
    raw, plain = RawRow("M1", 5, b'{"id":"M1"', b'{"updatedAt":5}'), row("M1", 5)
    assert (key_of(raw), updated_at(raw)) == (key_of(plain), updated_at(plain)) == ("M1", 5)
    told: list[BadRow] = []
    assert good_rows([raw, plain, {}, "text"], "/x", told.append) == [raw, plain]
    assert [bad.place for bad in told] == ["row 2 of an answer of /x", "row 3 of an answer of /x"]


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


@pytest.mark.parametrize("settings", [{}, {"keep_embed_url": True}])
def test_the_signed_link_is_kept_on_request_only(settings: Any) -> None:
    """It differs in every answer; and without ``incremental`` nothing is added."""
    record = normalise({"meta": {"embedUrl": "x"}}, incremental=False, **settings)
    assert record == {"meta": {"embedUrl": "x"} if settings else {}}


def test_a_row_without_an_id_shows_that_it_has_none() -> None:
    """An incremental record has both its key and its time, told or not; what is told stands."""
    assert normalise({}, incremental=True) == {"id": None, "updated_at": None}
    assert normalise({"id": 0, "updated_at": "x"}, incremental=True) == {"id": 0, "updated_at": "x"}


@given(moment=st.integers(0, LAST_SECOND))
def test_a_second_is_written_as_the_calendar_has_it(moment: int) -> None:
    """From the first second to the last one, as the standard library writes it."""
    assert rfc3339(moment) == datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def test_the_calendar_ends_where_dates_end() -> None:
    """All places of the clock at their highest, and the last full hour of a day."""
    assert rfc3339(LAST_SECOND) == "9999-12-31T23:59:59Z"
    assert rfc3339(2 * 86_400 + 82_800) == "1970-01-03T23:00:00Z"
