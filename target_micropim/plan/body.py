"""Pure: the body of a write, made of fields that are compared one by one; attributes travel as one map."""

from collections.abc import Mapping
from typing import Any

from target_micropim.plan.values import ATTRIBUTES, EXTRAS, attributes

_PREFIX = f"{ATTRIBUTES}."
_EXTRA = f"{EXTRAS}."


def body_of(fields: Mapping[str, Any], product: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What to send. The attributes that ``product`` shows go along: a map that is sent may replace the whole map."""
    body = {name.removeprefix(_EXTRA): value for name, value in fields.items() if not name.startswith(_PREFIX)}
    ours = {name.removeprefix(_PREFIX): value for name, value in fields.items() if name.startswith(_PREFIX)}
    if ours:
        kept = attributes(product) if product and isinstance(product.get(ATTRIBUTES), dict) else {}
        body[ATTRIBUTES] = {code: value for code, value in kept.items() if _can_travel(value)} | ours
    return body


def _can_travel(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | list)


def without_attributes(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without any attribute."""
    return {name: value for name, value in fields.items() if not name.startswith(_PREFIX)}


def without_extras(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The documented fields alone: only they have a schema to be checked against (micropim.md 4, row 27)."""
    return {name: value for name, value in fields.items() if not name.startswith(_EXTRA)}
