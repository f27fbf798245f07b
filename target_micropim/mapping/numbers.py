"""Pure: codes with check digits, prices and plain numbers of a record, never by way of a float.

Which code becomes the EAN: docs/api/micropim.md#ean-format. Prices are always minor units:
docs/api/medipim.md#surprises, quirk 11. A price is never guessed: 0 is none, and what is no whole number of cents is
told.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

# Codes

LENGTHS = (13, 12, 8, 14)  # MicroPIM shows 13 digits, so those first
GTIN_14 = 14
SHORTEST = 10  # what a GTIN-12 has left of itself without two zeros
_BETWEEN = re.compile(r"(?<=[0-9])[\s\u2010-\u2015-]+(?=[0-9])|[\u00ad\u200b-\u200f\u2060\ufeff]|\.0+\s*$")
# Every field that is a GTIN by its definition, in the order in which they count (docs/api/medipim.md#product-codes).
# The number is how many digits the field has: a number that lost its leading zeros gets them back, and the check digit,
# which no zero in front changes, says whether that is the code. None: the field holds codes of several lengths.
# Not among them: brandEquivalent is the code of another product, upc10 and upc11 have no check digit.
EAN_FIELDS: tuple[tuple[str, int | None], ...] = (
    ("eanGtin13", 13), ("ean", None), ("eanGtin12", 12), ("eanGtin8", 8), ("eanGtin14", 14),
)  # fmt: skip
OTHER_CODE_FIELDS: tuple[tuple[str, int | None], ...] = (("gtin", None), ("cip13", 13), ("acl13", 13), ("upc12", 12))
CODE_FIELDS = tuple(name for name, _length in (*EAN_FIELDS, *OTHER_CODE_FIELDS))
_RANKS = {name: rank for rank, (name, _length) in enumerate(OTHER_CODE_FIELDS, 1)}  # the EAN fields have 0
_RANKED = tuple((name, length, _RANKS.get(name, 0)) for name, length in (*EAN_FIELDS, *OTHER_CODE_FIELDS))


@dataclass(frozen=True)
class Code:
    """A code of a record with its zeros in front; ``rank``: lower ones go first, whatever their length."""

    text: str
    rank: int = 0


def has_check_digit(code: str) -> bool:
    """Whether the text is a GTIN-8, -12, -13 or -14 with its right last digit."""
    if not is_code(code):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code)))
    return weighted % 10 == 0 and code.strip("0") != ""


def is_code(code: str) -> bool:
    """Whether the text has the digits of a GTIN, whatever the last one says."""
    return code.isascii() and code.isdigit() and len(code) in LENGTHS


def codes(record: dict[str, Any]) -> list[Code]:
    """All codes of a record: those of the EAN fields, which are ordered by length, then those of the others.

    A text of a field of several lengths may have lost its zeros too (docs/api/medipim.md#integers-as-text).
    """
    found: list[Code] = []
    for name, length, rank in _RANKED:
        if not (value := record.get(name)):
            continue
        for item in map(_bare, value if isinstance(value, list) else [value]):
            if _is_filled(item):
                text = _with_zeros(item, length)
                found.append(Code(_with_zeros(int(text), None) if _is_short(text) else text, rank))
    return found


def read_codes(values: Iterable[Any]) -> list[Code]:
    """Codes whose field says nothing about their length."""
    return [Code(_with_zeros(value, None)) for value in map(_bare, values) if _is_filled(value)]


def _bare(value: Any) -> Any:
    return without_separators(value) if isinstance(value, str) else value


def without_separators(text: str) -> str:
    """A code without the blanks and dashes that people write between digits, what nobody sees, and decimals of none."""
    return _BETWEEN.sub("", text)


def _is_short(text: str) -> bool:
    """Whether a text can be a GTIN-12 or -13 without its zeros: fewer digits are another kind of code."""
    return text.isascii() and text.isdigit() and SHORTEST <= len(text) < LENGTHS[1]


def _is_filled(code: Any) -> bool:
    """Whether something stands there; 0 is what a number without a value may come as."""
    return code not in (None, [], {}) and not isinstance(code, bool) and str(code).strip() not in {"", "0", "0.0"}


def _with_zeros(value: Any, length: int | None) -> str:
    """A number in so many digits as its field has, else as the next longer GTIN has; a text only where it is none.

    See docs/api/medipim.md#product-codes: documented as integers, which lose the zeros in front.
    """
    is_number = isinstance(value, int | float | Decimal)
    text = str(as_whole(value)).strip()
    if not (text.isascii() and text.isdigit()) or (is_code(text) and not is_number):
        return text
    if length is None:
        length = next((most for most in sorted(LENGTHS) if len(text) <= most), 0) if is_number else 0
    return text.zfill(length)


def best_code(found: Iterable[Code]) -> str | None:
    """The first code whose check digit is right, by rank, then by the order of LENGTHS.

    A GTIN-14 with a zero in front is the GTIN-13 behind it (docs/api/micropim.md#ean-format).
    """
    valid = [code for code in found if has_check_digit(code.text)]
    if not valid:
        return None
    text = min(valid, key=lambda code: (code.rank, LENGTHS.index(len(code.text)))).text
    return text[1:] if len(text) == GTIN_14 and text[0] == "0" else text


# Prices and other numbers

MAX_MINOR = 10**14  # twelve digits before the point: more is no price, and MicroPIM takes no more
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,3})?", re.IGNORECASE | re.ASCII)


def money(minor: Any) -> str | None:
    """Minor units (cents) as decimal text: 1495 -> "14.95"; None where nothing stands.

    Raises ValueError for what is no price: no number, 0, a fraction of a cent.
    """
    if minor is None or (isinstance(minor, str) and not minor.strip()):
        return None
    text = str(minor).strip()
    if isinstance(minor, bool) or not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no number of cents")
    amount = Decimal(text)
    if not 0 <= amount < MAX_MINOR:
        raise ValueError(f"{text[:40]!r} is no price")
    if not amount:
        raise ValueError("0 is no price")
    if amount != amount.to_integral_value():
        raise ValueError(f"{text[:40]!r} is no whole number of cents")
    return f"{(amount / 100).quantize(Decimal('0.01')):f}"


def decimal_of(value: Any) -> Decimal | None:
    """A number in any form it may travel in, or None; never by way of a float."""
    text = "" if value is None or isinstance(value, bool) else str(value).strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def as_whole(value: Any) -> Any:
    """A whole number without its point; any other value as it is."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


_ZONE = re.compile(r" (?:([+-][0-9:]+)|UTC|GMT|Z)$", re.ASCII)  # behind a space, as Ruby and BigQuery write it
_DATE = re.compile("[0-9]{8}", re.ASCII)
_MOST_SECONDS, _MOST_MILLISECONDS = 10**11, 10**14  # the first is the year 5138, in milliseconds it is 1973


def moment_of(value: Any) -> float | None:
    """A time in unix seconds: ISO 8601, unix seconds or milliseconds, also as text; None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | Decimal):
        seconds = value if 0 < value < _MOST_MILLISECONDS else 0
        return float(seconds if seconds < _MOST_SECONDS else seconds / 1000) or None
    if not isinstance(value, str):
        return None
    text = value.strip()
    if ":" not in text and (number := decimal_of(text)) is not None and not _DATE.fullmatch(text):
        return moment_of(number)
    try:
        moment = datetime.fromisoformat(_ZONE.sub(_zone, text))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _zone(found: re.Match[str]) -> str:
    return found[1] or "+00:00"


def truth_of(value: Any) -> bool | None:
    """True or false, also as the text or the number that stands for it; None for everything else."""
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).strip().lower())


def decimal_text(value: Decimal) -> str:
    """A number for people: no exponent, no trailing zeros."""
    return f"{value.normalize():f}"
