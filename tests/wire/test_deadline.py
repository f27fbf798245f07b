"""Answers that drip: a byte within each timeout, for ever. None of them holds a run."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from requests.auth import HTTPBasicAuth

from pim_wire.deadline import iter_body
from pim_wire.errors import Unclear, WireGaveUp
from pim_wire.redaction import Redactor
from pim_wire.throttle import Throttle
from pim_wire.wire import Call, Wire
from trials.faults.dripper import Dripper

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPS = {
    "status line": (b"", b"H"),
    "for ever to be continued": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a header": (HEAD + b"X-Long: ", b"x"),
    "body of a known length": (HEAD + b"Content-Length: 100000000\r\n\r\n", b" "),
    "body until the end": (HEAD + b"Connection: close\r\n\r\n", b" "),
    "size of a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFFFF\r\n", b" "),
    "chunks of one byte": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "an error": (HEAD.replace(b"200", b"404") + b"Content-Length: 100000000\r\n\r\n", b" "),
}


@pytest.fixture
def dripper(request: pytest.FixtureRequest) -> Iterator[Dripper]:
    """One of them, by name."""
    made = Dripper(*DRIPS[request.param])
    yield made
    made.close()


@pytest.fixture
def wire_to(make_clock: Callable[[], Any]) -> Iterator[Callable[[str], Wire]]:
    """A wire whose clock is a second on each time it is looked at; a silence would still take as long as it takes."""
    made: list[Wire] = []
    clock = make_clock()
    standing = clock.now

    def now() -> float:
        clock.pass_by(1.0)
        return float(standing())

    clock.now = now

    def make(url: str) -> Wire:
        throttle = Throttle(100_000, clock)
        wire = Wire(
            url,
            service="Medipim",
            auth=HTTPBasicAuth("1", "secret"),
            user_agent="tests/1",
            throttle_for=lambda _method: throttle,
            max_wait_seconds=150,
            clock=clock,
            redactor=Redactor([]),
        )
        made.append(wire)
        return wire

    yield make
    for wire in made:
        wire._session.close()


@pytest.mark.parametrize("dripper", DRIPS, indirect=True)
def test_an_answer_that_drips_for_ever_is_broken_off(dripper: Dripper, wire_to: Callable[[str], Wire]) -> None:
    """Wherever it drips, it may take ten timeouts; it is retried, and after max_wait_seconds the call gives up."""
    with pytest.raises(WireGaveUp, match=r"no whole answer within 50 s\) to GET /list, [23] times in"):
        wire_to(dripper.url).send(Call("GET", "/list", 5.0))


@pytest.mark.parametrize("dripper", ["a header", "a chunk"], indirect=True)
def test_a_dripping_answer_to_a_write_is_unclear(dripper: Dripper, wire_to: Callable[[str], Wire]) -> None:
    """It may have been carried out: it is looked at, not repeated."""
    with pytest.raises(Unclear, match="no whole answer within 50 s"):
        wire_to(dripper.url).send(Call("POST", "/list", 5.0, json={}, repeatable=False))


@pytest.mark.parametrize("dripper", ["a chunk", "body until the end"], indirect=True)
def test_a_stream_is_broken_off_unless_its_reader_renews_its_deadline(
    dripper: Dripper, wire_to: Callable[[str], Wire]
) -> None:
    """What counts as progress is the reader's to say; each piece comes when it comes."""
    wire = wire_to(dripper.url)
    deadline = wire.deadline(60)
    with wire.send(Call("GET", "/stream", 5.0, stream=True, deadline=deadline)) as response:
        pieces = iter_body(response)
        for _ in range(200):
            assert next(pieces).strip() == b""
            deadline.renew()
        with pytest.raises(requests.ConnectionError):
            list(pieces)
    assert deadline.has_passed
