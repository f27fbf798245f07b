"""Whether somebody else made the same products at the same moment: another ledger, another program, a person.

MicroPIM may take a SKU twice (docs/api/micropim.md#sku-taken), and between the last look and the creation there is a
moment. So the products of MicroPIM are counted before the last look of the first creation, and after the last creation.
When there are more than were made here, each SKU that was made here is looked for once more, and one that is there
twice is told. What was made here and does not show yet is looked for at the end of the next run, also where the count
adds up, since the other's may show already; and so is what a run has made that ended before it could count.
"""

import json
import logging
import threading
from collections.abc import Iterable
from contextlib import suppress

from pim_wire.errors import StopRun
from target_micropim.catalog.matching import ProductMatching
from target_micropim.errors import RecordRejected
from target_micropim.report.run_report import Row
from target_micropim.services import Services
from target_micropim.sync.visibility import Visibility

STREAM = "products"
MOST_SINGLE = 50  # products, beyond which reading the whole list is cheaper
Hits = dict[str, tuple[str, list[int]]]  # by SKU: its record, and the products that have it
DUE = "doubles_to_look_for"  # fact of the ledger: SKUs with their records, made and not yet looked for, or not found

logger = logging.getLogger("target-micropim")


class Doubles:
    """``making`` and ``made`` are called from several threads, ``tell`` by one."""

    def __init__(self, services: Services, matching: ProductMatching, visibility: Visibility) -> None:
        self._clock = services.clock
        self._visibility = visibility
        self._client = services.client
        self._ledger = services.ledger
        self._report = services.report
        self._matching = matching
        self._lock = threading.Lock()
        self._began = services.ledger.now()
        self._before: int | None = None
        self._made = 0
        self._skus: dict[str, str] = {}
        self._last: dict[str, tuple[str, float]] = {}  # the newest: their records, and when they were made
        self._due: dict[str, str] = json.loads(services.ledger.fact(DUE) or "{}")  # of earlier runs

    def before_the_list(self, unknown: int) -> None:
        """The list is about to be read, and may be the last look at products that nobody knows."""
        with suppress(RecordRejected):  # the list says the same, louder
            if unknown:
                self.making()

    def making(self) -> bool:
        """A product is about to be made; whether this took a count, so that a look of before is not the last one."""
        if self._before is None:
            with self._client.alone(self._lock):
                if self._before is None:
                    self._before = self._client.count_products()
                    return True
        return False

    def made(self, sku: str, external_id: str) -> None:
        """A product was made."""
        with self._lock:
            self._made += 1
            self._last[sku] = external_id, self._clock.now()
            if len(self._last) > MOST_SINGLE:
                del self._last[next(iter(self._last))]
            if len(self._skus) <= MOST_SINGLE:
                self._skus[sku] = external_id
                self._ledger.note(DUE, json.dumps({**self._due, **self._skus}))

    def tell(self) -> None:
        """Look for doubles where the count does not add up, and tell of each."""
        try:
            hidden = self._hidden()
            made = {} if self._adds_up() else self._skus
            looked_for = {**self._due, **made}
            hits = self._hits(looked_for) if looked_for else {}
            for sku, (external_id, ids) in hits.items():
                self._tell_of(sku, external_id, ids)
            late = self._late([*hidden, *(sku for sku in made if sku in hits)], hits)
            due = self._due.items()
            late |= {sku: key for sku, key in due if self._visibility.may_hide_from_before(key, self._began)}
            if self._due or self._skus:
                self._ledger.note(DUE, json.dumps(late))
        except (RecordRejected, StopRun) as error:
            logger.warning("Whether products were made twice could not be looked at: %s", error)

    def _hidden(self) -> list[str]:
        """What may not count yet, since it was made just now."""
        with self._lock:
            return [sku for sku, (_key, made_at) in self._last.items() if self._visibility.may_hide(made_at)]

    def _late(self, skus: Iterable[str], hits: Hits) -> dict[str, str]:
        """Of what was made here that which was not found: by its id, since another's product may have its SKU."""
        late = {}
        for sku in skus:
            key = self._last[sku][0] if sku in self._last else self._skus[sku]
            row = self._ledger.product(key)
            if row is None or row.remote_id not in hits.get(sku, ("", []))[1]:
                late[sku] = key
        return late

    def _adds_up(self) -> bool:
        """Whether there are as many products as there were, and those that were made here."""
        return not self._made or self._client.count_products() == (self._before or 0) + self._made

    def _tell_of(self, sku: str, external_id: str, ids: list[int]) -> None:
        if len(ids) < 2:  # noqa: PLR2004 - one is no double
            return
        shown = ", ".join(map(str, ids))
        what = f"MicroPIM has {len(ids)} products with this SKU (ids {shown}): another program, or a run with "
        what += "another ledger, made one at the same moment; archive those that are too many"
        self._report.add("manual_actions", Row(STREAM, external_id, sku, what))

    def _hits(self, skus: dict[str, str]) -> Hits:
        """The record of each SKU, and the products that have it; of many SKUs those alone that are there twice."""
        if len(skus) <= MOST_SINGLE and self._matching.can_look_up:
            return {sku: (key, [hit.remote_id for hit in self._matching.search(sku)]) for sku, key in skus.items()}
        self._matching.build_index()
        if len(skus) > MOST_SINGLE:
            return {sku: (key, ids) for sku, key, ids in self._ledger.doubled_skus()}
        return {sku: (key, [row.remote_id for row in self._ledger.seen(sku=sku)]) for sku, key in skus.items()}
