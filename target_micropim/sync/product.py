"""The road of one product: map, recognise, plan, write, see, remember, pictures.

No rule lives here: mapping decides what should be there, recognition which product it is, plan what differs and whose
it is, the client what an answer means. This file calls them in order and writes down each fact before the next step
relies on it. The write's turn is taken before the look; after any wait the look and the plan are made again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pim_wire.errors import StaleLook
from pim_wire.wire import Tries
from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct, remote_product
from target_micropim.catalog.pictures import RemotePictures
from target_micropim.errors import NotFound, NotYet, Reason, RecordRejected
from target_micropim.ledger import ABSENT, ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.ownership import ARCHIVED, EXISTENCE, LIVE
from target_micropim.plan.product import plan_leave
from target_micropim.plan.question import HELD_BACK, Question
from target_micropim.plan.values import fingerprint
from target_micropim.report.run_report import Row
from target_micropim.services import Services
from target_micropim.sync.archives import PendingArchives
from target_micropim.sync.create import ProductCreator, SkuTaken
from target_micropim.sync.deferred import Version
from target_micropim.sync.late import INCOMPLETE, LateWork
from target_micropim.sync.outcomes import Guards
from target_micropim.sync.recognise import Recognised, Recognition, shown_sku
from target_micropim.sync.resolve import FieldResolver
from target_micropim.sync.update import ARCHIVED_STATUS, ProductUpdater, product_state
from target_micropim.sync.write import STREAM, ProductWriter

MAX_POSTS = 6


@dataclass(frozen=True)
class Outcome:
    """How a record ended.

    ``archive`` is set instead when it is to be archived at the end of the input.
    """

    action: str
    archive: ProductRow | None = None


class StaleId(Exception):
    """MicroPIM showed a product and does not know its id in the next moment: look again, once."""

    def __init__(self, refusal: NotFound) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class ProductSync:
    """Carries products over, one at a time per SKU, from several threads."""

    def __init__(
        self,
        services: Services,
        catalog: Catalog,
        map_record: Callable[[dict[str, Any]], DesiredProduct],
        archives: PendingArchives,
        guards: Guards,
    ) -> None:
        self._map = map_record
        self._services = services
        self._catalog = catalog
        self._guards = guards
        self._recognition = Recognition(services, catalog, archives)
        self._resolver = FieldResolver(services, catalog)
        self._writer = ProductWriter(services, catalog)
        self._creator = ProductCreator(services, catalog, self._writer)
        self._updater = ProductUpdater(services, catalog, self._resolver, self._writer)
        self.doubles = self._creator.doubles
        self.late = LateWork(services, catalog, self._recognition, self._writer)
        self.adopted = 0  # products that were in MicroPIM before the ledger knew them; nearly exact with many threads

    def sync(self, record: dict[str, Any], version: Version, *, is_last: bool = False) -> Outcome:
        """Bring one product over; ``is_last``: nothing that comes later in the input can help.

        Raises RecordRejected when it cannot go in, NotYet when it may later, StopRun when nothing can.
        """
        desired, report = self._map(record), self._services.report
        for warning in desired.warnings:
            report.add("warnings", Row(STREAM, desired.external_id, desired.sku, warning))
        report.languages_left(desired.languages)
        for _ in range(MAX_POSTS - 1):
            try:
                return self._sync_fresh(desired, version, is_last=is_last)
            except NotYet as unclear:
                if not is_last or unclear.stage != "send":
                    raise
        return self._sync_fresh(desired, version, is_last=is_last)

    def _sync_fresh(self, desired: DesiredProduct, version: Version, *, is_last: bool) -> Outcome:
        """Look, plan and write, and all of it again after each wait."""
        tries = self._services.client.tries()
        may_be_stale = True
        try:
            while True:
                try:
                    self._services.client.take_turn(tries)
                    return self._sync_once(desired, version, tries, is_last=is_last)
                except (StaleLook, SkuTaken):
                    continue
                except StaleId as stale:
                    if not may_be_stale:
                        raise stale.refusal from None
                    may_be_stale = False
        finally:
            self._services.client.give_turn_back(tries)

    def _sync_once(self, desired: DesiredProduct, version: Version, tries: Tries, *, is_last: bool) -> Outcome:
        found = self._recognition.find(desired)
        row, product = found.row, found.product
        if found.gone:
            return self._gone(desired, found, version)
        if outcome := self._left_alone(desired, row, product, version):
            return outcome
        if desired.inactive and product is not None:
            return Outcome("archived", archive=_left_row(desired, row, product, version))
        if product is None:
            product = self._creator.find(desired, row, is_last=is_last)
        fields, categories = self._resolver.fields(desired), self._resolver.category_ids(desired)
        if product is None:
            write = self._creator.create(desired, fields, categories, tries)
            row = self._writer.remember(desired, _new_row(desired, write.after), fields, write)
            pictures = RemotePictures(row.remote_id, write.after.images, is_ours=True)
            return self._settled("created", desired, row, pictures, version)
        return self._update(desired, fields, categories, row, product, version, tries)

    def _update(
        self,
        desired: DesiredProduct,
        fields: dict[str, Any],
        categories: dict[str, int],
        row: ProductRow | None,
        product: RemoteProduct,
        version: Version,
        tries: Tries,
    ) -> Outcome:
        """Send what differs and is ours to change; what is theirs becomes an open question."""
        changes = self._updater.changes(desired, fields, categories, row, product)
        if product.product is None and (changes.fields or changes.conflicts):
            # the index may be old: look before writing (docs/api/micropim.md#concurrent-edits)
            product = remote_product(self._writer.shown(product.remote_id))
            changes = self._updater.changes(desired, fields, categories, row, product)
        is_ours = row is not None and bool(row.ours or row.on_its_way)
        self.adopted += row is None
        base = row or _new_row(desired, product)
        base = replace(base, remote_id=product.remote_id, shown_sku=shown_sku(product) or base.shown_sku)
        try:
            write = self._updater.send(desired, changes, categories, product, base, tries)
        except NotFound as refusal:
            raise StaleId(refusal) from None
        self._updater.tell_of(desired, changes, product)
        base = replace(base, categories=tuple(k for k in base.categories if not self._is_removed(k, changes.removed)))
        after = self._writer.remember(desired, base, fields, write, changes.conflicts, changes.held)
        self._ask(desired, self._updater.questions(desired, fields, changes, product))
        if not self._writer.did_take(write) or any(conflict.kind == "conflicts" for conflict in changes.conflicts):
            version = replace(version, digest=INCOMPLETE)  # a person may settle it before the record changes
        pictures = RemotePictures(product.remote_id, product.images, is_ours)
        was_announced = row is not None and row.announced_at is not None and not changes.conflicts
        action = "created" if was_announced else "updated" if write.fields else "unchanged"
        return self._settled(action, desired, after, pictures, version)

    def _is_removed(self, key: str, removed: tuple[int, ...]) -> bool:
        return bool(removed) and self._catalog.categories.ids((key,)).get(key) in removed

    def _settled(
        self, action: str, desired: DesiredProduct, row: ProductRow, pictures: RemotePictures, version: Version
    ) -> Outcome:
        """Send the pictures, and settle. A category that was not assigned now is linked at the end, if it arrives."""
        complete = self._services.settings.media_mode != "append" or self._catalog.pictures.send(desired, pictures)
        keys = desired.categories if self._services.settings.categories_mode != "off" else ()
        missing = [key for key in keys if key not in row.categories and not self._catalog.categories.is_gone(key)]
        row = replace(row, source_at=version.source_at)
        self._services.ledger.settle(row, version.digest if complete else INCOMPLETE, missing)
        return Outcome(action)

    # What is left as it is

    def _gone(self, desired: DesiredProduct, found: Recognised, version: Version) -> Outcome:
        """A product that somebody has deleted is not made again; its memory stays, in case it comes back."""
        if found.row is None:
            return Outcome("skipped")
        if not desired.inactive:
            self._guards.after_gone(self._services.ledger.count_live())
            reason = f"{found.gone}: it was deleted there, and is not made again"
            self._ask(desired, [_existence_question(desired, "conflicts", reason)])
        self._services.ledger.settle(replace(found.row, source_at=version.source_at), version.digest, [])
        return Outcome("skipped")

    def _left_alone(
        self, desired: DesiredProduct, row: ProductRow | None, product: RemoteProduct | None, version: Version
    ) -> Outcome | None:
        """The end of a product that is not written; it is remembered, so that it costs nothing next time."""
        settings, state = self._services.settings, product_state(desired, row, product)
        leave = plan_leave(
            state,
            write_mode=settings.write_mode,
            on_inactive=settings.delete_mode if desired.deleted else settings.on_inactive,
            on_archived=settings.on_archived,
        )
        if leave is None:
            return None
        if leave.refused:
            raise RecordRejected("plan", [Reason("status", leave.reason or "")])
        kind = "conflicts" if desired.inactive else "manual_actions"
        asked = [_existence_question(desired, kind, f"{leave.reason}: left there")] if leave.reason else []
        self._ask(desired, asked)
        left = _left_row(desired, row, product, version)
        if product is not None and desired.inactive == state.archived:  # both sides agree
            agreed = ARCHIVED if state.archived else LIVE
            ours = {**left.ours, EXISTENCE: left.ours.get(EXISTENCE, (agreed,))}
            left = replace(left, acknowledged={**left.acknowledged, EXISTENCE: agreed}, ours=ours)
        self._services.ledger.settle(left, version.digest, [])
        return Outcome(leave.action)

    def _ask(self, desired: DesiredProduct, questions: list[Question]) -> None:
        """What a person has to decide, in place of what was open before; what is held back is told at the end."""
        for question in questions:
            if question.kind != HELD_BACK:
                self._services.report.ask(question)
        self._services.ledger.ask(STREAM, desired.external_id, questions)


def _existence_question(desired: DesiredProduct, kind: str, reason: str) -> Question:
    source = ARCHIVED if desired.inactive else LIVE
    print_ = fingerprint(EXISTENCE, source)
    return Question(STREAM, desired.external_id, EXISTENCE, kind, desired.sku, reason, print_, source, None)


def _new_row(desired: DesiredProduct, product: RemoteProduct) -> ProductRow:
    return ProductRow(desired.external_id, desired.sku, product.remote_id)


def _left_row(
    desired: DesiredProduct, row: ProductRow | None, product: RemoteProduct | None, version: Version
) -> ProductRow:
    """The ledger's row of a product that is left as it is, or is not there at all."""
    if product is None:
        absent = ProductRow(desired.external_id, desired.sku, ABSENT, archived=True)
        return replace(absent, source_at=version.source_at)
    row = row or _new_row(desired, product)
    is_archived = product.server.get("status") == ARCHIVED_STATUS
    return replace(
        row, remote_id=product.remote_id, digest=version.digest, archived=is_archived, source_at=version.source_at
    )
