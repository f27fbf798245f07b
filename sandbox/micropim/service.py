"""The MicroPIM service: key, limits, routes."""

from sandbox.exchange import Answer, Call, Json, JsonValue
from sandbox.limiter import RollingLimiter
from sandbox.micropim.envelope import failure
from sandbox.micropim.fields import READ_ONLY
from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.products import snapshot, update_product
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
BY_HAND_ONLY = READ_ONLY | {"slug", "category_ids"}


class MicroPimService(Service):
    """One organization behind one key."""

    def __init__(self, options: MicroPimOptions) -> None:
        """Start with an empty catalogue."""
        self.options = options
        self.state = MicroPimState(options)
        self._limits = {
            "read": RollingLimiter(options.reads_per_minute, options.clock),
            "write": RollingLimiter(options.writes_per_minute, options.clock),
            "picture": RollingLimiter(options.pictures_per_minute, options.clock),
        }
        super().__init__(self.state, routes_for(self.state), options.latency)

    @property
    def store(self) -> Store:
        """The whole catalogue."""
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
        """The limit is per IP, so it comes before the key; then 401, then 403 (docs/api/micropim.md#status-codes)."""
        call.authorised = call.headers.get("x-api-key") == self.options.api_key
        kinds = ["picture"] * call.path.endswith("/media") + [self.kind_of(call)]
        waits = (self._limits[kind].refuse_for(call.client) for kind in kinds)
        if (wait := next((wait for wait in waits if wait is not None), None)) is not None:
            return self._too_many(wait)
        if not call.authorised:
            return failure(401, "Invalid or missing API key")
        if not self.options.has_organization:
            return failure(403, "No organization access")
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

    def edit(self, product_id: int, **fields: JsonValue) -> Json:
        """A person changes a product by hand: no HTTP, no limits, any stored field."""
        with self.lock:
            product = self.store.products[product_id]
            private = {key: fields.pop(key) for key in list(fields) if key in BY_HAND_ONLY}
            before = snapshot(product)
            update_product(self.store, product, fields)
            product.update(private)
            self.store.journal.note(product, "hand", "changed", before)
            return product

    def add(self, sku: str, **fields: JsonValue) -> Json:
        """A person creates a product by hand; seeds for tests."""
        with self.lock:
            return self.store.insert_product({"name": f"Product {sku}", "sku": sku, **fields})

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
