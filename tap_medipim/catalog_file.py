"""A catalog as other programs make it, in the form that the SDK reads; what cannot be meant is refused by name. Pure.

Singer's first catalogs select by ``selected`` in the entry or in its schema; later ones by metadata alone.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pim_wire.errors import InvalidInput

Json = dict[str, Any]


def readable(catalog: Mapping[str, Any], known: Iterable[str]) -> Json:
    """The catalog with its selection as metadata. Raises InvalidInput."""
    streams = catalog.get("streams")
    if not isinstance(streams, list) or not all(isinstance(entry, dict) for entry in streams):
        raise InvalidInput("The catalog has no list of streams")
    names = frozenset(known)
    return {**catalog, "streams": [_entry(entry, names) for entry in streams]}


def _entry(entry: Json, known: frozenset[str]) -> Json:
    name, stream = entry.get("tap_stream_id", entry.get("stream")), entry.get("stream")
    if not isinstance(name, str) or not name:
        raise InvalidInput("The catalog has a stream without tap_stream_id")
    if name in known and stream not in (None, name):
        raise InvalidInput(
            f"The catalog calls {name} {str(stream)[:80]!r}: a stream gets another name by stream_maps (__alias__)"
        )
    schema, metadata = entry.get("schema"), entry.get("metadata")
    if schema is not None and not isinstance(schema, dict):
        raise InvalidInput(f"The catalog's schema of {name} is no object")
    found = _selection(entry, schema or {}) | _by_breadcrumb(metadata or [], name)
    listed = [{"breadcrumb": list(breadcrumb), "metadata": values} for breadcrumb, values in found.items()]
    return {**entry, "tap_stream_id": name, "stream": name, "schema": schema or {}, "metadata": listed}


def _by_breadcrumb(metadata: Any, name: str) -> dict[tuple[str, ...], Json]:
    try:
        return {tuple(item["breadcrumb"]): dict(item["metadata"]) for item in metadata}
    except (KeyError, TypeError, ValueError):
        raise InvalidInput(f"The catalog's metadata of {name} is no list of breadcrumb and metadata") from None


def _selection(entry: Json, schema: Json) -> dict[tuple[str, ...], Json]:
    """What an older catalog says in the entry and in its schema."""
    found: dict[tuple[str, ...], Json] = {}
    is_selected = entry.get("selected", schema.get("selected"))
    if isinstance(is_selected, bool):
        found[()] = {"selected": is_selected}
    _fields(schema, (), found)
    return found


def _fields(node: Json, breadcrumb: tuple[str, ...], found: dict[tuple[str, ...], Json]) -> None:
    properties = node.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        if isinstance(inner, dict):
            place = (*breadcrumb, "properties", name)
            if isinstance(inner.get("selected"), bool):
                found[place] = {"selected": inner["selected"]}
            _fields(inner, place, found)
