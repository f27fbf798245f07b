"""Pure: whether the records that a SCHEMA declares can become products or categories at all.

What is refused here would be a reject for every record, and an empty shop. A SCHEMA that declares nothing beside its
key is open, as many taps write it, and its records are judged one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SCALARS = frozenset({"string", "number", "integer", "boolean", "null"})


@dataclass(frozen=True)
class Needs:
    """What records of a stream must have: of each group one field. ``objects`` and ``lists`` are read as a tree.

    ``keys`` say who a record is, whatever its SCHEMA calls its key.
    """

    groups: tuple[tuple[str, ...], ...]
    keys: frozenset[str]
    objects: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


def unusable(schema: Mapping[str, Any], keys: Sequence[str], needs: Needs) -> str | None:
    """Why records of this schema cannot be used, in a few words; None when they can."""
    declared = schema.get("properties") or {}
    if not declared.keys() - set(keys) - needs.keys:
        return None
    if flat := sorted(name for name in declared if _is_of(name, needs.objects - declared.keys())):
        return f"its records are flattened ({', '.join(flat[:3])}), and their tree is needed: no flattening_enabled"
    if texts := sorted(name for name in needs.lists & declared.keys() if _is_scalar(declared[name])):
        return f"{', '.join(texts[:3])} would come as text, and the list is needed: no flattening_enabled"
    missing = [" or ".join(group) for group in needs.groups if declared.keys().isdisjoint(group)]
    return f"it declares no {', no '.join(missing)}" if missing else None


def _is_of(name: str, objects: frozenset[str]) -> bool:
    """Whether a name is that of an object that is not there, and what stood in it."""
    return any(name.startswith(each) and name[len(each) : len(each) + 1] in {"_", ".", "-", "/"} for each in objects)


def _is_scalar(node: Any) -> bool:
    types = node.get("type") if isinstance(node, dict) else None
    types = {types} if isinstance(types, str) else set(types or ())
    return bool(types) and types <= SCALARS
