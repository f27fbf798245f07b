"""What a node of a JSON Schema says about types. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

SCALARS = ("string", "number", "integer", "boolean")
_KINDS: dict[type, str] = {
    bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object", type(None): "null",
}  # fmt: skip


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
