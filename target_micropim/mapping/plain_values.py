"""Pure: values as any tap writes them, read where their meaning is plain: numbers as texts, texts as numbers.

A sheet turns each number into one with a point, and takes the zeros in front of a code; a CSV file has only texts. What
can be read in two ways is refused by a ValueError, never guessed.
"""

import json
import re
from decimal import Decimal
from typing import Any

from target_micropim.mapping.numbers import LENGTHS, as_whole, has_check_digit, without_separators
from target_micropim.plan.values import MOST_ID

EXACT = 2**53  # above, a number with a point has lost digits
MOST_SHOWN = 40
_WHOLE = re.compile(r"^([0-9]+)\.0$", re.ASCII)
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[ \u00a0\u2009\u202f'\u2019][0-9]{3})+(?=[.,]|$)", re.ASCII)
_DIGITS = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?", re.IGNORECASE | re.ASCII)
_THOUSANDS = {mark: re.compile(rf"[+-]?[0-9]{{1,3}}(?:{re.escape(mark)}[0-9]{{3}})+") for mark in ".,"}
_ONE_GROUP = {mark: re.compile(rf"[+-]?[1-9][0-9]{{0,2}}{re.escape(mark)}[0-9]{{3}}", re.ASCII) for mark in ".,"}


def is_nothing(value: Any) -> bool:
    """Whether nothing stands there: null, an empty list or object, a text of blanks."""
    return value in (None, [], {}) or (isinstance(value, str) and not value.strip())


def shown(value: Any) -> str:
    """A value for a message, cut short."""
    return repr(value if len(str(value)) <= MOST_SHOWN else f"{str(value)[:MOST_SHOWN]}…")


def text_of(value: Any) -> str:
    """A text as it is; a number in its digits, a whole one without a point. Raises ValueError for what is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return str(whole) if isinstance(whole := as_whole(value), int) else f"{value:f}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{shown(value)} is no text")
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= EXACT:
            raise ValueError(f"{shown(value)} has lost digits")
        return str(int(value))
    return str(value)


def id_of(value: Any) -> str:
    """An id as text, nothing for what is none: ``1003.0`` of a sheet is ``1003``; a text is an id as it stands."""
    try:
        return text_of(value).strip()
    except ValueError:
        return ""


def row_id_of(value: Any) -> str:
    """The same for the id of a row: a text of a number with a point is that number, as files of sheets have it."""
    return _WHOLE.sub(r"\1", id_of(value))


def number_of(value: Any, *, decimal_comma: bool = False) -> Decimal:
    """The number that is meant. Raises ValueError for what is none, or may be two.

    Both separators tell which one is which. One point alone is a decimal point, one comma alone is a decimal comma
    where ``decimal_comma`` says so; a single group of three behind a point may be thousands then.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(f"{shown(value)} is no number")
    text = str(value).strip()
    if isinstance(value, str):
        text = _with_point(text, decimal_comma=decimal_comma)
    if len(text) > MOST_SHOWN or not _DIGITS.fullmatch(text):
        raise ValueError(f"{shown(value)} is no number")
    return Decimal(text)


def _with_point(text: str, *, decimal_comma: bool) -> str:
    """The text with a decimal point at most, without marks between thousands."""
    if grouped := _GROUPED.match(text):
        text = re.sub(r"[^0-9+-]", "", grouped[0]) + text[grouped.end() :]
    last = max(text.rfind("."), text.rfind(","))
    if last < 0:
        return text
    mark, whole = text[last], text[:last]
    other = "." if mark == "," else ","
    if other in whole:
        if not _THOUSANDS[other].fullmatch(whole):
            raise ValueError(f"{shown(text)} is no number")
        return f"{whole.replace(other, '')}.{text[last + 1 :]}"
    if text.count(mark) > 1:
        if not _THOUSANDS[mark].fullmatch(text):
            raise ValueError(f"{shown(text)} is no number")
        return text.replace(mark, "")
    if mark == "," and not decimal_comma:
        raise ValueError(f"{shown(text)} may be a decimal comma or thousands (decimal_comma)")
    if mark == "." and decimal_comma and _ONE_GROUP["."].fullmatch(text):
        raise ValueError(f"{shown(text)} may be a decimal point or thousands (decimal_comma)")
    return text.replace(",", ".")


MOST_DECIMALS = Decimal("0.0001")
_NOISE = Decimal("1e-9")  # 8.950000000000001 of a sheet
_TOO_MUCH = Decimal(10) ** 12
_PRICE = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,4})?", re.ASCII)


