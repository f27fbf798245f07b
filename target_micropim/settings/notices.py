"""Addresses of notices, as people write them, and what of them is a secret."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pim_wire.redaction import passwords_in

_BETWEEN = re.compile(r"[\s,;]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")  # a comma may be part of an address
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S")
_TOKEN = re.compile(r"(?=[^/?&=@:]*[0-9])(?=[^/?&=@:]*[A-Za-z])[^/?&=@:]{8,}")  # letters and digits: no word


def read_urls(value: Any) -> tuple[str, ...]:
    """A list, also as JSON, or addresses between blanks or commas. Raises ValueError, which shows none of them."""
    urls = addresses(value)
    for number, url in enumerate(urls, start=1):
        if not _ADDRESS.match(url):
            raise ValueError(f"entry {number} is no address such as mailto://... (value not shown)")
    return urls


def addresses(value: Any) -> tuple[str, ...]:
    """The addresses, right or wrong."""
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return (value,)
    parts = _BETWEEN.split(value) if isinstance(value, str) else value if isinstance(value, list) else ()
    return tuple(text for part in parts if (text := str(part).strip()))


def secrets_in(value: Any) -> Iterator[str]:
    """Whatever must not be shown: each address as a whole, its path, its passwords and what looks like a key."""
    for url in addresses(value):
        rest = url.partition("://")[2]
        _host, slash, path = rest.partition("/")
        yield from (url, *([rest] if len(rest) > _SHORT else []), *([path] if slash and len(path) > _SHORT else []))
        yield from passwords_in(url)
        yield from _TOKEN.findall(rest)


_SHORT = 12  # letters: a host alone is no secret
