"""Pure: what Medipim sends that the schema does not foresee. Kept in the record, and told once per run, never a value.

New fields arrive without notice (medipim.md 5.3). Every record's top-level names are compared; the depth of a record
is walked for the first 200 records, for every 200th after that, and whenever a new top-level name shows. A walk costs
five times as much as parsing the record (76 and 14 microseconds for 6 kB), comparing names a tenth of it.
"""

from collections.abc import Mapping
from typing import Any

FIRST_RECORDS = 200
EVERY = 200
MAX_PATHS = 50

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


class Drift:
    """Watches the records of one stream."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._names = set(schema.get("properties", ()))
        self._count = 0
        self.unknown: dict[str, str] = {}
        self.other_type: dict[str, str] = {}

    def look(self, record: Mapping[str, Any]) -> None:
        """Notice what is new in a record."""
        self._count += 1
        is_new = not self._names.issuperset(record)
        if is_new and len(self.unknown) >= MAX_PATHS:
            is_new = False  # enough has been told; names that differ in each record must not fill the memory
        if is_new or self._count <= FIRST_RECORDS or self._count % EVERY == 0:
            if is_new:
                self._names.update(record)
            self._walk(record, self._schema, "")

    def lets_pass(self) -> bool:
        """Whether the next record, whose names are all known, need not be walked; if so, it is counted."""
        passes = self._count >= FIRST_RECORDS and (self._count + 1) % EVERY != 0
        self._count += passes
        return passes

    def report(self) -> str | None:
        """One line for people, or None when everything was as foreseen."""
        parts = []
        if self.unknown:
            parts.append(f"fields the schema does not know, kept: {_listed(self.unknown)}")
        if self.other_type:
            parts.append(f"values of another type than the schema says, kept: {_listed(self.other_type)}")
        return "; ".join(parts) or None

    def _walk(self, value: Any, schema: Mapping[str, Any], path: str) -> None:
        if value is None:
            return
        kind = _TYPES.get(type(value), "unknown")
        allowed = schema.get("type", [])
        allowed = [allowed] if isinstance(allowed, str) else allowed
        if allowed and kind not in allowed and not (kind == "integer" and "number" in allowed):
            self._note(self.other_type, path, kind)
        elif isinstance(value, dict):
            self._walk_object(value, schema, path)
        elif isinstance(value, list):
            for item in value:
                self._walk(item, schema.get("items", {}), f"{path}[]")

    def _walk_object(self, value: dict[str, Any], schema: Mapping[str, Any], path: str) -> None:
        properties, others = schema.get("properties"), schema.get("additionalProperties")
        for name, inner in value.items():
            place = f"{path}.{name}" if path else name
            if properties is not None and name in properties:
                self._walk(inner, properties[name], place)
            elif isinstance(others, dict):
                self._walk(inner, others, place)
            elif properties is not None:
                self._note(self.unknown, place, _TYPES.get(type(inner), "null"))

    def _note(self, found: dict[str, str], path: str, kind: str) -> None:
        if len(found) < MAX_PATHS:
            found.setdefault(path, kind)


def _listed(found: dict[str, str]) -> str:
    more = " and more" if len(found) >= MAX_PATHS else ""
    return ", ".join(f"{path} ({kind})" for path, kind in sorted(found.items())) + more
