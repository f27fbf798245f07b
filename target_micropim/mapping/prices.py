"""Pure: minor units to decimal text, without floats (medipim.md 10, quirk 11: prices are always minor units)."""

import re
from decimal import Decimal
from typing import Any

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


def shown(value: Decimal) -> str:
    """A number for people: no exponent, no trailing zeros."""
    return f"{value.normalize():f}"
