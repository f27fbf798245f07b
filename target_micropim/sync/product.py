"""The road of one product: map -> recognise -> plan -> send -> verify from the answer -> remember -> pictures.

No rule lives here: mapping decides what should be there, identity who it is, plan what differs, client what an answer
means. This file calls them in order and writes down each fact before the next step relies on it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from target_micropim.api.client import MicroPimClient
from target_micropim.api.post_once import PostOnce
from target_micropim.catalog.assignments import CategoryAssigner
from target_micropim.catalog.attributes import Attributes
from target_micropim.catalog.categories import Categories
from target_micropim.catalog.matching import ProductMatching, RemoteProduct, remote_product
from target_micropim.catalog.names import Names
from target_micropim.catalog.pictures import Asked, ProductPictures, RemotePictures
from target_micropim.errors import NotFound, Reason, RecordRejected
from target_micropim.ledger import ABSENT, Ledger, ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.options import Options
from target_micropim.plan.product import Standing, plan_categories, plan_leave
from target_micropim.report.run_report import Report, Row
from target_micropim.sync.create import ProductCreator
from target_micropim.sync.resolve import FieldResolver
from target_micropim.sync.update import ARCHIVED, ProductUpdater
from target_micropim.sync.write import STREAM, Desk, FallbackWriter, ProductWriter, resolved

__all__ = ["ABSENT", "STREAM", "Outcome", "ProductSync"]

NOT_WHOLE = ""  # the digest of a product whose record is to be looked at again, whether it changes or not


@dataclass(frozen=True)
class Outcome:
    """How a record ended. ``archive`` is set instead when it is to be archived at the end of the input."""

    action: str
    archive: ProductRow | None = None


class ProductSync:
    """Carries products over, one at a time per SKU, from several threads."""

    def __init__(  # noqa: PLR0913 - collaborators, built once in target.py
        self,
        map_record: Callable[[dict[str, Any]], DesiredProduct],
        client: MicroPimClient,
        ledger: Ledger,
        identity: ProductMatching,
        names: Names,
        categories: Categories,
        report: Report,
        once: PostOnce,
        options: Options,
        trouble_with: Asked,
    ) -> None:
        self._map = map_record
        self._client = client
        self._ledger = ledger
        self._identity = identity
        self._names = names
        self._categories = categories
        self._report = report
        self._options = options
        self._media = ProductPictures(client, ledger, report, once, options, trouble_with)
        attributes = Attributes(
            client,
            once,
            report,
            options.attributes_mode,
            options.attribute_template,
            follow=options.update_attributes,
        )
        sending = FallbackWriter(attributes, report, drop_unmapped=options.drop_unmapped)
        self._assigner = CategoryAssigner(client, ledger, report, may_assign=options.may_assign)
        desk = Desk(client, ledger, categories, attributes, sending, self._assigner, report)
        self._payloads = FieldResolver(client, names, attributes, report)
        self._writing = ProductWriter(desk)
        self._creating = ProductCreator(desk, self._writing, identity, once, options)
        self._updating = ProductUpdater(desk, self._writing, self._payloads, options)
        if options.update_categories:
            categories.follow(report)

    def mend(self) -> None:
        """What a killed run left half done and no record would bring to light."""
        self._assigner.mend()

    def upsert(self, record: dict[str, Any], digest: str) -> Outcome:
        """Bring one product over. Raises RecordRejected when it cannot go in, StopRun when nothing can."""
        wanted = self._map(record)
        for warning in wanted.warnings:
            self._report.add("warnings", Row(STREAM, wanted.external_id, wanted.sku, warning))
        self._report.languages_left(wanted.languages)
        row, found = self._recognise(wanted)
        if left_alone := self._left_alone(wanted, row, found, digest):
            return left_alone
        if wanted.inactive and found is not None:
            return Outcome("archived", archive=self._row(wanted, row, found, digest))
        action, row, shelf = self._written_once_found(wanted, row, found)
        whole = self._options.media_mode != "append" or self._media.send(wanted, shelf)
        self._settle(wanted, row, digest if whole else NOT_WHOLE)
        return Outcome(action)

    def _written_once_found(
        self, wanted: DesiredProduct, row: ProductRow | None, found: RemoteProduct | None
    ) -> tuple[str, ProductRow, RemotePictures]:
        """An id that became stale between look and write is looked up again, once. Raises Refused."""
        try:
            return self._written(wanted, row, found)
        except NotFound:
            if found is None:
                raise
            row, again = self._recognise(wanted)
            if again is not None and again.remote_id == found.remote_id:
                raise
            return self._written(wanted, row, again)

    def _written(
        self, wanted: DesiredProduct, row: ProductRow | None, found: RemoteProduct | None
    ) -> tuple[str, ProductRow, RemotePictures]:
        """Made, or changed where it differs; a SKU that turns out to be taken means changed."""
        fields, asked = self._payloads.fields(wanted), self._category_ids(wanted)
        if found is None:
            made = self._creating.create(wanted, fields, asked)
            if not isinstance(made, RemoteProduct):
                return ("created", *made)
            row, found = None, made
        return self._updating.update(wanted, fields, asked, row, found)

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
            found = remote_product(self._writing.shown(row.remote_id))
        except NotFound:
            self._ledger.forget(external_id)
            return
        asked = self._categories.ids((category,))
        ids = plan_categories(asked, frozenset(row.categories), found.category_ids)
        if ids is not None:
            after = self._writing.assigned(self._writing.patched(found, {"category_ids": ids}), asked)
            if any(number not in after.category_ids for number in asked.values()):
                raise RecordRejected("send", [Reason("category_ids", "MicroPIM does not show the category")])
        self._ledger.linked(replace(row, categories=(*row.categories, category)), category)

    def _recognise(self, wanted: DesiredProduct) -> tuple[ProductRow | None, RemoteProduct | None]:
        """The ledger first; an id that MicroPIM no longer knows is forgotten; else the exact SKU."""
        row = self._ledger.product(wanted.external_id)
        if row is not None and row.remote_id != ABSENT:
            try:
                product = self._writing.shown(row.remote_id)
            except NotFound:
                self._ledger.forget(wanted.external_id)
                row = None
            else:
                self._names.notice(product)
                shown = remote_product(product)
                return resolved(row, shown), shown
        self._refuse_taken("sku", wanted.sku, self._ledger.owner_of_sku(wanted.sku), wanted)
        found = self._identity.find(wanted.sku, wanted.fields.get("ean"))
        if found is not None:
            self._refuse_taken("id", found.remote_id, self._ledger.owner_of_remote_id(found.remote_id), wanted)
            if row is not None and (ours := resolved(row, found)).acknowledged:  # made by a run that was killed
                return ours, found
        return None, found

    @staticmethod
    def _refuse_taken(field: str, value: str | int, owner: str | None, wanted: DesiredProduct) -> None:
        """Two records of one source never write to one product."""
        if owner not in (None, wanted.external_id):
            raise RecordRejected("recognise", [Reason(field, f"{value} already belongs to {owner} of this source")])

    def _left_alone(
        self, wanted: DesiredProduct, row: ProductRow | None, found: RemoteProduct | None, digest: str
    ) -> Outcome | None:
        """The end of a product that is not written; it is remembered, so that it costs nothing next time."""
        leave = plan_leave(
            Standing(
                inactive=wanted.inactive,
                present=found is not None,
                archived=found is not None and found.server.get("status") == ARCHIVED,
                half_done=row is not None and row.digest is None,
            ),
            write_mode=self._options.write_mode,
            on_inactive=self._options.delete_mode if wanted.deleted else self._options.on_inactive,
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
    def _row(
        wanted: DesiredProduct, row: ProductRow | None, found: RemoteProduct | None, digest: str | None
    ) -> ProductRow:
        """The ledger's row of a product that is left as it is, or is not there at all."""
        if found is None:
            return ProductRow(wanted.external_id, wanted.sku, ABSENT, archived=True)
        known = row or ProductRow(wanted.external_id, wanted.sku, found.remote_id)
        archived = found.server.get("status") == ARCHIVED
        return replace(known, remote_id=found.remote_id, digest=digest, archived=archived)

    def _category_ids(self, wanted: DesiredProduct) -> dict[str, int]:
        if self._options.categories_mode == "off":
            return {}
        return {**self._categories.ids(wanted.categories), **{str(number): number for number in wanted.category_ids}}

    def _settle(self, wanted: DesiredProduct, row: ProductRow, digest: str) -> None:
        """What was not assigned now is linked at the end, even if it arrived in the meantime."""
        asked = wanted.categories if self._options.categories_mode != "off" else ()
        self._ledger.settle(row, digest, [key for key in asked if key not in row.categories])
