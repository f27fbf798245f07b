"""Rows of v3 in the shape of v4, where the fields correspond; the rest is kept (docs/api/medipim.md#v3). Pure.

Ids of v3 are documented as integers and were seen as texts; a loader needs one type, and a text holds both.
"""

from collections.abc import Callable
from typing import Any

from tap_medipim.localized import first_text

Object = dict[str, Any]


def as_v4(row: Object) -> Object:
    """A v3 product: plain names of brands and organizations, ``content.{locale}`` as HTML, kinds of media by name."""
    converted = with_text_ids(row)
    for name, convert in _CONVERTED.items():
        if isinstance(row.get(name), list):
            converted[name] = [convert(item) if isinstance(item, dict) else item for item in row[name]]
    return converted


IDS = ("id", "parent")  # docs/api/medipim.md#v3: integers or texts, as it comes; here always texts


def with_text_ids(row: Object) -> Object:
    """A row of v3 with its own id, and that of its parent, as texts; what is embedded stays as it came."""
    numbers = {name: str(row[name]) for name in IDS if type(row.get(name)) is int}
    return {**row, **numbers}


def text_id_schema(schema: Object) -> Object:
    """The schema of a stream of v3, whose ids are texts."""
    fields = {
        name: {**field, "type": _as_text(field["type"])} for name, field in schema["properties"].items() if name in IDS
    }
    return {**schema, "properties": schema["properties"] | fields}


def _as_text(types: str | list[str]) -> str | list[str]:
    if isinstance(types, str):
        return "string"
    return list(dict.fromkeys("string" if each == "integer" else each for each in types))


def plain_name(row: Object) -> Object:
    """v3 localizes names that v4 gives as one text: the first language that has one."""
    name = row.get("name")
    return {**row, "name": first_text(name)} if isinstance(name, dict) else row


def _description(part: Object) -> Object:
    content = part.get("content")
    if not isinstance(content, dict):
        return part
    html = {locale: text.get("html") if isinstance(text, dict) else text for locale, text in content.items()}
    markdown = {locale: text.get("markdown") for locale, text in content.items() if isinstance(text, dict)}
    return {**part, "content": html} | ({"markdown": markdown} if markdown else {})


def _media(part: Object, kind: str, name: str) -> Object:
    """``type`` of v3 is ``linkType`` or ``photoType`` of v4, whose ``type`` tells photo, frontal and link apart."""
    if name in part or "type" not in part:
        return {**part, "type": kind} if name in part else part
    return {**part, name: part["type"], "type": kind}


_CONVERTED: dict[str, Callable[[Object], Object]] = {
    "brands": plain_name,
    "organizations": plain_name,
    "descriptions": _description,
    "links": lambda part: _media(part, "link", "linkType"),
    "photos": lambda part: _media(part, "photo", "photoType"),
    "frontals": lambda part: _media(part, "frontal", "photoType"),
}
