"""What the routes of MicroPIM read and change: the catalogue of one organization, and its log of requests."""

from collections import Counter

from sandbox.exchange import Json
from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.store import Store
from sandbox.state import ServiceState


class MicroPimState(ServiceState):
    """One organization."""

    def __init__(self, options: MicroPimOptions) -> None:
        """Start with an empty catalogue."""
        super().__init__()
        self.store = Store(options)

    @property
    def options(self) -> MicroPimOptions:
        """How this organization behaves now."""
        return self.store.options

    def counts(self) -> Json:
        """Totals for tests and people."""
        kinds = Counter(record.kind for record in self.requests)
        products = self.store.products.values()
        return {
            "products": len(products),
            "products_by_status": dict(Counter(product["status"] for product in products)),
            "categories": len(self.store.categories),
            "attributes": len(self.store.attributes),
            "pictures": sum(len(product["_media"]) for product in products),
            "reads": kinds["read"],
            "writes": kinds["write"],
            "too_many_requests": sum(record.status == 429 for record in self.requests),  # noqa: PLR2004
        }
