"""The client of Medipim's API: one method a kind of endpoint, and what each status means.

See docs/api/medipim.md#protocol.

It neither waits nor retries, which is done by ``pim_wire.wire``, and knows no SDK.
"""

import email.utils
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import requests

from pim_wire import exact_json
from pim_wire.deadline import Deadline, iter_body
from pim_wire.errors import AccessDenied, AnswerRefused
from pim_wire.limits import SizeLimits, is_nested_deeper
from pim_wire.redaction import Redactor
from pim_wire.wire import Call, Wire
from tap_medipim.bad_rows import BadRow, OnBad, Unreadable, good_rows, mended_answer, unreadable
from tap_medipim.bookmark_state import FUTURE_SECONDS, LEAST_BELIEVABLE
from tap_medipim.errors import (
    ConnectionLost,
    EndpointAbsent,
    MethodRefused,
    NothingThere,
    QuestionRefused,
    StreamFailed,
)
from tap_medipim.json_lines import read_results
from tap_medipim.records import Row, is_count

if TYPE_CHECKING:  # its library is imported when a tap begins to read
    from tap_medipim.row_decoder import RowDecoder


MAX_REACHABLE_ROWS = 10_000  # pages beyond them are refused or empty (docs/api/medipim.md#query-grammar)


@dataclass(frozen=True)
class Page:
    """One answer of a ``*/query`` endpoint. ``total`` counts the whole set and may be clipped.

    See docs/api/medipim.md#search-cap.
    """

    results: list[Row]
    total: int | None
    bad: int = 0

    @property
    def shown(self) -> int:
        """How many rows the answer has, those that cannot be read included."""
        return len(self.results) + self.bad

    def take(self) -> Iterator[Row]:
        """Each row, released once it is yielded: the next page is not read beside this one."""
        return take(self.results)


def _fail(bad: BadRow) -> None:
    """For who can tell nobody of a bad row."""
    raise StreamFailed(str(bad))


def take(rows: list[Row]) -> Iterator[Row]:
    """The rows of a list, which is empty afterwards."""
    rows.reverse()
    while rows:
        yield rows.pop()


