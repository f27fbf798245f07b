"""The schema of a stream as types of msgspec: a row that fits holds what the schema says and nothing beyond it.

A type may be stricter than its schema, never wider: what does not fit is looked at by ``Conformer``, which knows more.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any

import msgspec

from tap_medipim.schema_types import types_of

_NULL = msgspec.Raw(b"null")
_LARGEST = 2**63 - 1  # orjson would read a larger number as a fraction
COUNT = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
_KEYS: dict[str, Any] = {  # ``is_key``
    "integer": Annotated[int, msgspec.Meta(ge=-_LARGEST, le=_LARGEST)],
    "string": Annotated[str, msgspec.Meta(min_length=1)],
}
_SCALARS: dict[str, Any] = {
    "null": None,
    "boolean": bool,
    "integer": int,
    "number": int | float,
    "string": str,
}


def row_shape(schema: Mapping[str, Any], sample: Mapping[str, Any], without: frozenset[str]) -> Any:
    """The type of a row without some of its fields. ``sample`` is a row whose order of names the others share.

    msgspec looks for a name first where it expects it: a fifth of its time.
    """
    properties = {name: node for name, node in schema["properties"].items() if name not in {"id", *without}}
    return _struct("Row", properties, sample, [("id", key_shape(schema["properties"].get("id", {})))])


def meta_shape(node: Mapping[str, Any]) -> Any:
    """The type of ``meta``: its signed link stays as it is written, and may be there whatever the schema says."""
    properties = {name: inner for name, inner in node.get("properties", {}).items() if name not in _READ_OF_META}
    fields = [
        ("updated_at", _shape(node.get("properties", {}).get("updatedAt", {}), None), _field("updatedAt", None)),
        ("link", msgspec.Raw, _field("embedUrl", msgspec.Raw())),
    ]
    return _struct("Meta", properties, {}, fields, is_open="properties" not in node)


_READ_OF_META = ("updatedAt", "embedUrl")


def key_shape(node: Mapping[str, Any]) -> Any:
    """What an id may be: that of the schema, where it can tell a row from others."""
    kinds = [kind for kind in types_of(node) if kind in _KEYS] or list(_KEYS)
    return reduce(or_, (_KEYS[kind] for kind in kinds))


def _shape(node: Mapping[str, Any], sample: Any) -> Any:
    """The type of a value."""
    kinds = types_of(node)
    if not kinds:
        return Any
    shapes = [_SCALARS[kind] for kind in kinds if kind in _SCALARS]
    if "array" in kinds:
        first = next((item for item in sample if item), None) if isinstance(sample, list) else None
        shapes.append(list[_shape(node.get("items", {}), first)])  # type: ignore[misc]
    if "object" in kinds:
        shapes.append(_object(node, sample if isinstance(sample, dict) else {}))
    return reduce(or_, shapes)


def _object(node: Mapping[str, Any], sample: Mapping[str, Any]) -> Any:
    if "properties" in node:
        return _struct("Object", node["properties"], sample)
    others = node.get("additionalProperties")
    return dict[str, _shape(others, None)] if isinstance(others, Mapping) else dict[str, Any]  # type: ignore[misc]


def _struct(
    name: str,
    properties: Mapping[str, Any],
    sample: Mapping[str, Any],
    first: Iterable[Any] = (),
    *,
    is_open: bool = False,
) -> Any:
    """A type with these fields and no others; numbers stand in for names that Python would not take."""
    order = [*(name for name in sample if name in properties), *(name for name in properties if name not in sample)]
    fields = [
        (f"field_{number}", _shape(properties[each], sample.get(each)), _field(each, None))
        for number, each in enumerate(order)
        if is_nameable(each)
    ]
    return msgspec.defstruct(name, [*first, *fields], forbid_unknown_fields=not is_open, gc=False)


def _field(name: str, default: Any) -> Any:
    return msgspec.field(default=default, name=name)


def is_nameable(name: str) -> bool:
    """Whether msgspec can name such a field; objects with others are read whole."""
    return name.isprintable() and not {'"', "\\"} & set(name)
