"""The Medipim service: key, limit, routes."""

import base64
from collections.abc import Callable

from sandbox.exchange import Answer, Call, Json, JsonValue
from sandbox.limiter import RollingLimiter
from sandbox.medipim.errors import error_answer
from sandbox.medipim.options import MedipimOptions
from sandbox.medipim.resources import RESOURCES
from sandbox.medipim.routes import routes_for
from sandbox.medipim.rows import Record
from sandbox.medipim.state import MedipimState
from sandbox.service import Service


class MedipimService(Service):
    """One market behind one key, or several."""

    def __init__(self, options: MedipimOptions) -> None:
        """Generate the heads of the catalogue."""
        self.options = options
        self.state = MedipimState(options)
        self.catalogue = self.state.catalogue
        self.market = self.state.market
        self._limiter = RollingLimiter(options.requests_per_minute, options.clock)
        keys = {options.api_key_id: options.api_key_secret, **options.more_keys}
        self._ids = {base64.b64encode(f"{name}:{secret}".encode()).decode(): name for name, secret in keys.items()}
        super().__init__(self.state, routes_for(self.state), options.latency)
        self.line_delay = options.line_delay
        self.date = options.date

    def kind_of(self, call: Call) -> str:
        """Every call is a read and counts the same (docs/api/medipim.md#rate-limits)."""
        del call
        return "read"

    def admit(self, call: Call) -> Answer | None:
        """401 on a wrong or missing Basic pair, 429 over the limit of the key.

        See docs/api/medipim.md#authentication and docs/api/medipim.md#rate-limits.
        """
        scheme, _, pair = call.headers.get("authorization", "").partition(" ")
        call.authorised = scheme.lower() == "basic" and pair in self._ids
        if not call.authorised:
            return error_answer(401)
        wait = self._limiter.refuse_for(self._ids[pair])
        if wait is None:
            return None
        answer = error_answer(429)
        if self.options.retry_after:
            answer.headers["retry-after"] = str(wait)
        return answer

    def not_found(self, call: Call) -> Answer:
        """Unknown paths and market-only endpoints of other markets."""
        del call
        return error_answer(404)

    def error_body(self, status: int) -> bytes:
        """The usual error of a status."""
        return error_answer(status).body

    def status_zero(self) -> bytes:
        """An ``error`` object inside an HTTP 200: the key alone means failure (docs/api/medipim.md#errors)."""
        return error_answer(500).body

    def touch(self, ids: JsonValue, **changes: JsonValue) -> int:
        """Change fields of many products in one new second; without fields it is a pure touch."""
        with self.lock:
            return self.catalogue.touch(ids, **changes)

    def change(self, product_id: str, function: Callable[[Json], object]) -> Json:
        """Apply a change and move ``meta.updatedAt`` on."""
        with self.lock:
            return self.catalogue.change(product_id, function)

    def put(self, raw: Json) -> None:
        """A product as given; a time that it does not move on is not seen by an incremental reader."""
        with self.lock:
            self.catalogue.put(raw)

    def put_rows(self, path: str, rows: list[Json]) -> None:
        """These rows are all that a resource has, such as ``brands`` or ``product/attributes``."""
        (resource,) = [resource for resource in RESOURCES if resource.path == path]
        with self.lock:
            setattr(self.catalogue.reference, resource.table, rows)

    def add(self, count: int) -> list[str]:
        """Create products; returns their ids."""
        with self.lock:
            return self.catalogue.add(count)

    def deactivate(self, product_id: str) -> Json:
        """The product is not sold any more."""
        with self.lock:
            return self.catalogue.deactivate(product_id)

    def replace(self, product_id: str, by: str) -> Json:
        """Another product takes over."""
        with self.lock:
            return self.catalogue.replace(product_id, by)

    def media_rows(self) -> list[Record]:
        """All media items of all products, each once."""
        return self.state.media_rows()
