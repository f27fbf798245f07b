"""``--undo``: what an earlier run wrote is put back, write by write, the last one first.

The road is that of every write: look, judge (plan/undo.py), write down, write, see, remember. What was put back counts
as ours and the source's value as dealt with, so the next run leaves it until the source has something new. All of that
is remembered before the request goes out: after a kill the same undo, or the next run, finds nothing to do twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from pim_wire.errors import Interrupted
from pim_wire.wire import Tries
from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct
from target_micropim.errors import NotFound, RecordRejected, RequestRefused
from target_micropim.ledger import ProductRow
from target_micropim.plan.ownership import ARCHIVED, EXISTENCE, LIVE, UNDONE, is_made_by_us, with_ours
from target_micropim.plan.undo import CATEGORIES, STATUS, Left, Noted, Now, not_kept, plan_undo, with_undone
from target_micropim.plan.values import fingerprint, fingerprints
from target_micropim.plan.write import verify
from target_micropim.report.input_order import record_scope
from target_micropim.report.journal import JournalFile, Other
from target_micropim.report.run_report import Change, Row, Subject
from target_micropim.services import Services
from target_micropim.sync.archives import PendingArchives
from target_micropim.sync.late import INCOMPLETE
from target_micropim.sync.outcomes import Guards
from target_micropim.sync.recognise import Recognition, shown_sku
from target_micropim.sync.sent_categories import forgotten
from target_micropim.sync.undo_rest import Rest
from target_micropim.sync.update import TEXTS, text_of
from target_micropim.sync.write import STREAM, Fields, ProductWriter

GONE = "MicroPIM does not have it any more"
UNKNOWN = "the ledger does not know it any more"
NOT_SHOWN = "whether it was made is not known, and it does not show: run --undo again later"


@dataclass
class _Task:
    """One write to be undone, and what came of it so far.

    ``done`` are the fields that were put back, ``refused`` those that MicroPIM does not put back, each with its reason.
    ``alone``: the fields go one by one, since MicroPIM refused them together and does not say which.
    """

    noted: Noted
    row: ProductRow
    left: tuple[Left, ...] = ()
    shown: RemoteProduct | None = None
    done: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    alone: bool = False
    action: str = "unchanged"


class Undo:
    """Called by one thread."""

    def __init__(self, services: Services, catalog: Catalog, guards: Guards) -> None:
        self._services = services
        self._catalog = catalog
        self._guards = guards
        self._writer = ProductWriter(services, catalog)
        self._recognition = Recognition(services, catalog, PendingArchives())
        self._rest = Rest(services)

    def take_back(self, journal: JournalFile) -> None:
        """Put back everything that can be, and tell of the rest. Raises StopRun, Interrupted."""
        for number, item in enumerate(journal.newest_first()):
            if self._services.clock.stopped:
                raise Interrupted("told to stop")
            if isinstance(item, Other):
                self._rest.tell(item, journal.made)
                continue
            with record_scope(STREAM, item.external_id, number) as scope:
                scope.sku = item.sku
                self._take_back(item)

    def _take_back(self, noted: Noted) -> None:
        self._services.report.receive(STREAM)
        try:
            action = self._undone(noted)
        except RecordRejected as error:
            self._tell(noted, f"could not be put back: {error.said or error}")
            self._guards.after_refusal(error)
            action = "left"
        self._services.report.settle(STREAM, action)

    def _undone(self, noted: Noted) -> str:
        """The action that came of one write."""
        row = self._row(noted)
        if row is None:
            return "unchanged" if noted.created else self._left(noted, UNKNOWN)
        if not row.is_made:
            found = self._found(noted, row) if row.announced_at is not None else None
            if found is None:
                return self._left(noted, NOT_SHOWN) if row.announced_at is not None else "unchanged"
            row = found
        if noted.created and not row.was_made_by_us:  # the shop had it before: nothing was made
            return "unchanged"
        task = _Task(noted, row)
        while self._services.client.look_and_write(partial(self._step, task)):
            pass
        self._tell_of_rest(task)
        return task.action

    def _row(self, noted: Noted) -> ProductRow | None:
        """The ledger's row: by the record, or by its product where another record has taken that over."""
        ledger = self._services.ledger
        row = ledger.product(noted.external_id)
        owner = None if noted.remote_id is None else ledger.owner(noted.remote_id)
        return ledger.product(owner) if owner is not None and (row is None or not row.is_made) else row

    def _found(self, noted: Noted, row: ProductRow) -> ProductRow | None:
        """The product of a creation whose end nobody saw, as the ledger would remember it had it been seen."""
        match = self._catalog.matching.search_one(row.sku)
        if match is None:
            return None
        product = self._recognition.look(match.remote_id)
        ledger = self._services.ledger
        if not is_made_by_us(row.on_its_way, product.server) or (
            ledger.claim(row.external_id, match.remote_id) != row.external_id
        ):
            return None
        sent = dict(row.on_its_way)
        found = replace(row, remote_id=match.remote_id, made=True, acknowledged=sent, announced_at=None, on_its_way={})
        found = replace(found, ours={name: (value,) for name, value in sent.items()}, shown_sku=shown_sku(product))
        found = replace(found, categories=self._own_categories(row, noted.after.get(CATEGORIES) or ()))
        ledger.remember(found)
        return found

    def _own_categories(self, row: ProductRow, numbers: Any) -> tuple[str, ...]:
        """The categories that are ours, and those among ``numbers``: what is gone afterwards is not sent again."""
        keys = [key for key, number in self._category_ids.items() if number in numbers] if numbers else []
        return tuple(dict.fromkeys([*row.categories, *keys]))

    @cached_property
    def _category_ids(self) -> dict[str, int]:
        """MicroPIM's ids by the source's; from the ledger alone, since an undo makes no category."""
        return {key: row.remote_id for key, row in self._services.ledger.categories().items()}

    # One step: a look, and at most one write

    def _step(self, task: _Task, tries: Tries) -> bool:
        """Whether there may be more to do."""
        row = task.row
        try:
            product = self._recognition.look(row.remote_id)
        except NotFound:
            task.action = self._left(task.noted, GONE)
            return False
        if task.noted.remote_id not in {None, row.remote_id} or not self._recognition.is_same(row, product):
            task.action = self._left(task.noted, f"its id shows another product (SKU {shown_sku(product)})")
            return False
        self._give_up_what_was_not_kept(task, product)
        plan = plan_undo(task.noted, self._now(task.row, product))
        seen_to = task.done | task.refused.keys()
        if not seen_to:
            task.left, task.shown = plan.left, product
        if fields := {name: value for name, value in plan.fields.items() if name not in seen_to}:
            name = next(iter(fields))
            self._put_back(task, product, {name: fields[name]} if task.alone else fields, tries)
            return task.alone or plan.archive
        if plan.archive and STATUS not in seen_to:
            self._archive(task, product, tries)
        return False

    def _give_up_what_was_not_kept(self, task: _Task, product: RemoteProduct) -> None:
        """MicroPIM shows what was there before: nothing is to be put back, and the next run does not send it again."""
        if not task.row.on_its_way or not (back := not_kept(task.noted, product.server, task.row.on_its_way)):
            return
        row = self._announced(task, back)
        task.row = _back_in_the_archive(row) if back.get(STATUS) == ARCHIVED else row
        self._services.ledger.remember(task.row)
        if not row.on_its_way:
            self._services.ledger.taken_again(STREAM, row.external_id)

    def _now(self, row: ProductRow, product: RemoteProduct) -> Now:
        media = self._services.ledger.media(row.external_id).values()
        own = frozenset(self._category_ids[key] for key in row.categories if key in self._category_ids)
        sent = sum(one.state not in {"left", "refused", "removed"} for one in media)
        is_other = shown_sku(product) not in {row.shown_sku, row.sku}
        return Now(product.server, product.category_ids, row.ours, own, product.images > sent, is_other)

    def _put_back(self, task: _Task, product: RemoteProduct, fields: Fields, tries: Tries) -> None:
        """Write down, send, see, remember."""
        sent: Fields = {name: self._emptied(name) if value in (None, "") else value for name, value in fields.items()}
        self._writer.note(task.row, sent, product)
        task.row = self._announced(task, fields)
        self._services.ledger.remember(task.row)
        try:
            after = self._writer.patch(product, sent, tries)[-1]
        except RequestRefused as refusal:
            if len(fields) == 1:
                task.refused.update(dict.fromkeys(fields, str(refusal.said or refusal)))
                self._guards.after_refusal(refusal)
            task.alone = True
            return
        if CATEGORIES in sent:
            after = self._writer.assign(after, {str(number): number for number in sent[CATEGORIES]})
        self._see(task, product, after, sent)

    def _emptied(self, name: str) -> str | None:
        """What empties a field (docs/api/micropim.md#null-in-patch)."""
        return self._services.settings.capabilities.empties_with if name in TEXTS else None

    def _announced(self, task: _Task, fields: Fields) -> ProductRow:
        """The row as it is once these were put back: ours, and what the source wanted instead is dealt with."""
        row, after = task.row, task.noted.after
        ours = with_undone(row.ours, fields, after)
        late = fingerprints({name: after.get(name) for name in fields if name in row.on_its_way})
        row = replace(row, ours=ours, acknowledged={**row.acknowledged, **late})
        if fields.get(STATUS) and after.get(STATUS) == "archived":
            row = _out_of_the_archive(row)
        if CATEGORIES in fields:
            row = replace(forgotten(row), categories=self._own_categories(row, after.get(CATEGORIES) or ()))
        return replace(row, on_its_way={name: value for name, value in row.on_its_way.items() if name not in fields})

    def _see(self, task: _Task, before: RemoteProduct, after: RemoteProduct, sent: Fields) -> None:
        """What did not take is told; another form of what did is ours as well."""
        plain = {name: value for name, value in sent.items() if name != CATEGORIES}
        for name in verify(plain, before.server, after.server).ignored:
            task.refused[name] = "MicroPIM still shows what the run has written"
        if CATEGORIES in sent:
            for number in set(after.category_ids).difference(sent[CATEGORIES]):
                task.refused[CATEGORIES] = f"MicroPIM keeps it in category {self._catalog.categories.path(number)}"
        shown = {name: with_ours(task.row.ours.get(name), after.server.get(name, ""), UNDONE) for name in plain}
        if any(values != task.row.ours.get(name) for name, values in shown.items()):
            task.row = replace(task.row, ours={**task.row.ours, **shown})
            self._services.ledger.remember(task.row)
        if took := {name for name in sent if name not in task.refused}:
            task.done |= took
            task.action = "undone"
            self._report(task, before, after, took)

    def _archive(self, task: _Task, product: RemoteProduct, tries: Tries) -> None:
        """Into the archive, where the next run leaves it until the source has something new."""
        row, status = task.row, str((product.product or {}).get(STATUS) or "")
        self._writer.note(row, {STATUS: "archived"}, product)
        task.row = _back_in_the_archive(replace(row, revive_as=status or None))
        self._services.ledger.remember(task.row)
        self._services.client.archive_product(row.remote_id, tries)
        after = self._recognition.look(row.remote_id)
        if after.server.get(STATUS) != fingerprint(STATUS, "archived"):
            task.refused[STATUS] = "MicroPIM says that it is archived and shows it live: archive it by hand"
            return
        # settled: no category that comes later is added to it
        self._services.ledger.settle(replace(task.row, archived=True), row.digest or INCOMPLETE, [])
        task.action = "archived" if task.noted.created else "undone"
        self._report(task, product, after, {STATUS})

    # What people hear of it

    def _report(self, task: _Task, before: RemoteProduct, after: RemoteProduct, names: set[str]) -> None:
        clean = self._services.client.redactor.clean
        changes = [
            Change(name, text_of(_value(before, name), clean), text_of(_value(after, name), clean))
            for name in sorted(names)
        ]
        subject = Subject(STREAM, task.noted.external_id, task.noted.sku, after.remote_id)
        self._services.report.changed(subject, changes)

    def _tell_of_rest(self, task: _Task) -> None:
        """What somebody has touched stays, and what MicroPIM does not put back is left to a person."""
        for left in task.left:
            self._stays(task, left)
        for name, reason in task.refused.items():
            self._tell(task.noted, f"{name}: could not be put back: {reason}", name, task.noted.before.get(name))
        if (task.left or task.refused) and task.action == "unchanged":
            task.action = "left"

    def _stays(self, task: _Task, left: Left) -> None:
        """With the value of before that run, and the one that stays."""
        noted, clean = task.noted, self._services.client.redactor.clean
        row = Row(STREAM, noted.external_id, noted.sku, f"{left.field}: {left.reason}; it stays", field=left.field)
        shown = None if task.shown is None else _value(task.shown, left.field)
        before, micropim = text_of(left.before, clean), text_of(shown, clean)
        self._services.report.add("conflicts", replace(row, source=before, micropim=micropim))

    def _left(self, noted: Noted, what: str) -> str:
        self._tell(noted, what)
        return "left"

    def _tell(self, noted: Noted, what: str, name: str | None = None, before: Any = None) -> None:
        clean = self._services.client.redactor.clean
        row = Row(STREAM, noted.external_id, noted.sku, clean(what), field=name, source=text_of(before, clean))
        self._services.report.add("manual_actions", row)


def _out_of_the_archive(row: ProductRow) -> ProductRow:
    """Live again by an undo: the source's word that it is inactive is dealt with."""
    handled = row.acknowledged.get(EXISTENCE)
    known: Mapping[str, str] = row.acknowledged
    if EXISTENCE in row.on_its_way:  # a run was killed while it archived it
        known = {**known, EXISTENCE: ARCHIVED}
    elif handled == UNDONE:
        known = {**known, EXISTENCE: LIVE}
    pending = {name: value for name, value in row.on_its_way.items() if name != EXISTENCE}
    ours = {**row.ours, EXISTENCE: (LIVE, ARCHIVED)}
    return replace(row, acknowledged=known, ours=ours, on_its_way=pending, archived=False)


def _back_in_the_archive(row: ProductRow) -> ProductRow:
    """In the archive by an undo: it stays there until the source has something new."""
    known, ours = {**row.acknowledged, EXISTENCE: UNDONE}, {**row.ours, EXISTENCE: (ARCHIVED, LIVE)}
    return replace(row, acknowledged=known, ours=ours)


def _value(product: RemoteProduct, name: str) -> Any:
    return list(product.category_ids) if name == CATEGORIES else product.fields.get(name)
