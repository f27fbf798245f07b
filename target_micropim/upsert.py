"""The road of one product: map -> recognise -> plan -> send -> verify from the answer -> remember -> pictures.

No rule lives here: mapping decides what should be there, identity who it is, plan what differs, client what an answer
means. This file calls them in order and writes down each fact before the next step relies on it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from target_micropim.categories import Categories
from target_micropim.client import MicroPimClient, remote_id
from target_micropim.errors import NotFound, Reason, RecordRejected, Refused
from target_micropim.identity import Found, Identity, found_in
from target_micropim.ledger import Ledger, ProductRow
from target_micropim.media import Media, Shelf
from target_micropim.names import KINDS, Names
from target_micropim.once import Once
from target_micropim.plan import (
    Known,
    Standing,
    Update,
    plan_categories,
    plan_create,
    plan_leave,
    plan_update,
    written_after,
)
from target_micropim.report import Report, Row
from target_micropim.schemas import check_payload
from target_micropim.values import fingerprint, fingerprints
from target_micropim.wanted import Wanted

ABSENT = 0  # the remote id of an inactive product that was never made
MAX_POSTS = 6
_ARCHIVED = fingerprint("status", "archived")

STREAM = "products"


@dataclass(frozen=True)
class Options:
    """The settings that steer the road."""

    policies: Mapping[str, str]
    write_mode: str
    on_inactive: str
    on_archived: str
    categories_mode: str
    media_mode: str
    create_status: str


@dataclass(frozen=True)
class Outcome:
    """How a record ended. ``archive`` is set instead when it is to be archived at the end of the input."""

    action: str
    archive: ProductRow | None = None


class Upserter:
    """Carries products over, one at a time per SKU, from several threads."""

    def __init__(  # noqa: PLR0913 - collaborators, built once in target.py
        self,
        map_record: Callable[[dict[str, Any]], Wanted],
        client: MicroPimClient,
        ledger: Ledger,
        identity: Identity,
        names: Names,
        categories: Categories,
        report: Report,
        once: Once,
        options: Options,
    ) -> None:
        self._map = map_record
        self._client = client
        self._ledger = ledger
        self._identity = identity
        self._names = names
        self._categories = categories
        self._once = once
        self._media = Media(client, ledger, report, once)
        self._report = report
        self._options = options

    def upsert(self, record: dict[str, Any], digest: str) -> Outcome:
        """Bring one product over. Raises RecordRejected when it cannot go in, StopRun when nothing can."""
        wanted = self._map(record)
        for warning in wanted.warnings:
            self._report.add("warnings", Row(STREAM, wanted.external_id, wanted.sku, warning))
        row, found = self._recognise(wanted)
        if left_alone := self._left_alone(wanted, row, found, digest):
            return left_alone
        if wanted.inactive and found is not None:
            return Outcome("archived", archive=self._row(wanted, row, found, digest))
        if found is None:
            action, row, shelf = self._create(wanted)
        else:
            action, row, shelf = self._update(wanted, row, found)
        if self._options.media_mode == "append":
            self._media.send(wanted, shelf)
        self._settle(wanted, row, digest)
        return Outcome(action)

    def archive(self, row: ProductRow) -> None:
        """Archive a product, at the end of the input."""
        try:
            self._client.archive_product(row.remote_id)
        except NotFound:
            self._ledger.forget(row.external_id)
            return
        self._ledger.settle(replace(row, archived=True), row.digest or "", [])

    def link(self, external_id: str, category: str) -> None:
        """Add a category that arrived after its product was written."""
        row = self._ledger.product(external_id)
        if row is None:
            return
        try:
            found = found_in(self._shown(row.remote_id))
        except NotFound:
            self._ledger.forget(external_id)
            return
        ids = plan_categories(self._categories.ids((category,)), frozenset(row.categories), found.category_ids)
        if ids is not None:
            self._patched(row.remote_id, {"category_ids": ids})
        self._ledger.linked(replace(row, categories=(*row.categories, category)), category)

    def _recognise(self, wanted: Wanted) -> tuple[ProductRow | None, Found | None]:
        """The ledger first; an id that MicroPIM no longer knows is forgotten; else the exact SKU."""
        row = self._ledger.product(wanted.external_id)
        if row is not None and row.remote_id != ABSENT:
            try:
                product = self._shown(row.remote_id)
            except NotFound:
                self._ledger.forget(wanted.external_id)
            else:
                self._names.notice(product)
                return row, found_in(product)
        self._refuse_taken("sku", wanted.sku, self._ledger.owner_of_sku(wanted.sku), wanted)
        found = self._identity.find(wanted.sku, wanted.fields.get("ean"))
        if found is not None:
            self._refuse_taken("id", found.remote_id, self._ledger.owner_of_remote_id(found.remote_id), wanted)
        return None, found

    @staticmethod
    def _refuse_taken(field: str, value: str | int, owner: str | None, wanted: Wanted) -> None:
        """Two records of one source never write to one product."""
        if owner not in (None, wanted.external_id):
            raise RecordRejected("recognise", [Reason(field, f"{value} already belongs to {owner} of this source")])

    def _shown(self, product_id: int) -> dict[str, Any]:
        """A product as MicroPIM shows it. Raises NotFound."""
        return {**self._client.product(product_id), "id": product_id}

    def _left_alone(self, wanted: Wanted, row: ProductRow | None, found: Found | None, digest: str) -> Outcome | None:
        """The end of a product that is not written; it is remembered, so that it costs nothing next time."""
        leave = plan_leave(
            Standing(
                inactive=wanted.inactive,
                present=found is not None,
                archived=found is not None and found.server.get("status") == _ARCHIVED,
                half_done=row is not None and row.digest is None,
            ),
            write_mode=self._options.write_mode,
            on_inactive=self._options.on_inactive,
            on_archived=self._options.on_archived,
        )
        if leave is None:
            return None
        if leave.refused:
            raise RecordRejected("plan", [Reason("status", leave.why or "")])
        if leave.why:
            what = f"{leave.why}: left there"
            self._report.add("manual_actions", Row(STREAM, wanted.external_id, wanted.sku, what))
        self._ledger.settle(self._row(wanted, row, found, digest), digest, [])
        return Outcome(leave.action)

    @staticmethod
    def _row(wanted: Wanted, row: ProductRow | None, found: Found | None, digest: str | None) -> ProductRow:
        """The ledger's row of a product that is left as it is, or is not there at all."""
        if found is None:
            return ProductRow(wanted.external_id, wanted.sku, ABSENT, archived=True)
        known = row or ProductRow(wanted.external_id, wanted.sku, found.remote_id)
        archived = found.server.get("status") == _ARCHIVED
        return replace(known, remote_id=found.remote_id, digest=digest, archived=archived)

    def _create(self, wanted: Wanted) -> tuple[str, ProductRow, Shelf]:
        fields = self._fields(wanted)
        payload = {"sku": wanted.sku, **plan_create(fields, self._options.policies).fields}
        wanted_ids = self._category_ids(wanted)
        if wanted_ids:
            payload["category_ids"] = list(dict.fromkeys(wanted_ids.values()))
        check_payload("product", payload)
        try:
            product = self._post(payload)
        except Refused as refused:
            return self._adopt_after(refused, wanted)
        row = ProductRow(
            external_id=wanted.external_id,
            sku=wanted.sku,
            remote_id=remote_id(product, "POST product"),
            acknowledged=fingerprints(fields),
            written=written_after({}, fields, set(payload), found_in(product).server),
            categories=tuple(wanted_ids),
        )
        self._ledger.remember(row)
        return "created", row, Shelf(row.remote_id, found_in(product).images, is_ours=True)

    def _post(self, payload: dict[str, Any]) -> dict[str, Any]:
        """POST; after an unclear answer the product with this SKU, if it was made."""

        def post() -> dict[str, Any]:
            product = self._client.create_product(payload)
            return self._whole(remote_id(product, "POST product"), product)

        def look() -> dict[str, Any] | None:
            found = self._identity.search_one(payload["sku"])
            return found.product if found else None

        return self._once.post(post, look, MAX_POSTS)

    def _whole(self, product_id: int, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer to a write if it shows the product, else a look at it."""
        return {**answer, "id": product_id} if "sku" in answer else self._shown(product_id)

    def _adopt_after(self, refused: Refused, wanted: Wanted) -> tuple[str, ProductRow, Shelf]:
        """A refused POST may mean that the SKU is there already: then it is an update (micropim.md 4, row 4)."""
        found = self._identity.search_one(wanted.sku) if refused.status in {400, 409, 422} else None
        if found is None:
            raise refused
        return self._update(wanted, None, found)

    def _update(self, wanted: Wanted, row: ProductRow | None, found: Found) -> tuple[str, ProductRow, Shelf]:
        fields = self._fields(wanted)
        known = self._known(row, found)
        update = plan_update(fields, self._options.policies, known)
        for conflict in update.conflicts:
            what = f"{conflict.field}: {conflict.reason}; MicroPIM's value stands"
            self._report.add("conflicts", Row(STREAM, wanted.external_id, wanted.sku, what))
        wanted_ids = self._category_ids(wanted)
        changes = self._changes(row, found, update, wanted_ids)
        server = found.server
        if changes:
            check_payload("product_patch", changes)
            server = self._patched(found.remote_id, changes)
        base = row or ProductRow(wanted.external_id, wanted.sku, found.remote_id)
        base = replace(
            base,
            remote_id=found.remote_id,
            digest=None,
            acknowledged={**base.acknowledged, **fingerprints(fields)},
            written=written_after(base.written, fields, set(changes), server),
            categories=tuple(dict.fromkeys([*base.categories, *wanted_ids])),
            archived=False,
        )
        self._ledger.remember(base)
        shelf = Shelf(found.remote_id, found.images, is_ours=row is not None and bool(row.acknowledged))
        return ("updated" if changes else "unchanged"), base, shelf

    def _changes(
        self, row: ProductRow | None, found: Found, update: Update, wanted_ids: Mapping[str, int]
    ) -> dict[str, Any]:
        changes = dict(update.fields)
        if wanted_ids and self._options.categories_mode != "off":
            acknowledged = frozenset(row.categories) if row is not None and row.acknowledged else None
            ids = plan_categories(wanted_ids, acknowledged, found.category_ids)
            changes |= {"category_ids": ids} if ids is not None else {}
        if self._options.on_archived == "revive" and found.server.get("status") == _ARCHIVED:
            changes["status"] = self._options.create_status
        return changes

    def _patched(self, product_id: int, changes: dict[str, Any]) -> Mapping[str, str]:
        """PATCH, and what MicroPIM shows afterwards: its answer, or a look when the answer shows nothing."""
        product = self._client.update_product(product_id, changes)
        return found_in(self._whole(product_id, product)).server

    @staticmethod
    def _known(row: ProductRow | None, found: Found) -> Known:
        ours = row is not None and bool(row.acknowledged)
        return Known(
            remote_id=found.remote_id,
            server=found.server,
            category_ids=found.category_ids,
            acknowledged=row.acknowledged if row is not None and ours else None,
            written=row.written if row is not None and ours else None,
        )

    def _fields(self, wanted: Wanted) -> dict[str, Any]:
        """The mapped fields, with the ids of brand and supplier where they are known."""
        fields = dict(wanted.fields)
        for kind, name in zip(KINDS, (wanted.brand, wanted.supplier), strict=True):
            number = self._names.id_of(kind, name)
            if number is not None:
                fields[f"{kind}_id"] = number
            elif name is not None:
                self._names.leave_out(kind, name)
        return fields

    def _category_ids(self, wanted: Wanted) -> dict[str, int]:
        if self._options.categories_mode == "off":
            return {}
        return {**self._categories.ids(wanted.categories), **{str(number): number for number in wanted.category_ids}}

    def _settle(self, wanted: Wanted, row: ProductRow, digest: str) -> None:
        """What was not assigned now is linked at the end, even if it arrived in the meantime."""
        asked = wanted.categories if self._options.categories_mode != "off" else ()
        self._ledger.settle(row, digest, [key for key in asked if key not in row.categories])
