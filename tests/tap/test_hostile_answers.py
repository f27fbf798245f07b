"""What a service could send to a tap to confuse it, keep it busy for ever or fill its memory; and hostile settings."""

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox import Fault, Sandbox
from tap_medipim.bookmark import Bookmark
from tap_medipim.client import Page
from tap_medipim.errors import StreamFailed
from tap_medipim.filters import read_filter, refusals, sorting_refusals, split
from tap_medipim.high_water_mark import HighWaterMark
from tap_medipim.pagination import all_pages
from tap_medipim.spans import Span
from tap_medipim.windows import END_OF_TIME, Question, Windows
from tests.support.examples import examples

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
SCALARS: Any = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(["ASC", "DESC", "be", "\ud800", "2026-01-01", "1e400"])
)
NAMES = st.sampled_from(["and", "or", "not", "brand", "id", "cnk", "updatedSince", "name", "from", "locale", "x"])
FILTERS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)


def rows(*keys: Any) -> list[dict[str, Any]]:
    """Rows with these ids, all of one second."""
    return [{"id": key, "meta": {"updatedAt": 1000, "createdAt": 10}} for key in keys]


def page(found: list[Any], total: Any) -> bytes:
    """A page as it travels."""
    return orjson.dumps({"meta": {"total": total}, "results": found})


@pytest.mark.parametrize("total", [10**9, None])
def test_rows_that_are_claimed_and_never_shown_end_the_stream(total: int | None) -> None:
    """Without that, windows would be halved down to every second since 1970."""
    asked = []

    def ask(question: Question, _number: int) -> Page:
        asked.append(question)
        return Page(rows("1") if question.updated.start <= 1000 <= question.updated.end else [], total)

    with pytest.raises(StreamFailed, match="and shows none"):
        list(Windows(ask, 10).read(Span(1, END_OF_TIME), lambda _end: None))
    assert len(asked) < 200


def test_a_list_that_shows_the_same_page_for_ever_ends() -> None:
    """A server that ignores page numbers and claims a thousand million rows."""
    asked = []

    def ask(body: dict[str, Any]) -> Page:
        asked.append(body)
        return Page(rows(*range(10)), 10**9)

    with pytest.raises(StreamFailed, match="only 10 of 1000000000"):
        list(all_pages(ask, 10))
    assert len(asked) == 3


def test_a_list_without_end_ends_where_pages_end() -> None:
    """Ever new rows: pages reach 10,000 of them, and so far the keys are remembered."""
    given = []

    def ask(body: dict[str, Any]) -> Page:
        first = body.get("page", {}).get("no", 0) * 250
        return Page(rows(*range(first, first + 250)), 10**9)

    with pytest.raises(StreamFailed, match="only 10000 of 1000000000"):
        given.extend(all_pages(ask, 250))
    assert len(given) == 10_000


