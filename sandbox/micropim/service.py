"""The MicroPIM service: key, limits, routes."""

from dataclasses import fields as fields_of
from dataclasses import replace

from sandbox.exchange import Answer, Call, Json, JsonValue
from sandbox.micropim.allowance import KEY_HEADER, Allowance
from sandbox.micropim.envelope import failure
from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.people import People
from sandbox.micropim.routes import routes_for
from sandbox.micropim.snapshot import catalogue_snapshot
from sandbox.micropim.state import MicroPimState
from sandbox.micropim.store import Store
from sandbox.service import Service

ERROR_TEXTS = {
    400: "Bad request", 401: "Unauthorized", 403: "No organization access", 404: "Resource not found",
    429: "Too many requests", 500: "Server error", 503: "Service unavailable",
}  # fmt: skip


EMPTY_VARIANT: Json = {
    "name": "Variant",
    "price": "1.0000",
    "sale_price": None,
    "cost": None,
    "stock_quantity": 0,
    "stock_status": "out_of_stock",
    "weight": "0.0000",
    "is_enabled": True,
    "image": None,
    "attributes": [],
}
AT_THE_START = frozenset({
    "reads_per_minute", "writes_per_minute", "pictures_per_minute", "limit_by", "clock", "latency", "brands",
    "suppliers", "trailing_slash",
})  # fmt: skip


class MicroPimService(Service):
    """One organization behind one key."""

    def __init__(self, options: MicroPimOptions, allowance: Allowance | None = None) -> None:
        """Start with an empty catalogue; ``allowance``: that of its address, which others share."""
        self.state = MicroPimState(options)
        self.allowance = allowance or Allowance(options)
        super().__init__(self.state, routes_for(self.state), options.latency)
        self.people = People(self.state.store, self.lock)

    @property
    def options(self) -> MicroPimOptions:
        """How this organization behaves now."""
        return self.state.options

    def switch(self, **options: JsonValue) -> None:
        """From now on the organization behaves otherwise: for a night, or for good."""
        unknown = set(options) - {field.name for field in fields_of(MicroPimOptions)} | AT_THE_START & set(options)
        if unknown:
            msg = f"nothing that can be switched while the service runs: {', '.join(sorted(unknown))}"
            raise ValueError(msg)
        with self.lock:
            self.state.store.options = replace(self.options, **options)

    @property
    def store(self) -> Store:
        """The whole catalogue, with what is due by now."""
        with self.lock:
            self.state.store.catch_up()
        return self.state.store

    @property
    def products(self) -> dict[int, Json]:
        """Products by id, as stored (private keys begin with ``_``)."""
        return self.store.products

    @property
    def categories(self) -> dict[int, Json]:
        """Categories by id."""
        return self.store.categories

    @property
    def attributes(self) -> dict[int, Json]:
        """Attribute definitions by id."""
        return self.store.attributes

    def kind_of(self, call: Call) -> str:
        """GET is a read, everything else a write (docs/api/micropim.md#rate-limits)."""
        return "read" if call.method in {"GET", "HEAD"} else "write"

    def admit(self, call: Call) -> Answer | None:
        """The limit is per IP, so it comes before the key; then 401, 403, and what may not be written at all.

        See docs/api/micropim.md#status-codes and docs/api/micropim.md#read-only.
        """
        self.state.store.catch_up()
        call.authorised = call.headers.get(KEY_HEADER) == self.options.api_key
        if (wait := self.allowance.refuse_for(call, self.kind_of(call))) is not None:
            return self._too_many(wait)
        if not call.authorised:
            return failure(401, "Invalid or missing API key")
        if not self.options.has_organization:
            return failure(403, "No organization access")
        if self.options.read_only != "no" and self.kind_of(call) == "write":
            return failure(int(self.options.read_only), "MicroPIM is in read-only mode")
        return None

    def not_found(self, call: Call) -> Answer:
        """Everything but the 25 routes is 404 with the envelope (docs/api/micropim.md#sandbox-choices)."""
        del call
        return failure(404, "Resource not found")

    def error_body(self, status: int) -> bytes:
        """The envelope with the usual text of the status."""
        return failure(status, ERROR_TEXTS.get(status, "Error")).body

    def status_zero(self) -> bytes:
        """``status: 0`` inside an HTTP 200 (docs/api/micropim.md#status-in-envelope)."""
        return failure(200, "The request could not be processed").body

    def keep_what_is_late(self) -> None:
        """Changes that are kept late are kept now (docs/api/micropim.md#kept-late)."""
        with self.lock:
            self.store.catch_up(self.options.kept_after_seconds)

    def let_pictures_show(self) -> None:
        """Those that show after some reads show from now on (docs/api/micropim.md#picture-fetch)."""
        for product in self.products.values():
            product["_reads"] += self.options.media_reads

    def edit(self, product_id: int, **fields: JsonValue) -> Json:
        """A person changes a product by hand; any stored field, the others in ``people``."""
        return self.people.edit(product_id, **fields)

    def add(self, sku: str, **fields: JsonValue) -> Json:
        """A person creates a product by hand; seeds for tests."""
        return self.people.add(sku, **fields)

    def add_variant(self, product_id: int, sku: str, **fields: JsonValue) -> Json:
        """Seed a variant; the API can only read them (docs/api/micropim.md#variant-fields)."""
        with self.lock:
            rows = self.store.variants.setdefault(product_id, [])
            key = self.store.next_id("variant")
            row: Json = {"id": key, "sku": sku, **EMPTY_VARIANT, "position": len(rows), **fields}
            rows.append(row)
            return row

    def snapshot(self) -> Json:
        """A snapshot of the catalogue that does not depend on server ids."""
        with self.lock:
            return catalogue_snapshot(self.store)

    def counts(self) -> Json:
        """Totals for tests and people."""
        with self.lock:
            return self.state.counts()

    def _too_many(self, wait: int) -> Answer:
        """Three modes, because nothing about a 429 is published (docs/api/micropim.md#rate-limits)."""
        match self.options.retry_after:
            case "html":
                return Answer(
                    429, b"<html><body><h1>429 Too Many Requests</h1></body></html>", {"content-type": "text/html"}
                )
            case "none":
                return failure(429, "Too many requests")
        answer = failure(429, "Too many requests")
        answer.headers["retry-after"] = str(wait)
        return answer