class MedipimClient:
    """One session and one throttle for every stream of the tap.

    ``server_time`` is the service's own clock at the first answer since ``forget_server_time``. ``time`` bounds what
    can have happened: the same, or this machine's where no answer tells one, or one that is ahead of it by days.
    """

    def __init__(
        self,
        wire: Wire,
        redactor: Redactor,
        request_timeout: float,
        stream_timeout: float,
        bounds: SizeLimits | None = None,
        local_time: Callable[[], float] = time.time,
    ) -> None:
        self.wire = wire
        self._bounds = bounds or SizeLimits()
        self._redactor = redactor
        self._request_timeout = request_timeout
        self._stream_timeout = stream_timeout
        self._local_time = local_time
        self.server_time: int | None = None
        self.time: int | None = None
        self._asked_by_get: set[str] = set()  # lists that answered to GET alone, in this run

    def forget_server_time(self) -> None:
        """Called before a stream is read: its first answer tells the time up to which it can be complete."""
        self.server_time = self.time = None

    def _bound_of_time(self, local: int) -> int:
        if self.server_time is None:
            return self.time or local
        is_ahead = LEAST_BELIEVABLE <= local < self.server_time - FUTURE_SECONDS
        return local if is_ahead else self.server_time

    @property
    def calendar_time(self) -> int | None:
        """The later of both clocks, for counting days; None when neither was ever set."""
        now = max(self.server_time or 0, int(self._local_time()))
        return now if now >= LEAST_BELIEVABLE else None

    @property
    def believable_time(self) -> int | None:
        """``time``, unless it comes of a clock that was never set."""
        is_believable = self.time is not None and self.time >= LEAST_BELIEVABLE
        return self.time if is_believable else None

    def query(
        self,
        path: str,
        body: dict[str, Any],
        decoder: "RowDecoder | None" = None,
        on_bad: OnBad | None = None,
        *,
        method: str = "POST",
    ) -> Page:
        """Ask a ``*/query`` endpoint and read its one JSON answer; rows stay text where ``decoder`` takes them."""
        answer: dict[str, Any] = {}

        def is_broken(response: requests.Response) -> bool:
            answer.update(self._answer(response.content, path, decoder) if response.ok else {})
            return response.ok and not isinstance(answer.get("results"), list)

        call = Call(
            method, path, self._request_timeout, json=body if body or method == "POST" else None, is_broken=is_broken,
            headers=_ACCEPT_JSON, checks_nesting_by_row=True,
        )  # fmt: skip
        with closing(self._send(call)) as response:
            self._check(response, path)
        meta = answer.get("meta")
        total = meta.get("total") if isinstance(meta, dict) else None
        rows = good_rows(answer["results"], path, on_bad or _fail)
        return Page(rows, total if is_count(total) else None, len(answer["results"]) - len(rows))

    def query_list(self, path: str, body: dict[str, Any], on_bad: OnBad | None = None) -> Page:
        """Ask a reference list by POST, as its own page has it, else by GET, as the product page does.

        See docs/api/medipim.md#query-grammar. Which of them answered is remembered for the run.
        """
        if path in self._asked_by_get:
            return self.query(path, body, on_bad=on_bad, method="GET")
        try:
            return self.query(path, body, on_bad=on_bad)
        except (NothingThere, MethodRefused) as refusal:
            try:
                page = self.query(path, body, on_bad=on_bad, method="GET")
            except (EndpointAbsent, MethodRefused):
                raise refusal from None
        self._asked_by_get.add(path)
        return page

    def get_all(self, path: str, on_bad: OnBad | None = None) -> Page:
        """GET a v3 list, which has no paging; its envelope is not documented, so a bare list is read too."""
        rows: list[Any] = []

        def is_broken(response: requests.Response) -> bool:
            results = _listed_rows(response.content) if response.ok else []
            rows.extend(self._shallow(results or [], response.content))
            return results is None

        call = Call(
            "GET", path, self._request_timeout, is_broken=is_broken, headers=_ACCEPT_JSON, checks_nesting_by_row=True
        )
        with closing(self._send(call)) as response:
            self._check(response, path)
        return Page(good_rows(rows, path, on_bad or _fail), None)

    def _answer(self, content: bytes, path: str, decoder: "RowDecoder | None") -> dict[str, Any]:
        """The answer as an object; how deep it is nested is checked here, row by row."""
        page = decoder.decode_page(content, self._bounds.nesting) if decoder is not None else None
        if page is not None:
            return page
        answer = _object(content)
        if isinstance(rows := answer.get("results"), list):
            answer["results"] = self._shallow(rows, content)
        elif too_deep := self._bounds.too_deep(content):
            raise StreamFailed(f"{path} answered {too_deep}")
        return answer

    def _shallow(self, rows: list[Any], content: bytes) -> list[Any]:
        """The rows of an answer; what is nested too deep is a bad row."""
        if not self._bounds.too_deep(content):
            return rows
        most = self._bounds.nesting
        reason = f"it is nested more than {most} levels deep (max_nesting)"
        return [unreadable(row, reason) if _is_deeper(row, most) else row for row in rows]

    def stream(
        self,
        path: str,
        body: dict[str, Any],
        on_total: Callable[[int], None],
        decoder: "RowDecoder | None" = None,
        on_bad: OnBad | None = None,
        *,
        is_last_resort: bool = False,
    ) -> Iterator[Row]:
        """POST to a ``*/stream`` endpoint and yield its rows as they arrive, as text where ``decoder`` takes them.

        ``on_total`` is called once, with the number of rows to come. Raises StreamBroken when the answer ends before it
        is complete, whatever the reason; as ``is_last_resort`` a line that is no row is left out and told.
        """
        timeout, deadline = self._stream_timeout, self.wire.deadline(self._stream_timeout)
        call = Call("POST", path, timeout, json=body, stream=True, deadline=deadline, headers=_ACCEPT_LINES)
        with closing(self._send(call)) as response:
            self._check(response, path)
            if response.status_code == requests.codes.no_content:
                return
            chunks = _chunks(response, deadline)
            for row in read_results(
                chunks, self._bounds, on_total, decoder, on_bad, path, is_last_resort=is_last_resort
            ):
                yield row
                deadline.renew()  # only now: while the reader of our output keeps us waiting, the service is not late

    def _send(self, call: Call) -> requests.Response:
        """The answer; one that is longer or deeper than the limits fails this stream, not the run."""
        try:
            return self.wire.send(call)
        except AnswerRefused as refused:
            raise StreamFailed(str(refused)) from None

    def _check(self, response: requests.Response, path: str) -> None:
        """Note the service's time. Raises what an error status means: the end of the run, or of this stream."""
        status = response.status_code
        if status < 400:  # noqa: PLR2004 - success; redirects never come here
            self.server_time = self.server_time or unix_seconds(response.headers.get("Date", ""))
            self.time = self._bound_of_time(int(self._local_time()))
            return
        reason = self._redactor.excerpt(_error_text(response))
        if status == requests.codes.unauthorized:
            raise AccessDenied(
                f"Medipim at {self.wire.base_url} does not accept the key (401: {reason}): "
                "check api_key_id, api_key_secret and market"
            )
        if meaning := _MEANINGS.get(status):
            raise meaning(f"{path} answered {status} ({reason})")
        if status == requests.codes.unprocessable_entity:
            raise QuestionRefused(f"{path} refused the request ({status}: {reason}): check the filter setting")
        raise StreamFailed(f"{path} answered {status} ({reason})")


