"""Changing a product that is there: only what differs, and only what is ours to change."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from target_micropim.api.payloads import check_payload
from target_micropim.catalog.matching import RemoteProduct, remote_product
from target_micropim.catalog.pictures import RemotePictures
from target_micropim.errors import RequestRefused
from target_micropim.ledger import ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.mapping.numbers import decimal_of
from target_micropim.plan.options import Options
from target_micropim.plan.product import (
    Conflict,
    Known,
    Update,
    plan_categories,
    plan_clears,
    plan_managed,
    plan_update,
)
from target_micropim.plan.values import fingerprint
from target_micropim.plan.write import body_of, without_extras
from target_micropim.report.run_report import Row
from target_micropim.sync.resolve import FieldResolver
from target_micropim.sync.write import STREAM, Desk, Fields, ProductWriter, Sent

ARCHIVED = fingerprint("status", "archived")
TEXTS = frozenset({"description", "short_description"})  # --probe has seen an empty text empty these (row 8)


@dataclass(frozen=True)
class Changes:
    """What would be sent, what is left to a person, and the categories the product is taken out of."""

    fields: Fields
    conflicts: tuple[Conflict, ...]
    removed: tuple[int, ...]


class ProductUpdater:
    """Used from several threads."""

    def __init__(self, desk: Desk, writing: ProductWriter, payloads: FieldResolver, options: Options) -> None:
        self._desk = desk
        self._writing = writing
        self._payloads = payloads
        self._options = options

    def update(
        self,
        wanted: DesiredProduct,
        fields: Fields,
        asked: dict[str, int],
        row: ProductRow | None,
        found: RemoteProduct,
    ) -> tuple[str, ProductRow, RemotePictures]:
        """Send what differs. Raises Refused."""
        changes = self._changes(wanted, fields, asked, row, found)
        if changes.fields and found.product is None:  # the index may be old: look before writing (row 29)
            found = remote_product(self._writing.shown(found.remote_id))
            changes = self._changes(wanted, fields, asked, row, found)
        self._tell_of(wanted, changes, found)
        base = row or ProductRow(wanted.external_id, wanted.sku, found.remote_id)
        sent = self._sent(wanted, changes, asked, found, base)
        if changes.fields:
            self._writing.tell(wanted, sent)
        if changes.removed:
            base = replace(base, categories=tuple(key for key in base.categories if key in wanted.categories))
        row_after = self._writing.remember(wanted, base, fields, sent)
        shelf = RemotePictures(found.remote_id, found.images, is_ours=row is not None and bool(row.acknowledged))
        return ("updated" if changes.fields else "unchanged"), row_after, shelf

    def _sent(
        self, wanted: DesiredProduct, changes: Changes, asked: dict[str, int], found: RemoteProduct, base: ProductRow
    ) -> Sent:
        fields, after = changes.fields, found
        if fields:
            body = body_of(without_extras(fields), found.product)
            if checked := {name: value for name, value in body.items() if value is not None}:
                check_payload("product_patch", checked)  # null, which empties a field, has no form to check (row 8)
            self._writing.announce(base, fields)
            after, fields = self._patch(wanted, found, fields)
        if "category_ids" in fields:
            due = {str(number): number for number in fields["category_ids"]}
            after = self._writing.assigned(after, due)
            self._tell_of_stuck(wanted, changes, after)
        return Sent(fields, found, after, asked)

    def _patch(self, wanted: DesiredProduct, found: RemoteProduct, fields: Fields) -> tuple[RemoteProduct, Fields]:
        try:
            return self._writing.patched(found, fields), fields
        except RequestRefused as refused:
            last: list[RemoteProduct] = []

            def send(smaller: Fields) -> dict[str, Any]:
                last[:] = [self._writing.patched(found, smaller)]
                return {}

            who = (wanted.external_id, wanted.sku)
            _answer, smaller = self._desk.sending.retreat(refused, fields, send, who)
            return last[0], smaller

    def _changes(
        self,
        wanted: DesiredProduct,
        fields: Fields,
        asked: dict[str, int],
        row: ProductRow | None,
        found: RemoteProduct,
    ) -> Changes:
        known = _known(row, found)
        plan: Update = plan_update(fields, self._options.policies, known)
        changes = dict(plan.fields)
        if self._options.clear_missing:
            unsure = self._payloads.unsure(wanted)
            cleared = plan_clears(fields, self._options.policies, known, unsure=unsure)
            changes |= {name: self._options.empties_with if name in TEXTS else None for name in cleared}
        ids, removed = self._categories(wanted, asked, row, found)
        if ids is not None:
            changes["category_ids"] = ids
        if self._options.on_archived == "revive" and found.server.get("status") == ARCHIVED:
            changes["status"] = self._options.create_status
        return Changes(changes, plan.conflicts, removed)

    def _categories(
        self, wanted: DesiredProduct, asked: dict[str, int], row: ProductRow | None, found: RemoteProduct
    ) -> tuple[list[int] | None, tuple[int, ...]]:
        if self._options.categories_mode == "off":
            return None, ()
        if self._options.categories_mode in {"managed", "replace"}:
            replaces = self._options.categories_mode == "replace"
            ours = frozenset(found.category_ids) if replaces else self._desk.categories.managed()
            complete = all(key in asked for key in wanted.categories) and bool(asked or not replaces)
            managed = plan_managed(asked, ours, found.category_ids, complete=complete)
            return managed.ids, managed.removed
        acknowledged = frozenset(row.categories) if row is not None and row.acknowledged else None
        return plan_categories(asked, acknowledged, found.category_ids), ()

    def _tell_of(self, wanted: DesiredProduct, changes: Changes, found: RemoteProduct) -> None:
        """Conflicts, categories taken away, and a VAT that differs, which nobody can write (row 13)."""
        for conflict in changes.conflicts:
            self._tell("conflicts", wanted, f"{conflict.field}: {conflict.reason}; MicroPIM's value stands")
        for number in changes.removed:
            path = self._desk.categories.path(number)
            self._tell("warnings", wanted, f"taken out of category {path}: the source has dropped it")
        told = (found.product or {}).get("vat_rate")
        shown, ours = decimal_of(told.get("rate")) if isinstance(told, dict) else None, decimal_of(wanted.vat)
        if shown is not None and ours is not None and shown != ours:
            what = f"VAT is {_percent(ours)} in the source and {_percent(shown)} in MicroPIM: it cannot be written"
            self._tell("manual_actions", wanted, what)

    def _tell_of_stuck(self, wanted: DesiredProduct, changes: Changes, after: RemoteProduct) -> None:
        for number in changes.removed:
            if number in after.category_ids:
                path = self._desk.categories.path(number)
                self._tell("manual_actions", wanted, f"MicroPIM keeps it in category {path}: take it out by hand")

    def _tell(self, kind: str, wanted: DesiredProduct, what: str) -> None:
        self._desk.report.add(kind, Row(STREAM, wanted.external_id, wanted.sku, what))


def _known(row: ProductRow | None, found: RemoteProduct) -> Known:
    ours = row is not None and bool(row.acknowledged)
    return Known(
        remote_id=found.remote_id,
        server=found.server,
        category_ids=found.category_ids,
        acknowledged=row.acknowledged if row is not None and ours else None,
        written=row.written if row is not None and ours else None,
    )


def _percent(rate: Decimal) -> str:
    return f"{rate.normalize():f}%"
