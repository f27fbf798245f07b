"""One HTTP call as the services see it, one answer as they give it, and what sending an answer needs of a service."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import orjson

Json = dict[str, Any]
JsonValue: TypeAlias = Any  # whatever JSON can hold; checked where it matters
Asgi: TypeAlias = Any  # scope, receive, send: uvicorn exports no types for them
JSON_TYPE = "application/json"


@dataclass
class Call:
    """A request that has been read completely."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    client: str
    template: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    malformed: bool = False
    authorised: bool = False

    def __post_init__(self) -> None:
        """Read the body as JSON once; an empty body is ``None``, not an error (docs/api/medipim.md#authentication)."""
        if not self.raw or self.headers.get("content-type", "").startswith("multipart/"):
            return
        try:
            self.body = orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            self.malformed = True


@dataclass
class Answer:
    """What goes back: either one body, or lines that are made while they are sent."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    lines: Iterator[bytes] | None = None
    committed: bool = False


def json_answer(
    status: int, payload: JsonValue, headers: Mapping[str, str] | None = None, *, committed: bool = False
) -> Answer:
    """Serialise a payload."""
    return Answer(status, orjson.dumps(payload), {"content-type": JSON_TYPE, **(headers or {})}, committed=committed)


class Host(Protocol):
    """What ``sandbox/delivery.py`` needs of the service whose answer it sends."""

    line_delay: float
    date: Callable[[], float] | None

    def record(self, call: Call, status: int) -> None:
        """Write one line of the log."""

    def status_zero(self) -> bytes:
        """Body of an HTTP 200 that is a failure all the same."""

    def error_body(self, status: int) -> bytes:
        """Body of an injected error in this service's own words."""
