"""Size limits of an answer: bytes after decompression, and levels of nesting."""

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.auth import HTTPBasicAuth

from pim_wire.errors import AnswerRefused, Unclear, WireRefused
from pim_wire.limits import SizeLimits, is_nested_deeper
from pim_wire.redaction import Redactor
from pim_wire.throttle import Throttle
from pim_wire.wire import Call, Wire
from sandbox import Fault, Sandbox

TEXTS = st.text(alphabet='[]{}"\\,:ax\né', max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=20,
)
SMALL = SizeLimits(line_bytes=65_536, nesting=16)
MOST = SMALL.answer_bytes


def depth(value: Any) -> int:
    """The plain definition."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, inner), default=0)
    return 0


@given(value=JSON, most=st.integers(0, 12), compact=st.booleans(), ascii_only=st.booleans())
def test_nesting_is_counted_exactly(value: Any, most: int, *, compact: bool, ascii_only: bool) -> None:
    """Brackets, quotes and backslashes within strings do not count, whatever the spelling."""
    separators = (",", ":") if compact else (" , ", " : ")
    text = json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode()
    assert is_nested_deeper(text, most) == (depth(value) > most)


@pytest.mark.parametrize("levels", [1, 15, 16, 17, 18, 127, 128, 129, 200])
def test_deep_nesting_is_counted_exactly_among_what_is_shallow(levels: int) -> None:
    """Also beyond what is peeled off before the steps are counted."""
    deep: Any = {}
    for _ in range(levels - 1):
        deep = {"a": [], "b": "]}", "deep": deep, "c": [{}]} if levels > 3 else [deep]
    value = [deep, [[1], {"a": {}}], deep]
    text, levels = json.dumps(value).encode(), depth(value)
    assert is_nested_deeper(text, levels - 1)
    assert not is_nested_deeper(text, levels)


@given(text=st.text(alphabet='[]{}"\\a', max_size=40), most=st.integers(0, 5))
def test_what_is_no_json_ends_too(text: str, most: int) -> None:
    """Unbalanced brackets are judged somehow, at once; text that is never deeper by any reading is not refused."""
    if text.count("[") + text.count("{") <= most:
        assert not is_nested_deeper(text.encode(), most)
    else:
        is_nested_deeper(text.encode(), most)


def test_a_long_deep_text_costs_little_memory() -> None:
    """Two hundred thousand levels are refused without an object for each."""
    text = b"[" * 200_000 + b"]" * 200_000
    tracemalloc.start()
    assert is_nested_deeper(text, 128)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * len(text)


@pytest.fixture
def wire_to(fake_clock: Any) -> Iterator[Callable[[Sandbox], Wire]]:
    """A wire with small limits."""
    made: list[Wire] = []

    def make(box: Sandbox) -> Wire:
        throttle = Throttle(6000, fake_clock)
        wire = Wire(
            box.medipim_url,
            service="Medipim",
            auth=HTTPBasicAuth("1", "sandbox-medipim-secret"),
            user_agent="tests/1",
            throttle_for=lambda _method: throttle,
            max_wait_seconds=900,
            clock=fake_clock,
            redactor=Redactor([]),
            size_limits=SMALL,
        )
        made.append(wire)
        return wire

    yield make
    for wire in made:
        wire._session.close()


def call(**more: Any) -> Call:
    """A request for a page."""
    return Call("POST", "/v4/brands/query", 5.0, json={}, **more)


DEEP = b'{"results":' + b"[" * 19 + b"]" * 19 + b"}"
AS_DEEP_AS_ALLOWED = b'{"results":' + b"[" * 18 + b"]" * 18 + b"}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'"' + b"x" * MOST, f"more than {MOST} bytes"),
        (b"\n" * (MOST + 1), f"more than {MOST} bytes"),
        (DEEP, "more than 16 levels deep"),
    ],
)
def test_a_good_answer_that_is_too_much_is_refused_at_once(
    body: bytes, words: str, sandbox: Any, wire_to: Callable[[Sandbox], Wire]
) -> None:
    """Asking again could not help: one request, one sentence. A write may have been carried out all the same."""
    box = sandbox(products=1)
    box.medipim.faults.add(Fault("status", status=200, body=body, times=2))
    with pytest.raises(AnswerRefused, match=words):
        wire_to(box).send(call())
    with pytest.raises(Unclear, match=words):
        wire_to(box).send(call(repeatable=False))
    assert len(box.medipim.requests) == 2


@pytest.mark.parametrize("body", [b'"' + b"x" * (MOST - 2) + b'"', AS_DEEP_AS_ALLOWED, b"<p>" + DEEP * 9])
def test_the_bound_itself_is_allowed(body: bytes, sandbox: Any, wire_to: Callable[[Sandbox], Wire]) -> None:
    """And what is no JSON has no levels."""
    box = sandbox(products=1)
    box.medipim.faults.add(Fault("status", status=200, body=body))
    assert wire_to(box).send(call()).content == body


@pytest.mark.parametrize("status", [200, 400, 302])
def test_a_gzip_bomb_is_not_inflated(status: int, sandbox: Any, wire_to: Callable[[Sandbox], Wire]) -> None:
    """100 MB in 100 kB: no more than the bound is unpacked, of an error only the beginning, of a redirect nothing."""
    bomb = gzip.compress(b"x" * 100_000_000, compresslevel=1)
    headers = {"content-encoding": "gzip", "location": "/elsewhere"}
    box = sandbox(products=1)
    box.medipim.faults.add(Fault("status", status=status, body=bomb, headers=headers))
    wire = wire_to(box)
    tracemalloc.start()
    if status == 400:
        assert len(wire.send(call()).content) == 65_536
    else:
        with pytest.raises(WireRefused, match=str(MOST if status == 200 else 302)):
            wire.send(call())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * MOST


def test_a_bomb_in_a_stream_arrives_in_small_pieces(sandbox: Any, wire_to: Callable[[Sandbox], Wire]) -> None:
    """The line reader sees each piece before the next is unpacked."""
    box = sandbox(products=1)
    bomb = gzip.compress(b"x" * 50_000_000, compresslevel=9)
    box.medipim.faults.add(Fault("status", status=200, body=bomb, headers={"content-encoding": "gzip"}))
    with wire_to(box).send(call(stream=True)) as response:
        assert max(map(len, response.iter_content(65_536))) <= 65_536


@pytest.mark.parametrize("before", [b"", b" ", b"\r\n\t" * 50])
def test_an_answer_that_begins_with_space_is_measured_too(before: bytes) -> None:
    """JSON may: such a page once met the reader's own limit, and ended without words."""
    limits = SizeLimits(nesting=16)
    assert limits.too_deep(before + b"[" * 20 + b"]" * 20)
    assert limits.too_deep(before + b"[" * 19 + b"]" * 19) is None
    assert limits.too_deep(before + b"<html>" + b"[" * 40) is None
