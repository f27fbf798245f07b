"""One bad row costs that row: it is told with its id and place, every other row is read, and no night repeats all."""

import json
import logging
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from sandbox import Fault, Sandbox
from tap_medipim.bad_rows import BadRow, mended, mended_answer
from tap_medipim.errors import StreamBroken
from tap_medipim.json_lines import read_results
from tests.support.thin import put_thin

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
BEGAN = 1_790_000_000
BAD = 150
ENDPOINTS: list[dict[str, Any]] = [
    {}, {"products_endpoint": "query", "page_size": 50}, {"api_version": "v3", "page_size": 50},
]  # fmt: skip


def in_order(box: Sandbox, *, whole: bool = False) -> list[str]:
    """All products, a second after each other; ids and times count, so the rest is left out unless asked for."""
    keys = list(box.medipim.catalogue.entries)
    for number, key in enumerate(keys):
        if whole:
            box.medipim.catalogue._changed(key, lambda _: None, BEGAN + number)
        else:
            put_thin(box, key, BEGAN + number)
    return keys


def spoil(box: Sandbox, key: str, value: Any) -> None:
    """The record of a product shows another id; its place stays."""
    entry = box.medipim.catalogue.entries[key]
    raw = {**entry.raw, "id": value}
    box.medipim.catalogue.entries[key] = type(entry)(box.medipim.catalogue, entry.head, raw)


def heal(box: Sandbox, key: str) -> None:
    """It shows its id again, without a newer update time."""
    spoil(box, key, key)


