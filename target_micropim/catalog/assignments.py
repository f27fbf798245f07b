"""Products into categories by the category's own route, where a PATCH ignores them.

See docs/api/micropim.md#categories-in-patch and docs/api/micropim.md#assign-products.

Whether that route adds or replaces is not documented. A route that replaces would throw all other products
out of the category. So the first use on a category that has products looks whether they are still there. If not, they
are put back, and the route is not used again in this run. The ledger holds them meanwhile: a run may be killed in
between.
"""

import json
import threading

from target_micropim.api.payloads import check_payload
from target_micropim.errors import RecordRejected
from target_micropim.plan.values import category_ids
from target_micropim.report.run_report import Row
from target_micropim.services import Services

TRIAL = "assigning_on_trial"


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
            if not now.issuperset(before):
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
                if not self._adds:
                    self._probe(number, product_id)
                    return
        self._post(number, [product_id])

    def _probe(self, number: int, product_id: int) -> None:
        if self._replaces:
            return
        before = self._client.category_products(number) - {product_id}
        if not before:
            self._post(number, [product_id])
            return
        self._ledger.note(TRIAL, json.dumps([number, *sorted(before)]))
        self._post(number, [product_id])
        if before <= self._client.category_products(number):
            self._adds = True
        else:
            self._replaces = True
            self._post(number, [*sorted(before), product_id])
            self._warn(
                f"assigning a product to category {number} threw out {len(before)} others; they were put back, and no "
                "more products are assigned in this run: do it by hand, or set categories_mode to off"
            )
        self._ledger.note(TRIAL, "")

    def _post(self, number: int, product_ids: list[int]) -> None:
        check_payload("category_products", {"product_ids": product_ids})
        self._client.assign_products(number, product_ids)

    def _warn(self, what: str) -> None:
        self._report.add("warnings", Row("categories", "", None, what))
