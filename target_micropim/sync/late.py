"""What is done with products when the input has ended: archives, and categories that came after their products.

Law: only what its record still owns is archived, and only what a look has shown counts.
"""

from dataclasses import replace
from functools import partial

from pim_wire.wire import Tries
from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct
from target_micropim.errors import NotFound, Reason, RecordRejected
from target_micropim.ledger import ABSENT, ProductRow
from target_micropim.plan.ownership import ARCHIVED, EXISTENCE
from target_micropim.plan.product import plan_categories
from target_micropim.report.run_report import Row
from target_micropim.report.shown import cut
from target_micropim.services import Services
from target_micropim.sync.recognise import Recognition, shown_sku
from target_micropim.sync.update import ARCHIVED_STATUS
from target_micropim.sync.write import STREAM, ProductWriter

INCOMPLETE = ""  # the digest of a product whose record is to be looked at again, whether it changes or not


class LateWork:
    """Called by one thread."""

    def __init__(self, services: Services, catalog: Catalog, recognition: Recognition, writer: ProductWriter) -> None:
        self._services = services
        self._catalog = catalog
        self._recognition = recognition
        self._writer = writer

    def archive(self, row: ProductRow) -> str:
        """Archive a product; the action. Raises RecordRejected."""
        return self._services.client.look_and_write(partial(self._archive_once, row))

    def _archive_once(self, row: ProductRow, tries: Tries) -> str:
        ledger = self._services.ledger
        if ledger.owner(row.remote_id) not in {None, row.external_id}:
            ledger.settle(replace(row, remote_id=ABSENT, archived=True), row.digest or "", [])
            return "skipped"
        row, before = self._shown(row)
        if before is None:
            ledger.settle(replace(row, archived=True), INCOMPLETE, [])
            return "skipped"
        if not self._recognition.is_same(row, before):
            message = f"id {row.remote_id} shows another product (SKU {shown_sku(before)})"
            raise RecordRejected("recognise", [Reason("sku", message)])
        status = (before.product or {}).get("status")
        if before.server.get("status") != ARCHIVED_STATUS:
            if tries.failures:
                what = (
                    "archiving it failed and is sent again: should somebody have revived it in between, that is undone"
                )
                self._services.report.add("unsure", Row(STREAM, row.external_id, row.sku, what))
            pending = {**row.on_its_way, EXISTENCE: ARCHIVED}
            announced = replace(row, digest=None, on_its_way=pending, revive_as=str(status))
            self._writer.note(row, {"status": "archived"}, before)
            ledger.remember(announced)
            self._services.client.archive_product(row.remote_id, tries)
            self._prove_archived(row)
        known = {**row.acknowledged, EXISTENCE: ARCHIVED}
        ours = {**row.ours, EXISTENCE: (ARCHIVED,)}
        revive_as = status if status != "archived" else row.revive_as
        # what a run that was killed has sent stays ours: the product may come back, or go on as another record's
        late = {name: print_ for name, print_ in row.on_its_way.items() if name != EXISTENCE}
        archived = replace(
            row, archived=True, acknowledged=known, ours=ours, revive_as=revive_as, on_its_way=late, decided={}
        )
        ledger.settle(archived, row.digest or "", [])
        return "archived"

    def name_successor(self, key: str, sku: str, successor: str, end: str = "archived") -> None:
        """Tell which product replaces one: by SKU and name, or that MicroPIM does not have it."""
        row = self._services.ledger.product(successor)
        if row is None or not row.is_made:
            known = f"{successor} at Medipim, which is not in MicroPIM"
        else:
            known = f"{row.shown_sku or row.sku}{self._name_of(row.remote_id)} (source: {successor})"
        what = f"{end}, and replaced by {known}: links and stock may go there"
        self._services.report.add("manual_actions", Row(STREAM, key, sku, what))

    def _name_of(self, remote_id: int) -> str:
        try:
            name = self._services.client.product(remote_id).get("name")
        except RecordRejected:
            return ""
        return f" {cut(self._services.client.redactor.clean(str(name)))}" if name else ""

    def _shown(self, row: ProductRow) -> tuple[ProductRow, RemoteProduct | None]:
        """A product as it is now; an id that MicroPIM does not know is a reason to look by SKU, and no more."""
        try:
            return row, self._recognition.look(row.remote_id)
        except NotFound:
            found = self._recognition.look_by_sku(row)
            return found.row or row, found.product

    def _prove_archived(self, row: ProductRow) -> None:
        """Raises RecordRejected when MicroPIM says that it has archived a product and shows it live."""
        after = self._recognition.look(row.remote_id)
        if after.server.get("status") != ARCHIVED_STATUS:
            shown = (after.product or {}).get("status")
            message = f"MicroPIM says that it is archived and shows it {shown}: archive it by hand"
            raise RecordRejected("send", [Reason("status", message)])

    def link(self, external_id: str, category: str, ids: dict[str, int]) -> str | None:
        """Add a category that arrived after its product was written; its SKU if it was. ``ids`` is its id by its key.

        Raises RecordRejected.
        """
        row = self._services.ledger.product(external_id)
        if row is None or not row.is_made:
            return None
        return self._services.client.look_and_write(partial(self._link_once, row, category, ids))

    def _link_once(self, row: ProductRow, category: str, categories: dict[str, int], tries: Tries) -> str | None:
        product = self._recognition.look(row.remote_id)
        if not self._recognition.is_same(row, product):
            raise RecordRejected("recognise", [Reason("sku", f"its id shows another product ({shown_sku(product)})")])
        ids = plan_categories(categories, frozenset(row.categories), product.category_ids)
        if ids is not None:
            self._writer.note(row, {"category_ids": ids}, product)
            after = self._writer.patch(product, {"category_ids": ids}, tries)[-1]
            after = self._writer.assign(after, categories)
            if any(number not in after.category_ids for number in categories.values()):
                raise RecordRejected("send", [Reason("category_ids", "MicroPIM does not show the category")])
        self._services.ledger.linked(replace(row, categories=(*row.categories, *categories)), category)
        return None if ids is None else row.shown_sku or row.sku
