"""What would become of the products of a file: recognised, made or refused, judged over a private copy of the ledger.

The file goes the target's own way (messages, stream maps, mapping, matching) up to the decision. What was judged is
noted in the copy, so memory does not grow.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pim_wire.errors import StrangeAnswer
from target_micropim.catalog.languages import SourceLanguages
from target_micropim.catalog.matching import ProductMatching
from target_micropim.connection import Connection
from target_micropim.errors import RecordRejected
from target_micropim.ledger import Ledger, ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.report.plan_file import FIRST_PLANNED_ID
from target_micropim.report.shown import visible
from target_micropim.settings.shaping import profile_of
from target_micropim.sync.outcomes import check_key, rejection
from target_micropim.sync.write import STREAM

EXAMPLES = 3
_JUDGED = "judged by --check"  # stands where a real run keeps its digest


class MatchPreview:
    """Takes the place of a run's pipeline. ``ledger`` must be a private copy, claimed for this organization."""

    def __init__(self, connection: Connection, ledger: Ledger, languages: SourceLanguages) -> None:
        self._ledger = ledger
        self._languages = languages
        self._profile = profile_of(connection.settings, connection.clock.wall)
        self._streams = connection.settings.streams
        self._creates = connection.settings.write_mode != "update_only"
        self._matching = ProductMatching(connection.client, ledger, connection.settings)
        self._ends: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {"Ambiguous": [], "Unmappable": []}

    def read_list(self) -> None:
        """Read MicroPIM's whole list into the copy. Raises StopRun."""
        self._ledger.forget_seen()
        self._matching.build_index()
        if not self._matching.is_indexed:
            raise StrangeAnswer(
                "MicroPIM's product list changed while it was read, twice: check again when nobody edits"
            )

    @property
    def products(self) -> int:
        """How many products of the file would be made, or are there."""
        return sum(self._ends[end] for end in ("made", "ledger", "sku", "ean"))

    # What a pipeline offers to the target

    def takes(self, stream: str) -> bool:
        """Products, and what the profile knows: their records are judged here."""
        return self._streams.get(stream, stream) in {STREAM, "categories"} or stream in self._profile.acknowledged

    def refusal(self, stream: str, schema: Mapping[str, Any], keys: Sequence[str]) -> str | None:
        """Why no record of this schema could be used."""
        return self._profile.refusal(self._streams.get(stream, stream), schema, keys)

    def receive(self, stream: str, record: Any, _text: bytes | None = None, _within: tuple[str, ...] = ()) -> None:
        """Judge one record."""
        if self._streams.get(stream, stream) == STREAM:
            self._ends["records"] += 1
            self._languages.count(record)
            try:
                self._judge(record)
            except RecordRejected as error:
                self._reject(record, error)

    def refuse(self, stream: str, kept: Any, reason: str) -> None:
        """A record that could not be read."""
        if self._streams.get(stream, stream) == STREAM:
            self._ends["records"] += 1
            self._reject(kept, rejection("read", "$", reason))

    def checkpoint(self, _state: dict[str, Any]) -> None:
        """No state leaves."""

    # The judgement

    def _judge(self, record: Any) -> None:
        if not isinstance(record, dict):
            raise rejection("map", "$", "the record is not an object")
        key = self._profile.key(record)
        if key is None:
            raise rejection("map", self._profile.key_field, "is missing")
        check_key(key, self._profile.key_field)
        if self._profile.left_out and self._profile.left_out(record):
            self._ends["status"] += 1
            return
        desired = self._profile.product(record)
        row = self._ledger.product(desired.external_id)
        if row is not None and row.digest == _JUDGED:
            self._ends["again"] += 1
            return
        end, remote_id = self._matched(desired, row)
        self._ends[end] += 1
        self._ends["inactive"] += desired.inactive and remote_id < FIRST_PLANNED_ID
        if end != "left":
            made = row.made if row is not None else end == "made"
            self._ledger.settle(ProductRow(desired.external_id, desired.sku, remote_id, made=made), _JUDGED, [])

    def _matched(self, desired: DesiredProduct, row: ProductRow | None) -> tuple[str, int]:
        """How it is known, in the order of a run: ledger, SKU, EAN. Raises RecordRejected for two candidates."""
        if row is not None and row.remote_id in self._ledger.seen_among([row.remote_id]):
            return "ledger", row.remote_id
        self._refuse_taken("sku", desired.sku, self._ledger.owner_of_sku(desired.sku), desired)
        match = self._matching.find(desired.sku, desired.fields.get("ean"))
        if match is None:
            is_created = self._creates and not desired.inactive
            return ("made" if is_created else "left"), FIRST_PLANNED_ID + self._ends["records"]
        owner, is_by_sku = self._ledger.owner(match.remote_id), bool(self._ledger.seen(sku=desired.sku))
        if owner not in (None, desired.external_id) and not is_by_sku:
            known = self._ledger.product(str(owner))
            if known is not None and known.was_made_by_us:  # docs/api/medipim.md#shared-codes
                return "made", FIRST_PLANNED_ID + self._ends["records"]
        self._refuse_taken("id", match.remote_id, owner, desired)
        return ("sku" if is_by_sku else "ean"), match.remote_id

    @staticmethod
    def _refuse_taken(field: str, value: str | int, owner: str | None, desired: DesiredProduct) -> None:
        if owner not in (None, desired.external_id):
            raise rejection("recognise", field, f"{value} already belongs to {owner} of this source")

    def _reject(self, record: Any, error: RecordRejected) -> None:
        kind = "Ambiguous" if error.stage == "recognise" else "Unmappable"
        self._ends[kind] += 1
        if len(self._examples[kind]) < EXAMPLES:
            key = self._profile.key(record) if isinstance(record, dict) else None
            self._examples[kind].append(visible(f"{key or 'a record without a key'}: {error}")[:200])

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
        if ends["status"]:
            yield f"Would be left out by their status (statuses): {ends['status']}"
        for kind, examples in self._examples.items():
            yield f"{kind}: {ends[kind]}" + (f", such as {'; '.join(examples)}" if examples else "")
