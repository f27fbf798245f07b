"""One scalar in the type that a schema has for it, where its meaning is plain. Pure.

Medipim sends one field as a number and as a text (docs/api/medipim.md#integers-as-text).
"""

import re
from decimal import Decimal
from typing import Any

from pim_wire.exact_json import number

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,400})(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_TRUTH = {"true": True, "false": False, "1": True, "0": False}
UNCLEAR = object()
_GTIN_LENGTHS = (8, 12, 13, 14)
_DIGITS_OF = {"ean": _GTIN_LENGTHS, **{f"eanGtin{length}": (length,) for length in _GTIN_LENGTHS}}


def as_type(value: Any, kind: str) -> Any:
    """The value as this type says it; UNCLEAR where that would be a guess, None for an empty text that is no text.

    See docs/api/medipim.md#empty-and-null.
    """
    if kind == "string":
        return as_text(value)
    text = value.strip() if isinstance(value, str) else as_text(value)
    if not text:
        return None
    if kind == "boolean":
        return _TRUTH.get(text.lower(), UNCLEAR)
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        return UNCLEAR
    return as_whole(number(text)) if kind == "integer" else number(text)


def as_whole(value: float | Decimal) -> Any:
    """A number that is whole without its decimals; UNCLEAR for another."""
    if isinstance(value, int) or (isinstance(value, Decimal) and value == value.to_integral_value()):
        return value
    return int(value) if value == int(value) else UNCLEAR


def as_text(value: Any) -> str:
    """A scalar as text: a number in its own digits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def with_zeros(text: str, name: str) -> str:
    """The digits of a number with the zeros in front that it lost, where the field holds codes of known lengths.

    See docs/api/medipim.md#product-codes.
    """
    length = next((length for length in _DIGITS_OF.get(name, ()) if len(text) <= length), 0)
    return text.zfill(length) if text.isdecimal() and text != "0" else text
