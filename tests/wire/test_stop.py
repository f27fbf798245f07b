"""A stop that reaches another thread ends a request within seconds, wherever the service hangs."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.auth import HTTPBasicAuth

from pim_wire.deadline import Deadline, iter_body
from pim_wire.errors import Interrupted
from pim_wire.name_lookup import look_up
from pim_wire.redaction import Redactor
from pim_wire.throttle import Throttle
from pim_wire.wire import Call, Wire
from sandbox import Fault, Sandbox
from tests.wire.hanging import WHOLE, HangingServer

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PLACES = {
    "before the answer": b"",
    "in the status line": b"HTTP/1.",
    "in a header": HEAD + b"X-Long: ",
    "in a body of a known length": HEAD + b"Content-Length: 100\r\n\r\n{",
    "in a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nFF\r\n{",
    "in an error": HEAD.replace(b"200", b"500") + b"Content-Length: 100\r\n\r\n{",
}
PROMISED_SECONDS = 5.0


@pytest.fixture
def hanging() -> Iterator[Callable[..., HangingServer]]:
    """Servers that hang, until the test ends."""
    made: list[HangingServer] = []

    def make(*arguments: Any, **options: Any) -> HangingServer:
        made.append(HangingServer(*arguments, **options))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def clock(fake_clock: Any) -> Any:
    """After a stop it is a second later each time it is looked at: nobody waits for the seconds that are granted."""
    standing = fake_clock.now

    def now() -> float:
        if fake_clock.stopped:
            fake_clock.pass_by(1.0)
        return float(standing())

    fake_clock.now = now
    return fake_clock


@pytest.fixture
def wire_to(clock: Any, tmp_path: Path) -> Iterator[Callable[[HangingServer], Wire]]:
    """A wire to such a server, whose certificate it trusts."""
    made: list[Wire] = []

    def make(server: HangingServer) -> Wire:
        throttle = Throttle(100_000, clock)
        wire = Wire(
            server.url,
            service="MicroPIM",
            auth=HTTPBasicAuth("1", "secret"),
            user_agent="tests/1",
            throttle_for=lambda _call: throttle,
            max_wait_seconds=900,
            clock=clock,
            redactor=Redactor([]),
        )
        if server.url.startswith("https"):
            wire._session.verify = server.write_authority(tmp_path / "authority.pem")
        made.append(wire)
        return wire

    yield make
    for wire in made:
        wire._session.close()


def stop_when_hanging(server: HangingServer, clock: Any) -> threading.Thread:
    """Another thread is told to stop, as a worker's main thread is."""

    def work() -> None:
        server.is_hanging.wait(10)
        clock.stop()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def assert_ends_soon(server: HangingServer, clock: Any, request: Callable[[], Any]) -> None:
    """It ends as interrupted, long before its timeout."""
    thread = stop_when_hanging(server, clock)
    began = time.monotonic()
    with pytest.raises(Interrupted):
        request()
    assert time.monotonic() - began < PROMISED_SECONDS
    thread.join()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("place", PLACES)
def test_a_stop_ends_a_request_that_hangs(
    place: str, tls: bool, hanging: Callable[..., HangingServer], wire_to: Callable[..., Wire], clock: Any
) -> None:
    """Wherever in the answer it hangs; nothing is sent a second time."""
    server = hanging(PLACES[place], tls=tls)
    wire = wire_to(server)
    assert_ends_soon(server, clock, lambda: wire.send(Call("POST", "/x", 60.0, json={}, repeatable=False)))
    assert server.requests == 1


def test_a_stop_ends_a_handshake_that_hangs(
    hanging: Callable[..., HangingServer], wire_to: Callable[..., Wire], clock: Any
) -> None:
    """The connection stands, and nobody answers."""
    server = hanging(b"", hangs_in_handshake=True)
    wire = wire_to(server)
    assert_ends_soon(server, clock, lambda: wire.send(Call("GET", "/x", 60.0)))


