"""Changing a product that is there: only what differs, and only what is ours to change."""

from dataclasses import dataclass, replace
from decimal import Decimal

from target_micropim.api.payloads import check_payload
from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct, remote_product
from target_micropim.catalog.pictures import RemotePictures
from target_micropim.errors import RequestRefused
from target_micropim.ledger import ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.mapping.numbers import decimal_of
from target_micropim.plan.product import (
    Conflict,
    KnownProduct,
    plan_categories,
    plan_clears,
    plan_managed,
    plan_update,
)
from target_micropim.plan.values import fingerprint
from target_micropim.plan.write import body_of, without_extras
from target_micropim.report.run_report import Row
from target_micropim.services import Services
from target_micropim.sync.resolve import FieldResolver
from target_micropim.sync.write import STREAM, Fields, ProductWriter, Write

ARCHIVED = fingerprint("status", "archived")
# --probe has seen an empty text empty these (docs/api/micropim.md#null-in-patch)
TEXTS = frozenset({"description", "short_description"})


@dataclass(frozen=True)
class Changes:
    """What would be sent, what is left to a person, and the categories the product is taken out of."""

    fields: Fields
    conflicts: tuple[Conflict, ...]
    removed: tuple[int, ...]


class ProductUpdater:
    """Used from several threads."""

    def __init__(self, services: Services, catalog: Catalog, resolver: FieldResolver, writer: ProductWriter) -> None:
        self._settings = services.settings
        self._report = services.report
        self._categories = catalog.categories
        self._resolver = resolver
        self._writer = writer

    def update(
        self,
        desired: DesiredProduct,
        fields: Fields,
        categories: dict[str, int],
        row: ProductRow | None,
        product: RemoteProduct,
    ) -> tuple[str, ProductRow, RemotePictures]:
        """Send what differs. Raises RequestRefused."""
        changes = self._changes(desired, fields, categories, row, product)
        # the index may be old: look before writing (docs/api/micropim.md#concurrent-edits)
        if changes.fields and product.product is None:
            product = remote_product(self._writer.shown(product.remote_id))
            changes = self._changes(desired, fields, categories, row, product)
        self._tell_of(desired, changes, product)
        base = row or ProductRow(desired.external_id, desired.sku, product.remote_id)
        write = self._written(desired, changes, categories, product, base)
        if changes.fields:
            self._writer.report_changes(desired, write)
        if changes.removed:
            base = replace(base, categories=tuple(key for key in base.categories if key in desired.categories))
        row_after = self._writer.remember(desired, base, fields, write)
        pictures = RemotePictures(product.remote_id, product.images, is_ours=row is not None and bool(row.acknowledged))
        return ("updated" if changes.fields else "unchanged"), row_after, pictures

    def _written(
        self,
        desired: DesiredProduct,
        changes: Changes,
        categories: dict[str, int],
        product: RemoteProduct,
        base: ProductRow,
    ) -> Write:
        fields, after = changes.fields, product
        if fields:
            body = body_of(without_extras(fields), product.product)
            if checked := {name: value for name, value in body.items() if value is not None}:
                # null, which empties a field, has no form to check (docs/api/micropim.md#null-in-patch)
                check_payload("product_patch", checked)
            self._writer.announce(base, fields)
            after, fields = self._patch(desired, product, fields)
        if "category_ids" in fields:
            after = self._writer.assign(after, {str(number): number for number in fields["category_ids"]})
            self._tell_of_kept_categories(desired, changes, after)
        return Write(fields, product, after, categories)

    def _patch(self, desired: DesiredProduct, product: RemoteProduct, fields: Fields) -> tuple[RemoteProduct, Fields]:
        """PATCH, and once more with less when it is refused. Raises the refusal when no smaller write is taken."""
        try:
            return self._writer.patch(product, fields), fields
        except RequestRefused as refusal:
            for fallback in self._writer.fallbacks(refusal, fields):
                try:
                    after = self._writer.patch(product, fallback.fields)
                except RequestRefused:
                    continue
                self._writer.tell_fallback(refusal, fallback, desired)
                return after, fallback.fields
            raise

    def _changes(
        self,
        desired: DesiredProduct,
        fields: Fields,
        categories: dict[str, int],
        row: ProductRow | None,
        product: RemoteProduct,
    ) -> Changes:
        settings, known = self._settings, _known(row, product)
        plan = plan_update(fields, settings.policies, known)
        changes = dict(plan.fields)
        if settings.clear_missing:
            unsure = self._resolver.unsure(desired)
            cleared = plan_clears(fields, settings.policies, known, unsure=unsure)
            empty_text = settings.capabilities.empties_with
            changes |= {name: empty_text if name in TEXTS else None for name in cleared}
        ids, removed = self._category_changes(desired, categories, row, product)
        if ids is not None:
            changes["category_ids"] = ids
        if settings.on_archived == "revive" and product.server.get("status") == ARCHIVED:
            changes["status"] = settings.create_status
        return Changes(changes, plan.conflicts, removed)

    def _category_changes(
        self, desired: DesiredProduct, categories: dict[str, int], row: ProductRow | None, product: RemoteProduct
    ) -> tuple[list[int] | None, tuple[int, ...]]:
        mode = self._settings.categories_mode
        if mode == "off":
            return None, ()
        if mode in {"managed", "replace"}:
            replaces = mode == "replace"
            managed = frozenset(product.category_ids) if replaces else self._categories.managed()
            complete = all(key in categories for key in desired.categories) and bool(categories or not replaces)
            plan = plan_managed(categories, managed, product.category_ids, complete=complete)
            return plan.ids, plan.removed
        acknowledged = frozenset(row.categories) if row is not None and row.acknowledged else None
        return plan_categories(categories, acknowledged, product.category_ids), ()

    def _tell_of(self, desired: DesiredProduct, changes: Changes, product: RemoteProduct) -> None:
        """Conflicts, categories taken away, and a VAT that differs, which nobody can write.

        See docs/api/micropim.md#vat-rate.
        """
        for conflict in changes.conflicts:
            self._tell("conflicts", desired, f"{conflict.field}: {conflict.reason}; MicroPIM's value stands")
        for number in changes.removed:
            path = self._categories.path(number)
            self._tell("warnings", desired, f"taken out of category {path}: the source has dropped it")
        if desired.vat is None:
            return
        shown = (product.product or {}).get("vat_rate")
        remote, source = decimal_of(shown.get("rate")) if isinstance(shown, dict) else None, decimal_of(desired.vat)
        if remote is not None and source is not None and remote != source:
            what = f"VAT is {_percent(source)} in the source and {_percent(remote)} in MicroPIM: it cannot be written"
            self._tell("manual_actions", desired, what)

    def _tell_of_kept_categories(self, desired: DesiredProduct, changes: Changes, after: RemoteProduct) -> None:
        for number in changes.removed:
            if number in after.category_ids:
                path = self._categories.path(number)
                self._tell("manual_actions", desired, f"MicroPIM keeps it in category {path}: take it out by hand")

    def _tell(self, kind: str, desired: DesiredProduct, what: str) -> None:
        self._report.add(kind, Row(STREAM, desired.external_id, desired.sku, what))


def _known(row: ProductRow | None, product: RemoteProduct) -> KnownProduct:
    was_written = row is not None and bool(row.acknowledged)
    return KnownProduct(
        remote_id=product.remote_id,
        server=product.server,
        category_ids=product.category_ids,
        acknowledged=row.acknowledged if row is not None and was_written else None,
        written=row.written if row is not None and was_written else None,
    )


def _percent(rate: Decimal) -> str:
    return f"{rate.normalize():f}%"