BAD_ROWS: list[Any] = [
    "text", 7, None, [], {}, {"id": None}, {"name": "x"}, {"id": True}, {"id": 1.5}, {"id": 2**64}, {"id": []},
    {"id": {"a": 1}}, {"id": ""},
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_row_nobody_can_tell_from_others_costs_itself_alone(bad: Any, sandbox: Make, run_tap: Run) -> None:
    """No traceback; the other rows and the streams behind it are read."""
    box = sandbox(products=3)
    body = page([{"id": 1}, bad], 2) if bad != {"id": 2**64} else b'{"results":[{"id":1},{"id":18446744073709551616}]}'
    box.medipim.faults.add(Fault("status", route="POST /v4/brands/query", status=200, body=body))
    run = run_tap(box, "brands", "organizations")
    assert str(run.error).startswith("Not complete: brands")
    assert "row 1 of an answer" in str(run.tap.run.failed["brands"])
    assert run.ids("brands") == [1]
    assert run.records("organizations")


def test_a_product_without_an_id_is_told(sandbox: Make, run_tap: Run) -> None:
    """A changing stream lives by its ids."""
    box = sandbox(products=3)
    box.medipim.faults.add(Fault("status", route="POST /v4/products/query", status=200, body=page([{"name": "x"}], 1)))
    run = run_tap(box, "products", products_endpoint="query")
    assert "it has no id" in str(run.tap.run.failed["products"])


@pytest.mark.parametrize("total", [-1, True, "12", 1.5, None, [], {}])
def test_a_total_that_is_no_count_counts_as_not_told(total: Any, sandbox: Make, run_tap: Run) -> None:
    """The rows are read all the same."""
    box = sandbox(products=3)
    box.medipim.faults.add(Fault("status", route="POST /v4/brands/query", status=200, body=page([{"id": 1}], total)))
    run = run_tap(box, "brands")
    assert run.error is None
    assert run.ids("brands") == [1]


@pytest.mark.parametrize("meta", [b"[]", b'"x"', b"7", b"null"])
def test_a_meta_of_another_shape_counts_as_not_told(meta: bytes, sandbox: Make, run_tap: Run) -> None:
    """It is no object: no total."""
    box = sandbox(products=3)
    body = b'{"meta":' + meta + b',"results":[{"id":1}]}'
    box.medipim.faults.add(Fault("status", route="POST /v4/brands/query", status=200, body=body))
    assert run_tap(box, "brands").ids("brands") == [1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"results":[' + b"[" * 200 + b"]" * 200 + b"]}", "max_nesting"),
        (b'{"results":["' + b"x" * 300_000 + b'"]}', "max_line_bytes"),
    ],
)
def test_a_page_that_is_too_much_ends_its_stream_alone(body: bytes, words: str, sandbox: Make, run_tap: Run) -> None:
    """Asked once, named, and the run goes on."""
    box = sandbox(products=3)
    box.medipim.faults.add(Fault("status", route="POST /v4/brands/query", status=200, body=body))
    run = run_tap(box, "brands", "organizations", max_line_bytes=65_536)
    assert words in str(run.tap.run.failed["brands"])
    assert run.records("organizations")


@pytest.mark.parametrize(
    ("line", "words"),
    [(b'{"x":"' + b"y" * 70_000 + b'"}\n', "max_line_bytes"), (b'{"x":' + b"[" * 40 + b"]" * 40 + b"}\n", "nested")],
)
def test_a_line_that_is_too_much_is_a_broken_line(line: bytes, words: str, sandbox: Make, run_tap: Run) -> None:
    """Once: resumed, and nothing is missing. For good: it is left out and told."""
    box = sandbox(products=9)
    box.medipim.faults.add(Fault("broken_line", route="POST /v4/products/stream", after_lines=4, line=line))
    run = run_tap(box, "products", max_line_bytes=65_536, max_nesting=16)
    assert run.error is None
    assert set(run.ids()) == set(box.medipim.catalogue.products)
    box.medipim.faults.add(Fault("broken_line", route="POST /v4/products/stream", after_lines=4, line=line, times=None))
    run = run_tap(box, "products", max_line_bytes=65_536, max_nesting=16)
    assert words in str(run.tap.run.failed["products"])


@given(value=FILTERS | FILTERS.map(json.dumps))
@example("[" * 100_000)
@example('{"not":' * 64 + '{"brand": [1]}' + "}" * 64)
@example('{"brand": [1], "brand": [2]}')
@example('{"brand": NaN}')
@example({"brand": [float("inf")]})
@example('{"brand": [1e400]}')
@example({"brand": -(2**63) - 1})
@example({"id": "\ud800"})
@example({"\ud800": "1"})
@examples(300)
def test_any_filter_setting_is_taken_or_refused_in_words(value: Any) -> None:
    """Whatever somebody writes there: what passes can be sent as JSON, and refusals are single lines."""
    try:
        found = read_filter(value)
    except ValueError as refusal:
        told = str(refusal)
        found = None
    else:
        told = ""
    assert "\n" not in told
    for version in ("v4", "v3"):
        wrong = list(refusals(found, version, "be")) if found else []
        assert all(line and "\n" not in line for line in wrong)
        if found and not wrong:
            for part in split(found, version):
                orjson.dumps(json.loads(json.dumps(part, allow_nan=False)))
        list(sorting_refusals(found or {}, version, "be"))


def test_a_deep_filter_object_is_refused_in_words() -> None:
    """Deeper than Python can follow: checked level by level."""
    deep: Any = {"brand": [1]}
    for _ in range(100_000):
        deep = {"not": deep}
    with pytest.raises(ValueError, match="more than 64 levels"):
        read_filter(deep)


STATES = st.recursive(
    SCALARS | st.sampled_from(["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-11-24", "1969-07-20"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["replication_key_value", "replication_key", "filter_digest"]), inner)
    ),
    max_leaves=4,
)


@given(
    saved=STATES, start=STATES, moment=st.none() | st.integers(0, 253_402_300_799), server=st.none() | st.integers(0)
)
@example("0001-01-01T00:00:00+23:59", None, None, None)
@example("9999-12-31T23:59:59-23:59", None, 5, None)
@examples(300)
def test_any_bookmark_is_read_or_refused_in_words(saved: Any, start: Any, moment: int | None, server: Any) -> None:
    """What is read can be written again."""
    try:
        bookmark = Bookmark.read({"replication_key_value": saved}, start, None)
    except StreamFailed:
        return
    frontier = HighWaterMark(bookmark.ask_from(600))
    if moment is not None:
        frontier.admit({"id": 1, "meta": {"updatedAt": moment}})
    state: dict[str, Any] = {}
    try:
        bookmark.complete(frontier, server)
    except StreamFailed:
        return
    bookmark.write(state, "updated_at")
    if state:
        Bookmark.read(state, None, None)


@pytest.mark.parametrize("state", [{"bookmarks": {"products": "x"}}, {"bookmarks": []}, {"bookmarks": None}, []])
def test_a_state_of_another_shape_ends_in_words(
    state: Any, sandbox: Make, tap_config: Any, tap_command: Any, tmp_path: Any
) -> None:
    """One line that names the file, no traceback."""
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state))
    ended = tap_command(tap_config(sandbox(products=1)), "--state", str(file))
    assert ended.code == 1
    assert "The state file" in ended.errors[-1] + ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err
