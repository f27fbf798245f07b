"""Pure: the formats of a picture, whatever shape they come in (docs/api/medipim.md#pictures).

Both product pages write ``formats[]``, a list; clients have seen an object of name and address.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

_NAMES = ("name", "format", "type", "code", "key", "size")
_ADDRESSES = ("url", "href", "src", "uri", "address")
SIZES = ("huge", "large", "medium", "thumbnail")


def formats_of(value: Any) -> dict[str, str]:
    """Name and address of each format that has one; the first of a name counts."""
    formats: dict[str, str] = {}
    for name, address in _pairs(value):
        if isinstance(address, str) and address.strip():
            formats.setdefault(name, address.strip())
    return formats


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((str(name), _address(inner)) for name, inner in value.items())
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield from _pairs_of(item)
        elif isinstance(item, str):
            yield _format_in(item), item


def _pairs_of(item: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """One member of a list: a name beside an address, or some formats by their names."""
    address = next((item[name] for name in _ADDRESSES if isinstance(item.get(name), str)), None)
    name = next((item[name] for name in _NAMES if isinstance(item.get(name), str)), None)
    if address is None:
        yield from _pairs(item)
    else:
        yield name or _format_in(address), address


def _address(value: Any) -> Any:
    """The address itself, or an object that holds it."""
    return next((value[name] for name in _ADDRESSES if name in value), None) if isinstance(value, dict) else value


def _format_in(address: str) -> str:
    """The format that an address names in its path: ``/media/huge/1a2b.webp`` is hugeWebp."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    size = next((part for part in path.split("/") if part in SIZES), "")
    return f"{size}Webp" if path.endswith(".webp") else size
