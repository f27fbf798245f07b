"""Changing a product that is there: only what differs, and only what is ours to change."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from pim_wire.wire import Tries
from target_micropim.api.payloads import check_payload
from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct
from target_micropim.errors import RequestRefused
from target_micropim.ledger import ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.mapping.numbers import decimal_of
from target_micropim.plan.ownership import ARCHIVED, with_decided, with_pending, without_decided
from target_micropim.plan.product import (
    Conflict,
    HeldBack,
    KnownProduct,
    Membership,
    ProductState,
    memberships_of_people,
    plan_categories,
    plan_clears,
    plan_emptied,
    plan_managed,
    plan_update,
)
from target_micropim.plan.question import HELD_BACK, IN, MEMBERSHIP, OUT, Question
from target_micropim.plan.values import EMPTY, REFERENCES, fingerprint
from target_micropim.plan.write import body_of, without_extras
from target_micropim.report.run_report import Row
from target_micropim.report.shown import cut
from target_micropim.services import Services
from target_micropim.sync import sent_categories
from target_micropim.sync.recognise import existence
from target_micropim.sync.resolve import FieldResolver
from target_micropim.sync.write import STREAM, Fields, ProductWriter, Write

ARCHIVED_STATUS = fingerprint("status", "archived")
NOUGHT = fingerprint("price", "0.00")
ZERO_PRICE = "MicroPIM shows a price of 0 that we once sent, and the source has none: empty it or set one by hand"
# --probe has seen an empty text empty these (docs/api/micropim.md#null-in-patch)
TEXTS = frozenset({"description", "short_description"})


@dataclass(frozen=True)
class Changes:
    """What would be sent, what is left to a person or held back, and the categories the product is taken out of."""

    fields: Fields
    conflicts: tuple[Conflict, ...]
    removed: tuple[int, ...]
    held: tuple[HeldBack, ...] = ()
    memberships: tuple[Membership, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether a person has something to decide, or to hear of what the settings hold back."""
        return bool(self.conflicts or self.held or self.memberships)


