"""A write of a product, with one step back: without attributes, or without brand and supplier, when it is refused.

MicroPIM says no with one text and no field (micropim.md 1.1), so what was to blame is learnt by leaving it out once.

What every write of a product ends with: verify from the answer, then remember (micropim.md 4, rows 9, 10, 20).

Nothing is remembered as sent or assigned that MicroPIM does not show.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from target_micropim.api.client import MicroPimClient
from target_micropim.catalog.assignments import CategoryAssigner
from target_micropim.catalog.attributes import Attributes
from target_micropim.catalog.categories import Categories
from target_micropim.catalog.matching import RemoteProduct, remote_product
from target_micropim.catalog.names import KINDS
from target_micropim.errors import RequestRefused
from target_micropim.ledger import Ledger, ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.product import written_after
from target_micropim.plan.values import ATTRIBUTES, EMPTY, fingerprint, fingerprints, server_fields
from target_micropim.plan.write import (
    after_arrival,
    body_of,
    has_arrived,
    shows_no_attribute,
    verify,
    without_attributes,
)
from target_micropim.report.run_report import Change, Report, Row, Subject

STREAM = "products"
_OF_CONTENT = frozenset({400, 422})
_NAMED = frozenset(f"{kind}_id" for kind in KINDS)
Fields = dict[str, Any]
Send = Callable[[Fields], dict[str, Any]]


class FallbackWriter:
    """Used from several threads."""

    def __init__(self, attributes: Attributes, report: Report, *, drop_unmapped: bool) -> None:
        self._attributes = attributes
        self._report = report
        self._drop_unmapped = drop_unmapped

    def retreat(
        self, refused: RequestRefused, fields: Mapping[str, Any], send: Send, who: tuple[str, str]
    ) -> tuple[dict[str, Any], Fields]:
        """The answer to a smaller write, and its fields. Raises the refusal when no smaller one is taken."""
        if refused.status in _OF_CONTENT:
            smaller = without_attributes(fields)
            if smaller != fields and (answer := _tried(send, smaller)) is not None:
                self._attributes.switch_off(f"MicroPIM refuses them ({refused.said})")
                return answer, smaller
            smaller = {name: value for name, value in fields.items() if name not in _NAMED}
            if self._drop_unmapped and smaller != fields and (answer := _tried(send, smaller)) is not None:
                left = ", ".join(sorted(_NAMED & fields.keys()))
                self._report.add("warnings", Row(STREAM, *who, f"{left}: refused and left out ({refused.said})"))
                return answer, smaller
        raise refused


def _tried(send: Send, fields: Fields) -> dict[str, Any] | None:
    try:
        return send(fields)
    except RequestRefused:
        return None


@dataclass(frozen=True)
class Desk:
    """The collaborators of creating and updating."""

    client: MicroPimClient
    ledger: Ledger
    categories: Categories
    attributes: Attributes
    sending: FallbackWriter
    assigner: CategoryAssigner
    report: Report


@dataclass(frozen=True)
class Sent:
    """A write that was answered: the fields that went out, and what MicroPIM showed before and after."""

    fields: Fields
    before: RemoteProduct | None
    after: RemoteProduct
    asked: Mapping[str, int]


_NOT_COMPARED = frozenset({"sku", "category_ids"})


def resolved(row: ProductRow, found: RemoteProduct) -> ProductRow:
    """The row after a look at what a killed run may have sent."""
    sent = row.on_its_way
    if not sent:
        return row
    row = replace(row, remote_id=found.remote_id, digest=None, on_its_way={})
    if not has_arrived(sent, row.written, found.server):
        return row
    ours = after_arrival(sent, found.server)
    return replace(row, acknowledged={**row.acknowledged, **ours}, written={**row.written, **ours})


class ProductWriter:
    """Used from several threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def shown(self, product_id: int) -> dict[str, Any]:
        """A product as MicroPIM shows it. Raises NotFound."""
        return {**self._desk.client.product(product_id), "id": product_id}

    def whole(self, product_id: int, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer to a write if it shows the product, else a look at it."""
        return {**answer, "id": product_id} if "sku" in answer else self.shown(product_id)

    def patched(self, found: RemoteProduct, fields: Fields) -> RemoteProduct:
        """PATCH, and the product as MicroPIM shows it afterwards."""
        if not fields:
            return found
        answer = self._desk.client.update_product(found.remote_id, body_of(fields, found.product))
        return remote_product(self.whole(found.remote_id, answer))

    def assigned(self, after: RemoteProduct, asked: Mapping[str, int]) -> RemoteProduct:
        """After the other route, where the answer does not show every category that was asked for (row 10)."""
        missing = [number for number in dict.fromkeys(asked.values()) if number not in after.category_ids]
        return replace(after, category_ids=self._desk.assigner.add(after.remote_id, missing)) if missing else after

    def announce(self, row: ProductRow, fields: Fields) -> None:
        """Write down what a write is about to send: whoever finds it without its end knows whose values those are."""
        sent = {name: fingerprint(name, value) for name, value in fields.items() if name not in _NOT_COMPARED}
        self._desk.ledger.remember(replace(row, digest=None, on_its_way=sent))

    def remember(self, wanted: DesiredProduct, row: ProductRow, fields: Fields, sent: Sent) -> ProductRow:
        """Write down what was acknowledged, and tell what did not take."""
        doubtful = self._judge(wanted, sent)
        shown = {key for key, number in sent.asked.items() if number in sent.after.category_ids}
        known = {name: print_ for name, print_ in fingerprints(fields).items() if name not in doubtful}
        cleared = {name: EMPTY for name, value in sent.fields.items() if value is None and name not in doubtful}
        after = sent.after.server
        row = replace(
            row,
            remote_id=sent.after.remote_id,
            digest=None,
            acknowledged={**row.acknowledged, **known, **cleared},
            written=written_after(row.written, {**fields, **cleared}, set(sent.fields), after),
            categories=tuple(dict.fromkeys([*row.categories, *(key for key in sent.asked if key in shown)])),
            archived=False,
            on_its_way={},
        )
        self._desk.ledger.remember(row, soon=True)  # with what the ledger hears next: no request lies between
        return row

    def _judge(self, wanted: DesiredProduct, sent: Sent) -> frozenset[str]:
        """The fields that count as not acknowledged."""
        after = sent.after.server
        hidden: set[str] = set()
        if shows_no_attribute(sent.fields, after):
            self._desk.attributes.switch_off("MicroPIM does not show what was sent")
            hidden = {name for name in sent.fields if name.startswith(f"{ATTRIBUTES}.")}
        rest = {name: value for name, value in sent.fields.items() if name not in hidden | _NOT_COMPARED}
        judged = verify(rest, sent.before.server if sent.before else {}, after)
        if judged.told:
            self._desk.report.add("warnings", Row(STREAM, wanted.external_id, wanted.sku, judged.told))
        return frozenset(hidden) | frozenset(judged.ignored)

    def tell(self, wanted: DesiredProduct, sent: Sent) -> None:
        """The rows of the report: each field that was changed, with what was there before and after."""
        before = server_fields(sent.before.product) if sent.before and sent.before.product else {}
        after = server_fields(sent.after.product or {})
        after["category_ids"] = list(sent.after.category_ids)
        rows = [Change(name, self._said(name, before), self._said(name, after)) for name in sent.fields]
        self._desk.report.changed(Subject(STREAM, wanted.external_id, wanted.sku, sent.after.remote_id), rows)

    def _said(self, name: str, fields: dict[str, Any]) -> Any:
        """A field's value for people: of categories also the names."""
        value = fields.get(name)
        if name == "category_ids" and value:
            return ", ".join(f"{self._desk.categories.path(number)} ({number})" for number in value)
        return value
