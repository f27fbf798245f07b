"""What every write of a product ends with: verify from the answer, then remember (micropim.md 4, rows 9, 10, 20).

Nothing is remembered as sent or assigned that MicroPIM does not show.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from target_micropim.api.client import MicroPimClient
from target_micropim.entities.assigning import Assigner
from target_micropim.entities.attributes import Attributes
from target_micropim.entities.categories import Categories
from target_micropim.entities.identity import Found, found_in
from target_micropim.ledger import Ledger, ProductRow
from target_micropim.mapping.wanted import Wanted
from target_micropim.plan.body import body_of
from target_micropim.plan.on_its_way import after_arrival, has_arrived
from target_micropim.plan.product import written_after
from target_micropim.plan.taking import shows_no_attribute, taking
from target_micropim.plan.values import ATTRIBUTES, EMPTY, fingerprint, fingerprints, server_fields
from target_micropim.report.run_report import Change, Report, Row, Subject
from target_micropim.roads.sending import STREAM, Fields, Sending


@dataclass(frozen=True)
class Desk:
    """The collaborators of creating and updating."""

    client: MicroPimClient
    ledger: Ledger
    categories: Categories
    attributes: Attributes
    sending: Sending
    assigner: Assigner
    report: Report


@dataclass(frozen=True)
class Sent:
    """A write that was answered: the fields that went out, and what MicroPIM showed before and after."""

    fields: Fields
    before: Found | None
    after: Found
    asked: Mapping[str, int]


_NOT_COMPARED = frozenset({"sku", "category_ids"})


def resolved(row: ProductRow, found: Found) -> ProductRow:
    """The row after a look at what a killed run may have sent."""
    sent = row.on_its_way
    if not sent:
        return row
    row = replace(row, remote_id=found.remote_id, digest=None, on_its_way={})
    if not has_arrived(sent, row.written, found.server):
        return row
    ours = after_arrival(sent, found.server)
    return replace(row, acknowledged={**row.acknowledged, **ours}, written={**row.written, **ours})


class Writing:
    """Used from several threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def shown(self, product_id: int) -> dict[str, Any]:
        """A product as MicroPIM shows it. Raises NotFound."""
        return {**self._desk.client.product(product_id), "id": product_id}

    def whole(self, product_id: int, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer to a write if it shows the product, else a look at it."""
        return {**answer, "id": product_id} if "sku" in answer else self.shown(product_id)

    def patched(self, found: Found, fields: Fields) -> Found:
        """PATCH, and the product as MicroPIM shows it afterwards."""
        if not fields:
            return found
        answer = self._desk.client.update_product(found.remote_id, body_of(fields, found.product))
        return found_in(self.whole(found.remote_id, answer))

    def assigned(self, after: Found, asked: Mapping[str, int]) -> Found:
        """After the other route, where the answer does not show every category that was asked for (row 10)."""
        missing = [number for number in dict.fromkeys(asked.values()) if number not in after.category_ids]
        return replace(after, category_ids=self._desk.assigner.add(after.remote_id, missing)) if missing else after

    def announce(self, row: ProductRow, fields: Fields) -> None:
        """Write down what a write is about to send: whoever finds it without its end knows whose values those are."""
        sent = {name: fingerprint(name, value) for name, value in fields.items() if name not in _NOT_COMPARED}
        self._desk.ledger.remember(replace(row, digest=None, on_its_way=sent))

    def remember(self, wanted: Wanted, row: ProductRow, fields: Fields, sent: Sent) -> ProductRow:
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

    def _judge(self, wanted: Wanted, sent: Sent) -> frozenset[str]:
        """The fields that count as not acknowledged."""
        after = sent.after.server
        hidden: set[str] = set()
        if shows_no_attribute(sent.fields, after):
            self._desk.attributes.switch_off("MicroPIM does not show what was sent")
            hidden = {name for name in sent.fields if name.startswith(f"{ATTRIBUTES}.")}
        rest = {name: value for name, value in sent.fields.items() if name not in hidden | _NOT_COMPARED}
        judged = taking(rest, sent.before.server if sent.before else {}, after)
        if judged.told:
            self._desk.report.add("warnings", Row(STREAM, wanted.external_id, wanted.sku, judged.told))
        return frozenset(hidden) | frozenset(judged.ignored)

    def tell(self, wanted: Wanted, sent: Sent) -> None:
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