@pytest.fixture
def unresolved(monkeypatch: pytest.MonkeyPatch, hanging: Callable[..., HangingServer]) -> Iterator[HangingServer]:
    """A server whose name the system looks up without an end."""
    server, is_over = hanging(b""), threading.Event()

    def getaddrinfo(*_arguments: Any, **_options: Any) -> Any:
        server.is_hanging.set()
        is_over.wait(30)
        raise socket.gaierror("over")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    server.url = server.url.replace("127.0.0.1", "localhost")
    yield server
    is_over.set()


def test_a_stop_ends_a_look_up_that_hangs(unresolved: HangingServer, wire_to: Callable[..., Wire], clock: Any) -> None:
    """Not even the address is known."""
    wire = wire_to(unresolved)
    assert_ends_soon(unresolved, clock, lambda: wire.send(Call("GET", "/x", 60.0)))
    assert unresolved.requests == 0


def test_a_look_up_that_hangs_ends_with_its_timeout(unresolved: HangingServer, fake_clock: Any) -> None:
    """As a connection does that nobody takes: a passing failure."""
    with pytest.raises(TimeoutError, match=r"localhost was not resolved within 0\.3 s"):
        look_up("localhost", 80, socket.AF_UNSPEC, Deadline(fake_clock, 60), 0.3)
    assert unresolved.is_hanging.is_set()


def test_a_stop_ends_a_stream_that_hangs(
    hanging: Callable[..., HangingServer], wire_to: Callable[..., Wire], clock: Any
) -> None:
    """Between two pieces of it."""
    server = hanging(PLACES["in a chunk"])
    wire = wire_to(server)
    call = Call("GET", "/x", 300.0, stream=True, deadline=wire.deadline(300))
    assert_ends_soon(server, clock, lambda: list(iter_body(wire.send(call))))


def test_an_answer_that_comes_soon_after_a_stop_is_taken(
    sandbox: Callable[..., Sandbox], make_clock: Callable[[], Any]
) -> None:
    """A write that is about to be answered need not become an unclear one."""
    box, clock = sandbox(products=1), make_clock()
    throttle = Throttle(100_000, clock)
    wire = Wire(
        box.medipim_url,
        service="Medipim",
        auth=HTTPBasicAuth("1", "sandbox-medipim-secret"),
        user_agent="tests/1",
        throttle_for=lambda _call: throttle,
        max_wait_seconds=900,
        clock=clock,
        redactor=Redactor([]),
    )
    box.medipim.on_request(lambda _call: clock.stop())
    with wire.send(Call("POST", "/v4/brands/query", 60.0, json={}, repeatable=False)) as response:
        assert response.status_code == requests.codes.ok
    wire._session.close()


def test_nothing_is_sent_after_a_stop(
    hanging: Callable[..., HangingServer], wire_to: Callable[..., Wire], clock: Any
) -> None:
    """But for what puts something back, such as the end of a probe."""
    server = hanging(WHOLE)
    wire = wire_to(server)
    clock.stop()
    with pytest.raises(Interrupted):
        wire.send(Call("GET", "/x", 60.0))
    assert server.connections == 0
    with wire.send(Call("GET", "/x", 60.0, after_stop=True)) as response:
        assert response.ok


def test_a_silence_still_ends_with_its_timeout(
    sandbox: Callable[..., Sandbox], wire_to: Callable[..., Wire], hanging: Callable[..., HangingServer]
) -> None:
    """Whatever the slices are; the next attempt is answered."""
    box = sandbox(products=1)
    box.medipim.faults.add(Fault("hang", delay=2.0))
    wire = wire_to(hanging(b""))
    wire.base_url = box.medipim_url
    wire._session.auth = HTTPBasicAuth("1", "sandbox-medipim-secret")
    began = time.monotonic()
    with wire.send(Call("POST", "/v4/brands/query", 0.6, json={})) as response:
        assert response.ok
    assert 0.5 < time.monotonic() - began < 2.0
