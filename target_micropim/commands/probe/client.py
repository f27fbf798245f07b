"""Asking MicroPIM one thing at a time: each request is explained before it is sent, its answer shown as it came."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
import requests

from pim_wire.clock import Clock
from pim_wire.errors import AccessDenied, Interrupted
from pim_wire.redaction import Redactor
from pim_wire.retry import TOO_MANY_REQUESTS
from pim_wire.wire import Call, Wire

SHOWN_BODY = 160
LOOKS = 6
LOOK_SECONDS = 3.0


@dataclass(frozen=True)
class Answer:
    """One answer, whatever its status. ``data`` is the envelope's payload, ``said`` the service's error text."""

    status: int
    data: Any
    said: str
    headers: Mapping[str, str]

    @property
    def good(self) -> bool:
        """Carried out, on both layers (docs/api/micropim.md#envelope)."""
        return self.status < 300 and not self.said  # noqa: PLR2004 - the success class

    @property
    def record(self) -> dict[str, Any]:
        """The one product, category or definition of the answer, bare or wrapped.

        See docs/api/micropim.md#unshown-shapes.
        """
        if not isinstance(self.data, dict):
            return {}
        inner = next((self.data[key] for key in ("product", "category") if isinstance(self.data.get(key), dict)), None)
        return inner or self.data

    @property
    def id(self) -> int | None:
        """The id of what was made or read."""
        number = self.record.get("id")
        return (
            number if isinstance(number, int) else int(number) if isinstance(number, str) and number.isdigit() else None
        )

    def rows(self, *names: str) -> list[dict[str, Any]]:
        """The list under one of these names, or the payload itself."""
        rows = self.data
        if isinstance(self.data, dict):
            rows = next((self.data[name] for name in names if isinstance(self.data.get(name), list)), [])
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


@dataclass(frozen=True)
class Burst:
    """Requests as fast as they go. ``refused_after`` of them came a 429; None: none came."""

    sent: int
    refused_after: int | None
    per_minute: int | None
    headers: tuple[str, ...]


class ProbeClient:
    """``tell`` takes the lines for people. ``burst_wire`` is a wire without a pace of its own, for the bursts."""

    def __init__(
        self,
        wire: Wire,
        burst_wire: Wire,
        clock: Clock,
        redactor: Redactor,
        timeout: float,
        tell: Callable[[str], None],
    ) -> None:
        self._wire = wire
        self._burst_wire = burst_wire
        self._clock = clock
        self._redactor = redactor
        self._timeout = timeout
        self._tell = tell
        self.is_cleaning = False

    def ask(
        self, purpose: str, method: str, path: str, *, json: Any = None, params: dict[str, Any] | None = None
    ) -> Answer:
        """Send one request. Only a 429 is waited for; every other answer is what the probe wants to see.

        Raises AccessDenied on 401; Unclear when nobody can tell whether it was carried out.
        """
        if self._clock.stopped and not self.is_cleaning:
            raise Interrupted("stopped between two requests")
        query = "&".join(f"{name}={value}" for name, value in (params or {}).items())
        body = "" if json is None else f" {orjson.dumps(json).decode()[:SHOWN_BODY]}"
        self._tell(f"  {purpose}\n    {method} {path}{'?' if query else ''}{query}{body}")
        call = Call(
            method, path, self._timeout, json=json, params=params, repeatable=method == "GET", is_final=_not_429,
            after_stop=self.is_cleaning,
        )  # fmt: skip
        answer = self._answered(self._wire, call)
        self._tell(f"    -> {answer.status} {answer.said}".rstrip())
        return answer

    def look(self, purpose: str, path: str, is_seen: Callable[[Answer], bool], **params: Any) -> tuple[Answer, int]:
        """GET until ``is_seen``, a few times with pauses: what was written may show late. The answer and the looks."""
        answer = self.ask(purpose, "GET", path, params=params or None)
        looks = 1
        while not is_seen(answer) and looks < LOOKS:
            self._wire.wait(LOOK_SECONDS)
            answer = self.ask(f"{purpose} (look {looks + 1} of {LOOKS})", "GET", path, params=params or None)
            looks += 1
        return answer, looks

    def burst(self, purpose: str, call: Call, most: int) -> Burst:
        """Up to ``most`` requests without a pause, after a quiet minute; then when it is let in again."""
        self._tell(f"  {purpose}\n    waits 61 s for a quiet minute, then up to {most} times {call}")
        self._wire.wait(61)
        call.is_final = _any
        began = self._clock.now()
        for number in range(most):
            answer = self._answered(self._burst_wire, call)
            if answer.status == TOO_MANY_REQUESTS:
                headers = tuple(sorted(name for name in answer.headers if _is_about_limits(name)))
                window = self._until_let_in(call, answer) - began
                self._tell(f"    -> 429 after {number}; let in again {window:.0f} s after the first")
                return Burst(number, number, int(number * 60 / max(1.0, window)) or 1, headers)
        self._tell(f"    -> {most} sent, none refused")
        return Burst(most, None, None, ())

    def _until_let_in(self, call: Call, answer: Answer) -> float:
        """The moment of the first answer that is no 429; at the latest after three minutes."""
        refused = self._clock.now()
        while answer.status == TOO_MANY_REQUESTS and self._clock.now() - refused < 180:  # noqa: PLR2004
            seconds = answer.headers.get("Retry-After", "")
            self._wire.wait(min(60.0, float(seconds)) if seconds.isdigit() and int(seconds) else 5.0)
            answer = self._answered(self._burst_wire, call)
        return self._clock.now()

    def _answered(self, wire: Wire, call: Call) -> Answer:
        with closing(wire.send(call)) as response:
            answer = _read(response, self._redactor)
        if answer.status == requests.codes.unauthorized:
            raise AccessDenied(f"MicroPIM does not accept the key any more (401: {answer.said}): check api_key")
        return answer


def _read(response: requests.Response, redactor: Redactor) -> Answer:
    try:
        body = orjson.loads(response.content)
    except ValueError:
        body = None
    envelope = body if isinstance(body, dict) else {}
    is_good = response.ok and (
        envelope.get("status") in (1, True, "1") or response.status_code == requests.codes.no_content
    )
    said = "" if is_good else redactor.excerpt(str(envelope.get("error") or response.text or "no text"))
    return Answer(response.status_code, envelope.get("data"), said, response.headers)


def _not_429(status: int) -> bool:
    return status != TOO_MANY_REQUESTS


def _any(_status: int) -> bool:
    return True


def _is_about_limits(header: str) -> bool:
    return "ratelimit" in header.replace("-", "").lower() or header.lower() == "retry-after"
