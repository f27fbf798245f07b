"""Numbers in fields that are texts, and names in another spelling, put right in the text of a row. Pure.

The row is compared with the schema afterwards: what was put right by mistake would not fit.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pim_wire.exact_json import number
from tap_medipim.scalars import with_zeros
from tap_medipim.schema_types import SCALARS, types_of

OTHER_NAMES = {b'"zipcode":': b'"zipCode":'}  # docs/api/medipim.md#contact-spellings
_NUMBER = rb"-?[0-9][0-9.eE+-]*+"


class Spellings:
    """Knows which names of a schema are texts wherever they stand."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        texts: dict[str, bool] = {}
        for name, node in _named(schema):
            scalars = {kind for kind in types_of(node) + types_of(node.get("items", {})) if kind in SCALARS}
            texts[name] = texts.get(name, True) and scalars == {"string"}
        names = b"|".join(re.escape(name.encode()) for name, is_text in texts.items() if is_text)
        self._numbers = re.compile(
            rb'"(?:%b)":(?:\[(?:%b|"[^"\\]*"|,)*+\]|%b(?=[,}]))' % (names, _NUMBER, _NUMBER) if names else rb"(?!)"
        )

    def declared(self, text: bytes) -> bytes:
        """The text of a row with numbers as texts, and names, as the schema has them."""
        for name, declared in OTHER_NAMES.items():
            if name in text and declared not in text:
                text = text.replace(name, declared)
        return self._numbers.sub(_quoted, text)


def _named(node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, inner in node.get("properties", {}).items():
        yield name, inner
        yield from _named(inner)
        yield from _named(inner.get("items", {}))


_TEXT_OR_NUMBER = re.compile(rb'"[^"\\]*"|' + _NUMBER)


def _quoted(found: re.Match[bytes]) -> bytes:
    name, _, value = found[0].partition(b":")
    field = name[1:-1].decode()

    def as_text(part: re.Match[bytes]) -> bytes:
        digits = part[0]
        if digits.startswith(b'"'):
            return digits
        try:
            return b'"%b"' % with_zeros(str(number(digits.decode())), field).encode()
        except (ArithmeticError, ValueError):
            return digits

    return name + b":" + _TEXT_OR_NUMBER.sub(as_text, value)
