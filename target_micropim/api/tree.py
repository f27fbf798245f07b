"""Pure: MicroPIM's category tree in any of its possible shapes, and looking up by path.

See docs/api/micropim.md#unshown-shapes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from target_micropim.mapping.characters import folded
from target_micropim.plan.values import as_id

ROOT = None
Row = dict[str, Any]
_CHILD_KEYS = ("children", "subcategories")
_LIST_KEYS = ("tree", "categories")
_DEEPEST = 50  # a cycle must not hang the run


@dataclass
class Tree:
    """Ids by parent and folded name. Two equal siblings are both kept: their path is ambiguous."""

    names: dict[int, str] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)
    descriptions: dict[int, str] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)
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

    def children(self, parent: int | None) -> list[int]:
        """The children of ``parent`` in their order: by position where all show one, else as they are listed."""
        numbers = [number for number, place in self.parents.items() if place == parent]
        if all(number in self.positions for number in numbers):
            numbers.sort(key=self.positions.__getitem__)
        return numbers

    def depth_below(self, parent: int | None, most: int) -> int:
        """At which depth a child of ``parent`` stands, counted no further than one beyond ``most``."""
        depth = 1
        while parent is not None and depth <= most:
            depth, parent = depth + 1, self.parents.get(parent)
        return depth

    def path(self, number: int) -> str:
        """Names from the root, for people."""
        parts: list[str] = []
        step: int | None = number
        while step is not None and len(parts) < _DEEPEST:
            parts.append(self.names.get(step, str(step)))
            step = self.parents.get(step)
        return " > ".join(reversed(parts))

    def below(self, root: int) -> frozenset[int]:
        """The ids under a category."""
        numbers: set[int] = set()
        for number in self.names:
            step, steps = self.parents.get(number), 0
            while step is not None and step != root and steps < _DEEPEST:
                step, steps = self.parents.get(step), steps + 1
            if step == root:
                numbers.add(number)
        return frozenset(numbers)


def read_tree(data: Any) -> Tree:
    """Nested or flat, wrapped or bare. Raises ValueError for anything else, and for one that hides something."""
    tree = Tree()
    for row, parent in category_rows(data):
        if row.get("name") is None:
            raise ValueError(f"category {row['id']} shows no name")
        tree.add(row["id"], str(row["name"]), parent)
        if isinstance(row.get("description"), str):
            tree.descriptions[row["id"]] = row["description"]
        if type(row.get("position")) is int:
            tree.positions[row["id"]] = row["position"]
    if isinstance(data, dict):
        check_total(data, len(tree.names))
    return tree


def check_total(data: Row, shown: int) -> None:
    """A list that is not paged shows all that it counts.

    Some services count what they show, in levels or in all. Raises ValueError where there are more.
    """
    pages = data.get("pagination")
    counted = {"total_items": data.get("total"), **(pages if isinstance(pages, dict) else {})}
    for name, least in (("total_items", shown), ("total_pages", 1)):
        if (number := as_id(counted.get(name)) or 0) > least:
            what = " pages" if name == "total_pages" else ""
            raise ValueError(f"it says that there are {number}{what}, and shows {least}")


def category_rows(data: Any) -> Iterator[tuple[Row, int | None]]:
    """Each category without its children, its id as a number, and the id of its parent.

    Raises ValueError for an unknown shape, or for anything in it that is no category with an id: what is not read would
    be made again.
    """
    items = data
    if isinstance(data, dict):
        items = next((data[key] for key in _LIST_KEYS if isinstance(data.get(key), list)), None if data else [])
    if not isinstance(items, list):
        raise ValueError("the answer holds no list of categories")
    yield from _rows(items, ROOT)


def _rows(items: list[Any], parent: int | None) -> Iterator[tuple[Row, int | None]]:
    for item in items:
        number = as_id(item.get("id")) if isinstance(item, dict) else None
        if number is None:
            raise ValueError("it holds something that is no category with an id")
        row = {name: value for name, value in item.items() if name not in _CHILD_KEYS}
        yield {**row, "id": number}, _parent(item, parent)
        for key in _CHILD_KEYS:
            children = item.get(key)
            if isinstance(children, list):
                yield from _rows(children, number)
            elif children is not None:
                raise ValueError(f"{key} of category {number} is no list")


def _parent(item: Row, nested_in: int | None) -> int | None:
    if nested_in is not None:
        return nested_in
    parent = item.get("parent_id", item.get("parent"))
    parent = parent.get("id") if isinstance(parent, dict) else parent
    if parent in (None, "", 0, "0"):
        return None
    number = as_id(parent)
    if number is None:
        raise ValueError(f"the parent of category {item.get('id')} is no id")
    return number
