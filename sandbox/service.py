"""What both services share: reading the call, the log, the callbacks, the faults, sending the answer."""

import asyncio
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.routing import Match, Route

from sandbox.delivery import Delivery
from sandbox.exchange import Answer, Asgi, Call
from sandbox.faults import FaultPlan
from sandbox.meanwhile import Meanwhile
from sandbox.state import PAGES_AT, RequestRecord, ServiceState

SECRET_HEADERS = frozenset({"authorization", "x-api-key"})


class Service(ABC):
    """An ASGI application with a lock around its state."""

    def __init__(self, state: ServiceState, routes: Sequence[Route], latency: float) -> None:
        """Keep the routes in the order they are tried."""
        self._state = state
        self.faults = FaultPlan()
        self.meanwhile = Meanwhile()
        self.lock = threading.RLock()
        self._routes = routes
        self._latency = latency
        self.line_delay = 0.0
        self.date: Callable[[], float] | None = None  # of the Date header, where the server leaves it out
        self._before: list[Callable[[Call], None]] = []
        self._after_commit: list[Callable[[Call], None]] = []

    @property
    def requests(self) -> list[RequestRecord]:
        """The log, oldest first."""
        return self._state.requests

    @property
    def answers_at_once(self) -> bool:
        """Whether a call is answered whole, without waiting: no delay, deed or hook is planned, no fault on the way."""
        waits = self._latency or self.line_delay or self.meanwhile
        return self.faults.are_answers and not (waits or self._before or self._after_commit)

    @property
    def neighbour(self) -> tuple[str, str]:
        """Name and page of the other service, for people."""
        return self._state.neighbour

    @neighbour.setter
    def neighbour(self, name_and_page: tuple[str, str]) -> None:
        self._state.neighbour = name_and_page

    @abstractmethod
    def admit(self, call: Call) -> Answer | None:
        """Check key and rate; an answer here ends the call."""

    @abstractmethod
    def not_found(self, call: Call) -> Answer:
        """Answer a path or method that does not exist."""

    @abstractmethod
    def status_zero(self) -> bytes:
        """Body of an HTTP 200 that is a failure all the same."""

    @abstractmethod
    def error_body(self, status: int) -> bytes:
        """Body of an injected error in this service's own words."""

    @abstractmethod
    def kind_of(self, call: Call) -> str:
        """Limiter class of a call."""

    def on_request(self, callback: Callable[[Call], None]) -> None:
        """Call back before each request is handled."""
        self._before.append(callback)

    def on_committed(self, callback: Callable[[Call], None]) -> None:
        """Call back after a write is applied and before its answer is sent."""
        self._after_commit.append(callback)

    async def __call__(self, scope: Asgi, receive: Asgi, send: Asgi) -> None:
        """Handle one request from reading to the last byte."""
        call = await self._read(scope, receive)
        route = self._match(scope, call)
        own = call.path.startswith(PAGES_AT)
        fault = None if own else self.faults.take(call)
        if not own:
            for callback in tuple(self._before):
                callback(call)
            await self.meanwhile.before(call)
        if self._latency and not own:
            await asyncio.sleep(self._latency)
        answer = Answer(0) if fault and fault.skips_the_service else self._handle(call, route, own=own)
        if answer.committed:
            await self.meanwhile.after(call)
        delivery = Delivery(self, scope, receive, send, call)
        await delivery.run(answer, fault)

    def record(self, call: Call, status: int) -> None:
        """Write one line of the log."""
        if call.path.startswith(PAGES_AT):
            return
        headers: dict[str, Any] = {k: v for k, v in call.headers.items() if k not in SECRET_HEADERS}
        headers["authorised"] = call.authorised
        body = call.body if call.body is not None or not call.raw else None
        self.requests.append(
            RequestRecord(
                time.time(),
                call.method,
                call.path,
                call.query,
                body,
                status,
                headers,
                call.authorised,
                self.kind_of(call),
                call.client,
            )
        )

    def _handle(self, call: Call, route: Route | None, *, own: bool) -> Answer:
        with self.lock:
            refusal = None if own else self.admit(call)
            if refusal is not None:
                return refusal
            answer: Answer = self.not_found(call) if route is None else route.endpoint(call)
        if answer.committed:
            for callback in tuple(self._after_commit):
                callback(call)
        return answer

    def _match(self, scope: Asgi, call: Call) -> Route | None:
        raw = scope.get("raw_path") or scope["path"].encode()
        # a slash within a part of the path comes as %2F (docs/api/micropim.md#exact-paths)
        as_sent = {**scope, "path": raw.decode("latin-1")}
        for route in self._routes:
            match, child = route.matches(as_sent)
            if match is Match.FULL:
                call.template = re.sub(r":\w+}", "}", route.path)
                params = child["path_params"].items()
                call.params = {key: unquote(value) if isinstance(value, str) else value for key, value in params}
                return route
        return None

    async def _read(self, scope: Asgi, receive: Asgi) -> Call:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return Call(
            method=scope["method"],
            path=scope["path"],
            query=dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
            headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
            raw=bytes(body),
            client=(scope.get("client") or ("?", 0))[0],
        )
