"""Products into categories by the category's own route, where a PATCH ignores them.

See docs/api/micropim.md#categories-in-patch and docs/api/micropim.md#assign-products.

Whether that route adds or replaces is not documented. A route that replaces would throw all other products
out of the category. So the first use on a category that has several looks whether one of them is still there: that
some are not may be a person's doing. If none is, they are put back, and the route is not used again in this run. The
ledger holds them meanwhile: a run may be killed in between. After each wait the category is looked at again.
"""

import json
import threading
from functools import partial

from pim_wire.wire import Tries
from target_micropim.api.payloads import check_payload
from target_micropim.errors import RecordRejected, RequestRefused
from target_micropim.plan.values import category_ids
from target_micropim.report.run_report import Row
from target_micropim.services import Services

TRIAL = "assigning_on_trial"  # fact of the ledger: a category, and the products that were in it
MEMBERS_OF_A_TRIAL = 2  # that all of them leave while a run looks is no person's doing


class CategoryAssigner:
    """Used from several threads; by one at a time until the route is proven to add."""

    def __init__(self, services: Services) -> None:
        self._client = services.client
        self._ledger = services.ledger
        self._report = services.report
        self._lock = threading.Lock()
        self._adds = False
        self._replaces = not services.settings.capabilities.may_assign  # --probe saw the route throw others out

    def repair(self) -> None:
        """Put back the products that the trial of a killed run threw out of a category."""
        if not (trial := self._ledger.fact(TRIAL)):
            return
        number, *before = json.loads(trial)
        try:
            now = self._client.category_products(number)
            if now.isdisjoint(before):
                self._post(number, sorted(now.union(before)))
        except RecordRejected as error:
            self._warn(f"category {number} may miss products that a killed run found in it: {error.said or error}")
        self._ledger.note(TRIAL, "")

    def add(self, product_id: int, missing: list[int]) -> tuple[int, ...]:
        """Put a product into categories; those that it shows afterwards."""
        refusals: dict[int, str] = {}
        for number in missing:
            try:
                self._add(number, product_id)
            except RecordRejected as error:
                refusals[number] = error.said or str(error)
        shown = tuple(category_ids(self._client.product(product_id)))
        for number in missing:
            if number not in shown:
                reason = refusals.get(number, "MicroPIM does not show it")
                self._warn(f"did not take: product {product_id} in category {number}: {reason}")
        return shown

    def _add(self, number: int, product_id: int) -> None:
        if not self._adds:
            with self._lock:
                if self._replaces:
                    return
                if not self._adds:
                    self._client.look_and_write(partial(self._probe, number, product_id))
                    return
        self._client.look_and_write(partial(self._assign, number, [product_id]))

    def _probe(self, number: int, product_id: int, tries: Tries) -> None:
        """Assign it, and see whether others are still there. One other is sent along: so it stays in either way."""
        there = self._client.category_products(number) - {product_id}
        before = self._on_trial(number)  # an attempt whose answer was lost may have thrown them out
        if not before or not there.isdisjoint(before):
            before = there
            is_trial = len(before) >= MEMBERS_OF_A_TRIAL
            self._note_trial([number, *sorted(before)] if is_trial else [])
            self._assign(number, [product_id] if is_trial else [*before, product_id], tries)
            if not is_trial:
                return
            there = self._client.category_products(number)
        if there.isdisjoint(before):
            self._replaces = True
            self._post(number, [*sorted(before), product_id])
            self._warn(
                f"assigning a product to category {number} threw out {len(before)} others; they were put back, and no "
                "more products are assigned in this run: do it by hand, or set categories_mode to off"
            )
        else:
            self._adds = True
        self._note_trial([])

    def _note_trial(self, trial: list[int]) -> None:
        if (known := json.dumps(trial) if trial else "") != (self._ledger.fact(TRIAL) or ""):
            self._ledger.note(TRIAL, known)

    def _on_trial(self, number: int) -> frozenset[int]:
        """The products that were in a category before the first attempt, while it is not known what that did."""
        category, *before = json.loads(self._ledger.fact(TRIAL) or "[0]")
        return frozenset(before) if category == number else frozenset()

    def _assign(self, number: int, product_ids: list[int], tries: Tries) -> None:
        """Unless an attempt whose answer was lost has done it; the last one is the one that is not there yet."""
        if tries.failures and number in category_ids(self._client.product(product_ids[-1])):
            return
        try:
            self._post(number, product_ids, tries)
        except RequestRefused:  # an answer of MicroPIM's own: nothing was taken
            self._note_trial([])
            raise

    def _post(self, number: int, product_ids: list[int], tries: Tries | None = None) -> None:
        check_payload("category_products", {"product_ids": product_ids})
        self._client.assign_products(number, product_ids, tries)

    def _warn(self, what: str) -> None:
        self._report.add("warnings", Row("categories", "", None, what))
