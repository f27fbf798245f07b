"""Renaming and moving categories in MicroPIM when the source does; only by update_categories (micropim.md row 24)."""

from typing import Any

from target_micropim.api.client import MicroPimClient
from target_micropim.api.schemas import check_payload
from target_micropim.entities.tree import Tree
from target_micropim.errors import Reason, RecordRejected
from target_micropim.mapping.wanted import WantedCategory
from target_micropim.report.run_report import Change, Report, Subject


class Follower:
    """Called by one thread."""

    def __init__(self, client: MicroPimClient, report: Report) -> None:
        self._client = client
        self._report = report

    def follow(self, tree: Tree, number: int, wanted: WantedCategory, parent: int | None) -> bool:
        """Bring name and place in line; whether something was sent, so that the tree has to be read again.

        Raises RecordRejected when another category is in the way, or MicroPIM refuses.
        """
        renamed, moved = tree.names[number] != wanted.name, tree.parents[number] != parent
        if not renamed and not moved:
            return False
        if any(other != number for other in tree.find(parent, wanted.name)):
            raise RecordRejected("plan", [Reason("name", f"another category is already at {tree.path(number)}")])
        before = tree.path(number)
        if renamed:
            self._rename(tree, number, wanted)
        if moved:
            payload = {"parent_id": parent}
            check_payload("category_move", payload)
            self._client.move_category(number, payload)
        after = wanted.name if parent is None else f"{tree.path(parent)} > {wanted.name}"
        self._report.changed(Subject("categories", wanted.external_id, None, number), [Change("path", before, after)])
        return True

    def _rename(self, tree: Tree, number: int, wanted: WantedCategory) -> None:
        """The whole category goes along, its description too: a PUT may replace what it does not name."""
        payload: dict[str, Any] = {"name": wanted.name, "parent_id": tree.parents[number]}
        if description := wanted.description or tree.descriptions.get(number):
            payload["description"] = description
        check_payload("category_update", payload)
        self._client.update_category(number, payload)
