"""Pure: MicroPIM's category tree in any of its possible shapes (micropim.md 1.8), and looking up by path."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from target_micropim.plan.values import is_id

ROOT = None
_CHILD_KEYS = ("children", "subcategories")
_LIST_KEYS = ("tree", "categories")


def folded(name: str) -> str:
    """A name as it is compared: composed, without outer or doubled blanks, case-folded."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


@dataclass
class Tree:
    """Ids by parent and folded name. Two equal siblings are both kept: their path is ambiguous."""

    names: dict[int, str] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)
    descriptions: dict[int, str] = field(default_factory=dict)
    _by_place: dict[tuple[int | None, str], list[int]] = field(default_factory=dict)

    def add(self, number: int, name: str, parent: int | None) -> None:
        """Put a category in its place."""
        if number not in self.names:
            self.names[number] = name
            self.parents[number] = parent
            self._by_place.setdefault((parent, folded(name)), []).append(number)

    def find(self, parent: int | None, name: str) -> list[int]:
        """The children of ``parent`` with this name."""
        return self._by_place.get((parent, folded(name)), [])

    def path(self, number: int) -> str:
        """Names from the root, for people."""
        parts: list[str] = []
        step: int | None = number
        while step is not None and len(parts) < 50:  # noqa: PLR2004 - a cycle must not hang us
            parts.append(self.names.get(step, str(step)))
            step = self.parents.get(step)
        return " > ".join(reversed(parts))

    def below(self, root: int) -> frozenset[int]:
        """The ids under a category."""
        found: set[int] = set()
        for number in self.names:
            step, seen = self.parents.get(number), 0
            while step is not None and step != root and seen < 50:  # noqa: PLR2004
                step, seen = self.parents.get(step), seen + 1
            if step == root:
                found.add(number)
        return frozenset(found)


def read_tree(data: Any) -> Tree:
    """Nested or flat, wrapped or bare. Raises ValueError for anything else."""
    tree = Tree()
    for item, parent in _nodes(_top(data), ROOT):
        tree.add(item["id"], str(item.get("name") or ""), parent)
        if isinstance(item.get("description"), str):
            tree.descriptions[item["id"]] = item["description"]
    return tree


def _top(data: Any) -> list[Any]:
    """The list of nodes. Raises ValueError for an unknown shape: read as empty, everything would be made again."""
    found = data
    if isinstance(data, dict):
        found = next((data[key] for key in _LIST_KEYS if isinstance(data.get(key), list)), None if data else [])
    if not isinstance(found, list):
        raise ValueError("the answer holds no list of categories")
    return found


def _nodes(items: list[Any], parent: int | None) -> Iterator[tuple[dict[str, Any], int | None]]:
    for item in items:
        if not isinstance(item, dict) or not is_id(item.get("id")):
            continue
        yield item, _parent(item, parent)
        for key in _CHILD_KEYS:
            if isinstance(item.get(key), list):
                yield from _nodes(item[key], item["id"])


def _parent(item: dict[str, Any], nested_in: int | None) -> int | None:
    if nested_in is not None:
        return nested_in
    told = item.get("parent_id", item.get("parent"))
    told = told.get("id") if isinstance(told, dict) else told
    return told if is_id(told) else None
