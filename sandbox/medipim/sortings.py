"""Sorting (docs/api/medipim.md#query-grammar, docs/api/medipim.md#product-sortings): one key, ties by id."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from sandbox.exchange import JsonValue
from sandbox.medipim.rows import Row
from sandbox.medipim.violations import Violation

DIRECTIONS = ("ASC", "DESC")
HEAD_KEYS: dict[str, Callable[[Row], Any]] = {
    "id": attrgetter("head.id"),
    "createdAt": attrgetter("head.created_at"),
    "touchedAt": lambda row: getattr(row.head, "touched_at", None) or row.head.updated_at,
    "statusTouchedAt": attrgetter("head.status_touched_at"),
    "status": attrgetter("head.status"),
}


class Sorting:
    """A checked sorting."""

    def __init__(self, key: Callable[[Row], Any], *, descending: bool) -> None:
        """Keep what to compare."""
        self._key = key
        self._descending = descending

    def apply(self, rows: Iterable[Row]) -> list[Row]:
        """Missing values come first, as the smallest.

        Positions are sorted, not pairs: pairs of 10,000 rows would call the garbage collector again and again.
        """
        by_id = sorted(rows, key=HEAD_KEYS["id"])
        values = [self._key(row) for row in by_id]
        known = [position for position, value in enumerate(values) if value is not None]
        known.sort(key=values.__getitem__, reverse=self._descending)
        found = [by_id[position] for position in known]
        missing = [row for row, value in zip(by_id, values, strict=True) if value is None]
        return found + missing if self._descending else missing + found


def parse_sorting(body: JsonValue, names: Iterable[str], locales: Iterable[str], path: str = "sorting") -> Sorting:
    """Check the shape: ``{"id": "ASC"}``, for localized names ``{"name": {"direction", "locale"}}``."""
    if not isinstance(body, dict) or len(body) != 1:
        raise Violation(path, "must be an object with one key")
    name, value = next(iter(body.items()))
    if name not in names:
        raise Violation(f"{path}.{name}", "unknown sorting")
    if name == "name" and isinstance(value, dict):
        locale, direction = value.get("locale"), value.get("direction")
        if direction not in DIRECTIONS or locale is None or locale not in locales:
            raise Violation(f"{path}.name", "must have a direction and a locale of this market")
        return Sorting(_name_in(locale), descending=direction == "DESC")
    if value not in DIRECTIONS:
        raise Violation(f"{path}.{name}", "must be ASC or DESC")
    return Sorting(HEAD_KEYS.get(name) or _field(name), descending=value == "DESC")


def _name_in(locale: str) -> Callable[[Row], Any]:
    def read(row: Row) -> JsonValue:
        name = row.raw["name"]
        return name.get(locale) if isinstance(name, dict) else name

    return read


def _field(name: str) -> Callable[[Row], Any]:
    def read(row: Row) -> JsonValue:
        value = row.raw.get(name)
        if isinstance(value, dict):
            return next((text for text in value.values() if text), None)
        return None if value is None else str(value)

    return read
