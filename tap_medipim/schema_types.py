"""What a node of a JSON Schema says about types. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

SCALARS = ("string", "number", "integer", "boolean")
_KINDS: dict[type, str] = {
    bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object", type(None): "null",
}  # fmt: skip
_NESTED = (dict, list)


def types_of(node: Mapping[str, Any]) -> list[str]:
    """The types that a node allows; none says that any is."""
    types = node.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def kind_of(value: Any) -> str:
    """The type of a value, as JSON Schema calls it."""
    if isinstance(value, Decimal):
        return "integer" if str(value).lstrip("-").isdecimal() else "number"
    return _KINDS.get(type(value), "unknown")


def is_declared(schema: Any) -> bool:
    """Whether a schema names its fields: an empty one, as some programs leave it, does not."""
    return isinstance(schema, Mapping) and bool(schema.get("properties"))


def copied(node: Any) -> Any:
    """A copy of what is made of dictionaries and lists, in an eighth of the time that ``deepcopy`` takes."""
    if isinstance(node, dict):
        return {name: copied(inner) if isinstance(inner, _NESTED) else inner for name, inner in node.items()}
    return [copied(inner) for inner in node] if isinstance(node, list) else node


def copied_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a schema, which is JSON, by way of its text: in a third of the time of ``copied``."""
    try:
        return dict(orjson.loads(orjson.dumps(schema)))
    except TypeError:  # a number that only Python's own reader keeps
        return dict(copied(dict(schema)))


class QuickCopies(dict[str, Any]):
    """A schema of which ``deepcopy`` makes a quick copy: the SDK makes several of each stream at each start."""

    def __deepcopy__(self, _memo: Any) -> dict[str, Any]:
        return copied_schema(self)
