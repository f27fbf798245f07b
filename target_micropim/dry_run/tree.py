"""MicroPIM's categories as they would be after the plan: its own answer, with what is planned laid over it."""

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]
_CHILD_KEYS = ("children", "subcategories")
_LIST_KEYS = ("tree", "categories")
_DEEP_ENOUGH = 50  # a cycle must not hang us


class DryRunTree:
    """Rows by id. Until something is planned, MicroPIM's own answer is handed on as it is."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._planned: dict[int, Row] = {}

    def over(self, answer: Any) -> Any:
        """What the tree would be answered as: flat, with the planned categories in it."""
        rows = {row["id"]: row for row in _flat(_listed(answer), None)}
        self._rows = {**rows, **{key: {**rows.get(key, {}), **row} for key, row in self._planned.items()}}
        return list(self._rows.values()) if self._planned else answer

    def row(self, number: int) -> Row:
        """What is known of a category."""
        return self._rows.get(number, {})

    def plan(self, number: int, fields: Row) -> None:
        """A category is made or changed."""
        self._planned[number] = {**self._planned.get(number, {}), **fields, "id": number}
        self._rows[number] = {**self.row(number), **fields, "id": number}

    def path(self, number: int) -> str:
        """Names from the top, for people."""
        names: list[str] = []
        step: Any = number
        while step in self._rows and len(names) < _DEEP_ENOUGH:
            names.append(str(self._rows[step].get("name")))
            step = self._rows[step].get("parent_id")
        return " > ".join(reversed(names))


def _listed(answer: Any) -> list[Any]:
    if isinstance(answer, dict):
        answer = next((answer[key] for key in _LIST_KEYS if isinstance(answer.get(key), list)), [])
    return answer if isinstance(answer, list) else []


def _flat(items: list[Any], parent: int | None) -> Iterator[Row]:
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("id"), int):
            above = item.get("parent_id", item.get("parent"))
            above = above.get("id") if isinstance(above, dict) else above
            own = {name: value for name, value in item.items() if name not in _CHILD_KEYS}
            yield {**own, "parent_id": parent if parent is not None else above}
            for key in _CHILD_KEYS:
                yield from _flat(_listed(item.get(key)), item["id"])
