"""Validation of product bodies: everything wrong is 400 with one text.

See docs/api/micropim.md#status-codes and docs/api/micropim.md#product-fields.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from sandbox.exchange import Json, JsonValue
from sandbox.micropim.errors import ApiError
from sandbox.micropim.fields import WRITABLE, Kind
from sandbox.micropim.forms import is_unstorable, stored_form
from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.store import Store

STATUSES = ("draft", "active", "archived", "out_of_stock")
KNOWN_CHANNELS = ("web", "mobile", "api", "marketplace", "social", "email")
MAX_SHORT_TEXT = 255
MAX_PRICE = Decimal(99_999_999)


def checked_fields(store: Store, body: Json) -> Json:
    """Return the fields to store, or refuse the body."""
    options = store.options
    fields = {key: value for key, value in body.items() if key in WRITABLE}
    extras = {key: value for key, value in body.items() if key not in WRITABLE}
    fields.update(_extras(options, extras))
    for key, value in fields.items():
        if value is not None:
            fields[key] = CHECKS[WRITABLE[key]](store, key, value) if key in WRITABLE else value
    return {key: value for key, value in fields.items() if value is not _DROP}


_DROP = object()


def _extras(options: MicroPimOptions, extras: Json) -> Json:
    """Fields outside the write sample.

    See docs/api/micropim.md#vat-rate, docs/api/micropim.md#attribute-values, docs/api/micropim.md#translations and
    docs/api/micropim.md#unknown-fields.
    """
    kept: Json = {}
    for key, value in extras.items():
        if key == "attributes" and options.attributes != "ignored":
            if options.attributes == "400" or not isinstance(value, dict):
                raise ApiError(400, "attributes cannot be written")
            kept[key] = value
        elif key == "translations" and options.translations == "accepted":
            if not isinstance(value, dict):
                raise ApiError(400, "translations must be an object")
            kept[key] = value
        elif key not in {"attributes", "translations"}:
            if options.unknown_fields == "400":
                raise ApiError(400, f"Unknown field: {key}")
            if options.unknown_fields == "kept" and key.isidentifier() and not key.startswith("_"):
                kept[key] = value
    return kept


def _text(store: Store, key: str, value: JsonValue) -> str:
    options = store.options
    if not isinstance(value, str):
        raise ApiError(400, f"{key} must be a string")
    if options.unstorable == "500" and is_unstorable(value):
        raise ApiError(500, "Internal Server Error")
    if key in {"name", "sku"} and options.text_limit and len(value) > MAX_SHORT_TEXT:
        raise ApiError(400, f"{key} may not be longer than {MAX_SHORT_TEXT} characters")
    if key == "currency" and not re.fullmatch(r"[A-Z]{3}", value):
        raise ApiError(400, "currency must be a three-letter code")
    if key == "product_type" and value != "simple":
        raise ApiError(400, f"product_type {value} is not supported")
    if key == "ean" and value and options.ean_strict and not is_ean13(value):
        raise ApiError(400, "ean must be a valid EAN-13")
    return stored_form(options, key, value.strip() if options.normalise_text else value)


def is_ean13(text: str) -> bool:
    """Thirteen digits whose check digit is right."""
    if not re.fullmatch(r"[0-9]{13}", text):
        return False
    weighted = sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(text[:12]))
    return (10 - weighted % 10) % 10 == int(text[12])


def _price(_store: Store, key: str, value: JsonValue) -> str | None:
    """Decimal text, stored with four decimals; numbers are tolerated (I)."""
    if value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ApiError(400, f"{key} must be a decimal")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ApiError(400, f"{key} must be a decimal") from None
    if not amount.is_finite() or amount < 0 or amount > MAX_PRICE:
        raise ApiError(400, f"{key} is out of range")
    return f"{amount:.4f}"


def _status(_store: Store, key: str, value: JsonValue) -> str:
    return _one_of(key, value, STATUSES)


def _one_of(key: str, value: JsonValue, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ApiError(400, f"{key} must be one of: {', '.join(allowed)}")
    return value


def _whole_number(_store: Store, key: str, value: JsonValue) -> int:
    return _integer(key, value)


def _integer(key: str, value: JsonValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ApiError(400, f"{key} must be an integer")
    return value


def _brand(store: Store, key: str, value: JsonValue) -> JsonValue:
    return _reference(store, key, value, store.brands)


def _supplier(store: Store, key: str, value: JsonValue) -> JsonValue:
    return _reference(store, key, value, store.suppliers)


def _reference(store: Store, key: str, value: JsonValue, names: Mapping[int, str]) -> JsonValue:
    if _integer(key, value) in names:
        return value
    if store.options.unknown_brand == "ignored":
        return _DROP
    raise ApiError(400, f"{key} {value} does not exist")


def _category_ids(store: Store, key: str, value: JsonValue) -> list[int]:
    if not isinstance(value, list):
        raise ApiError(400, f"{key} must be a list")
    kept: list[int] = []
    for item in value:
        exists = _integer(key, item) in store.categories
        if not exists and store.options.unknown_category == "400":
            raise ApiError(400, f"Category {item} does not exist")
        if exists and item not in kept:
            kept.append(item)
    return kept


def _channels(store: Store, key: str, value: JsonValue) -> list[str]:
    if not isinstance(value, list):
        raise ApiError(400, f"{key} must be a list")
    options = store.options
    configured = options.channels or ("web", "mobile")
    kept = []
    for item in value:
        _one_of(key, item, KNOWN_CHANNELS)
        if item in configured:
            kept.append(item)
        elif options.unconfigured_channels == "400":
            raise ApiError(400, f"Channel {item} is not configured")
    return kept


CHECKS: Mapping[Kind, Callable[[Store, str, JsonValue], JsonValue]] = {
    "text": _text,
    "price": _price,
    "status": _status,
    "integer": _whole_number,
    "brand": _brand,
    "supplier": _supplier,
    "categories": _category_ids,
    "channels": _channels,
}
