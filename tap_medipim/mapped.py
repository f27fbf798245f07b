"""What stream maps and flattening make of a schema and of its records, so that both still agree.

The SDK declares the result of an expression as a text whatever it is, keeps an empty object beside its flattened
fields, and has no column for the text of a field that is a text or an object.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from singer_sdk.helpers._flattening import FlatteningOptions, flatten_key
from singer_sdk.mapper import StreamMap

from pim_wire import exact_json
from tap_medipim.scalars import UNCLEAR, as_type
from tap_medipim.schema_types import SCALARS, kind_of, types_of


def declared_schema(stream_map: StreamMap) -> dict[str, Any]:
    """The schema of what a map gives: the SDK's, and the plain texts of flattened fields."""
    schema, options = stream_map.transformed_schema, stream_map.flattening_options
    if not stream_map.flattening_enabled or options is None:
        return schema
    names = schema.get("properties", {})
    texts = {
        name: node
        for name, node in _texts(stream_map.raw_schema, options, [])
        if any(known.startswith(name + options.separator) for known in names)
    }
    return {**schema, "properties": names | texts}


def _texts(node: Mapping[str, Any], options: FlatteningOptions, parents: list[str]) -> Iterator[tuple[str, Any]]:
    """The columns of objects that may be plain values, as far as they are flattened."""
    for name, inner in node.get("properties", {}).items():
        if "properties" not in inner or len(parents) >= options.max_level:
            continue
        if scalars := [kind for kind in types_of(inner) if kind in SCALARS]:
            key = flatten_key(name, parents, options.separator, max_key_length=options.max_key_length)
            yield key, {"type": [*scalars, "null"]}
        yield from _texts(inner, options, [*parents, name])


def fitted(record: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the schema has, in its types; an expression saw those that are deselected, too."""
    nodes = schema.get("properties", {})
    return {name: _fitted(value, nodes[name]) for name, value in record.items() if name in nodes}


def _fitted(value: Any, node: Mapping[str, Any]) -> Any:
    kind, types = kind_of(value), types_of(node)
    if kind == "object" and "properties" in node and "object" in types:
        return fitted(value, node)
    if not types or kind in types or (kind == "integer" and "number" in types):
        return value
    if kind in {"object", "array"}:
        return exact_json.dumps(value).decode() if "string" in types else value
    scalar = next((each for each in SCALARS if each in types), None)
    brought = UNCLEAR if scalar is None or kind in {"null", "unknown"} else as_type(value, scalar)
    return value if brought is UNCLEAR else brought