_MEANINGS: dict[int, type[StreamFailed]] = {
    requests.codes.forbidden: EndpointAbsent,
    requests.codes.not_found: NothingThere,
    requests.codes.method_not_allowed: MethodRefused,
}
_ACCEPT_JSON = {"Accept": "application/json"}
_ACCEPT_LINES = {"Accept": "application/x-json-stream, application/json"}


def _chunks(response: requests.Response, deadline: Deadline) -> Iterator[bytes]:
    try:
        yield from iter_body(response)
    except requests.RequestException as error:
        if deadline.has_passed:
            raise ConnectionLost(f"no whole row within {deadline.seconds:g} s (stream_timeout_seconds)") from None
        raise ConnectionLost(f"the connection broke ({type(error.args[0]).__name__})") from None


def _listed_rows(content: bytes) -> list[Any] | None:
    answer = _parsed(content)
    results = answer.get("results") if isinstance(answer, dict) else answer
    return results if isinstance(results, list) else None


def _is_deeper(row: Any, most: int) -> bool:
    try:
        return not isinstance(row, Unreadable) and is_nested_deeper(orjson.dumps(row, default=str), most)
    except TypeError:  # orjson's word for 255 levels
        return True


def _object(content: bytes) -> dict[str, Any]:
    answer = _parsed(content)
    return answer if isinstance(answer, dict) else {}


def _parsed(content: bytes) -> Any:
    """The answer; None when it is no JSON, however its characters are mended."""
    try:
        return exact_json.loads(content)
    except (ValueError, RecursionError):
        try:
            return mended_answer(content)
        except (ValueError, RecursionError):
            return None


def _error_text(response: requests.Response) -> str:
    """The service's own words: code, message and the first violations, else the start of the body.

    See docs/api/medipim.md#errors.
    """
    body = _object(response.content)
    error = body.get("error")
    if not isinstance(error, dict):
        return response.text
    violations = error.get("violations") or body.get("violations") or []
    words = [error.get("code"), error.get("message"), *(violations[:3] if isinstance(violations, list) else [])]
    return ", ".join(str(word) for word in words if word)


def unix_seconds(http_date: str) -> int | None:
    """An HTTP date as unix seconds; None for none, and for one before 1970, which no clock that is right shows."""
    try:
        seconds = int(email.utils.parsedate_to_datetime(http_date).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if seconds >= 0 else None
