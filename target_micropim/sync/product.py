"""The road of one product: map, recognise, plan, write, see, remember, pictures.

No rule lives here: mapping decides what should be there, recognition which product it is, plan what differs and whose
it is, the client what an answer means. This file calls them in order and writes down each fact before the next step
relies on it. Look and write belong together: MicroPimClient.look_and_write makes both again after each wait.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Any

from pim_wire.exact_json import as_json
from pim_wire.wire import Tries
from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct, remote_product
from target_micropim.catalog.picture_posts import RemotePictures
from target_micropim.errors import NotFound, NotYet, Reason, RecordRejected, StaleId
from target_micropim.ledger import ABSENT, MediaRow, ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.decision import DELETED
from target_micropim.plan.ownership import ARCHIVED, EXISTENCE, LIVE
from target_micropim.plan.product import is_undone, plan_create, plan_leave
from target_micropim.plan.question import HELD_BACK, Question
from target_micropim.plan.undo import has_news
from target_micropim.plan.values import fingerprint
from target_micropim.report.run_report import Row
from target_micropim.services import Services
from target_micropim.sync.archives import PendingArchives
from target_micropim.sync.create import ProductCreator
from target_micropim.sync.deferred import Version
from target_micropim.sync.echo import TEXTS
from target_micropim.sync.late import INCOMPLETE, LateWork
from target_micropim.sync.late_names import LateNames
from target_micropim.sync.let_through import LetThrough
from target_micropim.sync.not_kept import NotKept, is_worth_another_try
from target_micropim.sync.outcomes import Guards
from target_micropim.sync.pool import KeyedPool
from target_micropim.sync.questions import unanswered, with_agreed
from target_micropim.sync.recognise import Recognised, Recognition, shown_sku
from target_micropim.sync.resolve import FieldResolver
from target_micropim.sync.unknown_fields import UnknownFields
from target_micropim.sync.update import ARCHIVED_STATUS, Changes, ProductUpdater, name_of, product_state
from target_micropim.sync.write import STREAM, Fields, ProductWriter, Write

MAX_POSTS = 6
_KIND_OF = attrgetter("kind")
REVIVED = "revived"


@dataclass(frozen=True)
class Outcome:
    """How a record ended.

    ``archive`` is set instead when it is to be archived at the end of the input; ``found_archived``: a person has done
    it before. ``reason`` and ``word``, where that says more than the action, are for the list of all products.
    """

    action: str
    archive: ProductRow | None = None
    found_archived: bool = False
    reason: str = ""
    word: str = ""


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
        self.let_through = LetThrough(services, self._recognition, self._updater, self._writer)
        self.unknown = UnknownFields(services.report, STREAM)
        self.not_kept = NotKept(services)
        self.adopted = 0  # products that were in MicroPIM before the ledger knew them; nearly exact with many threads

    def has_made_one(self) -> bool:
        """Whether this run has made a product, and knows by now what all others want to know."""
        return self._creator.has_made_one

    def late_names(self, pool: KeyedPool) -> LateNames:
        """What gives products their brand and supplier when those have become known."""
        return LateNames(self._services, self._catalog, self._recognition, self._writer, pool)

    def sync(self, record: dict[str, Any], version: Version, *, is_last: bool = False) -> Outcome:
        """Bring one product over; ``is_last``: nothing that comes later in the input can help.

        Raises RecordRejected when it cannot go in, NotYet when it may later, StopRun when nothing can.
        """
        desired = replace(self._map(record), record=record)
        self.not_kept.supersede(desired.external_id)
        if desired.named_categories:
            desired = self._catalog.category_ids.told_apart(desired)
        self._tell_of_mapping(desired)
        carry_over = partial(self._carry_over, desired, version, is_last)
        for _ in range(MAX_POSTS - 1):
            try:
                return self._services.client.look_and_write(carry_over)
            except NotYet as unclear:
                if not is_last or unclear.stage != "send":
                    raise
        return self._services.client.look_and_write(carry_over)

    def _tell_of_mapping(self, desired: DesiredProduct) -> None:
        """What a person may want to know of the way from the record to the product."""
        report = self._services.report
        if desired.unknown_fields:
            self.unknown.saw(desired.unknown_fields)
        for warning in desired.warnings:
            report.add("warnings", Row(STREAM, desired.external_id, desired.sku, warning))
        for name, language in desired.other_languages.items():
            row = Row(STREAM, desired.external_id, desired.sku, "", field=name)
            report.text_language(row, language, self._services.settings.locales[0])
        for what in desired.for_a_person:
            report.add("manual_actions", Row(STREAM, desired.external_id, desired.sku, what))
        if desired.languages:
            report.languages_left(desired.languages)

    def _carry_over(self, desired: DesiredProduct, version: Version, is_last: bool, tries: Tries) -> Outcome:  # noqa: FBT001 - bound by position
        """Recognise, then make or change the product, or leave it as it is."""
        found = self._recognition.find(desired, is_last=is_last)
        row, product = found.row, found.product
        if found.gone:
            return self._gone(desired, found, version)
        if desired.inactive and product is None and row is not None and row.announced_at is not None:
            row, product = self._last_look(desired, row, is_last=is_last)  # else it stays on sale, untold
        if outcome := self._left_alone(desired, row, product, version):
            return outcome
        if desired.inactive and product is not None:
            self._catalog.pictures.see(desired.external_id, product.images)
            return Outcome("archived", archive=_left_row(desired, row, product, version))
        if product is None:
            row, product = self._last_look(desired, row, is_last=is_last)
        fields, categories = self._resolver.fields(desired), self._resolver.category_ids(desired)
        if product is None:
            return self._create(desired, fields, categories, version, tries)
        return self._update(desired, fields, categories, row, product, version, tries)

    def _last_look(
        self, desired: DesiredProduct, row: ProductRow | None, *, is_last: bool
    ) -> tuple[ProductRow | None, RemoteProduct | None]:
        """What shows that nothing has shown so far: the proof that there is nothing, or whose it is."""
        shown = self._creator.find(desired, row, is_last=is_last)
        if shown is None:
            return row, None
        found = self._recognition.recognise(desired, row, shown, is_last=is_last)
        return found.row, found.product

    def _create(
        self, desired: DesiredProduct, fields: Fields, categories: dict[str, int], version: Version, tries: Tries
    ) -> Outcome:
        """Write, verify by what shows, remember."""
        handled = self._catalog.pictures.handled(desired)
        write = self._creator.create(desired, fields, categories, tries)
        ignored = self._writer.verify(desired, write)
        made = replace(_new_row(desired, write.after), made=True)
        held = plan_create(fields, self._services.settings.policies).held
        row = self._writer.remembered(made, fields, write, ignored, held=held)
        self._ask(desired, self._updater.held_back(desired, fields, held, write.after) if held else [])
        pictures = RemotePictures(row.remote_id, write.after.images, is_ours=True)
        return self._settled("created", desired, row, pictures, handled, version)

    def _update(
        self,
        desired: DesiredProduct,
        fields: Fields,
        categories: dict[str, int],
        row: ProductRow | None,
        product: RemoteProduct,
        version: Version,
        tries: Tries,
    ) -> Outcome:
        """Plan, write, verify, remember; what is theirs becomes an open question."""
        handled = self._catalog.pictures.handled(desired)
        row, product, changes = self._changes(desired, fields, categories, row, product)
        self.adopted += row is None
        base = row or _new_row(desired, product)
        base = replace(base, remote_id=product.remote_id, shown_sku=shown_sku(product) or base.shown_sku)
        try:
            write = self._updater.send(desired, changes, categories, product, base, tries)
        except NotFound as refusal:
            raise StaleId(refusal) from None
        self._updater.tell_of(desired, changes, row, product)
        if row is not None and row.sku != desired.sku:
            self._tell_of_sku(desired, row)
        ignored = self._writer.verify(desired, write)
        if changes.removed:
            base = replace(base, categories=self._without(changes.removed, base.categories))
        after = self._writer.remembered(base, fields, write, ignored, changes.conflicts, changes.held)
        asked = self._ask(
            desired, self._updater.questions(desired, fields, changes, product) if changes.is_open else []
        )
        if self._is_incomplete(desired, ignored, write, base, asked):
            version = replace(version, digest=INCOMPLETE)
        pictures = RemotePictures(
            product.remote_id, product.images, row is not None and bool(row.ours or row.on_its_way)
        )
        was_announced = row is not None and row.announced_at is not None and not changes.conflicts
        action = "created" if was_announced else "updated" if write.fields else "unchanged"
        outcome = self._settled(action, desired, after, pictures, handled, version)
        return replace(outcome, word=REVIVED) if action == "updated" and _leaves_the_archive(write) else outcome

    def _changes(
        self,
        desired: DesiredProduct,
        fields: Fields,
        categories: dict[str, int],
        row: ProductRow | None,
        product: RemoteProduct,
    ) -> tuple[ProductRow | None, RemoteProduct, Changes]:
        """What differs, with the row, which knows what a person has settled in MicroPIM itself, and a fresh look."""
        asked, known = frozenset[str](), row
        if row is not None and (questions := self._services.ledger.questions_of(STREAM, row.external_id)):
            row, asked = with_agreed(row, questions, product), unanswered(questions, product)
        if row is not None and row.on_its_way:
            row = self._updater.with_seen_categories(row, product)
        changes = self._updater.changes(desired, fields, categories, row, product, asked)
        if product.product is None and (changes.fields or changes.conflicts or changes.memberships):
            # the index may be old: look before writing (docs/api/micropim.md#concurrent-edits)
            seen = remote_product(self._writer.shown(product.remote_id))
            return self._changes(desired, fields, categories, known, seen)
        return row, product, changes

    def _is_incomplete(
        self,
        desired: DesiredProduct,
        ignored: frozenset[str],
        write: Write,
        before: ProductRow,
        asked: list[Question],
    ) -> bool:
        """Whether it is looked at before the record changes: MicroPIM may keep it, or a person may settle it."""
        if ignored and is_worth_another_try(ignored, write.fields, before):
            self.not_kept.leave(desired)
            return True
        for one in asked:
            if one.kind == "conflicts" and one.category is None:
                return True
        return not TEXTS.isdisjoint(ignored)

    def _tell_of_sku(self, desired: DesiredProduct, row: ProductRow) -> None:
        """The fields of ``sku_template`` have changed: a SKU is what others know a product by, so it stays."""
        if row.is_made:
            what = f"its SKU by sku_template would be {desired.sku} now: it keeps {row.shown_sku or row.sku}"
            self._services.report.add("manual_actions", Row(STREAM, desired.external_id, row.sku, what))

    def _without(self, removed: tuple[int, ...], categories: tuple[str, ...]) -> tuple[str, ...]:
        numbers = self._catalog.categories.ids(categories)
        return tuple(key for key in categories if numbers.get(key) not in removed)

    def _settled(
        self,
        action: str,
        desired: DesiredProduct,
        row: ProductRow,
        remote: RemotePictures,
        handled: dict[str, MediaRow],
        version: Version,
    ) -> Outcome:
        """Send the pictures, and settle. A category that was not assigned now is linked at the end, if it arrives."""
        ledger, complete = self._services.ledger, True
        if pictures := self._catalog.pictures.missing(desired, remote, handled):
            # with the first picture that is announced, unless its address is tried before
            ledger.remember(row, soon=self._services.picture_url_check is None)
            complete = self._catalog.pictures.send(desired, remote, pictures, handled)
        missing: list[str] = []
        if desired.categories and self._services.settings.categories_mode != "off":
            is_gone = self._catalog.categories.is_gone
            missing = [key for key in desired.categories if key not in row.categories and not is_gone(key)]
        row = replace(row, source_at=version.source_at)
        names = self._resolver.names_without_id(desired) if desired.brand or desired.supplier else ()
        ledger.settle(row, version.digest if complete else INCOMPLETE, missing, names)
        return Outcome(action)

    # What is left as it is

    def _gone(self, desired: DesiredProduct, found: Recognised, version: Version) -> Outcome:
        """A product that somebody has deleted is not made again; its memory stays, in case it comes back."""
        if found.row is None:
            return Outcome("skipped", reason=found.gone or "")
        if not desired.inactive:
            reason = f"{found.gone}: it was deleted there, and is not made again"
            question = _existence_question(desired, "conflicts", reason, DELETED)
            if not self._services.ledger.is_kept(question):
                self._guards.after_gone(self._services.ledger.count_live())
            self._ask(desired, [question])
        left = replace(found.row, source_at=version.source_at, decided={})
        self._services.ledger.settle(left, version.digest, [])
        return Outcome("skipped", reason=f"{found.gone}: it is not made again")

    def _left_alone(
        self, desired: DesiredProduct, row: ProductRow | None, product: RemoteProduct | None, version: Version
    ) -> Outcome | None:
        """The end of a product that is not written; it is remembered, so that it costs nothing next time."""
        settings, state = self._services.settings, product_state(desired, row, product)
        if row is not None and state.archived and is_undone(state):
            state = replace(state, has_news=self._has_news(desired, row))
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
        shown = ARCHIVED if state.archived else LIVE
        asked = [_existence_question(desired, kind, f"{leave.reason}: left there", shown)] if leave.reason else []
        self._ask(desired, asked)
        left = _left_row(desired, row, product, version)
        if product is not None and desired.inactive == state.archived:  # both sides agree
            agreed = ARCHIVED if state.archived else LIVE
            ours = {**left.ours, EXISTENCE: left.ours.get(EXISTENCE, (agreed,))}
            left = replace(left, acknowledged={**left.acknowledged, EXISTENCE: agreed}, ours=ours)
        self._services.ledger.settle(left, version.digest, [])
        found_archived = desired.inactive and state.archived and row is not None and not row.archived
        return Outcome(leave.action, found_archived=found_archived, reason=leave.why or leave.reason or "")

    def _has_news(self, desired: DesiredProduct, row: ProductRow) -> bool:
        """Whether the source has something that it did not have when the making of this product was undone."""
        policies, categories = self._services.settings.policies, self._resolver.category_ids(desired)
        fields = plan_create(self._resolver.fields(desired), policies).fields
        return has_news(fields, categories, {**row.on_its_way, **row.acknowledged}, row.categories)

    def _ask(self, desired: DesiredProduct, questions: list[Question]) -> list[Question]:
        """What a person has to decide, in place of what was open before; what is held back is told at the end."""
        record = as_json(desired.record) if set(map(_KIND_OF, questions)) - {HELD_BACK} else None
        asked = self._services.ledger.ask(STREAM, desired.external_id, questions, record, soon=True)
        for question in asked:
            if question.kind != HELD_BACK:
                self._services.report.ask(question)
        return asked


def _leaves_the_archive(write: Write) -> bool:
    """Whether a write put the status of a product that was archived."""
    before = write.before
    return "status" in write.fields and before is not None and before.server.get("status") == ARCHIVED_STATUS


def _existence_question(desired: DesiredProduct, kind: str, reason: str, micropim: str) -> Question:
    source = ARCHIVED if desired.inactive else LIVE
    print_, name = fingerprint(EXISTENCE, source), name_of(desired)
    return Question(
        STREAM, desired.external_id, EXISTENCE, kind, desired.sku, reason, print_, source, micropim,
        name=name, micropim_print=micropim,
    )  # fmt: skip


def _new_row(desired: DesiredProduct, product: RemoteProduct) -> ProductRow:
    """A product that the shop had before."""
    return ProductRow(desired.external_id, desired.sku, product.remote_id, made=False)


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
        row,
        remote_id=product.remote_id,
        digest=version.digest,
        archived=is_archived,
        source_at=version.source_at,
        decided={},
    )
