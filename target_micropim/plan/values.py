"""Pure: when two values are the same to MicroPIM, whatever form they travel in (docs/api/micropim.md#product-fields).

Prices are compared as decimals ("8.95" equals "8.9500"), texts composed and without outer blanks, lists as sets;
null, "" and an empty list all mean "nothing there".
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from hashlib import blake2b
from typing import Any, TypeGuard

from target_micropim.plan.fields import ATTRIBUTES, EXTRAS, FIELDS, READ_ONLY

EMPTY = ""
MOST_ID = 2**63 - 1  # what a database holds
_ID_DIGITS = 20  # more than it has
_NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})(e[+-]?[0-9]{1,3})?", re.IGNORECASE | re.ASCII)
_as_json = json.JSONEncoder(sort_keys=True, default=str).encode
_PAIR_KEYS = ("code", "attribute_code", "name", "attribute_name")
MONEY_FIELDS = frozenset(field.name for field in FIELDS if field.kind == "money")
REFERENCES = {field.name: field.shown_as for field in FIELDS if field.kind == "reference"}
PLAIN_FIELDS = tuple(field.name for field in FIELDS if field.kind not in {"reference", "map"})
# Documented in answers (docs/api/micropim.md#product-fields): compared elsewhere or not at all. Whatever else is shown
# is an extra field.
_DOCUMENTED = frozenset({*PLAIN_FIELDS, *REFERENCES, *REFERENCES.values(), *READ_ONLY, ATTRIBUTES, "sku"})


def fingerprint(field: str, value: Any) -> str:
    """A short digest of a value's meaning; EMPTY for nothing. Equal meanings have equal fingerprints."""
    return fingerprints({field: value})[field]


def fingerprints(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fingerprint of each field; all at once, since products are compared whole."""
    prints: dict[str, str] = {}
    for name, value in fields.items():
        if value is None or value == "":
            prints[name] = EMPTY
            continue
        meaning = value
        if isinstance(value, Decimal | float) or name in MONEY_FIELDS:
            meaning = text = str(value).strip()  # 1e999999999 is a number too, and a gigabyte when it is written out
            if _NUMBER.fullmatch(text):
                meaning = format(Decimal(text).normalize(), "f")
        elif isinstance(value, str):
            meaning = unicodedata.normalize("NFC", value).strip()
            meaning = meaning.lower() if name == "status" else meaning
        elif isinstance(value, list | tuple | set):
            meaning = sorted(map(str, value))
        is_nothing = meaning in ("", [])
        prints[name] = EMPTY if is_nothing else blake2b(_as_json(meaning).encode(), digest_size=9).hexdigest()
    return prints


def server_fields(product: Mapping[str, Any]) -> dict[str, Any]:
    """A product as MicroPIM shows it, in the names in which it is written; unknown shapes count as nothing."""
    fields: dict[str, Any] = dict(zip(PLAIN_FIELDS, map(product.get, PLAIN_FIELDS), strict=True))
    for name, shown in REFERENCES.items():
        reference = product.get(shown)
        number = reference.get("id") if isinstance(reference, dict) else product.get(name)
        fields[name] = number if number is None else as_id(number) or number
    fields["category_ids"] = category_ids(product) if product.get("categories") else []
    if product.get(ATTRIBUTES):
        fields |= {attribute_field(code): value for code, value in attributes(product).items()}
    return fields | extras(product)


def extra_field(name: str) -> str:
    """The name under which an undocumented field is compared and remembered."""
    return f"{EXTRAS}.{name}"


def extras(product: Mapping[str, Any]) -> dict[str, Any]:
    """What a product shows beyond the documented fields, and its VAT rate as it could be written.

    See docs/api/micropim.md#vat-rate and docs/api/micropim.md#unknown-fields.
    """
    fields: dict[str, Any] = {}
    if product.keys() - _DOCUMENTED:
        fields = {f"{EXTRAS}.{name}": value for name, value in product.items() if name not in _DOCUMENTED}
    rate = product.get("vat_rate")
    if isinstance(rate, dict) and rate.get("id") is not None:
        fields[extra_field("vat_rate_id")] = rate["id"]
    return fields


def attribute_field(code: str) -> str:
    """The name under which one attribute is compared and remembered, like a field of its own."""
    return f"{ATTRIBUTES}.{code}"


def attributes(product: Mapping[str, Any]) -> dict[str, Any]:
    """The attribute values a product shows: a map, or a list of pairs as variants have it.

    See docs/api/micropim.md#product-fields and docs/api/micropim.md#variant-fields.
    """
    shown = product.get(ATTRIBUTES)
    if isinstance(shown, dict):
        return {str(code): value for code, value in shown.items()}
    pairs = [item for item in shown if isinstance(item, dict)] if isinstance(shown, list) else []
    values = ((next((pair[key] for key in _PAIR_KEYS if pair.get(key)), None), pair.get("value")) for pair in pairs)
    return {str(code): value for code, value in values if code is not None}


def category_ids(product: Mapping[str, Any]) -> list[int]:
    """The ids of the categories a product is in."""
    shown = _rows(product.get("categories"))
    ids = [as_id(item.get("id")) for item in shown if isinstance(item, dict)]
    return [number for number in ids if number is not None]


def is_id(value: Any) -> TypeGuard[int]:
    """Whether a value is an id of MicroPIM: a whole number from 1 on that a database holds; true is none."""
    return type(value) is int and 0 < value <= MOST_ID


def as_id(value: Any) -> int | None:
    """An id of MicroPIM as a number, also where it is written as a text, else None."""
    if type(value) is int:
        return value if 0 < value <= MOST_ID else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _ID_DIGITS:
        value = int(value)
    return value if is_id(value) else None


def image_count(product: Mapping[str, Any]) -> int:
    """How many pictures a product shows."""
    return len(_rows(product.get("images")))


def _rows(shown: Any) -> list[Any]:
    """What a list holds; PHP writes one that has lost an entry as an object by place."""
    if isinstance(shown, dict):
        return list(shown.values())
    return shown if isinstance(shown, list) else []
