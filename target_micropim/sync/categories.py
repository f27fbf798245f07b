"""The categories stream: one after another, parents before children, whatever order they arrive in."""

from dataclasses import replace
from typing import Any

from pim_wire.exact_json import as_json
from target_micropim.catalog.categories import Categories, PendingCategory
from target_micropim.errors import RecordRejected
from target_micropim.mapping.native_categories import OWN
from target_micropim.mapping.plain_values import row_id_of
from target_micropim.mapping.profiles import Profile
from target_micropim.report.input_order import record_scope
from target_micropim.services import Services
from target_micropim.sync.outcomes import Outcomes, check_key, rejection
from target_micropim.sync.unknown_fields import UnknownFields

STREAM = "categories"
_TOP = f"{OWN}0"  # what many sources write as the parent of a category at the top, where none has that id


class CategorySync:
    """Called by one thread."""

    def __init__(self, profile: Profile, categories: Categories, outcomes: Outcomes, services: Services) -> None:
        self._profile = profile
        self._categories = categories
        self._outcomes = outcomes
        self._ledger = services.ledger
        self._unknown = UnknownFields(services.report, STREAM)
        self._source = profile.category_source
        self._seen: set[str] = set()

    def declared(self) -> None:
        """The source has a stream of categories: what its products name are ids of that."""
        if self._profile.name == "native":
            self._categories.has_own_stream = True

    def receive(self, record: dict[str, Any]) -> None:
        """Place a category now, or keep it until its parent is there."""
        self._receive(self._outcomes.open(), record)

    def receive_again(self, record: dict[str, Any]) -> None:
        """Take a reject of an earlier run."""
        self._receive(self._outcomes.open_again(), record)

    def has_seen(self, external_id: str) -> bool:
        """Whether a category has come in this run."""
        return external_id in self._seen

    def is_known(self, key: str) -> bool:
        """Whether the ledger has the category of the record with this id."""
        known = self._ledger.categories()
        return f"{OWN}{key}" in known or f"{self._source.prefix}{key}" in known

    def _receive(self, ticket: int, record: dict[str, Any]) -> None:
        if not self._profile.writes_categories:
            self._outcomes.settle(self._source.stream, ticket, "skipped")
            return
        self.declared()
        try:
            pending = PendingCategory(self._profile.category(record), ticket, record)
            check_key(pending.desired.external_id)
            self._seen.add(pending.desired.external_id)
            self._unknown.saw(pending.desired.unknown_fields)
            if not self._categories.must_wait(pending):
                self._place(pending)
        except RecordRejected as error:
            self._outcomes.reject(self._source.stream, ticket, row_id_of(record.get("id")) or None, record, error)

    def finish(self) -> None:
        """Those whose parent never came are rejected."""
        for first in self._categories.freed_by(_TOP):
            self._place(replace(first, desired=replace(first.desired, parent=None)))
        for orphan in self._categories.orphans():
            parent = self._key(str(orphan.desired.parent))
            error = rejection("plan", "parent", f"category {parent} never came, or was refused")
            self._reject(orphan, error)
        self._unknown.tell()
        self._categories.finish()
        self._categories.look_at_what_was_made()

    def _place(self, first: PendingCategory) -> None:
        """Place a category and all that waited for it, however deep."""
        queue = [first]
        while queue:
            pending = queue.pop(0)
            desired = pending.desired
            try:
                with record_scope(STREAM, desired.external_id, pending.ticket):
                    action = self._categories.place(desired)
            except RecordRejected as error:
                self._reject(pending, error)
                continue
            if desired.external_id in self._categories.asked:
                self._ledger.keep_record(STREAM, desired.external_id, as_json(pending.record))
            self._outcomes.settle(self._source.stream, pending.ticket, action, self._key(desired.external_id))
            queue += self._categories.freed_by(desired.external_id)

    def _reject(self, pending: PendingCategory, error: RecordRejected) -> None:
        key = self._key(pending.desired.external_id)
        self._outcomes.reject(self._source.stream, pending.ticket, key, pending.record, error)

    def _key(self, external_id: str) -> str:
        """The id of the record, by which a reject of it is known."""
        return external_id.removeprefix(OWN).removeprefix(self._source.prefix)