@pytest.mark.parametrize("how", ENDPOINTS)
@pytest.mark.parametrize("value", [None, 1.5, True, [], {"a": 1}, ""])
def test_a_product_without_a_usable_id(
    value: Any, how: dict[str, Any], sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """Two nights: 299 are read in the first, the bad one is told in both, and the second reads little."""
    box = sandbox(products=300)
    box.medipim.date = lambda: 1_793_499_000.0  # v3's bookmark is the service's time
    keys = in_order(box, whole="api_version" in how)  # what v3 shows of a product is made of its fields
    spoil(box, keys[BAD], value)
    first = run_tap(box, "products", **how)
    assert sorted(first.ids()) == sorted(set(keys) - {keys[BAD]})
    assert "Not complete: products" in str(first.error)
    assert "1 row could not be read, all others were: row" in caplog.text
    behind = keys[BAD + 20]
    box.medipim.change(behind, lambda raw: raw.update(supplierReference="new"))
    caplog.clear()
    second = run_tap(box, "products", state=first.state, lookback_seconds=1, **how)
    assert "cannot be read" in caplog.text
    assert second.error is not None
    assert behind in second.ids()
    assert len(second.ids()) < 20
    heal(box, keys[BAD])
    third = run_tap(box, "products", state=second.state, lookback_seconds=1, **how)
    assert third.error is None
    assert keys[BAD] in third.ids()
    assert "unread" not in third.state["bookmarks"]["products"]


STREAMS = {
    "categories": "public_categories", "brands": "brands", "organizations": "organizations",
    "active_ingredients": "active_ingredients", "product_families": "product_families",
}  # fmt: skip


@pytest.mark.parametrize("value", [None, 1.5, [], ""])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_reference_record_without_a_usable_id(stream: str, value: Any, sandbox: Make, run_tap: Run) -> None:
    """All other records of the list, and all other streams, are read."""
    box = sandbox(products=3)
    rows = getattr(box.medipim.catalogue, STREAMS[stream])
    ids = [row["id"] for row in rows]
    rows[1]["id"] = value
    run = run_tap(box, stream, "products")
    assert run.ids(stream) == [ids[0], *ids[2:]]
    assert len(run.ids()) == 3
    assert f"Not complete: {stream} " in str(run.error)
    assert "row 1 of an answer" in str(run.tap.run.failed[stream])


def line(index: int, total: int, text: str = '{"id":"M%d","meta":{"updatedAt":%d}}') -> bytes:
    """A line of a stream."""
    row = (text % (index, BEGAN + index)) if "%d" in text else text
    return b'{"meta":{"total":%d,"index":%d},"result":%b}\n' % (total, index, row.encode())


BROKEN = {
    "no JSON": b'{"meta":{"total":9,"index":4},"result":{"id":"M4",,}}\n',
    "a number without bounds that is no text": b'{"meta":{"total":9,"index":4},"result":{"id":"M4","a":NaN}}\n',
    "too deep": line(4, 9, '{"id":"M4","x":' + "[" * 40 + "]" * 40 + "}"),
    "too long": line(4, 9, '{"id":"M4","x":"' + "y" * 70_000 + '"}'),
    "no place": b'{"meta":null,"result":{"id":"M4"}}\n',
    "two lines": b'{"meta":{"total":9,"index":4},"result":{"id":"M4","name":"a\nb"}}\n',
    "another thing": b"<html>\n",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_line_that_stays_broken_is_a_bad_row(kind: str, sandbox: Make, run_tap: Run) -> None:
    """At first it may be damage on the way; then all others are read, and the next night does not begin anew."""
    box = sandbox(products=9)
    keys = in_order(box)
    body = b"".join(line(n, 9) if n != 4 else BROKEN[kind] for n in range(9))
    box.medipim.faults.add(Fault("status", route="POST /v4/products/stream", status=200, body=body, times=None))
    run = run_tap(box, "products", max_line_bytes=65_536, max_nesting=16)
    assert sorted(set(run.ids())) == sorted(f"M{n}" for n in range(9) if n != 4)
    assert "row 4 of /v4/products/stream" in str(run.tap.run.failed["products"])
    (span,) = run.state["bookmarks"]["products"]["unread"]
    assert span["from"] < span["until"]
    assert run.bookmark() is not None
    box.medipim.faults.clear()
    assert run_tap(box, "products", state=run.state).error is None
    assert keys


def test_a_line_that_is_broken_once_is_damage(sandbox: Make, run_tap: Run) -> None:
    """It is read in the next attempt, and nothing is told."""
    box = sandbox(products=30)
    in_order(box)
    box.medipim.faults.add(Fault("broken_line", after_lines=9, times=2))
    run = run_tap(box, "products")
    assert run.error is None
    assert len(run.ids()) == 30
    assert "unread" not in run.state["bookmarks"]["products"]


SURROGATE = '"Bad \\ud83d name"'


@pytest.mark.parametrize("endpoint", ["stream", "query"])
def test_half_a_character_is_mended(endpoint: str, sandbox: Make, run_tap: Run) -> None:
    """In the stream and in a page; the rows beside it are read as they are."""
    box = sandbox(products=3)
    rows = ['{"id":"M1","name":"é"}', '{"id":"M2","name":' + SURROGATE + "}", '{"id":"M3","name":"\\ud83d\\ude00"}']
    body = b"".join(line(n, 3, row) for n, row in enumerate(rows))
    if endpoint == "query":
        body = ('{"meta":{"total":3},"results":[' + ",".join(rows) + "]}").encode()
    box.medipim.faults.add(Fault("status", route=f"POST /v4/products/{endpoint}", status=200, body=body))
    run = run_tap(box, "products", products_endpoint=endpoint)
    assert run.error is None
    assert [record["name"]["und"] for record in run.records()] == ["é", "Bad \ufffd name", "😀"]


def test_a_brand_with_half_a_character_costs_nothing(sandbox: Make, run_tap: Run, fake_clock: Any) -> None:
    """Whole JSON otherwise, and the same at every try: nobody waits for another one."""
    box = sandbox(products=3)
    body = '{"meta":{"total":2},"results":[{"id":1,"name":' + SURROGATE + '},{"id":2,"name":"b"}]}'
    box.medipim.faults.add(Fault("status", route="POST /v4/brands/query", status=200, body=body, times=None))
    run = run_tap(box, "brands", "products", clock=fake_clock)
    assert run.error is None
    assert run.ids("brands") == [1, 2]
    assert not fake_clock.slept


def test_a_number_that_no_json_holds_costs_its_row(sandbox: Make, run_tap: Run) -> None:
    """In a list that is one JSON: the others are read."""
    box = sandbox(products=3)
    body = '{"meta":{"total":3},"results":[{"id":1},{"id":2,"weight":NaN},{"id":3}]}'
    box.medipim.faults.add(Fault("status", route="POST /v4/brands/query", status=200, body=body, times=None))
    run = run_tap(box, "brands")
    assert run.ids("brands") == [1, 3]
    assert "(id 2)" in str(run.tap.run.failed["brands"])


DEEP = '{"id":"M2",%s"x":' + "[" * 40 + "]" * 40 + "}"


@pytest.mark.parametrize("how", [{"products_endpoint": "query"}, {"api_version": "v3"}])
@pytest.mark.parametrize("about", ["", '"extRef":123456789012345678901234567890,'])
def test_a_row_that_is_too_deep_costs_itself(
    about: str, how: dict[str, Any], sandbox: Make, run_tap: Run, fake_clock: Any
) -> None:
    """In a page of any kind; its time is kept, so that the next run looks there again."""
    box = sandbox(products=3)
    rows = [f'{{"id":"M{n}","meta":{{"updatedAt":{BEGAN + n}}}}}' for n in range(5)]
    rows[2] = DEEP % f'"meta":{{"updatedAt":{BEGAN + 2}}},{about}'
    body = ('{"meta":{"total":5},"results":[' + ",".join(rows) + "]}").encode()
    path = "/v3/products/search" if "api_version" in how else "/v4/products/query"
    box.medipim.faults.add(Fault("status", route=f"POST {path}", status=200, body=body, times=None))
    run = run_tap(box, "products", clock=fake_clock, max_nesting=16, **how)
    assert set(run.ids()) == {"M0", "M1", "M3", "M4"}
    assert "(id M2) cannot be read: it is nested more than 16 levels deep" in str(run.tap.run.failed["products"])
    (span,) = run.state["bookmarks"]["products"]["unread"]
    assert span["from"] == span["until"]


@pytest.mark.parametrize(
    ("stream", "route", "how"),
    [
        ("brands", "POST /v4/brands/query", {}),
        ("categories", "POST /v4/public-categories/query", {}),
        ("brands", "GET /v3/brands/all", {"api_version": "v3"}),
    ],
)
@pytest.mark.parametrize("levels", [40, 300, 900])
def test_a_reference_record_that_is_too_deep_costs_itself(
    levels: int, stream: str, route: str, how: dict[str, Any], sandbox: Make, run_tap: Run
) -> None:
    """The others of its list are read, and all other streams."""
    box = sandbox(products=3)
    body = '{"meta":{"total":3},"results":[{"id":1},{"id":2,"x":' + "[" * levels + "]" * levels + '},{"id":3}]}'
    box.medipim.faults.add(Fault("status", route=route, status=200, body=body, times=None))
    run = run_tap(box, stream, "products", max_nesting=16, **how)
    assert [str(key) for key in run.ids(stream)] == ["1", "3"]
    assert "(id 2)" in str(run.tap.run.failed[stream])
    assert len(run.ids()) == 3


@pytest.mark.parametrize("maps", [{}, {"stream_maps": {"brands": {"slug": "str(name).lower()"}}}])
def test_a_row_that_cannot_be_worked_with_costs_itself(
    maps: dict[str, Any], sandbox: Make, run_tap: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its values do to the code that makes a record of it, on the short way and on the SDK's."""
    box = sandbox(products=3)
    ids = [row["id"] for row in box.medipim.catalogue.brands]

    def fails(row: dict[str, Any], **how: Any) -> dict[str, Any]:
        if row["id"] == ids[2]:
            raise TypeError("unhashable")
        return normal(row, **how)

    from tap_medipim import streams  # noqa: PLC0415

    normal = streams.normalise
    monkeypatch.setattr(streams, "normalise", fails)
    run = run_tap(box, "brands", **maps)
    assert run.ids("brands") == [key for key in ids if key != ids[2]]
    assert f"(id {ids[2]})" in str(run.tap.run.failed["brands"])


def test_of_many_bad_rows_some_are_told_and_all_is_read_once_more(
    sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """The state does not grow with them."""
    box = sandbox(products=100)
    keys = in_order(box)
    for key in keys[10:60]:
        spoil(box, key, None)
    with caplog.at_level(logging.ERROR):
        first = run_tap(box, "products")
    assert len(first.ids()) == 50
    assert 20 <= caplog.text.count("cannot be read") <= 23
    assert "50 rows could not be read" in caplog.text
    saved = first.state["bookmarks"]["products"]
    assert len(saved["unread"]) == 20
    assert "read_again_from" in saved
    for key in keys[10:60]:
        heal(box, key)
    second = run_tap(box, "products", state=first.state)
    assert set(keys[10:60]) <= set(second.ids())
    assert "unread" not in second.state["bookmarks"]["products"]


def test_lines_that_are_missing_are_no_bad_rows() -> None:
    """What was cut off is asked for again, also behind a line that nobody can read."""
    told: list[BadRow] = []
    lines = [line(0, 9), b"garbage\n", line(2, 9)]
    with pytest.raises(StreamBroken, match="after 3 of 9"):
        list(read_results(lines, on_bad=told.append, is_last_resort=True))
    with pytest.raises(StreamBroken, match="row 1 is missing"):
        list(read_results([line(0, 9), b"garbage\n", line(5, 9)], on_bad=told.append, is_last_resort=True))
    with pytest.raises(StreamBroken, match="after 1 of 9"):
        list(read_results([line(0, 9), b"garbage\n"], on_bad=told.append, is_last_resort=True))
    assert [bad.place for bad in told] == ["row 1 of the answer"]
    assert len(list(read_results([line(0, 1), b"garbage\n"], on_bad=told.append, is_last_resort=True))) == 1
    assert told[-1].place == "a line before row 1 of the answer"


def test_what_is_mended_and_what_is_not() -> None:
    """Characters are; numbers and structure are not."""
    assert mended(b'{"a":"\\ud800","b":"\xff","c":"\\ud83d\\ude00"}') == {"a": "\ufffd", "b": "\ufffd", "c": "😀"}
    for text in (b"{", b'{"a":NaN}', b'{"a":1e999}', b"[" * 100_000):
        with pytest.raises(ValueError, match=r".*"):
            mended(text)
    answer = mended_answer(b'{"results":[{"id":1},{"id":2,"a":Infinity},7]}')
    assert answer["results"][0] == {"id": 1}
    assert answer["results"][1].key == 2
    assert json.loads(orjson.dumps(answer["results"][2])) == 7
