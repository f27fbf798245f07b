"""Whether somebody else made the same products at the same moment: another ledger, another program, a person.

MicroPIM may take a SKU twice (docs/api/micropim.md#sku-taken), and between the last look and the creation there is a
moment. So the products of MicroPIM are counted before the first creation and after the last one. When there are more
than were made here, each SKU that was made here is looked for once more, and one that is there twice is told.
"""

import logging
import threading

from pim_wire.errors import StopRun
from target_micropim.catalog.matching import ProductMatching
from target_micropim.errors import RecordRejected
from target_micropim.report.run_report import Row
from target_micropim.services import Services

STREAM = "products"
MOST_SINGLE = 50  # products, beyond which reading the whole list is cheaper

logger = logging.getLogger("target-micropim")


class Doubles:
    """``making`` and ``made`` are called from several threads, ``tell`` by one."""

    def __init__(self, services: Services, matching: ProductMatching) -> None:
        self._client = services.client
        self._ledger = services.ledger
        self._report = services.report
        self._matching = matching
        self._lock = threading.Lock()
        self._before: int | None = None
        self._made = 0
        self._skus: dict[str, str] = {}

    def making(self) -> None:
        """A product is about to be made."""
        with self._lock:
            if self._before is None:
                self._before = self._client.count_products()

    def made(self, sku: str, external_id: str) -> None:
        """A product was made."""
        with self._lock:
            self._made += 1
            if len(self._skus) <= MOST_SINGLE:
                self._skus[sku] = external_id

    def tell(self) -> None:
        """Look for doubles where the count does not add up, and tell of each."""
        try:
            if not self._made or self._client.count_products() == (self._before or 0) + self._made:
                return
            for sku, external_id, ids in self._doubled():
                shown = ", ".join(map(str, ids))
                what = f"MicroPIM has {len(ids)} products with this SKU (ids {shown}): another program, or a run with "
                what += "another ledger, made one at the same moment; archive those that are too many"
                self._report.add("manual_actions", Row(STREAM, external_id, sku, what))
        except (RecordRejected, StopRun) as error:
            logger.warning("Whether products were made twice could not be looked at: %s", error)

    def _doubled(self) -> list[tuple[str, str, list[int]]]:
        if len(self._skus) > MOST_SINGLE or not self._matching.can_look_up:
            self._matching.build_index()
            return self._ledger.doubled_skus()
        hits = {sku: [hit.remote_id for hit in self._matching.search(sku)] for sku in self._skus}
        return [(sku, self._skus[sku], ids) for sku, ids in hits.items() if len(ids) > 1]
