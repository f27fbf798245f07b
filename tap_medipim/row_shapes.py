"""The schema of a stream as types of msgspec: a row that fits holds what the schema says and nothing beyond it.

A type may be stricter than its schema, never wider: what does not fit is looked at by ``Conformer``, which knows more.
To make the types of a large schema takes milliseconds, so a process makes those of equal schemas once.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Annotated, Any

import msgspec

from tap_medipim.schema_types import types_of
from tap_medipim.spellings import Forms, forms_of

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
_NOT_OF_A_ROW = frozenset({"id", "meta", "updated_at"})  # read apart; the last one is added by the tap


@dataclass(frozen=True, slots=True)
class RowTypes:
    """What the rows of a stream are compared with."""

    before_meta: msgspec.json.Decoder[Any]
    row: msgspec.json.Decoder[Any]
    meta: msgspec.json.Decoder[Any]
    no_meta: Any
    forms: Forms


def row_types(schema: Mapping[str, Any], sample: Mapping[str, Any]) -> RowTypes:
    """The types of a schema. ``sample`` is a row whose order of names the others share.

    msgspec looks for a name first where it expects it: a fifth of its time.
    """
    return _row_types(json.dumps(schema, default=str), json.dumps(_order(sample)))


@lru_cache(maxsize=64)  # some streams of some markets; what hosts many runs in one process asks for the same ones
def _row_types(schema_text: str, order_text: str) -> RowTypes:
    schema, order = json.loads(schema_text), json.loads(order_text)
    properties = schema["properties"]
    inner = {name: node for name, node in properties.items() if name not in _NOT_OF_A_ROW}
    before = _struct("Row", inner, order, [("id", key_shape(properties.get("id", {})))])
    row = msgspec.defstruct(
        "Whole", [("meta", msgspec.Raw, _NULL)], bases=(before,), forbid_unknown_fields=True, gc=False
    )
    meta = _meta_shape(properties.get("meta", {}))
    return RowTypes(
        msgspec.json.Decoder(before),
        msgspec.json.Decoder(row),
        msgspec.json.Decoder(meta | None),
        meta(),
        forms_of(schema),
    )


def _order(value: Any) -> Any:
    """A row without its values: names, in their order, and of a list its first filled item."""
    if isinstance(value, dict):
        return {name: _order(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_order(item) for item in value if item][:1]
    return None


def _meta_shape(node: Mapping[str, Any]) -> Any:
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
