"""Requests of this process to a sandbox of this process, without the socket between them.

A socket, two threads that wake each other and a parser of HTTP take a sixth of such a test. They prove something
where an answer is cut, late, hidden behind a proxy or in another process: whatever has a fault, a delay or a hook goes
over the socket still, as does every test that opens its sandbox itself (tests of the wire, the pipe, Airbyte's hosts).
What is left out is the library's own: the request is prepared by requests, and the answer is a Response of requests
over urllib3's, which reads the parts that the sandbox sends one by one and decompresses them.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import Buffer
from urllib3 import HTTPHeaderDict, HTTPResponse

from pim_wire.deadline import PIECE_BYTES
from sandbox import Sandbox
from sandbox.exchange import Asgi
from sandbox.server import TRANSPORT
from sandbox.service import Service


class _Near(NamedTuple):
    box: Sandbox
    service: Service
    shows_time: bool  # its server adds the header Date


_NEAR: dict[str, _Near] = {}  # by host and port
_over_the_socket = HTTPAdapter.send


@contextmanager
def nearby(box: Sandbox) -> Iterator[Sandbox]:
    """Calls of this process to this sandbox need no socket inside; a stopped one is gone."""
    places = dict(_places(box))
    _NEAR.update(places)
    try:
        with patch.object(HTTPAdapter, "send", _send):
            yield box
    finally:
        for place in places:
            del _NEAR[place]


def _places(box: Sandbox) -> Iterator[tuple[str, _Near]]:
    """The host and port of each service that the sandbox has."""
    with suppress(LookupError):
        yield urlsplit(box.medipim_url).netloc, _Near(box, box.medipim, shows_time=False)
    with suppress(LookupError):
        yield urlsplit(box.micropim_url).netloc, _Near(box, box.micropim, shows_time=True)


def _send(adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **how: Any) -> requests.Response:
    place = urlsplit(request.url or "").netloc
    near = _NEAR.get(place)
    if near is None or not (near.box.is_serving and near.service.answers_at_once):
        return _over_the_socket(adapter, request, *args, **how)
    exchange = _Exchange(request, place)
    with near.service.lock:  # as the server's one thread takes one call at a time
        exchange.carry_out(near.service)
    if near.shows_time:
        exchange.headers.setdefault("date", formatdate(usegmt=True))
    return adapter.build_response(request, exchange.answer())


class _Exchange:
    """One call as an ASGI server hands it to its application."""

    def __init__(self, request: requests.PreparedRequest, place: str) -> None:
        self._request = request
        self._place = place
        self._sent = _bytes(request.body or b"")
        self._status = 0
        self._parts: list[bytes] = []
        self.headers = HTTPHeaderDict()

    def carry_out(self, app: Asgi) -> None:
        """Call the application, which waits for nothing."""
        try:
            app(self._scope(), self._receive, self._send).send(None)
        except StopIteration:
            return
        raise RuntimeError(f"the sandbox waits for something at {self._request.method} {self._request.url}")

    def answer(self) -> HTTPResponse:
        """As the library's pool makes it of what came over a socket, its body unread."""
        return HTTPResponse(
            io.BufferedReader(_Parts(self._parts), PIECE_BYTES), self.headers, self._status, preload_content=False,
            decode_content=False, request_method=self._request.method,
        )  # fmt: skip

    def _scope(self) -> Asgi:
        parts = urlsplit(self._request.url or "")
        headers = {"host": self._place, **self._request.headers}
        return {
            "type": "http",
            "method": self._request.method,
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(_bytes(name).lower(), _bytes(value)) for name, value in headers.items()],
            "client": ("127.0.0.1", 50_000),
            TRANSPORT: None,
        }

    async def _receive(self) -> Asgi:
        return {"type": "http.request", "body": self._sent, "more_body": False}

    async def _send(self, message: Asgi) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            for name, value in message["headers"]:
                self.headers.add(_text(name), _text(value))
        elif body := message.get("body"):
            self._parts.append(body)


class _Parts(io.RawIOBase):
    """What was sent, a part at each read, as chunks of an answer come."""

    def __init__(self, parts: list[bytes]) -> None:
        self._parts = iter(parts)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """The next part, or as much of it as there is room for; 0 after the last."""
        room = memoryview(buffer)
        part = self._rest or memoryview(next(self._parts, b""))
        taken = min(len(part), len(room))
        room[:taken], self._rest = part[:taken], part[taken:]
        return taken


def _bytes(value: str | bytes | Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("latin-1")


def _text(value: bytes) -> str:
    return value.decode("latin-1")
