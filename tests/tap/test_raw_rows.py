"""Rows that are text: what is written into their records. ``test_row_decoder.py`` compares whole rows."""

from hypothesis import given
from hypothesis import strategies as st

from tap_medipim.raw_rows import record_text
from tap_medipim.records import LAST_SECOND, RawRow, rfc3339


@given(second=st.integers(0, LAST_SECOND))
def test_the_text_of_a_second_is_the_record_s(second: int) -> None:
    """From the first second of the calendar to the last one."""
    text = b"".join(record_text(RawRow("1", second, b'{"id":"1"'), incremental=True))
    assert text == b'{"id":"1","updated_at":"%b"}' % rfc3339(second).encode()
