"""The client: a stream may be slow as long as whole rows come, and one that only drips is broken off."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import repeat
from typing import Any

import orjson
import pytest
from requests.auth import HTTPBasicAuth

from pim_wire.redaction import Redactor
from pim_wire.throttle import Throttle
from pim_wire.wire import Wire
from tap_medipim.client import MedipimClient, unix_seconds
from tap_medipim.errors import ConnectionLost

ROWS = 40
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-json-stream\r\nConnection: close\r\n\r\n"


def rows() -> Iterator[bytes]:
    """A whole stream in pieces of half a row, with a blank line after each."""
    for index in range(ROWS):
        line = orjson.dumps({"meta": {"total": ROWS, "index": index}, "result": {"id": str(index)}})
        yield from (line[:9], line[9:] + b"\n", b"\n")


@contextmanager
def serving(pieces: Iterable[bytes]) -> Iterator[tuple[str, threading.Semaphore]]:
    """One answer to one request; each piece is sent when the semaphore lets it."""
    may_send = threading.Semaphore(0)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _peer = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(HEAD)
                for piece in pieces:
                    may_send.acquire()
                    connection.sendall(piece)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", may_send
        may_send.release(100_000)
        thread.join()


@pytest.fixture
def client_of(make_clock: Callable[[], Any]) -> Iterator[Callable[..., tuple[MedipimClient, Any]]]:
    """A client with a patience of 30 seconds. A look at its clock lets the next piece come and costs seconds."""
    made: list[Wire] = []

    def make(url: str, may_send: threading.Semaphore, cost: float) -> tuple[MedipimClient, Any]:
        clock = make_clock()
        standing = clock.now

        def now() -> float:
            may_send.release()
            clock.pass_by(cost)
            return float(standing())

        clock.now = now
        throttle = Throttle(100_000, clock)
        wire = Wire(
            url,
            service="Medipim",
            auth=HTTPBasicAuth("1", "secret"),
            user_agent="tests/1",
            throttle_for=lambda _method: throttle,
            max_wait_seconds=900,
            clock=clock,
            redactor=Redactor([]),
        )
        made.append(wire)
        return MedipimClient(wire, Redactor([]), request_timeout=30, stream_timeout=30), clock

    yield make
    for wire in made:
        wire._session.close()


def test_a_slow_stream_is_read_to_its_end(client_of: Callable[..., tuple[MedipimClient, Any]]) -> None:
    """What counts is that rows come. Time that the reader of our own output takes is not the fault of the service."""
    with serving(rows()) as (url, may_send):
        client, clock = client_of(url, may_send, 2.0)
        began, seen, totals = clock.now(), 0, list[int]()
        for row in client.stream("/v4/products/stream", {}, totals.append):
            assert row["id"] == str(seen)
            seen += 1
            clock.pass_by(500)
    assert seen == ROWS
    assert totals == [ROWS]
    assert clock.now() - began > 30 * ROWS


@pytest.mark.parametrize("drop", [b" ", b"\n", b"x"], ids=["half a line", "empty lines", "no line"])
def test_a_stream_without_a_whole_row_is_broken_off(
    drop: bytes, client_of: Callable[..., tuple[MedipimClient, Any]]
) -> None:
    """Neither bytes nor empty lines are progress. The rows before are kept; pagination.py resumes."""
    with serving([*list(rows())[:6], *repeat(drop, 5000)]) as (url, may_send):
        client, _clock = client_of(url, may_send, 2.0)
        totals: list[int] = []
        answer = client.stream("/v4/products/stream", {}, totals.append)
        assert [next(answer)["id"] for _ in range(2)] == ["0", "1"]
        with pytest.raises(ConnectionLost, match=r"no whole row within 30 s \(stream_timeout_seconds\)"):
            next(answer)


@pytest.mark.parametrize("date", ["Mon, 01 Jan 0999 00:00:00 GMT", "Wed, 31 Dec 1969 23:59:59 GMT", "x", ""])
def test_a_service_whose_clock_is_wrong_tells_no_time(date: str) -> None:
    """Its bookmark could not be read again."""
    assert unix_seconds(date) is None
    assert unix_seconds("Thu, 01 Jan 1970 00:00:01 GMT") == 1
