"""Brands and suppliers whose id has become known: the products that wait for it get it, without their record.

The id comes from a map of the settings, from a person's decision, or from what MicroPIM's products show meanwhile. The
road is that of any write: look, judge whose value is there, announce, send, verify, remember.
"""

import threading
from collections import Counter
from dataclasses import replace
from functools import partial

from pim_wire.wire import Tries
from target_micropim.catalog.catalog import Catalog
from target_micropim.errors import NotFound, RecordRejected, RequestRefused
from target_micropim.ledger import ProductRow, WaitingName
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.product import plan_update
from target_micropim.report.input_order import record_scope
from target_micropim.report.run_report import Row
from target_micropim.services import Services
from target_micropim.sync.pool import KeyedPool
from target_micropim.sync.recognise import Recognition
from target_micropim.sync.update import ARCHIVED_STATUS, known_product
from target_micropim.sync.write import STREAM, ProductWriter, Write


class LateNames:
    """``give`` is called by one thread; the threads of the pool write."""

    def __init__(
        self, services: Services, catalog: Catalog, recognition: Recognition, writer: ProductWriter, pool: KeyedPool
    ) -> None:
        self._services = services
        self._names = catalog.names
        self._recognition = recognition
        self._writer = writer
        self._pool = pool
        self._lock = threading.Lock()
        self._given: Counter[tuple[str, str]] = Counter()
        self._refused: set[tuple[str, str]] = set()

    def is_due(self) -> bool:
        """Whether a product waits for a name that has an id now."""
        return self._services.ledger.has_waiting_names() and bool(self._known())

    def give(self) -> None:
        """Give each product that waits the id of its brand or supplier, where that is known now."""
        if not self._services.ledger.has_waiting_names():
            return
        for waiting, number in self._known():
            self._give_to_all(waiting, number)
        for (kind, name), products in sorted(self._given.items()):
            what = (
                f"{kind} {name} has the id {self._names.id_of(kind, name)} now: {products} products that waited got it"
            )
            self._services.report.add("decisions", Row(STREAM, "", None, what))

    def _known(self) -> list[tuple[WaitingName, int]]:
        """The names that products wait for and that have an id."""
        waiting = self._services.ledger.waiting_names()
        numbers = ((one, self._names.id_of(one.kind, one.name)) for one in waiting)
        return [(one, number) for one, number in numbers if number is not None]

    def _give_to_all(self, waiting: WaitingName, number: int) -> None:
        last = ""
        while keys := self._services.ledger.products_waiting(waiting.kind, waiting.folded, last):
            for key in keys:
                if (waiting.kind, waiting.name) in self._refused:
                    break
                self._pool.submit(frozenset({("id", key)}), partial(self._give, key, waiting, number))
            last = keys[-1]
        self._pool.drain()

    def _give(self, key: str, waiting: WaitingName, number: int) -> None:
        """One product, in a thread of the pool."""
        row = self._services.ledger.product(key)
        if row is None or not row.is_made:
            self._services.ledger.named(key, waiting.kind)
            return
        try:
            with record_scope(STREAM, key):
                give_once = partial(self._give_once, row, waiting.kind, number)
                is_given = self._services.client.look_and_write(give_once)
        except RecordRejected as error:
            if isinstance(error, RequestRefused):
                self._services.ledger.remember(row)  # as it was before the write was announced
                if not self._given[waiting.kind, waiting.name]:
                    self._refuse(row, waiting, number, str(error.said or error))
                    return
            what = f"{waiting.kind} {waiting.name}: could not be sent: {error}; the next run tries again"
            self._services.report.add("warnings", Row(STREAM, key, row.sku, what))
            return
        finally:
            self._services.ledger.flush()
        if is_given is None:
            self._refuse(row, waiting, number, "it does not show it")
            return
        with self._lock:
            self._given[waiting.kind, waiting.name] += is_given

    def _give_once(self, row: ProductRow, kind: str, number: int, tries: Tries) -> bool | None:
        """Whether it was sent; None where MicroPIM does not show it. Raises RequestRefused.

        A product that is gone, another one, or archived waits no longer.
        """
        ledger, fields = self._services.ledger, {f"{kind}_id": number}
        try:
            product = self._recognition.look(row.remote_id)
        except NotFound:
            product = None
        if product is None or not self._recognition.is_same(row, product):
            ledger.named(row.external_id, kind)
            return False
        plan = plan_update(fields, self._services.settings.policies, known_product(row, product))
        if not plan.fields or product.server.get("status") == ARCHIVED_STATUS:
            ledger.named(row.external_id, kind)
            return False
        self._writer.announce(row, fields, product)
        views = self._writer.patch(product, fields, tries)
        return self._remember(row, kind, Write(fields, product, views[-1], tuple(views), {}))

    def _remember(self, row: ProductRow, kind: str, write: Write) -> bool | None:
        """What shows, of this field alone: nothing is known now of the others."""
        desired = DesiredProduct(row.external_id, row.sku, write.fields)
        ignored = self._writer.verify(desired, write)
        after = self._writer.remembered(row, write.fields, write, ignored)
        if ignored:
            self._services.ledger.remember(replace(row, on_its_way={**row.on_its_way, **after.on_its_way}))
            return None
        self._writer.report_changes(desired, write)
        known = replace(
            row,
            ours={**row.ours, **{fact: after.ours[fact] for fact in write.fields}},
            acknowledged={**row.acknowledged, **{fact: after.acknowledged[fact] for fact in write.fields}},
            on_its_way={fact: print_ for fact, print_ in row.on_its_way.items() if fact not in write.fields},
        )
        self._services.ledger.named(row.external_id, kind, known)
        return True

    def _refuse(self, row: ProductRow, waiting: WaitingName, number: int, said: str) -> None:
        """No product gets an id that one of them was refused; one that a person has decided is asked for again."""
        name = (waiting.kind, waiting.name)
        with self._lock:
            if name in self._refused:
                return
            self._refused.add(name)
        self._names.forget(*name)
        what = f"{waiting.kind} {waiting.name}: MicroPIM does not take the id {number} ({said}); give another one"
        self._services.report.add("manual_actions", Row(STREAM, row.external_id, row.sku, what))
