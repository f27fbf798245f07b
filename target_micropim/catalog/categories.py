"""The category tree: parents first, identity = path (parent, name), never by name alone.

See docs/api/micropim.md#category-identity and docs/api/micropim.md#category-rename.

What exists is never deleted, and renamed or moved only when asked to. Two source categories with one path become one.
Renaming and moving goes only by update_categories (docs/api/micropim.md#category-rename).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pim_wire.errors import InvalidSettings, StrangeAnswer
from target_micropim.api.client import remote_id
from target_micropim.api.payloads import check_payload
from target_micropim.api.tree import Tree, read_tree
from target_micropim.errors import Reason, RecordRejected
from target_micropim.mapping.desired import DesiredCategory
from target_micropim.report.run_report import Change, Subject
from target_micropim.services import Services


class CategoryUpdater:
    """Renames and moves what exists when the source does. Called by one thread."""

    def __init__(self, services: Services) -> None:
        self._client = services.client
        self._report = services.report

    def update(self, tree: Tree, number: int, desired: DesiredCategory, parent: int | None) -> bool:
        """Bring name and place in line; whether something was sent, so that the tree has to be read again.

        Raises RecordRejected when another category is in the way, or MicroPIM refuses.
        """
        renamed, moved = tree.names[number] != desired.name, tree.parents[number] != parent
        if not renamed and not moved:
            return False
        if any(other != number for other in tree.find(parent, desired.name)):
            raise RecordRejected("plan", [Reason("name", f"another category is already at {tree.path(number)}")])
        before = tree.path(number)
        if renamed:
            self._rename(tree, number, desired)
        if moved:
            payload = {"parent_id": parent}
            check_payload("category_move", payload)
            self._client.move_category(number, payload)
        after = desired.name if parent is None else f"{tree.path(parent)} > {desired.name}"
        self._report.changed(Subject("categories", desired.external_id, None, number), [Change("path", before, after)])
        return True

    def _rename(self, tree: Tree, number: int, desired: DesiredCategory) -> None:
        """The whole category goes along, its description too: a PUT may replace what it does not name."""
        payload: dict[str, Any] = {"name": desired.name, "parent_id": tree.parents[number]}
        if description := desired.description or tree.descriptions.get(number):
            payload["description"] = description
        check_payload("category_update", payload)
        self._client.update_category(number, payload)


MAX_POSTS = 6
IN_CREATION = "category_on_its_way"  # fact of the ledger: the one that is being made, or was made last


@dataclass(frozen=True)
class PendingCategory:
    """A category that waits for its parent, with the ticket of its record."""

    desired: DesiredCategory
    ticket: int
    record: dict[str, Any]


class Categories:
    """Knows which MicroPIM category each external one is; makes those that are missing."""

    def __init__(self, services: Services) -> None:
        self._client = services.client
        self._post_once = services.post_once
        self._ledger = services.ledger
        self._max_depth = services.settings.max_category_depth
        self._root_path = services.settings.category_root
        self._updater = CategoryUpdater(services) if services.settings.update_categories else None
        self._tree: Tree | None = None
        self._root: int | None = None
        self._known: dict[str, int] = {}
        self._waiting: dict[str, list[PendingCategory]] = {}

    def ready(self) -> None:
        """Read the tree and the ledger once; an id that MicroPIM no longer has is forgotten. Raises StopRun."""
        if self._tree is not None:
            return
        self._tree = self._read()
        self._known = {key: number for key, number in self._ledger.categories().items() if number in self._tree.names}
        self._take_over(self._tree)
        try:
            for name in filter(None, (part.strip() for part in (self._root_path or "").split(">"))):
                self._root = self._place(name, "", self._root)[0]
        except RecordRejected as error:
            raise InvalidSettings(f"category_root {self._root_path}: {error}") from None

    def _take_over(self, tree: Tree) -> None:
        """What a killed run was making is ours if it is there, whatever name the source has for it now."""
        external_id, parent, name = json.loads(self._ledger.fact(IN_CREATION) or "[null, null, null]")
        if external_id is None or external_id in self._known:
            return
        matches = tree.find(parent, name)
        if len(matches) == 1:
            self._known[external_id] = matches[0]
            self._ledger.remember_category(external_id, matches[0])

    def ids(self, external: tuple[str, ...]) -> dict[str, int]:
        """Those of the external ids that have their category, in their order."""
        self.ready()
        return {key: self._known[key] for key in external if key in self._known}

    def path(self, number: int) -> str:
        """Names from the top, for people."""
        return self._tree.path(number) if self._tree is not None else str(number)

    def managed(self) -> frozenset[int]:
        """The ids under the configured root, or all that the ledger knows when there is no root."""
        self.ready()
        if self._tree is not None and self._root is not None:
            return self._tree.below(self._root)
        return frozenset(self._known.values())

    def must_wait(self, pending: PendingCategory) -> bool:
        """Keep a category whose parent has not come yet; whether it was kept."""
        self.ready()
        parent = pending.desired.parent
        if parent is None or parent in self._known:
            return False
        self._waiting.setdefault(parent, []).append(pending)
        return True

    def place(self, desired: DesiredCategory) -> bool:
        """Find or make one category whose parent is known; whether it was made. Raises RecordRejected."""
        self.ready()
        parent = self._root if desired.parent is None else self._known[desired.parent]
        if desired.external_id in self._known:
            number = self._known[desired.external_id]
            if self._updater and self._updater.update(self._tree or Tree(), number, desired, parent):
                self._tree = self._read()
            return False
        number, made = self._place(desired.name, desired.description, parent, desired.external_id)
        self._known[desired.external_id] = number
        self._ledger.remember_category(desired.external_id, number)
        return made

    def freed_by(self, external_id: str) -> list[PendingCategory]:
        """The categories that waited for this one."""
        return self._waiting.pop(external_id, [])

    def orphans(self) -> Iterator[PendingCategory]:
        """Those whose parent never came, at the end of the input."""
        waiting, self._waiting = self._waiting, {}
        for children in waiting.values():
            yield from children

    def _place(
        self, name: str, description: str, parent: int | None, external_id: str | None = None
    ) -> tuple[int, bool]:
        tree = self._tree or Tree()
        if (number := self._one(tree, parent, name)) is not None:
            return number, False
        self._check_depth(tree, parent, name)
        payload: dict[str, Any] = {"name": name, "parent_id": parent}
        if description:
            payload["description"] = description
        check_payload("category", payload)
        if external_id is not None:
            self._ledger.note(IN_CREATION, json.dumps([external_id, parent, name]))
        number = self._create(payload)
        tree.add(number, name, parent)
        return number, True

    def _create(self, payload: dict[str, Any]) -> int:
        return self._post_once.post(
            post=lambda: remote_id(self._client.create_category(payload), "POST category"),
            look=lambda: self._one(self._read(), payload["parent_id"], payload["name"]),
            attempts=MAX_POSTS,
        )

    def _read(self) -> Tree:
        """The tree as it is now. Raises StopRun: without it every category would look missing."""
        try:
            return read_tree(self._client.category_tree())
        except (RecordRejected, ValueError) as error:
            raise StrangeAnswer(f"The category tree of MicroPIM cannot be read: {error}") from None

    @staticmethod
    def _one(tree: Tree, parent: int | None, name: str) -> int | None:
        matches = tree.find(parent, name)
        if len(matches) > 1:
            path = tree.path(matches[0])
            raise RecordRejected("recognise", [Reason("name", f"MicroPIM has {len(matches)} categories at {path}")])
        return matches[0] if matches else None

    def _check_depth(self, tree: Tree, parent: int | None, name: str) -> None:
        depth, ancestor = 1, parent
        while ancestor is not None and depth <= self._max_depth:
            depth, ancestor = depth + 1, tree.parents.get(ancestor)
        if depth > self._max_depth:
            message = f"{name} would be more than {self._max_depth} levels deep (max_category_depth)"
            raise RecordRejected("plan", [Reason("parent", message)])
