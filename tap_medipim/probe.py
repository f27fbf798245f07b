"""``--probe``: what no document says about Medipim, found out by reading only. Knows no SDK.

See docs/api/medipim.md#open-questions.

Each request is explained before it is sent. Rate limits are not tested: 100 requests a minute are documented, and the
key is in use.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import requests

from pim_wire.errors import AccessDenied, InvalidSettings
from pim_wire.retry import TOO_MANY_REQUESTS
from pim_wire.schema_files import read_schema
from pim_wire.wire import Call, Wire
from tap_medipim.client import MAX_REACHABLE_ROWS
from tap_medipim.resources import RESOURCES
from tap_medipim.settings import TapSettings

FORMAT = "tap-medipim capabilities 1"
ALL_TIME = {"from": 0, "until": 4_000_000_000}
HEADER_WORDS = ("ratelimit", "retryafter", "requestid", "etag")
Facts = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """One answer, whatever its status. ``lines`` are the JSON values of the body."""

    status: int
    headers: Mapping[str, str]
    lines: list[Any]

    @property
    def page(self) -> Facts:
        """The first JSON object."""
        return self.lines[0] if self.lines and isinstance(self.lines[0], dict) else {}

    @property
    def results(self) -> list[Facts]:
        """The rows of a query."""
        rows = self.page.get("results")
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    @property
    def total(self) -> Any:
        """What ``meta.total`` says."""
        meta = self.page.get("meta")
        return meta.get("total") if isinstance(meta, dict) else None


class Probe:
    """Asks, and writes the report. ``echo`` prints a line for people."""

    def __init__(self, wire: Wire, settings: TapSettings, echo: Callable[[str], None]) -> None:
        self._wire = wire
        self._settings = settings
        self._echo = echo

    def write(self, path: Path, now: float) -> None:
        """Ask everything and write the answers to ``path``. Raises StopRun when the key is not accepted."""
        if self._settings.api_version != "v4":
            raise InvalidSettings("--probe: asks about v4; set api_version to v4")
        facts: Facts = {}
        for title, ask in self._questions():
            self._echo(title)
            facts |= ask()
        page = {
            "format": FORMAT,
            "service": self._settings.base_url,
            "market": self._settings.market,
            "probed_at": int(now),
            "facts": facts,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(page, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        self._echo(f"{len(facts)} facts in {path}")

    def _questions(self) -> Iterator[tuple[str, Callable[[], Facts]]]:
        yield "1. Which streams this key may read", self._offered
        yield "2. Which fields there are, compared with this program's schemas", self._fields
        yield "3. Order, totals, and what lies beyond the reachable rows", self._paging
        yield "4. Filters of time", self._times
        yield "5. Streams: type, compression, totals", self._stream

    def _offered(self) -> Facts:
        offered: dict[str, str] = {}
        headers: set[str] = set()
        for resource in RESOURCES:
            body = {**_everything(), "page": {"no": 0, "size": 10}} if resource.incremental else {"page": _page(0)}
            answer = self._ask(f"is {resource.name} offered", "POST", f"{resource.v4}/query", body)
            words = {200: "yes", 403: "forbidden", 404: "absent"}
            offered[resource.name] = words.get(answer.status, str(answer.status))
            headers |= {name for name in answer.headers if _tells_limits(name)}
        return {"offered": offered, "limit_headers": sorted(headers)}

    def _fields(self) -> Facts:
        facts: Facts = {}
        for name in ("products", "media"):
            answer = self._ask(f"the fields of {name}", "GET", f"/v4/{name}/get-fields")
            fields = answer.page.get("fields")
            if not isinstance(fields, list):
                facts[f"{name}_fields"] = f"not told ({answer.status})"
                continue
            codes = {str(row.get("code")).partition(".")[0] for row in fields if isinstance(row, dict)} - {"media"}
            properties = set(read_schema("medipim", name)["properties"])
            facts[f"{name}_fields"] = sorted(codes)
            facts[f"{name}_fields_without_schema"] = sorted(codes - properties)
        return facts

    def _paging(self) -> Facts:
        rising = self._ask("the oldest ten by update time", "POST", "/v4/products/query", _everything("ASC", page=0))
        falling = self._ask("the newest ten", "POST", "/v4/products/query", _everything("DESC", page=0))
        times, falling_times = _times(rising), _times(falling)
        is_in_order = times == sorted(times) and falling_times == sorted(falling_times, reverse=True)
        facts: Facts = {
            "order_by_update_time": "holds" if is_in_order else "NO",
            "products_total": rising.total,
            "absent_values": _absent(rising.results),
            "ean_type": sorted({type(code).__name__ for row in rising.results for code in row.get("ean") or []}),
        }
        body = _everything("ASC", page=MAX_REACHABLE_ROWS // 10)
        beyond = self._ask(f"page beyond row {MAX_REACHABLE_ROWS}", "POST", "/v4/products/query", body)
        facts["beyond_cap"] = str(beyond.status) if beyond.status >= 400 else f"{len(beyond.results)} rows"  # noqa: PLR2004
        if beyond.status < 400 or (rising.total or 0) == MAX_REACHABLE_ROWS:  # noqa: PLR2004 - the failing classes
            facts["total_is_clipped"] = rising.total == MAX_REACHABLE_ROWS
        return facts

    def _times(self) -> Facts:
        path = "/v4/products/query"
        newest = _times(self._ask("the newest product", "POST", path, _everything("DESC", page=0)))
        if not newest:
            return {}
        since = self._ask("updatedSince as a number", "POST", path, _since(newest[0]))
        after = self._ask("one second later", "POST", path, _since(newest[0] + 1))
        between = self._ask("updatedSince with from and until", "POST", path, _since(ALL_TIME))
        early = self._ask("until before everything", "POST", path, _since({"from": 0, "until": 1}))
        both = {**_since(0), "filter": {"updatedSince": 0, "status": "active"}}
        several = self._ask("two filters side by side", "POST", path, both)
        honoured = between.status == requests.codes.ok and not early.results and bool(between.results)
        return {
            "updated_since_inclusive": bool(since.results) and _times(since)[-1:] <= newest[:1] and not after.results,
            "until": "honoured" if honoured else f"not honoured ({between.status})",
            "several_filters": "and" if several.status == requests.codes.ok else str(several.status),
        }

    def _stream(self) -> Facts:
        row = next(iter(self._ask("a product", "POST", "/v4/products/query", _everything(page=0)).results), {})
        body = {"filter": {"id": row.get("id")}, "sorting": {"id": "ASC"}}
        answer = self._ask("a stream of one product", "POST", "/v4/products/stream", body)
        empty = self._ask("a stream of nothing", "POST", "/v4/products/stream", {**_since({"from": 0, "until": 1})})
        return {
            "stream_type": answer.headers.get("Content-Type", ""),
            "stream_gzip": answer.headers.get("Content-Encoding", "") == "gzip",
            "stream_total": answer.total,
            "stream_empty": empty.status,
        }

    def _ask(self, purpose: str, method: str, path: str, body: Facts | None = None) -> Answer:
        text = "" if body is None else f" {orjson.dumps(body).decode()}"
        self._echo(f"  {purpose}\n    {method} {path}{text}")
        call = Call(method, path, self._settings.request_timeout, json=body, is_final=lambda s: s != TOO_MANY_REQUESTS)
        with closing(self._wire.send(call)) as response:
            answer = Answer(response.status_code, response.headers, _values(response.content))
        self._echo(f"    -> {answer.status}")
        if answer.status == requests.codes.unauthorized:
            raise AccessDenied(
                f"Medipim at {self._settings.base_url} does not accept the key (401): "
                "check api_key_id, api_key_secret and market"
            )
        return answer


def _everything(direction: str = "ASC", page: int | None = None) -> Facts:
    body: Facts = {"filter": {"updatedSince": 0}, "sorting": {"touchedAt": direction}}
    return body if page is None else {**body, "page": _page(page)}


def _since(moment: Any) -> Facts:
    return {"filter": {"updatedSince": moment}, "sorting": {"touchedAt": "ASC"}, "page": _page(0)}


def _page(number: int) -> Facts:
    return {"no": number, "size": 10}


def _times(answer: Answer) -> list[int]:
    times = [(row.get("meta") or {}).get("updatedAt") for row in answer.results]
    return [moment for moment in times if isinstance(moment, int)]


def _absent(rows: list[Facts]) -> str:
    """Whether a value that is not there is null or left out (docs/api/medipim.md#absent-or-null)."""
    return "null" if any(value is None for row in rows for value in row.values()) else "left out"


def _values(body: bytes) -> list[Any]:
    values = []
    for line in body.splitlines():
        try:
            values.append(orjson.loads(line))
        except ValueError:
            return values
    return values


def _tells_limits(header: str) -> bool:
    plain = header.replace("-", "").lower()
    return any(word in plain for word in HEADER_WORDS)
