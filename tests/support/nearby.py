"""Requests of this process to a sandbox of this process, without the socket between them.

A socket, two threads that wake each other and a parser of HTTP take a sixth of such a test. They prove something
where an answer is cut, late, hidden behind a proxy or in another process: whatever has a fault, a delay or a hook goes
over the socket still, as does every test that opens its sandbox itself (tests of the wire, the pipe, the tap).
What is left out is the library's own: the request is prepared by requests, and the answer is a Response of requests.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from sandbox import Sandbox
from sandbox.exchange import Asgi
from sandbox.server import TRANSPORT
from sandbox.service import Service

_NEAR: dict[str, tuple[Sandbox, Service]] = {}  # by host and port
_over_the_socket = HTTPAdapter.send


@contextmanager
def nearby(box: Sandbox) -> Iterator[Sandbox]:
    """Calls of this process to this MicroPIM need no socket inside; a stopped one is gone."""
    place = urlsplit(box.micropim_url).netloc
    _NEAR[place] = (box, box.micropim)
    try:
        with patch.object(HTTPAdapter, "send", _send):
            yield box
    finally:
        del _NEAR[place]


def _send(adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **how: Any) -> requests.Response:
    place = urlsplit(request.url or "").netloc
    box, service = _NEAR.get(place, (None, None))
    if box is None or service is None or not (box.is_serving and service.answers_at_once):
        return _over_the_socket(adapter, request, *args, **how)
    exchange = _Exchange(request, place)
    with service.lock:  # as the server's one thread takes one call at a time
        exchange.carry_out(service)
    return exchange.answer()


class _Exchange:
    """One call as an ASGI server hands it to its application."""

    def __init__(self, request: requests.PreparedRequest, place: str) -> None:
        self._request = request
        self._place = place
        self._sent = _bytes(request.body or b"")
        self._status = 0
        self._headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        self._body = bytearray()

    def carry_out(self, app: Asgi) -> None:
        """Call the application, which waits for nothing."""
        try:
            app(self._scope(), self._receive, self._send).send(None)
        except StopIteration:
            return
        raise RuntimeError(f"the sandbox waits for something at {self._request.method} {self._request.url}")

    def answer(self) -> requests.Response:
        """As the library's adapter makes it of what came over a socket."""
        response = requests.Response()
        response.status_code = self._status
        response.headers = self._headers
        response.headers.setdefault("date", formatdate(usegmt=True))
        response.encoding = get_encoding_from_headers(response.headers)
        response.url, response.request = self._request.url or "", self._request
        response.raw = _Body(self._body)
        return response

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
            self._headers.update((_text(name), _text(value)) for name, value in message["headers"])
        else:
            self._body += message.get("body", b"")


class _Body(io.BytesIO):
    """Read as urllib3's response is."""

    def read1(self, size: int | None = -1, /, *, decode_content: bool = False) -> bytes:
        """What is there; the sandbox compresses nothing that it gives at once."""
        del decode_content
        return super().read1(-1 if size is None else size)


def _bytes(value: str | bytes | Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("latin-1")


def _text(value: bytes) -> str:
    return value.decode("latin-1")
