"""Categories on their way: one after another, parents before children, whatever order they arrive in."""

from typing import Any

from target_micropim.catalog.categories import Categories, PendingCategory
from target_micropim.errors import RecordRejected
from target_micropim.mapping.profiles import Profile
from target_micropim.report.plan_file import About
from target_micropim.sync.outcomes import Outcomes, check_key, rejection

STREAM = "categories"


class CategorySync:
    """Called by one thread."""

    def __init__(self, profile: Profile, categories: Categories, endings: Outcomes, about: About) -> None:
        self._profile = profile
        self._about = about
        self._categories = categories
        self._endings = endings

    def receive(self, record: dict[str, Any]) -> None:
        """Place a category now, or keep it until its parent is there."""
        ticket = self._endings.open()
        if not self._profile.writes_categories:
            self._endings.settle(STREAM, ticket, "skipped")
            return
        try:
            arrived = PendingCategory(self._profile.category(record), ticket, record)
            check_key(arrived.wanted.external_id)
            if not self._categories.must_wait(arrived):
                self._place(arrived)
        except RecordRejected as why:
            key = record.get("id")
            self._endings.reject(STREAM, ticket, None if key is None else str(key), record, why)

    def finish(self) -> None:
        """Those whose parent never came are rejected."""
        for orphan in self._categories.orphans():
            wanted = orphan.wanted
            why = rejection("plan", "parent", f"category {wanted.parent} never came, or was refused")
            self._endings.reject(STREAM, orphan.ticket, wanted.external_id, orphan.record, why)

    def _place(self, first: PendingCategory) -> None:
        """Place a category and all that waited for it, however deep."""
        queue = [first]
        while queue:
            arrived = queue.pop(0)
            wanted = arrived.wanted
            try:
                with self._about(STREAM, wanted.external_id):
                    made = self._categories.place(wanted)
            except RecordRejected as why:
                self._endings.reject(STREAM, arrived.ticket, wanted.external_id, arrived.record, why)
                continue
            self._endings.settle(STREAM, arrived.ticket, "created" if made else "unchanged")
            queue += self._categories.freed_by(wanted.external_id)