def price_of(value: Any, *, decimal_comma: bool = False) -> str:
    """A price as decimal text, as it stands where that is one. Raises ValueError for what is none."""
    amount, text = number_of(value, decimal_comma=decimal_comma), str(value).strip()
    if _PRICE.fullmatch(text):
        return text
    if not 0 <= amount < _TOO_MUCH:
        raise ValueError(f"{shown(value)} is no price")
    cut = amount.quantize(MOST_DECIMALS)
    if abs(cut - amount) > _NOISE:
        raise ValueError(f"{shown(value)} has more than four decimals")
    if cut == _TOO_MUCH:
        raise ValueError(f"{shown(value)} is no price")
    return f"{cut.normalize():f}"


def pieces_of(value: Any, *, decimal_comma: bool = False) -> int:
    """A number of pieces. Raises ValueError for what is none; ``1.000`` as a text may be one piece or a thousand."""
    if isinstance(value, str) and any(one.fullmatch(value.strip()) for one in _ONE_GROUP.values()):
        raise ValueError(f"{shown(value)} may be thousands")
    amount = number_of(value, decimal_comma=decimal_comma)
    if not 0 <= amount <= MOST_ID or amount != amount.to_integral_value():
        raise ValueError(f"{shown(value)} is no number of pieces")
    return int(amount)


def number_id_of(value: Any) -> int:
    """An id of MicroPIM, also as a text or with a point. Raises ValueError for what is none."""
    text = re.sub(r"[.,]0{1,2}$", "", id_of(value))
    number = int(text) if text.isascii() and text.isdigit() and len(text) < MOST_SHOWN else 0
    if not 0 < number <= MOST_ID:
        raise ValueError(f"{shown(value)} is no id of MicroPIM")
    return number


# Codes

_EAN, _EAN_8 = 13, 8
_FEWEST_OF_EAN, _FEWEST_OF_EAN_8 = 10, 7  # digits that are left when the zeros in front are lost


def code_of(value: Any) -> str:
    """An EAN with the zeros that a number or a sheet has lost; what is none stays as it stands.

    See docs/api/micropim.md#ean-format: 13 digits in samples. The check digit, which no zero in front changes, says
    whether a short number is the code; a text of seven to nine digits is another kind of code.
    """
    text = without_separators(id_of(value))
    if not (text.isascii() and text.isdigit()):
        return text
    filled = text
    if _FEWEST_OF_EAN <= len(text) <= _EAN and not (isinstance(value, str) and len(text) in LENGTHS):
        filled = text.zfill(_EAN)
    elif len(text) == _FEWEST_OF_EAN_8 and not isinstance(value, str):
        filled = text.zfill(_EAN_8)
    return filled if has_check_digit(filled) else text


# Lists

_BETWEEN_ADDRESSES = re.compile(r"[\s,;|]+(?=https?://)", re.IGNORECASE)
_BETWEEN_CODES = re.compile(r"[,;|]")
_BETWEEN_WORDS = re.compile(r"[\s,;|]+")


def items_of(value: Any) -> list[Any]:
    """A list as it is, also where it is written as JSON; one value is a list of one, nothing is none."""
    if isinstance(value, str) and value.strip()[:1] == "[":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
    if is_nothing(value):
        return []
    return value if isinstance(value, list) else [value]


def codes_of(value: Any) -> list[Any]:
    """The same for codes: a text may hold several, with what no code holds between them."""
    found = items_of(value)
    if isinstance(value, str) and found and found[0] is value:
        return [code for code in _BETWEEN_CODES.split(value) if code.strip()]
    return found


def words_of(value: Any) -> list[Any]:
    """The same for words and ids, which a text separates by commas, semicolons, bars or blanks."""
    found = items_of(value)
    if isinstance(value, str) and found and found[0] is value:
        return [word for word in _BETWEEN_WORDS.split(value) if word]
    return found


def addresses_of(value: Any) -> list[Any]:
    """The same for addresses of pictures: each begins with its scheme."""
    found: list[Any] = []
    for item in items_of(value):
        found += _BETWEEN_ADDRESSES.split(item.strip()) if isinstance(item, str) else [item]
    return found
