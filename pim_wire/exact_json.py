"""JSON whose numbers stay what they are: whole numbers beyond 64 bits, and decimals that no float holds. Pure.

orjson reads the first as a fraction and rounds the second. Both are rare: a text is searched for a long number, and
only one that has it is read once more, by the standard library, with a Decimal in the place of such a number.
"""

import json
from decimal import Decimal
from typing import Any

import orjson

LONGEST_EXACT = 15  # digits that every float keeps
# Each digit and point is a zero, so that the search for a long number is one for a text: an eighth of a pattern's time.
_ZEROS = bytes(ord("0") if chr(byte) in "0123456789." else ord(" ") for byte in range(256))
_LONG = b"0" * (LONGEST_EXACT + 1)
_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
_WHOLE = range(-(2**63), 2**64)  # what orjson reads and writes as it is


def loads(text: bytes) -> Any:
    """The value of a JSON text. Raises ValueError for what is none, a number without bounds (1e999) included."""
    value = orjson.loads(text)
    if _LONG not in text.translate(_ZEROS):
        return value
    return json.loads(text, parse_float=number, parse_int=number)


def number(digits: str) -> int | float | Decimal:
    """The number that is written so: a Decimal where no other keeps all its digits."""
    if digits.lstrip("-").isdecimal():
        return int(digits) if len(digits) < LONGEST_EXACT or int(digits) in _WHOLE else Decimal(digits)
    value = float(digits)
    return value if len(digits) <= LONGEST_EXACT or Decimal(repr(value)) == Decimal(digits) else Decimal(digits)


def dumps(value: Any, option: int = 0) -> bytes:
    """The JSON of a value. A Decimal is written as the number that it is; what JSON does not know, as its text."""
    return orjson.dumps(value, default=_other, option=option)


def as_json(line: Any) -> bytes:
    """One line of JSON, each number as it came; what is nested too deep for orjson is left to the standard library."""
    try:
        return orjson.dumps(line, default=_other, option=_LINE)
    except TypeError:
        return json.dumps(line, default=str).encode() + b"\n"


def spaced(value: Any) -> bytes:
    """The JSON of a value as the standard library writes it, with spaces; without them where it cannot."""
    try:
        return json.dumps(value).encode()
    except TypeError:  # a Decimal
        return dumps(value)


def _other(value: Any) -> Any:
    return orjson.Fragment(str(value)) if isinstance(value, Decimal) else str(value)
