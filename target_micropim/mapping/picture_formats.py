"""Pure: the formats of a picture, whatever shape they come in (docs/api/medipim.md#pictures).

Both product pages write ``formats[]``, a list; clients have seen an object of name and address.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

_NAMES = ("name", "format", "type", "code", "key", "size")
_ADDRESSES = ("url", "href", "src", "uri", "address")
SIZES = ("huge", "large", "medium", "thumbnail")
KNOWN = tuple(f"{size}{kind}" for size in SIZES for kind in ("", "Jpg", "Jpeg", "Png", "Webp"))


def checked_formats(names: Iterable[str]) -> tuple[str, ...]:
    """The names of formats, when none is nearly one that is known. Raises ValueError with what may be meant.

    Names differ by item and market (docs/api/medipim.md#pictures): so others may be right, and are told.
    """
    given = tuple(names)
    meant = {name: get_close_matches(name, KNOWN, 1, 0.75) for name in unknown_formats(given)}
    if problems := [f"{name} is no format; is {close[0]} meant?" for name, close in meant.items() if close]:
        raise ValueError("; ".join(problems))
    return given


def unknown_formats(names: Iterable[str]) -> tuple[str, ...]:
    """Names that were never seen."""
    return tuple(name for name in names if name not in KNOWN)


def formats_of(value: Any) -> dict[str, str]:
    """Name and address of each format that has one; the first of a name counts."""
    formats: dict[str, str] = {}
    for name, address in _pairs(value):
        if isinstance(address, str) and address.strip():
            formats.setdefault(name, address.strip())
    return formats


def _pairs(value: Any) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        for name, inner in value.items():
            pairs.append((str(name), _address_in(inner) if isinstance(inner, dict) else inner))
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            pairs += _pairs_of(item)
        elif isinstance(item, str):
            pairs.append((_format_in(item), item))
    return pairs


def _pairs_of(item: dict[str, Any]) -> list[tuple[str, Any]]:
    """One member of a list: a name beside an address, or some formats by their names."""
    address = next((item[name] for name in _ADDRESSES if isinstance(item.get(name), str)), None)
    name = next((item[name] for name in _NAMES if isinstance(item.get(name), str)), None)
    return _pairs(item) if address is None else [(name or _format_in(address), address)]


def _address_in(value: dict[str, Any]) -> Any:
    """The address that an object holds."""
    return next((value[name] for name in _ADDRESSES if name in value), None)


def _format_in(address: str) -> str:
    """The format that an address names in its path: ``/media/huge/1a2b.webp`` is hugeWebp."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    size = next((part for part in path.split("/") if part in SIZES), "")
    return f"{size}Webp" if path.endswith(".webp") else size
