"""The write of one product: announce, send, step back once if refused, verify from the answer, remember.

Nothing is remembered as sent or assigned that MicroPIM does not show (docs/api/micropim.md#categories-in-patch,
docs/api/micropim.md#assign-products, docs/api/micropim.md#attribute-values). MicroPIM refuses with one text and no
field (docs/api/micropim.md#envelope), so what was to blame is learnt by leaving it out once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct, remote_product
from target_micropim.catalog.names import KINDS
from target_micropim.errors import RequestRefused
from target_micropim.ledger import ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.fields import ATTRIBUTES
from target_micropim.plan.product import written_after
from target_micropim.plan.values import EMPTY, fingerprint, fingerprints, server_fields
from target_micropim.plan.write import (
    after_arrival,
    body_of,
    has_arrived,
    shows_no_attribute,
    verify,
    without_attributes,
)
from target_micropim.report.run_report import Change, Row, Subject
from target_micropim.services import Services

STREAM = "products"
Fields = dict[str, Any]
_REFUSED_CONTENT = frozenset({400, 422})
_REFERENCES = frozenset(f"{kind}_id" for kind in KINDS)
_NOT_COMPARED = frozenset({"sku", "category_ids"})


@dataclass(frozen=True)
class Write:
    """A write that was answered: the fields that went out, and what MicroPIM showed before and after.

    ``categories`` are those that were asked for, MicroPIM's ids by external id.
    """

    fields: Fields
    before: RemoteProduct | None
    after: RemoteProduct
    categories: Mapping[str, int]


@dataclass(frozen=True)
class Fallback:
    """A smaller write, to be tried after a refusal."""

    fields: Fields
    without: str


def resolved(row: ProductRow, product: RemoteProduct) -> ProductRow:
    """The row after a look at what a killed run may have sent."""
    sent = row.on_its_way
    if not sent:
        return row
    row = replace(row, remote_id=product.remote_id, digest=None, on_its_way={})
    if not has_arrived(sent, row.written, product.server):
        return row
    arrived = after_arrival(sent, product.server)
    return replace(row, acknowledged={**row.acknowledged, **arrived}, written={**row.written, **arrived})


class ProductWriter:
    """Used from several threads."""

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self._services = services
        self._catalog = catalog

    def shown(self, product_id: int) -> dict[str, Any]:
        """A product as MicroPIM shows it. Raises NotFound."""
        return {**self._services.client.product(product_id), "id": product_id}

    def shown_after(self, product_id: int, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer to a write if it shows the product, else a look at it."""
        return {**answer, "id": product_id} if "sku" in answer else self.shown(product_id)

    def announce(self, row: ProductRow, fields: Fields) -> None:
        """Write down what a write is about to send: whoever finds it without its end knows whose values those are."""
        prints = {name: fingerprint(name, value) for name, value in fields.items() if name not in _NOT_COMPARED}
        self._services.ledger.remember(replace(row, digest=None, on_its_way=prints))

    def patch(self, product: RemoteProduct, fields: Fields) -> RemoteProduct:
        """PATCH, and the product as MicroPIM shows it afterwards. Raises RequestRefused."""
        if not fields:
            return product
        answer = self._services.client.update_product(product.remote_id, body_of(fields, product.product))
        return remote_product(self.shown_after(product.remote_id, answer))

    def fallbacks(self, refusal: RequestRefused, fields: Fields) -> Iterator[Fallback]:
        """Smaller writes in the order in which they are tried: without attributes, without brand and supplier."""
        if refusal.status not in _REFUSED_CONTENT:
            return
        smaller = without_attributes(fields)
        if smaller != fields:
            yield Fallback(smaller, ATTRIBUTES)
        smaller = {name: value for name, value in fields.items() if name not in _REFERENCES}
        if self._services.settings.drop_unmapped and smaller != fields:
            yield Fallback(smaller, ", ".join(sorted(_REFERENCES & fields.keys())))

    def tell_fallback(self, refusal: RequestRefused, fallback: Fallback, desired: DesiredProduct) -> None:
        """A smaller write was taken: what was left out was to blame."""
        if fallback.without == ATTRIBUTES:
            self._catalog.attributes.switch_off(f"MicroPIM refuses them ({refusal.said})")
            return
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

    def remember(self, desired: DesiredProduct, row: ProductRow, fields: Fields, write: Write) -> ProductRow:
        """Write down what was acknowledged, and tell what did not take."""
        ignored = self._verify(desired, write)
        shown = {key for key, number in write.categories.items() if number in write.after.category_ids}
        prints = {name: print_ for name, print_ in fingerprints(fields).items() if name not in ignored}
        cleared = {name: EMPTY for name, value in write.fields.items() if value is None and name not in ignored}
        row = replace(
            row,
            remote_id=write.after.remote_id,
            digest=None,
            acknowledged={**row.acknowledged, **prints, **cleared},
            written=written_after(row.written, {**fields, **cleared}, set(write.fields), write.after.server),
            categories=tuple(dict.fromkeys([*row.categories, *(key for key in write.categories if key in shown)])),
            archived=False,
            on_its_way={},
        )
        self._services.ledger.remember(row, soon=True)  # with what the ledger hears next: no request lies between
        return row

    def _verify(self, desired: DesiredProduct, write: Write) -> frozenset[str]:
        """The fields that count as not acknowledged."""
        after = write.after.server
        hidden: set[str] = set()
        if shows_no_attribute(write.fields, after):
            self._catalog.attributes.switch_off("MicroPIM does not show what was sent")
            hidden = {name for name in write.fields if name.startswith(f"{ATTRIBUTES}.")}
        compared = {name: value for name, value in write.fields.items() if name not in hidden | _NOT_COMPARED}
        verdict = verify(compared, write.before.server if write.before else {}, after)
        if verdict.message:
            self._services.report.add("warnings", Row(STREAM, desired.external_id, desired.sku, verdict.message))
        return frozenset(hidden) | frozenset(verdict.ignored)

    def report_changes(self, desired: DesiredProduct, write: Write) -> None:
        """The rows of the report: each field that was changed, with what was there before and after."""
        before = server_fields(write.before.product) if write.before and write.before.product else {}
        after = server_fields(write.after.product or {})
        after["category_ids"] = list(write.after.category_ids)
        changes = [Change(name, self._for_people(name, before), self._for_people(name, after)) for name in write.fields]
        subject = Subject(STREAM, desired.external_id, desired.sku, write.after.remote_id)
        self._services.report.changed(subject, changes)

    def _for_people(self, name: str, fields: dict[str, Any]) -> Any:
        """A field's value for people: of categories also the names."""
        value = fields.get(name)
        if name == "category_ids" and value:
            return ", ".join(f"{self._catalog.categories.path(number)} ({number})" for number in value)
        return value
