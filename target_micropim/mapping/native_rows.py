"""Pure: the fields of a native record, one row each; docs/native.md is made of it.

A field that MicroPIM lets us write is read by its kind (plan/fields.py). What is no field of a request (categories,
pictures, brands by name) is read elsewhere and has its row here too, so that nobody's field is called unknown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from target_micropim.mapping.channel_rules import CHANNELS, OFFERED, STATUS
from target_micropim.mapping.desired import DELETED
from target_micropim.mapping.field_rows import DoubtfulValue, InvalidValue
from target_micropim.mapping.numbers import LENGTHS, has_check_digit, is_code
from target_micropim.mapping.plain_values import (
    code_of,
    codes_of,
    is_nothing,
    number_id_of,
    pieces_of,
    price_of,
    shown,
    text_of,
    words_of,
)
from target_micropim.plan.fields import ATTRIBUTES, FIELDS, Field, Kind

STATUSES = ("draft", "active", "archived", "out_of_stock")  # docs/api/micropim.md#product-list
MADE_BY_STOCK = "out_of_stock"  # docs/api/micropim.md#stock-and-status


@dataclass(frozen=True)
class NativeRules:
    """The settings that say how a value is read."""

    invalid_ean: str = "drop"
    decimal_comma: bool = False


Reader = Callable[[Any, NativeRules], Any]


def _text(value: Any, _rules: NativeRules) -> str:
    return text_of(value)


def _price(value: Any, rules: NativeRules) -> str:
    return price_of(value, decimal_comma=rules.decimal_comma)


def _pieces(value: Any, rules: NativeRules) -> int:
    return pieces_of(value, decimal_comma=rules.decimal_comma)


def _reference(value: Any, _rules: NativeRules) -> int:
    return number_id_of(value)


def _gtin(value: Any, rules: NativeRules) -> str | None:
    """The first code with a right check digit, else what invalid_ean says. 0 stands where a number is missing."""
    texts = [code_of(item) for item in codes_of(value)]
    found = [text for text in texts if text.strip("0.")]
    if right := [text for text in found if has_check_digit(text)]:
        return min(right, key=lambda text: LENGTHS.index(len(text)))
    if not found and all(texts):
        return None
    message = f"{shown(value)} has no right check digit"
    if rules.invalid_ean == "error":
        raise InvalidValue(message)
    if rules.invalid_ean == "send" and (sent := next(filter(is_code, found), None)):
        return sent
    raise ValueError(message)


def _word(value: Any) -> str:
    """Raises InvalidValue: to guess what a product is, or whether it is sold, is no way out."""
    if not isinstance(value, str):
        raise InvalidValue(f"{shown(value)} is no text")
    return value.strip().lower()


def _status(value: Any, _rules: NativeRules) -> str | None:
    word = _word(value)
    if word not in STATUSES:
        raise InvalidValue(f"{shown(value)} is none of {', '.join(STATUSES)}")
    if word == MADE_BY_STOCK:
        raise DoubtfulValue("out_of_stock follows from the stock and is never sent", None)
    return word


def _type(value: Any, _rules: NativeRules) -> str:
    if (word := _word(value)) != "simple":  # docs/api/micropim.md#product-types
        raise InvalidValue(f"{shown(value)} is not simple")
    return word


def _currency(value: Any, _rules: NativeRules) -> str:
    text = text_of(value).strip().upper()
    if not (len(text) == len("EUR") and text.isascii() and text.isalpha()):
        raise ValueError(f"{shown(value)} is not three letters")
    return text


def _channels(value: Any, _rules: NativeRules) -> list[str] | None:
    """Raises DoubtfulValue with those that there are, when others are named too."""
    words = [item.strip().lower() if isinstance(item, str) else item for item in words_of(value)]
    known = list(dict.fromkeys(word for word in words if word in OFFERED)) or None
    if odd := [word for word in words if word not in OFFERED]:
        raise DoubtfulValue(f"{', '.join(map(shown, odd))} is none of {', '.join(OFFERED)}", known)
    return known


READERS: Mapping[Kind, Reader] = {
    "text": _text, "html": _text, "line": _text, "money": _price, "pieces": _pieces, "gtin": _gtin,
    "reference": _reference,
}  # fmt: skip
CHOICES: Mapping[str, Reader] = {
    "currency": _currency, STATUS: _status, CHANNELS: _channels, "product_type": _type,
}  # fmt: skip


def reader_of(field: Field) -> Reader | None:
    """How a field is read; None for a map, which is read elsewhere."""
    return CHOICES.get(field.name) or READERS.get(field.kind)


FIELD_READERS: Mapping[str, Reader] = {
    field.name: reader for field in FIELDS if (reader := reader_of(field)) is not None
}


def read_field(name: str, value: Any, rules: NativeRules) -> Any:
    """The value as MicroPIM wants it, None for nothing. Raises ValueError, InvalidValue or DoubtfulValue."""
    return None if is_nothing(value) else FIELD_READERS[name](value, rules)


@dataclass(frozen=True)
class Row:
    """One line of the page: what a field takes, with examples as they stand in a record."""

    name: str
    takes: str
    examples: tuple[Any, ...]
    becomes: str = ""


_CODE = 5400000123450
_PRICES: tuple[Any, ...] = (8.95, "8.95", "1.234,50")
PRODUCT_ROWS: tuple[Row, ...] = (
    Row("sku", "text or number; required: who the product is", ("HAND-1", 1003, 1003.0), '`"HAND-1"` · `"1003"`'),
    Row("name", "text or number; required", ("Herbal tea", 4711), ""),
    Row("description", "HTML or text", ("<p>Warm.</p>",), "cleaned (`native_html`)"),
    Row("short_description", "text", ("A tea for the night",), ""),
    Row("price", "number, as text too", _PRICES, "at most four decimals; `decimal_comma` for `8,95`"),
    Row("sale_price", "number, as text too", _PRICES, "as `price`"),
    Row("cost_price", "number, as text too", _PRICES, "as `price`"),
    Row("currency", "three letters", ("EUR", "eur"), ""),
    Row(STATUS, "one of " + ", ".join(STATUSES), ("active", "Draft"), "`archived` ends the product; `out_of_stock` "
        "is never sent; any other word refuses the record"),
    Row("stock", "whole number, as text too", (7, "7", 12.0), ""),
    Row("ean", "code or list of codes, as number too; the first right one",
        ("5400000123450", _CODE, [_CODE], "5400000123450, 96385074"),
        "zeros in front come back by the check digit; `invalid_ean`"),
    Row("brand_id", "MicroPIM's id of a brand", (12, "12", 12.0), ""),
    Row("supplier_id", "MicroPIM's id of a supplier", (7, "7"), ""),
    Row("brand", "name of a brand, or an object with one", ("A.Vogel", {"name": "A.Vogel"}),
        "its id, by `brand_map` or as MicroPIM shows it; `brand_id` comes first"),
    Row("supplier", "name of a supplier, or an object with one", ("Pharma Import",), "as `brand`, by `supplier_map`"),
    Row(CHANNELS, "list of " + ", ".join(OFFERED), (["web"], "web, mobile"), ""),
    Row("product_type", "simple", ("simple",), "any other word refuses the record"),
    Row("category_ids", "ids of the stream `categories`, else of MicroPIM; objects with one, too",
        ([5, 6], "5, 6", "tea", [{"id": 5}]), ""),
    Row("categories", "paths from the top, or ids", ("Care > Sun", ["Care > Sun", "Tea"]), "made where missing"),
    Row("category", "the same, for one", ("Care > Sun",), ""),
    Row("images", "address, list of addresses, or of objects with `file_url`, `url` or `src`, and `alt_text`",
        ("https://shop.example/1.jpg", [{"url": "https://shop.example/1.jpg", "alt_text": "Box"}]), "pictures"),
    Row(ATTRIBUTES, "object of code and value, or list of pairs", ({"colour": "red"},), "by `attributes_mode`"),
    Row("updated_at", "time of the last change, ISO 8601 or unix seconds", ("2026-11-30T07:00:00Z", 1796022000),
        "an older version never replaces a newer one"),
    Row(DELETED, "time; the record was deleted", ("2026-11-30T07:00:00Z",), "`delete_mode`"),
)  # fmt: skip
CATEGORY_ROWS: tuple[Row, ...] = (
    Row("id", "text or number; without it, the name", (5, "tea", 5.0), ""),
    Row("name", "text or number; required", ("Green tea",), ""),
    Row("parent_id", "the `id` of another record; empty, or a 0 that is no record's id: the top", (5, "5", None), ""),
    Row("description", "text", ("Leaves",), "sent with a new category"),
)
_OF_THE_RECORD = frozenset({"meta", "updated_at"})
_OF_TAPS = ("_sdc_", "__sdc_", "_smart_source_")  # where a row was read, and when: nothing of the product
KNOWN_OF_PRODUCTS = frozenset({*FIELD_READERS, *(row.name for row in PRODUCT_ROWS)}) | _OF_THE_RECORD
KNOWN_OF_CATEGORIES = frozenset(row.name for row in CATEGORY_ROWS) | _OF_THE_RECORD


def unknown_fields(
    record: Mapping[str, Any], known: frozenset[str], used: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """The filled fields that nothing becomes of; ``used`` are those that a setting names."""
    if record.keys() <= known:
        return ()
    odd = (str(name) for name in record.keys() - known - used if not is_nothing(record[name]))
    return tuple(sorted(name for name in odd if not name.startswith(_OF_TAPS)))


def content(record: dict[str, Any], used: frozenset[str]) -> dict[str, Any]:
    """The record without what its tap notes about it: a row that has moved in its file is no other product."""
    notes = [name for name in record if name.startswith(_OF_TAPS) and name != DELETED and name not in used]
    return {name: value for name, value in record.items() if name not in notes} if notes else record
