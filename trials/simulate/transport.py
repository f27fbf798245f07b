"""Requests to the sandbox without a socket: its application is called in this thread, its answer becomes a Response.

The sandbox's own fault script works here as it does on a socket (docs/faults.md): an answer that was cut, that hangs or
that is shorter than promised becomes the exception that requests would raise.
"""

import io
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import unquote, urlencode, urlsplit

import orjson
import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from typing_extensions import override
from urllib3.exceptions import ProtocolError

from pim_wire.wire import Wire
from sandbox.exchange import Asgi
from sandbox.server import TRANSPORT

CLIENT = ("127.0.0.1", 50_000)


class _Transport:
    """Stands for the connection: a fault may cut it."""

    was_cut = False

    def get_extra_info(self, _name: str) -> None:
        """There is no socket."""

    def is_closing(self) -> bool:
        """Whether it was cut."""
        return self.was_cut

    def close(self) -> None:
        """Cut."""
        self.was_cut = True

    abort = close

    def write(self, _data: bytes) -> None:
        """Nobody reads it: only streams are written this way."""


class Sender(Protocol):
    """A process that sends requests: it may be ended at each, and time passes while an answer does not come."""

    def before_request(self, what: str, body: Any) -> None:
        """A request leaves."""

    def after_request(self, status: int, body: bytes) -> None:
        """It was handled; the answer has not been seen."""

    def wait_for_nothing(self, seconds: float) -> None:
        """An answer does not come."""


class _Body(io.BytesIO):
    """The body of an answer, as far as it came; a reader of one that was cut hears of it at the end."""

    was_cut = False

    @override
    def read1(self, size: int | None = -1, /, *, decode_content: bool = False) -> bytes:
        piece = super().read1(-1 if size is None else size)
        if not piece and self.was_cut:
            raise ProtocolError("connection broken")
        return piece


class Exchange:
    """One request handled by an ASGI application, as far as the application comes without waiting."""

    def __init__(self, app: Asgi, request: requests.PreparedRequest) -> None:
        self.connection = _Transport()
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self._sent = _bytes(request.body)
        self._is_read = False
        step = app(self._scope(request), self._receive, self._send)
        try:
            step.send(None)
        except StopIteration:
            return
        raise RuntimeError(f"the sandbox waits for something at {request.method} {request.url}")

    def _scope(self, request: requests.PreparedRequest) -> Asgi:
        parts = urlsplit(request.url or "")
        return {
            "type": "http",
            "method": request.method,
            "path": unquote(str(parts.path)),
            "raw_path": str(parts.path).encode(),
            "query_string": str(parts.query).encode(),
            "headers": [(_bytes(name), _bytes(value)) for name, value in request.headers.items()],
            "client": CLIENT,
            TRANSPORT: self.connection,
        }

    async def _receive(self) -> Asgi:
        if self._is_read:
            return {"type": "http.disconnect"}
        self._is_read = True
        return {"type": "http.request", "body": self._sent, "more_body": False}

    async def _send(self, message: Asgi) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        else:
            self.body += message.get("body", b"")


class SandboxSession:
    """Stands in the place of the wire's session: a request is prepared here, since requests takes longer than we do."""

    def __init__(self, session: requests.Session, app: Asgi, process: Sender) -> None:
        self._session = session
        self._app = app
        self._process = process

    def prepare_request(self, call: requests.Request) -> requests.PreparedRequest:
        """The call with the session's headers and credentials."""
        request = requests.PreparedRequest()
        request.method, request.url = call.method, f"{call.url}?{urlencode(call.params)}" if call.params else call.url
        request.headers = CaseInsensitiveDict({str(k): str(v) for k, v in self._session.headers.items()})
        request.headers.update(call.headers or {})
        if call.json is not None:
            request.headers["Content-Type"] = "application/json"
            request.body = orjson.dumps(call.json)
        if callable(self._session.auth):
            self._session.auth(request)
        return request

    def send(self, request: requests.PreparedRequest, *, timeout: tuple[float, float]) -> requests.Response:
        """The answer, or what requests would raise."""
        self._process.before_request(f"{request.method} {request.path_url}", request.body)
        exchange = Exchange(self._app, request)
        self._process.after_request(exchange.status, bytes(exchange.body))
        return self._answer(request, exchange, timeout[1])

    def _answer(self, request: requests.PreparedRequest, exchange: Exchange, longest: float) -> requests.Response:
        if not exchange.status:
            if exchange.connection.was_cut:
                raise requests.ConnectionError("connection reset by peer")
            self._process.wait_for_nothing(longest)
            raise requests.ReadTimeout("nothing came")
        response = requests.Response()
        response.status_code = exchange.status
        response.headers = CaseInsensitiveDict({_text(name): _text(value) for name, value in exchange.headers})
        response.encoding = get_encoding_from_headers(response.headers)
        response.url, response.request = request.url or "", request
        response.raw = _Body(bytes(exchange.body))
        response.raw.was_cut = exchange.connection.was_cut
        if _is_short(response.headers, exchange.body):
            raise requests.exceptions.ChunkedEncodingError("the answer broke off")
        return response


def way_to(app: Asgi, wire: Wire, process: Sender) -> None:
    """Let the requests of a process end at this application."""
    wire._session = SandboxSession(wire._session, app, process)  # type: ignore[assignment]  # noqa: SLF001


def _is_short(headers: Mapping[str, str], body: bytearray) -> bool:
    return len(body) < int(headers.get("content-length", 0))


def _bytes(text: str | bytes | Any) -> bytes:
    if text is None:
        return b""
    return text if isinstance(text, bytes) else str(text).encode("latin-1")


def _text(data: bytes) -> str:
    return data.decode("latin-1")
