"""The write of one product: announce, send, step back once if refused, see what MicroPIM shows, remember.

Nothing is remembered as sent or assigned that MicroPIM does not show (docs/api/micropim.md#categories-in-patch,
docs/api/micropim.md#assign-products, docs/api/micropim.md#attribute-values). MicroPIM refuses with one text and no
field (docs/api/micropim.md#envelope), so what was to blame is learnt by leaving it out once.
"""

from collections.abc import Iterator, Mapping
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
from target_micropim.plan.memory import Memory, Seen, after
from target_micropim.plan.ownership import EXISTENCE, LIVE
from target_micropim.plan.product import Conflict, HeldBack, categories_after
from target_micropim.plan.values import REFERENCES, fingerprint, server_fields
from target_micropim.plan.write import body_of, shows_no_attribute, verify, without_attributes
from target_micropim.report.run_report import Change, Row, Subject
from target_micropim.services import Services
from target_micropim.sync.echo import TEXTS, Echo

STREAM = "products"
Fields = dict[str, Any]
_REFUSED_CONTENT = frozenset({400, 422})
_NOT_COMPARED = frozenset({"sku", "category_ids"})


@dataclass(frozen=True)
class Write:
    """A write that was answered, or none where nothing differs.

    ``fields`` went out; ``before`` is what MicroPIM showed before, ``views`` what it showed since, oldest first.
    ``categories`` are those that were asked for, MicroPIM's ids by external id.
    """

    fields: Fields
    before: RemoteProduct | None
    views: tuple[RemoteProduct, ...]
    categories: Mapping[str, int]

    @property
    def after(self) -> RemoteProduct:
        """The product as it was seen last."""
        return self.views[-1]

    def assigned(self, product: RemoteProduct) -> "Write":
        """With the categories that it shows after they were assigned by the other route."""
        return replace(self, views=(*self.views[:-1], product))


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
            views.append(remote_product(self.shown(product_id)))
            if len(views) > 1:
                self._echo.compare(sent, views[0].server, views[1].server)
        return views

    def announce(self, row: ProductRow, fields: Fields) -> None:
        """Write down what a write is about to send: whoever finds it without its end knows whose values are there."""
        prints = {name: fingerprint(name, value) for name, value in fields.items() if name not in _NOT_COMPARED}
        self._services.ledger.remember(replace(row, digest=None, on_its_way=prints))

    def patch(self, product: RemoteProduct, fields: Fields, tries: Tries) -> list[RemoteProduct]:
        """PATCH, and the product as MicroPIM shows it afterwards. Raises RequestRefused, StaleLook."""
        body = body_of(fields, product.product)
        answer = self._services.client.update_product(product.remote_id, body, tries)
        return self.views(product.remote_id, answer, fields)

    def fallbacks(self, refusal: RequestRefused, fields: Fields, desired: DesiredProduct) -> Iterator[Fallback]:
        """Smaller writes in the order in which they are tried: without attributes, without brand and supplier."""
        if refusal.status not in _REFUSED_CONTENT:
            return
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

    def did_take(self, write: Write) -> bool:
        """Whether MicroPIM shows the texts that were sent, in whatever form; what it ignores for good is no text."""
        before = write.before.server if write.before else {}
        sent = {name: value for name, value in write.fields.items() if name in TEXTS}
        return not verify(sent, before, write.after.server).ignored

    def remember(
        self,
        desired: DesiredProduct,
        row: ProductRow,
        fields: Fields,
        write: Write,
        conflicts: tuple[Conflict, ...] = (),
        held: tuple[HeldBack, ...] = (),
    ) -> ProductRow:
        """Write down what was acknowledged and what is ours, and tell what did not take."""
        of_kind = {kind: {c.field for c in conflicts if c.kind == kind} for kind in ("conflicts", "unsure")}
        seen = Seen(
            fields=fields,
            sent={name: value for name, value in write.fields.items() if name not in _NOT_COMPARED},
            shown=[view.server for view in write.views],
            ignored=self._verify(desired, write),
            theirs=of_kind["conflicts"],
            unsure=of_kind["unsure"],
            held={one.field for one in held},
        )
        memory = after(Memory(row.ours, row.acknowledged), seen)
        self._echo.see({n: v for n, v in write.fields.items() if n not in seen.ignored}, write.after.server)
        late = {name: fingerprint(name, write.fields[name]) for name in seen.ignored if name in write.fields}
        if self._echo.changes_forms:  # what shows may be our own text in another form
            late |= {name: row.on_its_way[name] for name in of_kind["unsure"] & row.on_its_way.keys()}
        known = self._catalog.categories.ids(row.categories)
        row = replace(
            row,
            remote_id=write.after.remote_id,
            digest=None,
            acknowledged={**memory.handled, EXISTENCE: LIVE},
            ours={**memory.ours, EXISTENCE: (LIVE,)},
            categories=categories_after(row.categories, write.categories, known, write.after.category_ids),
            archived=False,
            on_its_way=late,  # it may still come, in whatever form
            announced_at=None,
            revive_as=None,
            shown_sku=str((write.after.product or {}).get("sku") or row.shown_sku or row.sku).strip(),
        )
        self._services.ledger.remember(row, soon=True)  # with what the ledger hears next: no request lies between
        return row

    def _verify(self, desired: DesiredProduct, write: Write) -> frozenset[str]:
        """The fields that count as not acknowledged."""
        after_write = write.after.server
        hidden: set[str] = set()
        if shows_no_attribute(write.fields, after_write):
            self._catalog.attributes.switch_off("MicroPIM does not show what was sent")
            hidden = {name for name in write.fields if name.startswith(f"{ATTRIBUTES}.")}
        compared = {name: value for name, value in write.fields.items() if name not in hidden | _NOT_COMPARED}
        verdict = verify(compared, write.before.server if write.before else {}, after_write)
        if verdict.message:
            self._services.report.add("warnings", Row(STREAM, desired.external_id, desired.sku, verdict.message))
        return frozenset(hidden) | frozenset(verdict.ignored)

    def report_changes(self, desired: DesiredProduct, write: Write) -> None:
        """The rows of the report: each field that was changed, with what was there before and after."""
        before = server_fields(write.before.product) if write.before and write.before.product else {}
        now = server_fields(write.after.product or {})
        now["category_ids"] = list(write.after.category_ids)
        changes = [Change(name, self._for_people(name, before), self._for_people(name, now)) for name in write.fields]
        subject = Subject(STREAM, desired.external_id, desired.sku, write.after.remote_id)
        self._services.report.changed(subject, changes)

    def _for_people(self, name: str, fields: dict[str, Any]) -> Any:
        """A field's value for people: of categories also the names."""
        value = fields.get(name)
        if name == "category_ids" and value:
            return ", ".join(f"{self._catalog.categories.path(number)} ({number})" for number in value)
        return self._services.client.redactor.clean(value) if isinstance(value, str) else value
