"""The write of one product: announce, send, step back once if refused, see what MicroPIM shows, remember.

Nothing is remembered as sent or assigned that MicroPIM does not show (docs/api/micropim.md#categories-in-patch,
docs/api/micropim.md#assign-products, docs/api/micropim.md#attribute-values). MicroPIM refuses with one text and no
field (docs/api/micropim.md#envelope), so what was to blame is learnt by leaving it out once.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pim_wire.wire import Tries
from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct, remote_product
from target_micropim.catalog.names import KINDS
from target_micropim.errors import RequestRefused
from target_micropim.ledger import ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.fields import ATTRIBUTES
from target_micropim.plan.memory import Memory, Seen
from target_micropim.plan.memory import after as memory_after
from target_micropim.plan.ownership import EXISTENCE, LIVE, with_sent
from target_micropim.plan.product import Conflict, HeldBack, categories_after
from target_micropim.plan.values import EMPTY, PLAIN_FIELDS, REFERENCES, fingerprint, fingerprints
from target_micropim.plan.write import body_of, emptied_attributes, shows_no_attribute, verify, without_attributes
from target_micropim.report.run_report import Change, Row, Subject
from target_micropim.services import Services
from target_micropim.sync.echo import TEXTS, Echo, has_same_words
from target_micropim.sync.sent_categories import forgotten

STREAM = "products"
Fields = dict[str, Any]
PROMPT_SECONDS = 2.0  # a look that took longer has waited
_REFUSED_CONTENT = frozenset({400, 422})
_NOT_COMPARED = frozenset({"sku", "category_ids"})
_ARCHIVED = fingerprint("status", "archived")


@dataclass(frozen=True)
class Write:
    """A write that was answered, or none where nothing differs.

    ``fields`` went out; ``before`` is what MicroPIM showed before, ``after`` what it showed last, ``views`` all that it
    showed since, oldest first. ``categories`` are those that were asked for, MicroPIM's ids by external id.
    """

    fields: Fields
    before: RemoteProduct | None
    after: RemoteProduct
    views: tuple[RemoteProduct, ...]
    categories: Mapping[str, int]

    def assigned(self, product: RemoteProduct) -> "Write":
        """With the categories that it shows after they were assigned by the other route."""
        return replace(self, after=product, views=(*self.views[:-1], product))


@dataclass(frozen=True)
class Fallback:
    """A smaller write, to be tried after a refusal."""

    fields: Fields
    without: str


class ProductWriter:
    """Used from several threads."""

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self._services = services
        self._catalog = catalog
        self._echo = Echo(services.ledger)

    def shown(self, product_id: int) -> dict[str, Any]:
        """A product as MicroPIM shows it. Raises NotFound."""
        return {**self._services.client.product(product_id), "id": product_id}

    def views(self, product_id: int, answer: dict[str, Any], sent: Fields) -> list[RemoteProduct]:
        """The product as the answer shows it, and as a look shows it where the answer does not prove anything."""
        views = [remote_product({**answer, "id": product_id})] if "sku" in answer else []
        if not views or self._echo.must_look(sent, views[0].server):
            look, is_late = self._look(product_id)
            if views:
                look = _without_work_meanwhile(sent, views[0], look) if is_late else look
                self._echo.compare(sent, views[0].server, look.server)
            views.append(look)
        return views

    def _look(self, product_id: int) -> tuple[RemoteProduct, bool]:
        """The product as it is now, and whether a wait lay before: then a person may have been faster."""
        tries, began = self._services.client.read_tries(), self._services.clock.now()
        shown = self._services.client.product(product_id, tries)
        is_late = tries.attempts > 1 or self._services.clock.now() - began > PROMPT_SECONDS
        return remote_product({**shown, "id": product_id}), is_late

    def announce(self, row: ProductRow, fields: Fields, before: RemoteProduct | None = None) -> None:
        """Write down what a write is about to send: whoever finds it without its end knows whose values are there.

        The journal comes first, with whole values: so it can be put back. ``before`` is None where it is made. What an
        earlier write sent whose end is not known stays known, too.
        """
        self.note(row, fields, before)
        prints = fingerprints(fields)
        for name in _NOT_COMPARED & prints.keys():
            del prints[name]
        on_its_way = row.on_its_way
        if on_its_way and before is not None:
            sent = {name: on_its_way[name] for name in prints if name in on_its_way}
            row, prints = replace(row, ours=with_sent(row.ours, sent, before.server)), {**on_its_way, **prints}
        self._services.ledger.remember(replace(row, digest=None, on_its_way=prints))

    def forget_sent_categories(self, row: ProductRow) -> None:
        """The change that was announced last has not put the product into its categories, which was seen."""
        known = self._services.ledger.product(row.external_id)
        if known is not None and (left := forgotten(known)) is not known:
            self._services.ledger.remember(left)

    def note(self, row: ProductRow, fields: Fields, before: RemoteProduct | None) -> None:
        """Note in the journal what is about to be sent, and what it replaces."""
        values = None if before is None else _values(before, fields)
        remote = None if before is None else before.remote_id
        self._services.journal.note_write(row.external_id, row.shown_sku or row.sku, remote, values, fields)

    def note_shown(self, external_id: str, write: "Write") -> None:
        """Note in the journal what MicroPIM made of a write; of a product that was made also what nobody sent."""
        sent, shown = fingerprints(write.fields), write.after.server
        names = {name for name, value in sent.items() if name not in _NOT_COMPARED and shown.get(name, EMPTY) != value}
        if write.before is None:
            names |= {"status", *(name for name in PLAIN_FIELDS if shown.get(name, EMPTY) != EMPTY)} - sent.keys()
        if names:
            values = {name: write.after.fields.get(name) for name in sorted(names)}
            self._services.journal.note_shown(external_id, values)

    def patch(self, product: RemoteProduct, fields: Fields, tries: Tries) -> list[RemoteProduct]:
        """PATCH, and the product as MicroPIM shows it afterwards. Raises RequestRefused, StaleLook."""
        body = body_of(fields, product.product)
        answer = self._services.client.update_product(product.remote_id, body, tries)
        return self.views(product.remote_id, answer, fields)

    def fallbacks(self, refusal: RequestRefused, fields: Fields, desired: DesiredProduct) -> Iterator[Fallback]:
        """Smaller writes in the order in which they are tried.

        Without emptied attributes, without all of them, without brand and supplier.
        """
        if refusal.status not in _REFUSED_CONTENT:
            return
        if emptied := emptied_attributes(fields):
            fields = {name: value for name, value in fields.items() if name not in emptied}
            yield Fallback(fields, ", ".join(emptied))
        smaller = without_attributes(fields)
        if smaller != fields:
            yield Fallback(smaller, ATTRIBUTES)
        smaller = {name: value for name, value in fields.items() if name not in REFERENCES}
        if smaller != fields and (self._services.settings.drop_unmapped or self._may_be_outdated(desired)):
            yield Fallback(smaller, ", ".join(sorted(REFERENCES.keys() & fields.keys())))

    def _may_be_outdated(self, desired: DesiredProduct) -> bool:
        """Whether the id of a brand or supplier was learnt from MicroPIM's products: it may be another one now."""
        pairs = zip(KINDS, (desired.brand, desired.supplier), strict=True)
        return any(self._catalog.names.is_learnt(kind, name) for kind, name in pairs)

    def tell_fallback(self, refusal: RequestRefused, fallback: Fallback, desired: DesiredProduct) -> None:
        """A smaller write was taken: what was left out was to blame."""
        if fallback.without.startswith(f"{ATTRIBUTES}."):
            what = f"{fallback.without}: the link is over at the source, and MicroPIM refuses to empty it: by hand"
            self._services.report.add("manual_actions", Row(STREAM, desired.external_id, desired.sku, what))
            return
        if fallback.without == ATTRIBUTES:
            self._catalog.attributes.switch_off(f"MicroPIM refuses them ({refusal.said})")
            return
        for kind, name in zip(KINDS, (desired.brand, desired.supplier), strict=True):
            self._catalog.names.forget(kind, name)
        what = f"{fallback.without}: refused and left out ({refusal.said})"
        self._services.report.add("warnings", Row(STREAM, desired.external_id, desired.sku, what))

    def assign(self, product: RemoteProduct, categories: Mapping[str, int]) -> RemoteProduct:
        """After the other route, where the answer does not show every category that was asked for.

        See docs/api/micropim.md#assign-products.
        """
        missing = [number for number in dict.fromkeys(categories.values()) if number not in product.category_ids]
        if not missing:
            return product
        return replace(product, category_ids=self._catalog.assignments.add(product.remote_id, missing))

    def verify(self, desired: DesiredProduct, write: Write) -> frozenset[str]:
        """See whether MicroPIM shows what was sent, and tell what it does not; the fields that are not acknowledged."""
        if not write.fields:
            return frozenset()
        self.note_shown(desired.external_id, write)
        after_write = write.after.server
        unseen = _NOT_COMPARED
        if shows_no_attribute(write.fields, after_write):
            self._catalog.attributes.switch_off("MicroPIM does not show what was sent")
            unseen = unseen | {name for name in write.fields if name.startswith(f"{ATTRIBUTES}.")}
        compared = {name: value for name, value in write.fields.items() if name not in unseen}
        verdict = verify(compared, write.before.server if write.before else {}, after_write)
        if verdict.ignored or verdict.altered:
            what = str(verdict.message)
            self._services.report.add("warnings", Row(STREAM, desired.external_id, desired.sku, what))
            self._echo.see(verdict.altered)
        return (unseen - _NOT_COMPARED).union(verdict.ignored)

    def remembered(
        self,
        row: ProductRow,
        fields: Fields,
        write: Write,
        ignored: frozenset[str],
        conflicts: tuple[Conflict, ...] = (),
        held: tuple[HeldBack, ...] = (),
    ) -> ProductRow:
        """The row with what was acknowledged and what is ours. No field of ``ignored`` did take."""
        theirs = {conflict.field for conflict in conflicts if conflict.kind == "conflicts"} if conflicts else set()
        unsure = {conflict.field for conflict in conflicts} - theirs if conflicts else set()
        held_back = {one.field for one in held} if held else ()
        after = write.after
        shown = [view.server for view in write.views]
        ours = with_sent(row.ours, row.on_its_way, write.before.server) if row.on_its_way and write.before else row.ours
        memory = memory_after(
            Memory(ours, row.acknowledged), Seen(fields, write.fields, shown, ignored, theirs, unsure, held_back)
        )
        late = fingerprints({name: write.fields[name] for name in ignored if name in write.fields}) if ignored else {}
        for name in unsure & row.on_its_way.keys() if unsure else ():
            if self._echo.changes_forms or name not in row.acknowledged:
                late[name] = row.on_its_way[name]  # what shows may be our own text in another form
        categories: tuple[str, ...] = ()
        if row.categories or write.categories:
            known = self._catalog.categories.ids(row.categories)
            categories = categories_after(row.categories, write.categories, known, after.category_ids)
        is_archived = "status" in ignored and after.server.get("status") == _ARCHIVED  # where it is still as it was
        return replace(
            row,
            remote_id=after.remote_id,
            digest=None,
            acknowledged={**memory.handled, EXISTENCE: LIVE},
            ours=memory.ours if is_archived else {**memory.ours, EXISTENCE: (LIVE,)},
            categories=categories,
            archived=is_archived,
            on_its_way=late,  # it may still come, in whatever form
            announced_at=None,
            revive_as=row.revive_as if is_archived else None,
            shown_sku=str((after.product or {}).get("sku") or row.shown_sku or row.sku).strip(),
            decided={},
        )

    def report_changes(self, desired: DesiredProduct, write: Write) -> None:
        """The rows of the report: each field that was changed, with what was there before and after."""
        before, after = write.before, write.after
        old, new = self._for_people(write.fields, before), self._for_people(write.fields, after)
        changes = list(map(Change, write.fields, old, new))
        self._services.report.changed(Subject(STREAM, desired.external_id, desired.sku, after.remote_id), changes)

    def _for_people(self, names: Iterable[str], product: RemoteProduct | None) -> list[Any]:
        """The values of fields for people: of categories also the names."""
        clean, values = self._services.client.redactor.clean, list[Any]()
        for name in names:
            value = None if product is None or product.product is None else product.fields.get(name)
            if name == "category_ids" and product is not None and product.product is not None:
                path, ids = self._catalog.categories.path, product.category_ids
                value = ", ".join(f"{path(number)} ({number})" for number in ids) if ids else []
            values.append(clean(value) if isinstance(value, str) else value)
        return values


def _values(product: RemoteProduct, names: Collection[str]) -> Fields:
    """What a product shows of these fields, whole."""
    values: Fields = dict(zip(names, map(product.fields.get, names), strict=True))
    return values | {"category_ids": list(product.category_ids)} if "category_ids" in values else values


def _without_work_meanwhile(sent: Fields, answer: RemoteProduct, look: RemoteProduct) -> RemoteProduct:
    """What counts as ours of a look after a wait: not what a person may have done between the answer and the look.

    A category that the answer shows, and the look does not, was given to the product: it is ours and stays out. A text
    with other words than ours is no other form of it; none at all may not have been kept.
    """
    ids = tuple(dict.fromkeys([*look.category_ids, *answer.category_ids]))
    typed = {
        name: answer.server.get(name, EMPTY)
        for name in TEXTS & sent.keys()
        if look.server.get(name, EMPTY) not in {EMPTY, answer.server.get(name)}
        and not has_same_words(sent[name], look.fields.get(name))
    }
    return replace(look, category_ids=ids, server={**look.server, **typed})