class ProductUpdater:
    """Used from several threads."""

    def __init__(self, services: Services, catalog: Catalog, resolver: FieldResolver, writer: ProductWriter) -> None:
        self._settings = services.settings
        self._report = services.report
        self._redactor = services.client.redactor
        self._categories = catalog.categories
        self._resolver = resolver
        self._writer = writer

    def changes(
        self,
        desired: DesiredProduct,
        fields: Fields,
        categories: dict[str, int],
        row: ProductRow | None,
        product: RemoteProduct,
        asked: frozenset[str] = frozenset(),
    ) -> Changes:
        """What differs and is ours to change. Of the fields ``asked`` a person has not answered yet."""
        settings, known = self._settings, known_product(row, product, asked)
        plan = plan_update(fields, settings.policies, known, settings.of_settings)
        changes = dict(plan.fields)
        if settings.clear_missing:
            unsure = self._resolver.unsure(desired)
            cleared = plan_clears(fields, settings.policies, known, unsure=unsure)
            empty_text = settings.capabilities.empties_with
            changes |= {name: empty_text if name in TEXTS else None for name in cleared}
        if desired.ended_attributes:
            ended = plan_emptied(self._resolver.ended(desired), settings.policies, known)
            # as every kind of map stores it (docs/api/micropim.md#attribute-values)
            changes |= dict.fromkeys(ended, "")
        removed: tuple[int, ...] = ()
        memberships: tuple[Membership, ...] = ()
        if categories or product.category_ids:
            ids, removed = self._category_changes(desired, categories, row, product)
            memberships = self._memberships(categories, row, product)
            if ids is not None:
                changes["category_ids"] = ids
        if product.server.get("status") == ARCHIVED_STATUS and (status := self._revived_status(row)):
            changes["status"] = status
        return Changes(changes, plan.conflicts, removed, plan.held, memberships)

    def _revived_status(self, row: ProductRow | None) -> str | None:
        """The status of a product that leaves the archive: the one that it had before we put it there."""
        ours, _handled = existence(row)
        if row is not None and ARCHIVED in (ours or ()):  # we put it there, nobody else
            return row.revive_as or self._settings.create_status
        return self._settings.create_status if self._settings.on_archived == "revive" else None

    def send(
        self,
        desired: DesiredProduct,
        changes: Changes,
        categories: dict[str, int],
        product: RemoteProduct,
        base: ProductRow,
        tries: Tries,
    ) -> Write:
        """Send what differs. Raises RequestRefused, StaleLook after a wait."""
        if not changes.fields:
            return Write({}, product, product, (product,), categories)
        documented = without_extras(changes.fields) if self._settings.extra_fields else changes.fields
        checked = body_of(documented, product.product)
        if None in checked.values():  # null, which empties a field, has no form (docs/api/micropim.md#null-in-patch)
            checked = {name: value for name, value in checked.items() if value is not None}
        if checked:
            check_payload("product_patch", checked)
        if "category_ids" in changes.fields:
            base = sent_categories.announced(base, categories, changes.removed, product, self._categories)
        self._writer.announce(base, changes.fields, product)
        views, fields = self._patch(desired, product, base, changes.fields, tries)
        write = Write(fields, product, views[-1], tuple(views), categories)
        if "category_ids" in fields:
            if not set(fields["category_ids"]).issubset(write.after.category_ids):
                self._writer.forget_sent_categories(base)  # they follow one by one, and a run may be killed
            write = write.assigned(self._writer.assign(write.after, {str(n): n for n in fields["category_ids"]}))
            self._tell_of_kept_categories(desired, changes, write.after)
        self._writer.report_changes(desired, write)
        return write

    def _patch(
        self, desired: DesiredProduct, product: RemoteProduct, base: ProductRow, fields: Fields, tries: Tries
    ) -> tuple[list[RemoteProduct], Fields]:
        """PATCH, and once more with less when it is refused. Raises the refusal when no smaller write is taken."""
        try:
            return self._writer.patch(product, fields, tries), fields
        except RequestRefused as refusal:
            for fallback in self._writer.fallbacks(refusal, fields, desired):
                try:
                    views = self._writer.patch(product, fallback.fields, tries) if fallback.fields else [product]
                except RequestRefused:
                    continue
                self._writer.tell_fallback(refusal, fallback, desired)
                return views, fallback.fields
            self._writer.forget_sent_categories(base)
            raise

    def with_seen_categories(self, row: ProductRow, product: RemoteProduct) -> ProductRow:
        """The row with the categories of a change whose end nobody saw, where the product shows that it was done."""
        return sent_categories.seen(row, product, self._categories)

    def _category_changes(
        self, desired: DesiredProduct, categories: dict[str, int], row: ProductRow | None, product: RemoteProduct
    ) -> tuple[list[int] | None, tuple[int, ...]]:
        mode, ours = self._settings.categories_mode, frozenset(row.categories if row is not None else ())
        if mode == "off":
            return None, ()
        if mode not in {"managed", "replace"}:
            return plan_categories(categories, ours, product.category_ids), ()
        replaces = mode == "replace"
        complete = all(key in categories for key in desired.categories) and bool(categories or not replaces)
        if replaces:
            removable, ours = frozenset(product.category_ids), frozenset()
        elif row is None and self._categories.has_root:  # below the root, what nobody knows is the source's
            removable = self._categories.managed()
        else:
            removable = self._categories.managed() & frozenset(self._categories.ids(tuple(ours)).values())
        plan = plan_managed(categories, removable, product.category_ids, ours=ours, complete=complete)
        return plan.ids, plan.removed

    def _memberships(
        self, categories: dict[str, int], row: ProductRow | None, product: RemoteProduct
    ) -> tuple[Membership, ...]:
        """Nothing where categories are not ours to say, and where no memory tells what a person did."""
        mode = self._settings.categories_mode
        if row is None or mode in {"off", "replace"}:
            return ()
        ours = self._categories.ids(row.categories)
        managed = self._categories.managed() if mode == "managed" else frozenset()
        return memberships_of_people(categories, ours, product.category_ids, managed)

    def questions(
        self, desired: DesiredProduct, fields: Fields, changes: Changes, product: RemoteProduct
    ) -> list[Question]:
        """What a person has to decide, and what the settings hold back, with both values."""
        shown, redact = product.fields, self._redactor.clean
        asked = [
            Question(
                STREAM,
                desired.external_id,
                conflict.field,
                conflict.kind,
                desired.sku,
                conflict.reason,
                fingerprint(conflict.field, fields[conflict.field]),
                text_of(fields[conflict.field], redact),
                text_of(shown.get(conflict.field), redact),
                name=name_of(desired),
                micropim_print=product.server.get(conflict.field, EMPTY),
            )
            for conflict in changes.conflicts
        ]
        if changes.memberships:
            asked += [self._membership(desired, one) for one in changes.memberships]
        return asked + self.held_back(desired, fields, changes.held, product) if changes.held else asked

    def held_back(
        self, desired: DesiredProduct, fields: Fields, held: Iterable[HeldBack], product: RemoteProduct
    ) -> list[Question]:
        """The rows of the table of what the settings hold back."""
        return [self._held_back(desired, one, fields, product) for one in held]

    def _membership(self, desired: DesiredProduct, one: Membership) -> Question:
        path = self._categories.path(one.number)
        reason = f"taken out of category {path} by hand" if one.is_in_source else f"put into category {path} by hand"
        return Question(
            STREAM, desired.external_id, f"{MEMBERSHIP}{one.number}", "conflicts", desired.sku, reason,
            IN if one.is_in_source else OUT, path if one.is_in_source else None, None if one.is_in_source else path,
            name=name_of(desired),
        )  # fmt: skip

    def _held_back(self, desired: DesiredProduct, held: HeldBack, fields: Fields, product: RemoteProduct) -> Question:
        """One row; a brand or supplier is told by its name, too."""
        source, micropim = fields[held.field], product.fields.get(held.field)
        if held.field in REFERENCES:
            wanted = desired.brand if held.field == "brand_id" else desired.supplier
            shown = (product.product or {}).get(REFERENCES[held.field])
            source = _named_id(wanted, source)
            micropim = _named_id(shown.get("name") if isinstance(shown, dict) else None, micropim)
        wanted_text, shown_text = text_of(source, self._redactor.clean), text_of(micropim, self._redactor.clean)
        if product.product is not None:  # read, not only compared: nothing is shown there
            shown_text = shown_text or ""
        return Question(
            STREAM, desired.external_id, held.field, HELD_BACK, desired.sku, held.setting,
            held.source_print, wanted_text, shown_text,
            wanted=json.dumps(fields[held.field], default=str), held_by=held.by,
            mapped_by=self._settings.value_digest,
        )  # fmt: skip

    def tell_of(
        self, desired: DesiredProduct, changes: Changes, row: ProductRow | None, product: RemoteProduct
    ) -> None:
        """Categories taken away, a price of 0 that is ours, and a VAT that differs, which nobody can write.

        See docs/api/micropim.md#vat-rate.
        """
        for number in changes.removed:
            path = self._categories.path(number)
            self._tell("warnings", desired, f"taken out of category {path}: the source has dropped it")
        if "price" not in desired.fields and _is_our_zero(row, product):
            self._tell("manual_actions", desired, ZERO_PRICE)
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


