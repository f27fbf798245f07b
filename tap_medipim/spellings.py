"""Numbers in fields that are texts, and names in another spelling, put right in the text of a row. Pure.

The row is compared with the schema afterwards: what was put right by mistake would not fit.
"""

import re
from collections.abc import Iterable

from pim_wire.exact_json import number
from tap_medipim.scalars import with_zeros

OTHER_NAMES = {b'"zipcode":': b'"zipCode":'}  # docs/api/medipim.md#contact-spellings
# Texts that come as numbers from the first row on (docs/api/medipim.md#product-fields); others are learnt from rows.
OFTEN_NUMBERS = ("packageQuantity", "packageContent", "hsCode")
_NUMBER = rb"-?[0-9][0-9.eE+-]*+"
_VALUE = re.compile(rb'\[(?:%b|"[^"\\]*"|,)*+\]|%b(?=[,}])' % (_NUMBER, _NUMBER))
_TEXT_OR_NUMBER = re.compile(rb'"[^"\\]*"|' + _NUMBER)


class Spellings:
    """Knows which names of a schema are texts wherever they stand, and in which of them numbers were seen."""

    def __init__(self, texts: frozenset[str], seen: Iterable[str] = ()) -> None:
        """``texts`` are those of the schema, ``seen`` those of them that came as numbers."""
        self._texts = texts
        self.seen: set[str] = set()
        self._keys: list[tuple[bytes, str]] = []
        self.learn((*OFTEN_NUMBERS, *seen))

    def learn(self, names: Iterable[str]) -> None:
        """Look for numbers in these fields from now on."""
        for name in self._texts.intersection(names) - self.seen:
            self.seen.add(name)
            self._keys.append((b'"%b":' % name.encode(), name))

    def declared(self, text: bytes) -> bytes:
        """The text of a row with numbers as texts, and names, as the schema has them."""
        for spelled, declared in OTHER_NAMES.items():
            if spelled in text and declared not in text:
                text = text.replace(spelled, declared)
        for key, name in self._keys:
            place = text.find(key)
            while place >= 0:
                place += len(key)
                if found := _VALUE.match(text, place):
                    text = text[:place] + _quoted(found[0], name) + text[found.end() :]
                place = text.find(key, place)
        return text


def _quoted(value: bytes, name: str) -> bytes:
    def as_text(part: re.Match[bytes]) -> bytes:
        digits = part[0]
        if digits.startswith(b'"'):
            return digits
        try:
            return b'"%b"' % with_zeros(str(number(digits.decode())), name).encode()
        except (ArithmeticError, ValueError):
            return digits

    return _TEXT_OR_NUMBER.sub(as_text, value)
