"""What waits until the input has ended: products get the categories that came late, and what is over is archived."""

from collections.abc import Callable
from typing import Any

from target_micropim.catalog.catalog import Catalog
from target_micropim.errors import RecordRejected
from target_micropim.mapping.life import ended_by
from target_micropim.mapping.native_categories import OWN, PATH
from target_micropim.mapping.profiles import Profile
from target_micropim.report.input_order import AFTER_THE_INPUT, record_scope
from target_micropim.report.product_rows import ProductEnd
from target_micropim.report.run_report import Row
from target_micropim.services import Services
from target_micropim.sync.archives import PendingArchive, PendingArchives
from target_micropim.sync.deferred import Item
from target_micropim.sync.late import LateWork
from target_micropim.sync.outcomes import Outcomes
from target_micropim.sync.product import Outcome
from target_micropim.sync.write import STREAM

NOT_OURS = "MicroPIM does not show it any more, or it is another record's by now"


class AfterInput:
    """``name_of`` gives the name of a record as reports show it."""

    def __init__(
        self,
        profile: Profile,
        services: Services,
        catalog: Catalog,
        outcomes: Outcomes,
        archives: PendingArchives,
        late: LateWork,
        name_of: Callable[[dict[str, Any]], str],
    ) -> None:
        self._profile = profile
        self._services = services
        self._catalog = catalog
        self._outcomes = outcomes
        self._archives = archives
        self._late = late
        self._name = name_of
        self._began = services.ledger.now() - 0.001  # products are settled after this moment

    def link_late_categories(self) -> None:
        """Products that came before their category get it now; what still has none is listed."""
        for key, category in self._services.ledger.products_missing_categories():
            ids = self._catalog.category_ids.at_end(category)
            if not ids:
                if self._catalog.categories.is_gone(category):
                    continue
                self._catalog.names.unmapped.add("category", category.removeprefix(OWN).removeprefix(PATH), key)
                continue
            try:
                with record_scope(STREAM, key):
                    sku = self._late.link(key, category, ids)
                if sku is not None:
                    self._tell_of_link(key, sku, category.removeprefix(OWN))
            except RecordRejected as error:
                reason = error.said or error
                what = f"could not be added to its category {category}: {reason}; the next run tries again"
                self._services.report.add("manual_actions", Row(STREAM, key, None, what))
        self._catalog.category_ids.decide()

    def _tell_of_link(self, key: str, sku: str, category: str) -> None:
        """A product that came in an earlier run, and changed in this one without its record."""
        if not self._services.ledger.was_settled_between(key, self._began, self._services.ledger.now() + 1):
            end = ProductEnd(key, sku, "", f"its category {category} has come")
            self._services.report.products.add("updated", end, AFTER_THE_INPUT)

    def name_successor_of_left(self, item: Item, outcome: Outcome) -> None:
        """A product that the source has replaced and that is left: on sale by on_inactive, or archived by a person."""
        is_ignored = outcome.action == "skipped" and self._services.settings.on_inactive == "ignore"
        if not is_ignored and not outcome.found_archived:
            return
        successor, row = self._profile.successor(item.record), self._services.ledger.product(item.key)
        if successor is not None and row is not None and row.is_made:
            how = "archived already" if outcome.found_archived else "left on sale (on_inactive)"
            self._late.name_successor(item.key, row.sku, successor, how)

    def _name_successor(self, pending: PendingArchive, record: dict[str, Any], action: str) -> None:
        """Links and stock of an archived product may go to the one that replaces it: a person is told which it is."""
        successor = self._profile.successor(record) if action == "archived" else None
        if successor is not None:
            self._late.name_successor(pending.key, pending.sku, successor)

    def _archived(self, end: ProductEnd) -> ProductEnd:
        """With the status that the product had before."""
        row = self._services.ledger.product(str(end.external_id))
        return end._replace(changes=[("status", row.revive_as if row else None, "archived")])

    def archive(self) -> None:
        """Archive what the source calls inactive, if the limit allows it. Raises StopRun."""
        ledger = self._services.ledger
        if not len(self._archives):
            return  # counting the products that live reads every page of a large ledger
        self._outcomes.guards.before_archiving(len(self._archives), ledger.count_live())
        for pending in self._archives:
            record = self._archives.record(pending)
            end = ProductEnd(pending.key, pending.sku, self._name(record), ended_by(record))
            try:
                with record_scope(STREAM, pending.key, pending.ticket, end.name):
                    action = self._late.archive(pending.row(ledger.product(pending.key)))
                    self._name_successor(pending, record, action)
            except RecordRejected as error:
                self._outcomes.reject(STREAM, pending.ticket, pending.key, record, error, pending.source_at, end)
            else:
                end = self._archived(end) if action == "archived" else end._replace(reason=NOT_OURS)
                self._outcomes.settle(STREAM, pending.ticket, action, pending.key, end)
            self._archives.drop(pending.key)
            self._outcomes.release()
