"""Pure: v3 results in the shape of v4, where the fields correspond; the rest is kept (medipim.md section 9)."""

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]


def as_v4(raw: Row) -> Row:
    """A v3 product: plain names of brands and organizations, ``content.{locale}`` as HTML, kinds of media by name."""
    changed = dict(raw)
    for name, convert in _CONVERTED.items():
        if isinstance(raw.get(name), list):
            changed[name] = [convert(item) if isinstance(item, dict) else item for item in raw[name]]
    return changed


def plain_name(raw: Row) -> Row:
    """v3 localizes names that v4 gives as one text: the first language that has one."""
    name = raw.get("name")
    if not isinstance(name, dict):
        return raw
    return {**raw, "name": next((text for text in name.values() if isinstance(text, str) and text), None)}


def _description(raw: Row) -> Row:
    content = raw.get("content")
    if not isinstance(content, dict):
        return raw
    html = {locale: text.get("html") if isinstance(text, dict) else text for locale, text in content.items()}
    markdown = {locale: text.get("markdown") for locale, text in content.items() if isinstance(text, dict)}
    return {**raw, "content": html} | ({"markdown": markdown} if markdown else {})


def _media(raw: Row, kind: str, name: str) -> Row:
    """v3's ``type`` is v4's ``linkType`` or ``photoType``; v4's ``type`` tells photo, frontal and link apart."""
    if name in raw or "type" not in raw:
        return {**raw, "type": kind} if name in raw else raw
    return {**raw, name: raw["type"], "type": kind}


_CONVERTED: dict[str, Callable[[Row], Row]] = {
    "brands": plain_name,
    "organizations": plain_name,
    "descriptions": _description,
    "links": lambda raw: _media(raw, "link", "linkType"),
    "photos": lambda raw: _media(raw, "photo", "photoType"),
    "frontals": lambda raw: _media(raw, "frontal", "photoType"),
}