def product_state(desired: DesiredProduct, row: ProductRow | None, product: RemoteProduct | None) -> ProductState:
    """Both sides of a product's existence, and what the ledger knows of it."""
    ours, handled = existence(row)
    return ProductState(
        inactive=desired.inactive,
        present=product is not None,
        archived=product is not None and product.server.get("status") == ARCHIVED_STATUS,
        half_done=row is not None and row.digest is None,
        ours=ours,
        handled=handled,
    )


def known_product(row: ProductRow | None, product: RemoteProduct, asked: frozenset[str] = frozenset()) -> KnownProduct:
    """A product with what the ledger knows of it, and the fields that a person was asked about.

    Where a person lets the source's value go over MicroPIM's, that one counts as ours, and nothing as dealt with.
    """
    if row is None:
        return KnownProduct(product.remote_id, product.server, product.category_ids)
    ours, handled, pending = row.ours, row.acknowledged, frozenset(row.on_its_way)
    if pending:
        ours = with_pending(ours, row.on_its_way)
    if row.decided:
        ours, handled = with_decided(ours, row.decided), without_decided(handled, row.decided)
        pending = pending - row.decided.keys()
    return KnownProduct(
        remote_id=product.remote_id,
        server=product.server,
        category_ids=product.category_ids,
        ours=ours,
        handled=handled,
        pending=pending,
        asked=asked,
    )


def text_of(value: object, redact: Callable[[str], str]) -> str | None:
    """A value as a person reads it in the report, without a key that may stand in it."""
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    return None if value in (None, "") else str(cut(redact(str(value))))


def name_of(desired: DesiredProduct) -> str | None:
    """What a product is called, as a person reads it."""
    name = desired.fields.get("name")
    return str(cut(name)) if name else None


def _named_id(name: object, number: object) -> str | None:
    """An id of MicroPIM with the name that it has."""
    return None if number is None else f"{name} ({number})" if name else str(number)


def _is_our_zero(row: ProductRow | None, product: RemoteProduct) -> bool:
    """Whether MicroPIM shows a price of 0 that we sent; what it shows where none was ever sent says nothing."""
    ours = row.ours.get("price") if row is not None else None
    return product.server.get("price") == NOUGHT and NOUGHT in (ours or ())


def _percent(rate: Decimal) -> str:
    return f"{rate.normalize():f}%"
