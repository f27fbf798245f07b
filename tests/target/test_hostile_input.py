"""Whatever comes down the pipe ends in a reject or in one sentence, in bounded memory, and no STATE lies."""

import io
import json
import re
import tracemalloc
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pim_wire.errors import StopRun
from pim_wire.limits import SizeLimits
from target_micropim.lines import Unreadable, lines_of
from target_micropim.reader import OrjsonReader

LEAST = 65_536
LONG = "x" * LEAST


def line(kind: str, **members: Any) -> bytes:
    """A message as a line, its members in this order."""
    return orjson.dumps({"type": kind, **members})


def outcome_of(world: Any, singer: Any, strange: bytes, **more: Any) -> Any:
    """A run over a good product, a strange line, another good product and a STATE."""
    good = [singer.record("products", singer.product(number)) for number in (1, 2)]
    given = [singer.schema("products"), good[0], singer.state({"at": 1}), strange, good[1], singer.state({"at": 2})]
    return world.run(given, **{"max_line_bytes": LEAST, **more})


HEADS = [
    b'{"type":"RECORD","stream":"products","record":',
    b'{"stream": "products", "type": "RECORD", "record": ',
    b' {"type": "RECORD", "stream": "products", "version": 7, "time_extracted": "2026-01-01T00:00:00Z", "record": ',
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("rest", [b'{"id":"3","name":"' + LONG.encode() + b'"}}', b"[" * 3 * LEAST, LONG.encode()])
def test_a_record_too_long_is_rejected_with_its_beginning(world: Any, singer: Any, head: bytes, rest: bytes) -> None:
    """Nobody else is stopped; the STATE behind it leaves, since the reject is on the disk."""
    outcome = outcome_of(world, singer, head + rest)
    assert outcome.failure is None
    (reject,) = outcome.rejects
    assert (reject["stream"], reject["stage"]) == ("products", "read")
    assert "max_line_bytes" in reject["reason"]
    assert reject["record"] == (head + rest)[:2000].decode()
    assert outcome.states[-1] == {"at": 2}
    assert world.pim.counts()["products"] == 2
    assert outcome.report["streams"]["products"]["received"] == 3


@pytest.mark.parametrize("order", [("record", "stream", "type"), ("type", "record", "stream"), ("x", "type", "stream")])
def test_a_long_line_that_may_be_anything_stops_the_run(world: Any, singer: Any, order: Any) -> None:
    """A STATE or SCHEMA must not be skipped unseen."""
    values = {"type": "RECORD", "stream": "products", "record": {"id": "3", "n": LONG}, "x": LONG}
    outcome = outcome_of(world, singer, orjson.dumps({name: values[name] for name in order}))
    assert isinstance(outcome.failure, StopRun)
    assert re.fullmatch(
        r"Input line 4: the line is longer than 65536 bytes.*not known to be a record", str(outcome.failure)
    )
    assert outcome.states == [{"at": 1}]


@pytest.mark.parametrize("kind", ["STATE", "SCHEMA", "ACTIVATE_VERSION"])
def test_a_long_message_that_is_no_record_stops_the_run(world: Any, singer: Any, kind: str) -> None:
    """Also when a record stands in it."""
    outcome = outcome_of(world, singer, line(kind, stream="products", record={"n": LONG}))
    assert "Input line 4" in str(outcome.failure)
    assert outcome.states == [{"at": 1}]


@pytest.mark.parametrize("levels", [63, 300, 3000, 30_000])
def test_a_record_too_deep_is_rejected_whole(world: Any, singer: Any, levels: int) -> None:
    """As an object where it can be written again, else as a text; one level less goes in."""
    deep = b'{"type":"RECORD","stream":"products","record":{"id":"3","name":{"en":"N"},"deep":'
    deep += b"[" * levels + b"]" * levels + b"}}"
    outcome = outcome_of(world, singer, deep, max_nesting=64)
    (reject,) = outcome.rejects
    assert "max_nesting" in reject["reason"]
    if levels < 900:
        assert (reject["external_id"], reject["record"]["id"]) == ("3", "3")
    else:
        assert reject["record"] == deep.decode()
    assert outcome.states[-1] == {"at": 2}


def test_a_record_as_deep_as_allowed_goes_in(world: Any, singer: Any) -> None:
    """The bound is the first level that is refused."""
    deep = b'{"type":"RECORD","stream":"products","record":{"id":"3","name":{"en":"N"},"deep":'
    outcome = outcome_of(world, singer, deep + b"[" * 62 + b"]" * 62 + b"}}", max_nesting=64)
    assert outcome.rejects == []
    assert world.pim.counts()["products"] == 3


@pytest.mark.parametrize("bad", ["NaN", "1e400", "-Infinity", '"\\ud800"'])
def test_a_record_that_only_python_calls_json_is_rejected(world: Any, singer: Any, bad: str) -> None:
    """Taps in Python write such lines; kept as the text it was, since as JSON it could not be kept."""
    strange = '{"type":"RECORD","stream":"products","record":{"id":"3","x":' + bad + "}}"
    outcome = outcome_of(world, singer, strange.encode())
    assert [reject["record"] for reject in outcome.rejects] == [strange]
    assert outcome.states[-1] == {"at": 2}


@pytest.mark.parametrize(
    ("strange", "words"),
    [
        (b'{"type":"STATE","value":NaN}', "not a Singer message"),
        (b'{"type":"RECORD","stream":"products","record":{"id":"3"', "not a Singer message"),
        (b'{"type":"RECORD","stream":"products","record":{"id":"\xff"}}', "not a Singer message"),
        (b'{"type":["RECORD"]}', "not a Singer message"),
        (b'{"type":"RECORD","stream":7,"record":{}}', "without a usable stream"),
        (b'{"type":"RECORD","stream":["products"],"record":{}}', "without a usable stream"),
        (b'{"type":"RECORD","stream":"products"}', "without a usable record"),
        (b'{"type":"STATE"}', "without a usable value"),
        (b'{"type":"SCHEMA","stream":"products"}', "without a usable schema"),
        (b'{"type":"SCHEMA","stream":"products","schema":[]}', "without a usable schema"),
        (b'{"type":"SCHEMA","stream":"products","schema":{}}', "without properties"),
        (b'{"type":"SCHEMA","stream":"products","schema":{"properties":[]}}', "without properties"),
        (b'{"type":"SCHEMA","stream":"p","schema":{"properties":{}},"key_properties":"id"}', "no list of names"),
        (b'{"type":"SCHEMA","stream":"p","schema":{"properties":{}},"key_properties":[1]}', "no list of names"),
        (b'{"type":"BATCH","stream":"products","encoding":{},"manifest":[]}', "unknown message type 'BATCH'"),
        (b'{"type":"ACTIVATE_VERSION","stream":"products"}', "without a usable version"),
        (b'{"type":"RECORD","stream":"nobody","record":{}}', "before a corresponding schema"),
        (HEADS[0].replace(b"products", b"nobody") + b'"' + LONG.encode() + b'"}', "came before its SCHEMA"),
        (b'{"type":"STATE","value":' + b"[" * 500 + b"]" * 500 + b"}", "levels deep"),
    ],
)
def test_what_is_no_message_stops_with_one_sentence(world: Any, singer: Any, strange: bytes, words: str) -> None:
    """With the number of the line or the name of the stream, never with what is in it; what came before is safe."""
    outcome = outcome_of(world, singer, strange)
    assert words in str(outcome.failure)
    assert isinstance(outcome.failure, StopRun) or type(outcome.failure).__module__.startswith("singer_sdk.")
    assert "\n" not in str(outcome.failure)
    assert outcome.states == [{"at": 1}]


def test_a_schema_the_sdk_cannot_flatten_stops_with_one_sentence(world: Any) -> None:
    """The SDK's own code fails on it; the sentence names the stream."""
    strange = b'{"type":"SCHEMA","stream":"p","schema":{"properties":{"id":7}}}'
    outcome = world.run([strange], profile="native", flattening_enabled=True, flattening_max_depth=2)
    assert isinstance(outcome.failure, StopRun)
    assert "SCHEMA of stream 'p' cannot be used" in str(outcome.failure)


@pytest.mark.parametrize(
    "fine",
    [
        b'{"type":"ACTIVATE_VERSION","stream":"never seen","version":7}',
        b'{"type":"SCHEMA","stream":"products","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["no"]}',
        b'{"type":"SCHEMA","stream":"products","schema":{"type":"banana","properties":{}},"key_properties":null}',
        b'{"type":"STATE","value":null,"type":"STATE"}',
        b'{"type":"SCHEMA","stream":"p","schema":{"properties":{"id":{"$ref":"#/nowhere"}}}}',
        b"",
        b"  ",
    ],
)
def test_what_harms_nothing_is_passed_over(world: Any, singer: Any, fine: bytes) -> None:
    """A schema that changes, or names keys that no record has, in the middle of a run; a version of some stream."""
    outcome = outcome_of(world, singer, fine)
    assert outcome.failure is None
    assert outcome.states[-1] == {"at": 2}
    assert world.pim.counts()["products"] == 2


class Endless(io.RawIOBase):
    """A line that has no end before ``size`` bytes, and a message after it."""

    def __init__(self, beginning: bytes, size: int) -> None:
        super().__init__()
        self._left = [beginning, *[b"x" * 1_000_000] * (size // 1_000_000), b"\n", line("STATE", value=1) + b"\n"]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            return 0
        part, rest = self._left[0][: len(buffer)], self._left[0][len(buffer) :]
        self._left[:1] = [rest] if rest else []
        buffer[: len(part)] = part
        return len(part)


def test_a_line_of_a_hundred_megabytes_costs_the_bound_and_no_more() -> None:
    """It is read on to its end, and the next message is read."""
    records: list[Any] = []
    states: list[Any] = []
    tracemalloc.start()
    OrjsonReader(SizeLimits(1_000_000, 64)).process_lines(
        io.BufferedReader(Endless(HEADS[0], 100_000_000)), {"STATE": states.append, "RECORD": records.append}
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(message["record"]) for message in records] == [Unreadable]
    assert [state["value"] for state in states] == [1]
    assert peak < 8_000_000


@given(data=st.lists(st.binary(max_size=9) | st.just(b"\n")).map(b"".join), most=st.integers(1, 6), text=st.booleans())
def test_lines_are_split_as_bytes_are(data: bytes, most: int, *, text: bool) -> None:
    """Every short line whole, every long one by its beginning, in their order."""
    if text:
        data = data.decode("ascii", "ignore").replace("\r", "").encode()
    source = io.StringIO(data.decode()) if text else io.BytesIO(data)
    wanted = data.split(b"\n")
    wanted = wanted[:-1] if wanted[-1] == b"" else wanted
    for (found, whole), one in zip(lines_of(source, most), wanted, strict=True):
        assert whole == (len(one) <= most)
        assert found.rstrip(b"\n") == (one if whole else one[: most + 1])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["RECORD", "SCHEMA", "STATE", "ACTIVATE_VERSION", "BATCH", "WEATHER"]) | JSON,
        "stream": st.sampled_from(["products", "categories", "brands", "other"]) | JSON,
        "record": JSON | st.fixed_dictionaries({"id": JSON, "name": JSON}),
        "schema": JSON | st.fixed_dictionaries({"properties": JSON | st.dictionaries(st.just("id"), JSON)}),
        "key_properties": JSON,
        "value": JSON,
        "version": JSON,
    },
)
RAW = st.binary(max_size=60) | MEMBERS.map(lambda found: json.dumps(found).encode())


@settings(
    max_examples=25, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(strange=st.lists(RAW.map(lambda raw: raw.replace(b"\n", b"")), min_size=1, max_size=4))
def test_any_lines_end_in_rejects_or_in_one_sentence(make_world: Any, singer: Any, strange: list[bytes]) -> None:
    """No failure but the ones that have words, counts that add up, and a last STATE that covers what is settled."""
    world = make_world()
    given = [singer.schema("products"), singer.record("products", singer.product(1)), singer.state({"at": 1})]
    outcome = world.run([*given, *strange])
    if outcome.failure is None:
        assert outcome.report["complete"]
    else:
        assert isinstance(outcome.failure, StopRun) or type(outcome.failure).__module__.startswith("singer_sdk.")
        assert "\n" not in str(outcome.failure)
    assert outcome.states[:1] == [{"at": 1}] or len(outcome.states) == 1
    for ends in outcome.report["streams"].values():
        assert ends.pop("received") == sum(ends.values())
    assert [row for row in outcome.rejects if row["stage"] == "internal"] == []
