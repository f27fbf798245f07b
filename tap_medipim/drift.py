"""What Medipim sends that the schema does not have: kept in the record, and named once a run without its value. Pure.

New fields arrive without notice (docs/api/medipim.md#new-fields). The top-level names of every record are compared. The
first 200 records are walked in depth, then every 200th, and each that has a new top-level name. A walk costs five times
as much as parsing the record (76 and 14 microseconds for 6 kB), comparing names a tenth of it.
"""

from collections.abc import Mapping
from typing import Any

FIRST_RECORDS = 200
EVERY = 200
MAX_PATHS = 50

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
_PLAIN = frozenset({"boolean", "integer", "number", "string"})


class Drift:
    """Compares the records of one stream with its schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._names = set(schema.get("properties", ()))
        self._count = 0
        self.unknown: dict[str, str] = {}
        self.other_type: dict[str, str] = {}

    def check(self, record: Mapping[str, Any]) -> None:
        """Note what is new in a record."""
        self._count += 1
        is_new = not self._names.issuperset(record)
        if is_new and len(self.unknown) >= MAX_PATHS:
            is_new = False  # the report is full; names that differ in each record must not fill the memory
        if is_new or self._count <= FIRST_RECORDS or self._count % EVERY == 0:
            if is_new:
                self._names.update(record)
            self._walk(record, self._schema, "")

    def skip(self) -> bool:
        """Whether the next record, whose names are all known, need not be walked; if so, it is counted."""
        is_skipped = self._count >= FIRST_RECORDS and (self._count + 1) % EVERY != 0
        self._count += is_skipped
        return is_skipped

    def report(self) -> str | None:
        """One line for people, or None when everything was as the schema says."""
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
            known = others if properties is None else properties.get(name, others)
            if isinstance(known, dict):
                if not _fits(inner, known):  # most do: only then its path is put together
                    self._walk(inner, known, f"{path}.{name}" if path else name)
            elif properties is not None and name not in properties:
                self._note(self.unknown, f"{path}.{name}" if path else name, _TYPES.get(type(inner), "null"))

    def _note(self, kinds: dict[str, str], path: str, kind: str) -> None:
        if len(kinds) < MAX_PATHS:
            kinds.setdefault(path, kind)


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether there is nothing to walk: null, or a plain value of a type that the schema names."""
    kind = _TYPES.get(type(value))
    return value is None or (kind in _PLAIN and kind in (schema.get("type") or ()))


def _listed(kinds: dict[str, str]) -> str:
    more = " and more" if len(kinds) >= MAX_PATHS else ""
    return ", ".join(f"{path} ({kind})" for path, kind in sorted(kinds.items())) + more
