"""Rows that pass as text: the same records as of rows that are read whole, and nothing passes that is no JSON."""

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pim_wire.schema_files import read_schema
from sandbox import Sandbox
from sandbox.medipim.catalogue import Catalogue
from sandbox.medipim.options import MedipimOptions
from tap_medipim.conform import Conformer
from tap_medipim.errors import StreamBroken, StreamFailed
from tap_medipim.json_lines import read_results
from tap_medipim.raw_rows import record_text, whole
from tap_medipim.records import RawRow, is_key, key_of, normalise, updated_at
from tap_medipim.row_decoder import MOST_ROWS, RowDecoder
from tap_medipim.streams import MedipimStream

NAMES = ("name", "ean", 'naïve "name"', "class", "", "updated_at")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12) | st.sampled_from(['"}', ',"meta":{}}', '{"meta":{', '","result":{', "\\", "\u2028", "\r"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
METAS = st.none() | st.just({}) | VALUES | st.fixed_dictionaries(
    {"updatedAt": st.integers(-1, 2**40) | VALUES}, optional={"embedUrl": VALUES, "createdAt": VALUES}
)  # fmt: skip
ROWS = st.fixed_dictionaries(
    {"id": st.integers(-(2**63), 2**64 - 1) | st.text(max_size=9) | VALUES},
    optional={"meta": METAS, "later": VALUES, **dict.fromkeys(NAMES, VALUES)},
).flatmap(lambda row: st.permutations(list(row.items())).map(dict))
FORMS = st.fixed_dictionaries(
    {
        "ensure_ascii": st.booleans(),
        "indent": st.sampled_from([None, None, None, 1]),
        "separators": st.sampled_from([(",", ":"), (",", ":"), (", ", ": "), (" ,", "\t:\r")]),
    }
)


def new_decoder() -> RowDecoder:
    """One that knows some names, and nothing of their types."""
    return RowDecoder({"properties": {name: {} for name in ("id", "meta", *NAMES)}})


@given(row=ROWS, form=FORMS, incremental=st.booleans(), keep=st.booleans())
def test_a_row_as_text_is_the_record_it_would_have_been(
    row: dict[str, Any], form: dict[str, Any], incremental: bool, keep: bool
) -> None:
    """Every value, every order of names, every way to write JSON: the same record, or none that passes as text."""
    text = json.dumps(row, **form).encode()
    raw = new_decoder().decode_row(text)
    if raw is None:
        return
    assert "later" not in row
    assert whole(raw) == orjson.loads(text)
    assert key_of(raw) == row["id"]
    assert updated_at(raw) == updated_at(row)
    record = b"".join(record_text(raw, incremental=incremental and "updated_at" not in row, keep_embed_url=keep))
    assert b"\n" not in record
    assert b"\r" not in record
    wanted = normalise(orjson.loads(text), incremental=incremental, keep_embed_url=keep)
    assert list(orjson.loads(record).items()) == list(wanted.items())


@given(rows=st.lists(ROWS, min_size=1, max_size=3), form=FORMS)
def test_a_line_as_text_is_the_line_read(rows: list[dict[str, Any]], form: dict[str, Any]) -> None:
    """The reader of streams gives the same rows, or fails for the same reason, with a decoder or without."""
    answer = b"\n".join(
        json.dumps({"meta": {"total": len(rows), "index": place}, "result": row}, **form | {"indent": None}).encode()
        for place, row in enumerate(rows)
    )
    assert outcome(answer + b"\n", new_decoder()) == outcome(answer + b"\n", None)


LINE = (
    b'{"meta":{"total":1,"index":0},"result":{"id":"M1","name":"caf\xc3\xa9 \\"x\\" \\u00e9",'
    b'"ean":[1,2.5e3,{"class":null}],"meta":{"createdAt":1,"updatedAt":1700000000,"embedUrl":"https://x.test/?t=1"}}}'
)


@given(
    places=st.lists(st.tuples(st.integers(0, len(LINE) - 1), st.integers(0, 255)), max_size=3),
    piece=st.tuples(st.integers(0, len(LINE)), st.integers(0, len(LINE))),
    again=st.integers(0, len(LINE)),
)
@example(places=[], piece=(0, 1), again=163)  # a name in ``meta`` that is only like the link's
def test_a_spoiled_line_is_read_alike(places: list[tuple[int, int]], piece: tuple[int, int], again: int) -> None:
    """Bytes changed, taken out or doubled: what comes of it is what comes of the line read whole."""
    line = bytearray(LINE)
    for place, value in places:
        line[place] = value
    spoiled = bytes(line[:again] + line[min(piece) : max(piece)] + line[again:])
    alike(spoiled)
    alike(bytes(line[: min(piece)] + line[max(piece) :]))


def alike(line: bytes) -> None:
    """Both ways give the same, but for a number without bounds; and what would go out is one JSON value."""
    quick, slow = outcome(line + b"\n", new_decoder()), outcome(line + b"\n", None)
    if quick != slow:
        assert str(slow) == "row 0 is not JSON"
        with pytest.raises(orjson.JSONDecodeError, match="infinity"):
            orjson.loads(line)
        return
    decoded = new_decoder().decode_line(line)
    if decoded:
        record = b"".join(record_text(decoded[2], incremental=True))
        assert orjson.loads(record) == normalise(orjson.loads(line)["result"], incremental=True)
        assert not holds_link(record)


def holds_link(record: bytes) -> bool:
    """Whether a ``meta`` of the record has an ``embedUrl``, also one that a reader would drop for a later one."""
    metas = [value for name, value in json.loads(record, object_pairs_hook=list) if name == "meta"]
    return any(
        "embedUrl" in (pair[0] for pair in meta if isinstance(pair, tuple)) for meta in metas if isinstance(meta, list)
    )


def outcome(answer: bytes, decoder: RowDecoder | None) -> Any:
    """The rows with all their fields, or the reason why there are none."""
    try:
        return [whole(row) for row in read_results([answer], decoder=decoder)]
    except (StreamBroken, StreamFailed) as broken:
        return str(broken)


@pytest.mark.parametrize("market", ["be", "fr", "de", "es", "au", "us"])
def test_what_the_service_sends_passes_as_text(market: Any) -> None:
    """No product of any market has to be read whole, but where spellings are mixed; the record is what is declared."""
    catalogue = Catalogue(MedipimOptions(market=market, products=60))
    rows = [b"token".join(catalogue.serialise(entry.raw)) for entry in catalogue.entries.values()]
    schema = read_schema("medipim", "products")
    decoder, conformer = RowDecoder(schema), Conformer(schema)
    decoder.learn(["packageQuantity"])
    for text in rows:
        raw = decoder.decode_row(text)
        assert raw is not None or (b'"zipCode":' in text and b'"zipcode":' in text)
        if raw is not None:
            record = b"".join(record_text(raw, incremental=True))
            assert orjson.loads(record) == conformer.bring(normalise(orjson.loads(text), incremental=True))
            assert b"embedUrl" not in record
    assert conformer.version == 0


@pytest.mark.parametrize("endpoint", ["stream", "query"])
def test_the_tap_reads_few_rows_whole(
    sandbox: Callable[..., Sandbox], run_tap: Any, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    """The short way is taken: of 450 products only those are read whole that spell one name in two ways."""
    read: list[Any] = []
    true_step = MedipimStream.post_process

    def post_process(self: MedipimStream, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        read.append(row)
        return true_step(self, row, context)

    monkeypatch.setattr(MedipimStream, "post_process", post_process)
    box = sandbox(products=450)
    run = run_tap(box, "products", products_endpoint=endpoint)
    assert run.error is None
    assert len(run.records()) == 450
    assert len(read) < 20


class TestLimits:
    """What a decoder does not take."""

    @pytest.mark.parametrize(
        "text", [b'{"id":1,"meta":{"updatedAt":5},"name":"x"}', b'{"meta":{"updatedAt":5},"id":1}']
    )
    def test_a_row_with_its_meta_elsewhere_passes_as_text_too(self, text: bytes) -> None:
        """As those of media are."""
        raw = new_decoder().decode_row(text)
        assert raw is not None
        assert updated_at(raw) == 5
        assert b"".join(record_text(raw, incremental=False)) == text

    def test_a_link_in_a_meta_that_does_not_count_is_for_those_who_read_whole(self) -> None:
        text = b'{"id":1,"meta":{%b},"meta":{"updatedAt":5},"name":"x"}' % SECRET
        assert new_decoder().decode_row(text) is None

    @pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
    def test_a_row_of_several_lines_is_read_whole(self, end: bytes) -> None:
        """Only pages have such rows, and a record is one line."""
        assert new_decoder().decode_row(b'{"id":1,%b"name":2}' % end) is None

    @pytest.mark.parametrize("index", [0, 7, 10, 99, 100, 12_345])
    def test_a_line_says_where_it_stands(self, index: int) -> None:
        decoded = new_decoder().decode_line(b'{"meta":{"total":20000,"index":%d},"result":{"id":"M1"}}' % index)
        assert decoded == (index, 20_000, RawRow("M1", None, b'{"id":"M1"'))

    def test_our_own_name_is_never_learnt(self) -> None:
        decoder = new_decoder()
        for _time in range(2):
            assert decoder.decode_row(b'{"id":1,"updated_at":"theirs"}') is None

    @pytest.mark.parametrize(
        "text", [b'{"id":1,"name":"\xff"}', b'{"id":1,"name":"\\ud800"}', b'{"id":1,"name":01}', b'{"id":1,"name":NaN}']
    )
    def test_a_page_with_what_is_no_json_is_no_page(self, text: bytes) -> None:
        assert new_decoder().decode_page(b'{"results":[%b]}' % text, 128) is None

    def test_a_page_with_a_row_that_is_too_deep_is_left_to_others(self) -> None:
        deep = b'{"id":1,"name":%b%b}' % (b"[" * 16, b"]" * 16)
        assert new_decoder().decode_page(b'{"results":[%b]}' % deep, 16) is None
        assert new_decoder().decode_page(b'{"results":[%b]}' % deep, 17) is not None

    def test_a_number_without_bounds_goes_on_as_text_and_is_named_when_it_must_be_read(self) -> None:
        raw = new_decoder().decode_row(b'{"id":"M7","name":1e999}')
        assert raw is not None
        assert b"".join(record_text(raw, incremental=True)) == b'{"id":"M7","name":1e999,"updated_at":null}'
        with pytest.raises(StreamFailed, match="M7"):
            whole(raw)

    @pytest.mark.parametrize("key", [0, -1, 2**63 - 1, 1 - 2**63, "M1", " ", "\u00e9"])
    def test_ids_that_are_keys(self, key: Any) -> None:
        raw = new_decoder().decode_row(json.dumps({"id": key}).encode())
        assert raw is not None
        assert is_key(key_of(raw))
        assert key_of(raw) == key

    @pytest.mark.parametrize("key", [2**63, -(2**63), 10**30, 1.0, True, None, "", [], {}])
    def test_ids_that_are_none_or_that_others_judge(self, key: Any) -> None:
        assert new_decoder().decode_row(json.dumps({"id": key}).encode()) is None

    @pytest.mark.parametrize("size", [900, 1000, 2500, 6000])
    def test_digits_here_and_there_are_no_long_number(self, size: int) -> None:
        text = b'{"id":1,"class":"%b"}' % (b"7ab" * size)
        assert new_decoder().decode_row(text) is not None

    @pytest.mark.parametrize("size", [4300, 5000, 70_000])
    @pytest.mark.parametrize("before", [0, 1, 700, 999, 1000])
    def test_a_number_that_python_refuses_is_read_whole(self, size: int, before: int) -> None:
        text = b'{"id":1,"class":"%b","name":%b}' % (b"x" * before, b"7" * size)
        assert new_decoder().decode_row(text) is None

    def test_a_page_of_very_many_rows_is_left_to_others(self) -> None:
        rows = b",".join([b'{"id":1}'] * (MOST_ROWS + 1))
        assert new_decoder().decode_page(b'{"results":[%b]}' % rows, 128) is None
        assert new_decoder().decode_page(b'{"results":[%b]}' % rows[9:], 128) is not None

    def test_what_no_utf_8_is_makes_no_page_wherever_it_stands(self) -> None:
        assert new_decoder().decode_page(b'{"results":[{"id":1}],"more":"\xff"}', 128) is None

    @pytest.mark.parametrize("total", [b"1" * 30, b"9" * 400, b"-1", b"true", b"1.0", b"null"])
    def test_a_line_that_counts_strangely_is_read_whole(self, total: bytes) -> None:
        assert new_decoder().decode_line(b'{"meta":{"total":%b,"index":0},"result":{"id":1}}' % total) is None
        assert new_decoder().decode_line(b'{"meta":{"index":0,"total":1},"result":{"id":1}}') is not None


SECRET = b'"embedUrl":"https://x.test/?mac=SECRET"'


@pytest.mark.parametrize("endpoint", ["stream", "query"])
@pytest.mark.parametrize(
    "row",
    [
        b'{"id":9001,"meta":{"updatedAt":5,%b},"meta":{"updatedAt":1700000000}}',
        b'{"id":9001,"meta":{"updatedAt":1700000000},"meta":{"updatedAt":1700000000,%b}}',
        b'{"id":9000,"meta":{"updatedAt":5,%b}},"result":{"id":9001,"meta":{"updatedAt":1700000000}}',
        b'{"meta":{"updatedAt":1700000000,%b},"id":9001}',
    ],
)
def test_names_that_stand_twice_let_no_link_out(row: bytes, endpoint: str) -> None:
    """As when rows are read whole, the last one counts, and the signed link does not leave."""
    text = row % SECRET
    decoder = new_decoder()
    if endpoint == "stream":
        line = b'{"meta":{"total":1,"index":0},"result":%b}' % text
        (read,) = read_results([line + b"\n"], decoder=decoder)
    else:
        page = decoder.decode_page(b'{"results":[%b]}' % text, 128)
        if page is None:  # the third is no list of rows at all
            assert b'"result":' in text
            return
        (read,) = page["results"]
    text = b"".join(record_text(read, incremental=True)) if isinstance(read, RawRow) else b""
    record = orjson.loads(text) if text else normalise(whole(read), incremental=True)
    assert record == {"id": 9001, "meta": {"updatedAt": 1700000000}, "updated_at": "2023-11-14T22:13:20Z"}
    assert b"SECRET" not in text


@pytest.mark.parametrize(
    "meta",
    [
        b'{"updatedAt":5,%b}',
        b'{%b,"updatedAt":5}',
        b"{%b}",
        b'{"updatedAt":5,%b,"embedUrl":null}',
        b'{"updatedAt":5,"embed\\u0055rl":"SECRET",%b}',
        b'{"updatedAt":5,"embed\\u0055rl":"SECRET"}',
        b'{"updatedAt":5,"embed\\u0055rl":"SECRET}"}',
        b'{"updatedAt":5,"more":{},"embed\\u0055rl":"SECRET"}',
        b'{"updatedAt":5,"embedUrl":"https:\\/\\/x.test\\/SECRET"}',
        b'{"note":",\\"embedUrl\\":",%b}',
        b'{"updatedAt":5,"embedUrl":{"more":[",SECRET"]}}',
        b'{"updatedAt":5, "embedUrl" : "SECRET"}',
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "row",
    [
        b'{"id":1,"name":"x","meta":%b}',
        b'{"id":1,"meta":%b,"name":"x"}',
        b'{"id":1, "meta":%b}',
        b'{"id":1,"m\\u0065ta":%b}',
        b'{"meta":%b,"id":1} ',
    ],
)
def test_a_link_goes_wherever_and_however_it_is_written(meta: bytes, row: bytes) -> None:
    """At the end of ``meta``, as the service writes it, or anywhere; with slashes escaped, as PHP does."""
    text = row % (meta % SECRET if b"%b" in meta else meta)
    read = new_decoder().decode_row(text)
    record = b"" if read is None else b"".join(record_text(read, incremental=True))
    assert b"SECRET" not in record
    if read is not None:
        assert orjson.loads(record) == normalise(orjson.loads(text), incremental=True)
        assert orjson.loads(b"".join(record_text(read, incremental=True, keep_embed_url=True))) == normalise(
            orjson.loads(text), incremental=True, keep_embed_url=True
        )


def test_a_link_at_the_end_of_meta_costs_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is cut out, also when its slashes are escaped."""
    decoder = new_decoder()
    decoder.decode_row(b'{"id":1}')  # the first row tells the order of names
    monkeypatch.setattr("tap_medipim.raw_rows.orjson.loads", lambda _text: pytest.fail("read"))
    read = decoder.decode_row(b'{"id":1,"meta":{"updatedAt":5,"embedUrl":"https:\\/\\/x.test"}}')
    assert read is not None
    assert read.meta_without_link == b'{"updatedAt":5}'


@pytest.mark.parametrize("place", [b'{"updatedAt":1e999}', b'{"embedUrl":"x","order":1e999}'])
def test_a_number_without_bounds_in_meta_ends_in_words(place: bytes) -> None:
    """It is met where the line is decoded, not later."""
    line = b'{"meta":{"total":1,"index":0},"result":{"id":1,"meta":%b}}\n' % place
    with pytest.raises(StreamBroken, match="row 0 is not JSON"):
        list(read_results([line], decoder=new_decoder()))


def test_a_record_with_a_number_without_bounds_goes_on_wherever_it_stands(
    sandbox: Callable[..., Sandbox], run_tap: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also among the first ones, which are looked at in depth: the other records are not held up by it."""
    true_line = RowDecoder.decode_line

    def spoiled(self: RowDecoder, line: bytes) -> Any:
        return true_line(self, line.replace(b'"status":"active"', b'"status":1e999', 1))

    monkeypatch.setattr(RowDecoder, "decode_line", spoiled)
    run = run_tap(sandbox(products=5), "products", products_endpoint="stream")
    assert run.error is None
    assert len(run.records()) == 5


def test_drift_tells_of_new_names_once_they_are_given() -> None:
    """Reading alone teaches nothing: rows that are read and let go must not hide the names from those who look."""
    decoder = new_decoder()
    line = b'{"meta":{"total":1,"index":0},"result":{"id":1,"recall":2}}\n'
    for _ in range(2):
        (row,) = read_results([line], decoder=decoder)
        assert not isinstance(row, RawRow)
