"""Pure: codes with check digits, prices and plain numbers of a record, never by way of a float.

Which code becomes the EAN: docs/api/micropim.md#ean-format. Prices are always minor units:
docs/api/medipim.md#surprises, quirk 11.
"""

import re
from decimal import Decimal
from typing import Any

# Codes

LENGTHS = (13, 12, 8, 14)  # MicroPIM shows 13 digits, so those first
CODE_FIELDS = ("eanGtin13", "ean", "eanGtin12", "eanGtin8", "eanGtin14")


def has_check_digit(code: str) -> bool:
    """Whether the text is a GTIN-8, -12, -13 or -14 with its right last digit."""
    if not is_code(code):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code)))
    return weighted % 10 == 0 and code.strip("0") != ""


def is_code(code: str) -> bool:
    """Whether the text has the digits of a GTIN, whatever the last one says."""
    return code.isascii() and code.isdigit() and len(code) in LENGTHS


def codes(record: dict[str, Any]) -> list[str]:
    """All codes of a record, leading zeros kept."""
    found: list[str] = []
    for name in CODE_FIELDS:
        value = record.get(name)
        if value is not None:
            found += [str(code).strip() for code in (value if isinstance(value, list) else [value]) if _is_filled(code)]
    return found


def _is_filled(code: Any) -> bool:
    return code is not None and not isinstance(code, bool | dict | list) and str(code).strip() != ""


def best_code(texts: list[str]) -> str | None:
    """The first code whose check digit is right, by the order of LENGTHS."""
    valid = [code for code in texts if has_check_digit(code)]
    return next((code for length in LENGTHS for code in valid if len(code) == length), None)


# Prices and other numbers

MAX_MINOR = 10**14  # twelve digits before the point: more is no price, and MicroPIM takes no more
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,3})?", re.IGNORECASE | re.ASCII)


def money(minor: Any) -> str | None:
    """Minor units (cents) as decimal text: 1495 -> "14.95". Raises ValueError for what is no price."""
    if minor is None or minor == "":
        return None
    text = str(minor).strip()
    if isinstance(minor, bool) or not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no number of cents")
    amount = Decimal(text)
    if not 0 <= amount < MAX_MINOR:
        raise ValueError(f"{text[:40]!r} is no price")
    return f"{(amount / 100).quantize(Decimal('0.01')):f}"


def decimal_of(value: Any) -> Decimal | None:
    """A number in any form it may travel in, or None; never by way of a float."""
    text = "" if value is None or isinstance(value, bool) else str(value).strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def decimal_text(value: Decimal) -> str:
    """A number for people: no exponent, no trailing zeros."""
    return f"{value.normalize():f}"
