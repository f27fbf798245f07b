"""Medipim's API: bodies out, results in, every status judged. No waiting, no framework (medipim.md section 2)."""

import email.utils
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import requests

from pim_wire.deadline import Deadline, iter_body
from pim_wire.errors import AnswerRefused
from pim_wire.limits import SizeLimits
from pim_wire.redaction import Redactor
from pim_wire.wire import Call, Wire
from tap_medipim.errors import AccessDenied, ConnectionLost, EndpointAbsent, StreamFailed
from tap_medipim.json_lines import read_results
from tap_medipim.records import is_count, unfit_row

if TYPE_CHECKING:  # its library is imported when a tap begins to read
    from tap_medipim.row_decoder import RowDecoder


@dataclass(frozen=True)
class Page:
    """One answer of a ``*/query`` endpoint. ``total`` counts the whole set and may be clipped (medipim.md 2.4)."""

    results: list[dict[str, Any]]
    total: int | None

    def given(self) -> Iterator[dict[str, Any]]:
        """Each row, let go of once it is given: the next page is not read beside this one."""
        return given(self.results)


def given(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows of a list, which is empty afterwards."""
    rows.reverse()
    while rows:
        yield rows.pop()


class MedipimClient:
    """One session, one throttle, for every stream of the tap."""

    def __init__(
        self,
        wire: Wire,
        redactor: Redactor,
        request_timeout: float,
        stream_timeout: float,
        bounds: SizeLimits | None = None,
    ) -> None:
        self.wire = wire
        self._bounds = bounds or SizeLimits()
        self._redactor = redactor
        self._request_timeout = request_timeout
        self._stream_timeout = stream_timeout
        self.server_time: int | None = None
        self.on_total: Callable[[int], None] = lambda _rows: None

    def forget_server_time(self) -> None:
        """Before a stream is read: its first answer tells the time up to which it can be complete."""
        self.server_time = None

    def query(self, path: str, body: dict[str, Any], skimmer: "RowDecoder | None" = None) -> Page:
        """POST to a ``*/query`` endpoint and read its one JSON answer; its rows are skimmed if wanted."""
        found: dict[str, Any] = {}

        def is_broken(response: requests.Response) -> bool:
            found.update(self._page(response.content, path, skimmer) if response.ok else {})
            return response.ok and not isinstance(found.get("results"), list)

        call = Call(
            "POST", path, self._request_timeout, json=body, is_broken=is_broken, headers=_ACCEPT_JSON,
            checks_nesting_by_row=skimmer is not None,
        )  # fmt: skip
        with closing(self._send(call)) as response:
            self._judge(response, path)
        meta = found.get("meta")
        total = meta.get("total") if isinstance(meta, dict) else None
        return Page(_fit(found["results"], path), total if is_count(total) else None)

    def everything(self, path: str) -> Page:
        """GET a v3 list, which has no paging; its envelope is not documented, so a bare list will do."""
        found: list[Any] = []

        def is_broken(response: requests.Response) -> bool:
            listed = _listed(response.content) if response.ok else []
            found.extend(listed or [])
            return listed is None

        call = Call("GET", path, self._request_timeout, is_broken=is_broken, headers=_ACCEPT_JSON)
        with closing(self._send(call)) as response:
            self._judge(response, path)
        return Page(_fit([row for row in found if isinstance(row, dict)], path), None)

    def _page(self, content: bytes, path: str, skimmer: "RowDecoder | None") -> dict[str, Any]:
        """The answer as an object; of rows that are skimmed nobody has looked yet how deep they are."""
        if skimmer is None:
            return _object(content)
        page = skimmer.page(content, self._bounds.nesting)
        if page is None and (too_deep := self._bounds.too_deep(content)):
            raise StreamFailed(f"{path} answered {too_deep}")
        return _object(content) if page is None else page

    def stream(self, path: str, body: dict[str, Any], skimmer: "RowDecoder | None" = None) -> Iterator[dict[str, Any]]:
        """POST to a ``*/stream`` endpoint and yield its results as they arrive, skimmed if wanted.

        Raises StreamBroken when the answer ends before it is complete, whatever the reason.
        """
        timeout, deadline = self._stream_timeout, self.wire.deadline(self._stream_timeout)
        call = Call("POST", path, timeout, json=body, stream=True, deadline=deadline, headers=_ACCEPT_LINES)
        with closing(self._send(call)) as response:
            self._judge(response, path)
            if response.status_code == requests.codes.no_content:
                return
            for result in read_results(_chunks(response, deadline), self._bounds, self.on_total, skimmer):
                yield result
                deadline.renew()  # only now: as long as the reader of our output lets us wait, nothing is late

    def _send(self, call: Call) -> requests.Response:
        """The answer; one that is more than we hold costs this stream, not the run."""
        try:
            return self.wire.send(call)
        except AnswerRefused as refused:
            raise StreamFailed(str(refused)) from None

    def _judge(self, response: requests.Response, path: str) -> None:
        status = response.status_code
        if status < 400:  # noqa: PLR2004 - the success classes; redirects never come here
            self.server_time = self.server_time or _unix(response.headers.get("Date", ""))
            return
        told = self._redactor.excerpt(_error_text(response))
        if status == requests.codes.unauthorized:
            raise AccessDenied(
                f"Medipim at {self.wire.base_url} does not accept the key (401: {told}): "
                "check api_key_id, api_key_secret and market"
            )
        if status in {requests.codes.forbidden, requests.codes.not_found}:
            raise EndpointAbsent(f"{path} answered {status} ({told})")
        if status == requests.codes.unprocessable_entity:
            raise StreamFailed(f"{path} refused the request ({status}: {told}): check the filter setting")
        raise StreamFailed(f"{path} answered {status} ({told})")


_ACCEPT_JSON = {"Accept": "application/json"}
_ACCEPT_LINES = {"Accept": "application/x-json-stream, application/json"}


def _chunks(response: requests.Response, deadline: Deadline) -> Iterator[bytes]:
    try:
        yield from iter_body(response)
    except requests.RequestException as error:
        if deadline.has_passed:
            raise ConnectionLost(f"no whole row within {deadline.seconds:g} s (stream_timeout_seconds)") from None
        raise ConnectionLost(f"the connection broke ({type(error.args[0]).__name__})") from None


def _fit(rows: list[Any], path: str) -> list[dict[str, Any]]:
    """The rows, when each can be worked with. Raises StreamFailed: a row left out in silence would be lost."""
    if (place := unfit_row(rows)) is not None:
        raise StreamFailed(f"{path}: row {place} of an answer is no object with an id that is a text or a whole number")
    return rows


def _listed(body: bytes) -> list[Any] | None:
    try:
        found = orjson.loads(body)
    except ValueError:
        return None
    results = found.get("results") if isinstance(found, dict) else found
    return results if isinstance(results, list) else None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _error_text(response: requests.Response) -> str:
    """The service's own words: code, message and the first violations (medipim.md 2.3), else the start of the body."""
    body = _object(response.content)
    error = body.get("error")
    if not isinstance(error, dict):
        return response.text
    violations = error.get("violations") or body.get("violations") or []
    words = [error.get("code"), error.get("message"), *(violations[:3] if isinstance(violations, list) else [])]
    return ", ".join(str(word) for word in words if word)


def _unix(http_date: str) -> int | None:
    try:
        told = int(email.utils.parsedate_to_datetime(http_date).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None
    return told if told >= 0 else None  # a clock before 1970 tells no time
