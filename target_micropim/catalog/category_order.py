"""The order of new categories among their siblings, at the end of the input; only by update_categories.

See docs/api/micropim.md#category-rename. The order counts when a category is made; what a person moves later stays.
Which are new is noted in the ledger, so that a run which is killed before the end leaves it to the next one.
"""

import json
from collections.abc import Callable

from pim_wire.errors import Unclear
from target_micropim.api.payloads import check_payload
from target_micropim.api.tree import Tree
from target_micropim.errors import RecordRejected
from target_micropim.plan.order import is_sorted, moves, wanted_order
from target_micropim.report.run_report import Row
from target_micropim.services import Services

STREAM = "categories"
NEW = "categories_to_place"  # fact of the ledger: ids of those that were made and are not in their place yet


class CategoryOrder:
    """Called by one thread."""

    def __init__(self, services: Services) -> None:
        self._client = services.client
        self._ledger = services.ledger
        self._report = services.report
        self._new: set[int] | None = None
        self._orders: dict[int, float] = {}

    def has_order(self, number: int, order: float | None) -> None:
        """The source's order of a category; of several that share it, the first."""
        if order is not None:
            self._orders[number] = min(order, self._orders.get(number, order))

    def made(self, number: int) -> None:
        """A category was made; its place is seen to at the end."""
        new = self._known_new()
        if number not in new:
            new.add(number)
            self._ledger.note(NEW, json.dumps(sorted(new)))

    def arrange(self, read: Callable[[], Tree]) -> None:
        """Move the new ones where they belong; once more where the service did not make room."""
        if not (new := self._known_new()):
            return
        try:
            tree = read()
            wanted = self._wanted(tree, new)
            sent = [self._move(tree, parent, order, new) for parent, order in wanted.items()]
            if any(sent):
                self._make_room(read(), wanted)
        except (RecordRejected, Unclear) as error:
            what = f"new categories may stand in another order than in the source: {error}"
            self._report.add("warnings", Row(STREAM, "", None, what))
        new.clear()
        self._ledger.note(NEW, "")

    def _wanted(self, tree: Tree, new: set[int]) -> dict[int | None, list[int]]:
        parents = dict.fromkeys(tree.parents[number] for number in sorted(new) if number in tree.names)
        orders = {parent: wanted_order(tree.children(parent), self._orders, new) for parent in parents}
        return {parent: order for parent, order in orders.items() if order is not None}

    def _make_room(self, tree: Tree, wanted: dict[int | None, list[int]]) -> None:
        """Places alone were noted: then all of the source's below this parent get theirs."""
        for parent, order in wanted.items():
            ours = {number for number in order if number in self._orders}
            if not is_sorted([number for number in tree.children(parent) if number in ours], self._orders):
                self._move(tree, parent, order, ours, every=True)

    def _move(
        self, tree: Tree, parent: int | None, order: list[int], movable: set[int], *, every: bool = False
    ) -> bool:
        steps = moves(tree.children(parent), order, movable)
        if every:
            steps = [(number, place) for place, number in enumerate(order) if number in movable]
        for number, place in steps:
            payload = {"parent_id": parent, "position": place}
            check_payload("category_move", payload)
            self._client.move_category(number, payload)
        return bool(steps)

    def _known_new(self) -> set[int]:
        if self._new is None:
            self._new = set(json.loads(self._ledger.fact(NEW) or "[]"))
        return self._new
