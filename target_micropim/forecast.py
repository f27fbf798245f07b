"""``--check --input``: how many products of a file a run would recognise, make or refuse. Writes nothing.

The file travels the target's own road (messages, stream maps, mapping, recognition) up to the decision, over a private
copy of the ledger and one reading of MicroPIM's list; what was judged is noted in the copy, so memory does not grow.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pim_wire.errors import StrangeAnswer
from target_micropim.contact import Contact
from target_micropim.entities.identity import Identity
from target_micropim.errors import RecordRejected
from target_micropim.ledger import Ledger, ProductRow
from target_micropim.mapping.wanted import Wanted
from target_micropim.report.markup import visible
from target_micropim.report.plan_file import FIRST_PLANNED_ID
from target_micropim.roads.endings import because
from target_micropim.roads.keys import check_key
from target_micropim.roads.upsert import STREAM
from target_micropim.settings.shaping import profile_of

EXAMPLES = 3
_JUDGED = "judged by --check"  # stands where a real run keeps its digest


class Forecast:
    """Takes the place of a run's engine. ``ledger`` must be a private copy, claimed for this organization."""

    def __init__(self, contact: Contact, ledger: Ledger) -> None:
        settings = contact.settings
        self._ledger = ledger
        self._profile = profile_of(contact.config, settings)
        self._makes = contact.config["write_mode"] != "update_only"
        self._identity = Identity(contact.client, ledger, settings.match_on, capabilities=settings.capabilities)
        self._ends: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {"Ambiguous": [], "Unmappable": []}

    def read_list(self) -> None:
        """Read MicroPIM's whole list into the copy. Raises StopRun."""
        self._ledger.forget_seen()
        self._identity.build_index(lambda _product: None)
        if not self._identity.is_indexed:
            raise StrangeAnswer(
                "MicroPIM's product list changed while it was read, twice: check again when nobody edits"
            )

    # What an engine offers to the target

    def takes(self, stream: str) -> bool:
        """Products, and what the profile knows: their records are judged here."""
        return stream in {STREAM, "categories"} or stream in self._profile.acknowledged

    def receive(self, stream: str, record: Any, _line: bytes | None = None) -> None:
        """Judge one record."""
        if stream == STREAM:
            self._ends["records"] += 1
            try:
                self._judge(record)
            except RecordRejected as why:
                self._refused(record, why)

    def refuse(self, stream: str, kept: Any, why: str) -> None:
        """A record that could not be read."""
        if stream == STREAM:
            self._ends["records"] += 1
            self._refused(kept, because("read", "$", why))

    def checkpoint(self, _state: dict[str, Any]) -> None:
        """No state leaves."""

    # The judgement

    def _judge(self, record: Any) -> None:
        if not isinstance(record, dict):
            raise because("map", "$", "the record is not an object")
        key = self._profile.key(record)
        if key is None:
            raise because("map", self._profile.key_field, "is missing")
        check_key(key, self._profile.key_field)
        wanted = self._profile.product(record)
        row = self._ledger.product(wanted.external_id)
        if row is not None and row.digest == _JUDGED:
            self._ends["again"] += 1
            return
        how, remote_id = self._recognised(wanted, row)
        self._ends[how] += 1
        self._ends["inactive"] += wanted.inactive and remote_id < FIRST_PLANNED_ID
        if how != "left":
            self._ledger.settle(ProductRow(wanted.external_id, wanted.sku, remote_id), _JUDGED, [])

    def _recognised(self, wanted: Wanted, row: ProductRow | None) -> tuple[str, int]:
        """How it is known, in the order of a run: ledger, SKU, EAN. Raises RecordRejected for two candidates."""
        if row is not None and row.remote_id in self._ledger.seen_among([row.remote_id]):
            return "ledger", row.remote_id
        self._refuse_taken("sku", wanted.sku, self._ledger.owner_of_sku(wanted.sku), wanted)
        found = self._identity.find(wanted.sku, wanted.fields.get("ean"))
        if found is None:
            made = self._makes and not wanted.inactive
            return ("made" if made else "left"), FIRST_PLANNED_ID + self._ends["records"]
        self._refuse_taken("id", found.remote_id, self._ledger.owner_of_remote_id(found.remote_id), wanted)
        return ("sku" if self._ledger.seen(sku=wanted.sku) else "ean"), found.remote_id

    @staticmethod
    def _refuse_taken(field: str, value: str | int, owner: str | None, wanted: Wanted) -> None:
        if owner not in (None, wanted.external_id):
            raise because("recognise", field, f"{value} already belongs to {owner} of this source")

    def _refused(self, record: Any, why: RecordRejected) -> None:
        kind = "Ambiguous" if why.stage == "recognise" else "Unmappable"
        self._ends[kind] += 1
        if len(self._examples[kind]) < EXAMPLES:
            key = self._profile.key(record) if isinstance(record, dict) else None
            self._examples[kind].append(visible(f"{key or 'a record without a key'}: {why}")[:200])

    def lines(self) -> Iterator[str]:
        """What came of the file."""
        ends = self._ends
        match = ends["ledger"] + ends["sku"] + ends["ean"]
        yield f"Input: {ends['records']} product records, {ends['again']} of them a product's later version"
        yield (
            f"Would match: {match} ({ends['ledger']} by the ledger, {ends['sku']} by SKU, {ends['ean']} by EAN), "
            f"of them {ends['inactive']} inactive in the source"
        )
        yield f"Would be made: {ends['made']}"
        yield f"Would be left out, since inactive or write_mode is update_only: {ends['left']}"
        for kind, examples in self._examples.items():
            yield f"{kind}: {ends[kind]}" + (f", such as {'; '.join(examples)}" if examples else "")
