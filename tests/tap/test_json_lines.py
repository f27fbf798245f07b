"""The reader of streamed answers, without a network."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_medipim.errors import ConnectionLost, StreamBroken
from tap_medipim.json_lines import read_results, split_lines

TEXTS = st.text(max_size=20) | st.sampled_from(["\u2028", "\r\n", "\x0b", "\x85", "é"])
ROWS = st.lists(
    st.fixed_dictionaries({"id": st.integers(-(2**63), 2**64 - 1) | st.text(min_size=1), "name": TEXTS}), max_size=12
)


def line(index: Any, total: Any, **result: Any) -> bytes:
    """One good line."""
    return json.dumps({"meta": {"index": index, "total": total}, "result": {"id": index, **result}}).encode() + b"\n"


def good(total: int) -> list[bytes]:
    """All lines of a complete answer."""
    return [line(index, total) for index in range(total)]


def read(*parts: bytes) -> list[Any]:
    """The results of an answer that arrives in these parts."""
    return list(read_results(parts))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data in chunks."""
    ends = sorted({min(place, len(data)) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(rows=ROWS, places=st.lists(st.integers(0, 3000), max_size=30), ending=st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_chunk_boundaries_anywhere_change_nothing(rows: list[dict[str, Any]], places: list[int], ending: str) -> None:
    """Wherever the network cuts, also within a character, the rows are the same."""
    body = "".join(
        json.dumps({"meta": {"index": i, "total": len(rows)}, "result": row}, ensure_ascii=False) + ending
        for i, row in enumerate(rows)
    ).encode()
    if rows:
        assert list(read_results(cut(body, places))) == rows
    assert b"\n".join(split_lines(cut(body, places))) + b"\n" == (body or b"\n")


@given(total=st.integers(1, 8), data=st.data())
def test_an_answer_cut_anywhere_is_never_complete(total: int, data: st.DataObject) -> None:
    """Any shorter answer is noticed, except for a missing last line end that takes nothing."""
    body = b"".join(good(total))
    place = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(StreamBroken):
        read(body[:place])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "after 0 of an unknown number"),
        (b"\n\n", "after 0 of an unknown number"),
        (b"".join(good(3)[:2]), "after 2 of 3 rows"),
        (b"".join(good(3)) + line(3, 3), "after 4 of 3 rows"),
        (line(0, 3) + line(2, 3), "row 1 is missing: row 2 came instead"),
        (line(0, 3) + line(0, 3), "row 1 is missing: row 0 came instead"),
        (line(1, 2) + line(0, 2), "row 0 is missing"),
        (line(0, 2) + b"{oops\n", "row 1 is not JSON"),
        (line(0, 2) + b"\xff\xfe\n", "row 1 is not JSON"),
        (b"\xef\xbb\xbf" + line(0, 1), "row 0 is not JSON"),
        (line(0, 2) + b"<html>\n", "row 1 is not JSON"),
        (line(0, 2) + b'{"meta":{"index":1,"total":2},"result":{"id":NaN}}\n', "row 1 is not JSON"),
        (line(0, 2) + b'{"error":{"code":"internal_error"}}\n', "error message of the service: internal_error"),
        (b'{"error":null}\n', "error message of the service: no code"),
        (b'{"error":"x","meta":{"index":0,"total":1},"result":{"id":1}}\n', "error message"),
        (b"".join(good(1)) + b'{"error":{"code":"late"}}\n', "late"),
        (b"[]\n", "error message"),
        (b'{"meta":null,"result":{"id":1}}\n', "documented shape"),
        (b'{"meta":{"index":0,"total":1},"result":null}\n', "documented shape"),
        (b'{"meta":{"index":0,"total":1},"result":{"id":null}}\n', "documented shape"),
        (line("0", 1), "index and total"),
        (line(0, None), "index and total"),
        (line(0, 1)[:-5], "in the middle of a line"),
        (b'{"meta":' + b"[" * 100 + b"\n", "row 0 is not JSON"),
        (b'{"meta":' + b"[" * 100_000 + b"\n", "row 0 is nested more than 128 levels deep"),
        (line(0, 1, deep=json.loads("[" * 127 + "]" * 127)), "row 0 is nested more than 128 levels deep"),
        (b'{"meta":{"index":0,"total":1},"result":{"id":true}}\n', "documented shape"),
        (b'{"meta":{"index":0,"total":1},"result":{"id":1.5}}\n', "documented shape"),
        (b'{"meta":{"index":0,"total":1},"result":{"id":18446744073709551616}}\n', "documented shape"),
        (b'{"meta":{"index":0,"total":1},"result":{"id":""}}\n', "documented shape"),
        (b'{"meta":{"index":0,"total":1},"result":{"id":["1"]}}\n', "documented shape"),
        (b'{"meta":{"index":0,"total":1},"result":{"id":1,"weight":1e400}}\n', "row 0 is not JSON"),
        (b'{"meta":{"index":false,"total":true},"result":{"id":1}}\n', "index and total"),
        (line(0, -1), "index and total"),
        (b'{"meta":{"index":0.0,"total":1},"result":{"id":1}}\n', "index and total"),
    ],
)
def test_everything_that_is_not_whole_is_named(body: bytes, words: str) -> None:
    """An answer that is not exactly rows 0 to total - 1 is broken, with the place and the reason."""
    with pytest.raises(StreamBroken, match=words):
        read(body)


