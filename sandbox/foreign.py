"""Answers of a proxy, a gate or somebody else's page in place of the service's.

See docs/api/micropim.md#foreign-answers.
"""

from http import HTTPStatus
from typing import Literal

import orjson

from sandbox.exchange import JSON_TYPE
from sandbox.faults import Fault

Page = Literal["html", "json", "list", "text", "empty"]


def foreign(status: int, route: str = "/api/", *, page: Page = "html", nth: int = 1, times: int | None = None) -> Fault:
    """Somebody else answers each call of a route, for so many times or (None) until the faults are cleared.

    ``route`` is a prefix as in ``Fault``: ``"/api/products"`` for any method, ``"GET /api/products/90001"`` for one.
    """
    phrase = HTTPStatus(status).phrase
    shown = f"<html><head><title>{status}</title></head><body><h1>{status} {phrase}</h1></body></html>"
    body, kind = {
        "html": (shown, "text/html"),
        "json": (orjson.dumps({"message": phrase, "path": route}).decode(), JSON_TYPE),
        "list": ("[]", JSON_TYPE),
        "text": (phrase, "text/plain"),
        "empty": ("", "text/plain"),
    }[page]
    return Fault("status", route, nth, times, status=status, body=body, headers={"content-type": kind})
