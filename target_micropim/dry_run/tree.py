"""MicroPIM's categories as they would be after the plan: its own answer, with what is planned laid over it."""

from typing import Any

from target_micropim.api.tree import Row, category_rows

_DEEP_ENOUGH = 50  # a cycle must not hang us


class DryRunTree:
    """Rows by id. Until something is planned, MicroPIM's own answer is handed on as it is."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._planned: dict[int, Row] = {}

    def over(self, answer: Any) -> Any:
        """What the tree would be answered as: flat, with the planned categories in it."""
        rows = _rows_by_id(answer)
        self._rows = {**rows, **{key: {**rows.get(key, {}), **row} for key, row in self._planned.items()}}
        return list(self._rows.values()) if self._planned else answer

    def row(self, number: int) -> Row:
        """What is known of a category."""
        return self._rows.get(number, {})

    def plan(self, number: int, fields: Row) -> None:
        """A category is made or changed."""
        siblings = self._siblings(fields.get("parent_id"), number)
        siblings.insert(fields.get("position", len(siblings)), number)
        self._put(number, fields)
        for place, sibling in enumerate(siblings):
            self._put(sibling, {"position": place})

    def _siblings(self, parent: Any, number: int) -> list[int]:
        """The other categories below a parent, by position where they have one, else as they are listed."""
        rows = [row for key, row in self._rows.items() if row.get("parent_id") == parent and key != number]
        return [row["id"] for row in sorted(rows, key=lambda row: row.get("position") or 0)]

    def _put(self, number: int, fields: Row) -> None:
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


def _rows_by_id(answer: Any) -> dict[int, Row]:
    """None for an unknown shape: the answer is handed on, and whoever reads it says what is wrong."""
    try:
        return {row["id"]: {**row, "parent_id": parent} for row, parent in category_rows(answer)}
    except ValueError:
        return {}