def test_separators_inside_texts_do_not_split() -> None:
    """Only 0x0A ends a line: U+2028, U+0085 and a carriage return may stand in texts."""
    row = {"meta": {"index": 0, "total": 1}, "result": {"id": 1, "t": "a\u2028b\u0085c"}}
    assert read(json.dumps(row, ensure_ascii=False).encode() + b"\r\n") == [{"id": 1, "t": "a\u2028b\u0085c"}]


def test_a_line_without_end_is_given_up_early() -> None:
    """A service that never ends its line cannot fill the memory."""
    taken = []

    def endless() -> Any:
        while True:
            taken.append(1)
            yield b"x" * 100

    with pytest.raises(StreamBroken, match="longer than 1000 bytes"):
        list(split_lines(endless(), max_line=1000))
    assert len(taken) == 11


@pytest.mark.parametrize("parts", [[b"x" * 1001 + b"\n"], [b"a\n" + b"x" * 1001 + b"\nb\n"], [b"x" * 1000, b"x\n"]])
def test_the_bound_holds_wherever_the_line_lies(parts: list[bytes]) -> None:
    """Within one piece of the answer, too."""
    with pytest.raises(StreamBroken, match="longer than 1000 bytes"):
        list(split_lines(parts, max_line=1000))


def test_a_row_as_deep_as_allowed_is_read() -> None:
    """The bound is the first level that is refused."""
    assert read(line(0, 1, deep=json.loads("[" * 126 + "]" * 126)))[0]["id"] == 0


@pytest.mark.parametrize(("rows", "whole"), [(3, True), (2, False), (0, False)])
def test_a_connection_that_breaks_after_the_last_row_took_nothing(rows: int, whole: bool) -> None:
    """Completeness is proven by the rows alone; before the last one a break is a break."""

    def breaking() -> Any:
        yield from good(3)[:rows]
        raise ConnectionLost("reset")

    if whole:
        assert len(list(read_results(breaking()))) == 3
        return
    with pytest.raises(ConnectionLost):
        list(read_results(breaking()))


def test_the_total_is_told_once_with_the_first_row() -> None:
    """Progress needs it before any row is given."""
    told: list[int] = []
    rows = read_results(good(3), on_total=told.append)
    assert not told
    next(rows)
    assert told == [3]
    assert len(list(rows)) == 2
    assert told == [3]


def test_a_long_answer_is_read_whole() -> None:
    """Also beyond the numbers that Python keeps only once."""

    def breaking() -> Any:
        yield from good(300)
        raise ConnectionLost("reset")

    assert len(list(read_results(breaking()))) == 300


@pytest.mark.parametrize("body", [b"x" * 1000 + b"\n", b"a\n" + b"x" * 1000 + b"\nb\n", b"a\n" + b"x" * 1000 + b"\n"])
def test_a_line_as_long_as_allowed_is_read(body: bytes) -> None:
    """Wherever it lies, in one piece or byte by byte."""
    assert list(split_lines([body], max_line=1000)) == body.splitlines()
    assert list(split_lines([bytes([byte]) for byte in body], max_line=1000)) == body.splitlines()


def test_of_what_the_service_calls_its_error_80_characters_are_shown() -> None:
    """Enough to look it up, and not a page of it."""
    with pytest.raises(StreamBroken) as broken:
        read(b'{"error":{"code":"' + b"e" * 90 + b'"}}\n')
    assert str(broken.value).endswith(" " + "e" * 80)
