"""The road of one product: map, match, plan, write, verify from the answer, remember, pictures.

No rule lives here: mapping decides what should be there, matching which product it is, plan what differs, the client
what an answer means. This file calls them in order and writes down each fact before the next step relies on it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct, remote_product
from target_micropim.catalog.pictures import RemotePictures
from target_micropim.errors import NotFound, Reason, RecordRejected
from target_micropim.ledger import ABSENT, ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.product import ProductState, plan_categories, plan_leave
from target_micropim.report.run_report import Row
from target_micropim.services import Services
from target_micropim.sync.create import ProductCreator
from target_micropim.sync.resolve import FieldResolver
from target_micropim.sync.update import ARCHIVED, ProductUpdater
from target_micropim.sync.write import STREAM, ProductWriter, resolved

INCOMPLETE = ""  # the digest of a product whose record is to be looked at again, whether it changes or not


@dataclass(frozen=True)
class Outcome:
    """How a record ended. ``archive`` is set instead when it is to be archived at the end of the input."""

    action: str
    archive: ProductRow | None = None


class ProductSync:
    """Carries products over, one at a time per SKU, from several threads."""

    def __init__(
        self, services: Services, catalog: Catalog, map_record: Callable[[dict[str, Any]], DesiredProduct]
    ) -> None:
        self._map = map_record
        self._services = services
        self._catalog = catalog
        self._resolver = FieldResolver(services, catalog)
        self._writer = ProductWriter(services, catalog)
        self._creator = ProductCreator(services, catalog, self._writer)
        self._updater = ProductUpdater(services, catalog, self._resolver, self._writer)

    def sync(self, record: dict[str, Any], digest: str) -> Outcome:
        """Bring one product over. Raises RecordRejected when it cannot go in, StopRun when nothing can."""
        desired, report = self._map(record), self._services.report
        for warning in desired.warnings:
            report.add("warnings", Row(STREAM, desired.external_id, desired.sku, warning))
        report.languages_left(desired.languages)
        row, product = self._match(desired)
        if outcome := self._left_alone(desired, row, product, digest):
            return outcome
        if desired.inactive and product is not None:
            return Outcome("archived", archive=self._row(desired, row, product, digest))
        action, row, pictures = self._write_or_match_again(desired, row, product)
        complete = self._services.settings.media_mode != "append" or self._catalog.pictures.send(desired, pictures)
        self._settle(desired, row, digest if complete else INCOMPLETE)
        return Outcome(action)

    def _match(self, desired: DesiredProduct) -> tuple[ProductRow | None, RemoteProduct | None]:
        """The ledger first; an id that MicroPIM no longer knows is forgotten; else the exact SKU."""
        ledger = self._services.ledger
        row = ledger.product(desired.external_id)
        if row is not None and row.remote_id != ABSENT:
            try:
                shown = self._writer.shown(row.remote_id)
            except NotFound:
                ledger.forget(desired.external_id)
                row = None
            else:
                self._catalog.names.notice(shown)
                product = remote_product(shown)
                return resolved(row, product), product
        self._refuse_taken("sku", desired.sku, ledger.owner_of_sku(desired.sku), desired)
        match = self._catalog.matching.find(desired.sku, desired.fields.get("ean"))
        if match is not None:
            self._refuse_taken("id", match.remote_id, ledger.owner_of_remote_id(match.remote_id), desired)
            if row is not None and (made := resolved(row, match)).acknowledged:  # made by a run that was killed
                return made, match
        return None, match

    @staticmethod
    def _refuse_taken(field: str, value: str | int, owner: str | None, desired: DesiredProduct) -> None:
        """Two records of one source never write to one product."""
        if owner not in (None, desired.external_id):
            raise RecordRejected("recognise", [Reason(field, f"{value} already belongs to {owner} of this source")])

    def _left_alone(
        self, desired: DesiredProduct, row: ProductRow | None, product: RemoteProduct | None, digest: str
    ) -> Outcome | None:
        """The end of a product that is not written; it is remembered, so that it costs nothing next time."""
        settings = self._services.settings
        leave = plan_leave(
            ProductState(
                inactive=desired.inactive,
                present=product is not None,
                archived=product is not None and product.server.get("status") == ARCHIVED,
                half_done=row is not None and row.digest is None,
            ),
            write_mode=settings.write_mode,
            on_inactive=settings.delete_mode if desired.deleted else settings.on_inactive,
            on_archived=settings.on_archived,
        )
        if leave is None:
            return None
        if leave.refused:
            raise RecordRejected("plan", [Reason("status", leave.reason or "")])
        if leave.reason:
            what = f"{leave.reason}: left there"
            self._services.report.add("manual_actions", Row(STREAM, desired.external_id, desired.sku, what))
        self._services.ledger.settle(self._row(desired, row, product, digest), digest, [])
        return Outcome(leave.action)

    @staticmethod
    def _row(
        desired: DesiredProduct, row: ProductRow | None, product: RemoteProduct | None, digest: str | None
    ) -> ProductRow:
        """The ledger's row of a product that is left as it is, or is not there at all."""
        if product is None:
            return ProductRow(desired.external_id, desired.sku, ABSENT, archived=True)
        row = row or ProductRow(desired.external_id, desired.sku, product.remote_id)
        archived = product.server.get("status") == ARCHIVED
        return replace(row, remote_id=product.remote_id, digest=digest, archived=archived)

    def _write_or_match_again(
        self, desired: DesiredProduct, row: ProductRow | None, product: RemoteProduct | None
    ) -> tuple[str, ProductRow, RemotePictures]:
        """An id that became stale between look and write is looked up again, once. Raises RequestRefused."""
        try:
            return self._write(desired, row, product)
        except NotFound:
            if product is None:
                raise
            row, again = self._match(desired)
            if again is not None and again.remote_id == product.remote_id:
                raise
            return self._write(desired, row, again)

    def _write(
        self, desired: DesiredProduct, row: ProductRow | None, product: RemoteProduct | None
    ) -> tuple[str, ProductRow, RemotePictures]:
        """Made, or changed where it differs; a SKU that turns out to be taken means changed."""
        fields, categories = self._resolver.fields(desired), self._resolver.category_ids(desired)
        if product is None:
            created = self._creator.create(desired, fields, categories)
            if not isinstance(created, RemoteProduct):
                return ("created", *created)
            row, product = None, created
        return self._updater.update(desired, fields, categories, row, product)

    def _settle(self, desired: DesiredProduct, row: ProductRow, digest: str) -> None:
        """What was not assigned now is linked at the end, even if it arrived in the meantime."""
        categories = desired.categories if self._services.settings.categories_mode != "off" else ()
        self._services.ledger.settle(row, digest, [key for key in categories if key not in row.categories])

    def archive(self, row: ProductRow) -> None:
        """Archive a product, at the end of the input."""
        try:
            self._services.client.archive_product(row.remote_id)
        except NotFound:
            self._services.ledger.forget(row.external_id)
            return
        self._services.ledger.settle(replace(row, archived=True), row.digest or "", [])

    def link(self, external_id: str, category: str) -> None:
        """Add a category that arrived after its product was written."""
        ledger = self._services.ledger
        row = ledger.product(external_id)
        if row is None:
            return
        try:
            product = remote_product(self._writer.shown(row.remote_id))
        except NotFound:
            ledger.forget(external_id)
            return
        categories = self._catalog.categories.ids((category,))
        ids = plan_categories(categories, frozenset(row.categories), product.category_ids)
        if ids is not None:
            after = self._writer.assign(self._writer.patch(product, {"category_ids": ids}), categories)
            if any(number not in after.category_ids for number in categories.values()):
                raise RecordRejected("send", [Reason("category_ids", "MicroPIM does not show the category")])
        ledger.linked(replace(row, categories=(*row.categories, category)), category)
