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
    return {**entry, "tap_stream_id": name, "stream": name, "schema": _merged(schema or {}), "metadata": listed}


def _by_breadcrumb(metadata: Any, name: str) -> dict[tuple[str, ...], Json]:
    try:
        found = {_place(item["breadcrumb"]): _with_truths(dict(item["metadata"])) for item in metadata}
    except (KeyError, TypeError, ValueError):
        raise InvalidInput(f"The catalog's metadata of {name} is no list of breadcrumb and metadata") from None
    for breadcrumb, values in found.items():
        if values.get("selected") is False and not _is_of_fields(breadcrumb):
            place = str(list(breadcrumb))[:80]
            raise InvalidInput(
                f"The catalog deselects {place} of {name}, which is no field: "
                "a breadcrumb is properties and a name, for each object on the way"
            )
    return found


def _place(breadcrumb: Any) -> tuple[Any, ...]:
    """The breadcrumb; some programs write an empty text for that of the stream. Raises TypeError."""
    return tuple(breadcrumb) if not isinstance(breadcrumb, str) else (breadcrumb,) if breadcrumb else ()


def _is_of_fields(breadcrumb: tuple[Any, ...]) -> bool:
    """Whether it leads to a field; one within the items of a list counts for nothing, as the list is taken whole."""
    fields = [name for name in breadcrumb if name != "items"] if "items" in breadcrumb[2::2] else breadcrumb
    return len(fields) % 2 == 0 and set(fields[::2]) <= {"properties"}


def _with_truths(values: Json) -> Json:
    """Selection as true or false, also where a program wrote it as a text; null says nothing."""
    for name in ("selected", "selected-by-default"):
        if (said := values.pop(name, None)) is not None:
            values[name] = _truth(said)
    return values


def _truth(said: Any) -> Any:
    return {"true": True, "false": False}.get(said.strip().lower(), said) if isinstance(said, str) else said


def _merged(node: Json) -> Json:
    """The schema with the members of ``anyOf`` and ``oneOf`` as one list of types, which columns are made of."""
    whole = dict(node)
    for kind in ("anyOf", "oneOf"):
        members = whole.get(kind)
        if isinstance(members, list) and all(isinstance(each, dict) and "type" in each for each in members):
            del whole[kind]
            types = [each["type"] for each in members]
            flat = [one for each in types for one in (each if isinstance(each, list) else [each])]
            whole = {**{name: value for each in members for name, value in each.items()}, **whole}
            whole["type"] = list(dict.fromkeys(flat))
    for name in ("properties", "items"):
        inner = whole.get(name)
        if isinstance(inner, dict):
            whole[name] = (
                _merged(inner)
                if name == "items"
                else {each: _merged(value) if isinstance(value, dict) else value for each, value in inner.items()}
            )
    return whole


def _selection(entry: Json, schema: Json) -> dict[tuple[str, ...], Json]:
    """What an older catalog says in the entry and in its schema."""
    found: dict[tuple[str, ...], Json] = {}
    is_selected = _truth(entry.get("selected", schema.get("selected")))
    if isinstance(is_selected, bool):
        found[()] = {"selected": is_selected}
    _fields(schema, (), found)
    return found


def _fields(node: Json, breadcrumb: tuple[str, ...], found: dict[tuple[str, ...], Json]) -> None:
    properties = node.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        if isinstance(inner, dict):
            place = (*breadcrumb, "properties", name)
            if isinstance(is_selected := _truth(inner.get("selected")), bool):
                found[place] = {"selected": is_selected}
            _fields(inner, place, found)
