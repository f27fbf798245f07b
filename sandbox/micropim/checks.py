"""Validation of product bodies: everything wrong is 400 with one text (micropim.md 1.2, 1.6)."""

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Json, JsonValue
from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.store import Refused, Store

if TYPE_CHECKING:
    from collections.abc import Callable

STATUSES = ("draft", "active", "archived", "out_of_stock")
KNOWN_CHANNELS = ("web", "mobile", "api", "marketplace", "social", "email")
TEXTS = ("name", "sku", "description", "short_description", "ean", "currency", "product_type")
PRICES = ("price", "sale_price", "cost_price")
WRITABLE = frozenset(
    {*TEXTS, *PRICES, "status", "stock", "brand_id", "supplier_id", "category_ids", "publishing_channels"}
)
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
            fields[key] = _checked(store, key, value)
    return {key: value for key, value in fields.items() if value is not _DROP}


_DROP = object()


def _extras(options: MicroPimOptions, extras: Json) -> Json:
    """Fields outside the write sample (micropim.md 4 rows 13, 20, 22, 27)."""
    kept: Json = {}
    for key, value in extras.items():
        if key == "attributes" and options.attributes != "ignored":
            if options.attributes == "400" or not isinstance(value, dict):
                raise Refused(400, "attributes cannot be written")
            kept[key] = value
        elif key == "translations" and options.translations == "accepted":
            if not isinstance(value, dict):
                raise Refused(400, "translations must be an object")
            kept[key] = value
        elif key not in {"attributes", "translations"}:
            if options.unknown_fields == "400":
                raise Refused(400, f"Unknown field: {key}")
            if options.unknown_fields == "kept" and key.isidentifier() and not key.startswith("_"):
                kept[key] = value
    return kept


def _checked(store: Store, key: str, value: JsonValue) -> JsonValue:
    if key in TEXTS:
        return _text(store.options, key, value)
    if key in PRICES:
        return _price(key, value)
    rules: dict[str, Callable[[], Any]] = {
        "status": lambda: _one_of(key, value, STATUSES),
        "stock": lambda: _integer(key, value),
        "brand_id": lambda: _reference(store, key, value, store.options.brands),
        "supplier_id": lambda: _reference(store, key, value, store.options.suppliers),
        "category_ids": lambda: _category_ids(store, value),
        "publishing_channels": lambda: _channels(store.options, value),
    }
    return rules[key]() if key in rules else value


def _text(options: MicroPimOptions, key: str, value: JsonValue) -> str:
    if not isinstance(value, str):
        raise Refused(400, f"{key} must be a string")
    if key in {"name", "sku"} and options.text_limit and len(value) > MAX_SHORT_TEXT:
        raise Refused(400, f"{key} may not be longer than {MAX_SHORT_TEXT} characters")
    if key == "currency" and not re.fullmatch(r"[A-Z]{3}", value):
        raise Refused(400, "currency must be a three-letter code")
    if key == "product_type" and value != "simple":
        raise Refused(400, f"product_type {value} is not supported")
    if key == "ean" and value and options.ean_strict and not is_ean13(value):
        raise Refused(400, "ean must be a valid EAN-13")
    return value.strip() if options.normalise_text else value


def is_ean13(text: str) -> bool:
    """Thirteen digits whose check digit is right."""
    if not re.fullmatch(r"[0-9]{13}", text):
        return False
    weighted = sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(text[:12]))
    return (10 - weighted % 10) % 10 == int(text[12])


def _price(key: str, value: JsonValue) -> str | None:
    """Decimal text, stored with four decimals; numbers are tolerated (I)."""
    if value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(400, f"{key} must be a decimal")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise Refused(400, f"{key} must be a decimal") from None
    if not amount.is_finite() or amount < 0 or amount > MAX_PRICE:
        raise Refused(400, f"{key} is out of range")
    return f"{amount:.4f}"


def _one_of(key: str, value: JsonValue, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise Refused(400, f"{key} must be one of: {', '.join(allowed)}")
    return value


def _integer(key: str, value: JsonValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(400, f"{key} must be an integer")
    return value


def _reference(store: Store, key: str, value: JsonValue, known: JsonValue) -> JsonValue:
    if _integer(key, value) in known:
        return value
    if store.options.unknown_brand == "ignored":
        return _DROP
    raise Refused(400, f"{key} {value} does not exist")


def _category_ids(store: Store, value: JsonValue) -> list[int]:
    if not isinstance(value, list):
        raise Refused(400, "category_ids must be a list")
    kept: list[int] = []
    for item in value:
        known = _integer("category_ids", item) in store.categories
        if not known and store.options.unknown_category == "400":
            raise Refused(400, f"Category {item} does not exist")
        if known and item not in kept:
            kept.append(item)
    return kept


def _channels(options: MicroPimOptions, value: JsonValue) -> list[str]:
    if not isinstance(value, list):
        raise Refused(400, "publishing_channels must be a list")
    configured = options.channels or ("web", "mobile")
    kept = []
    for item in value:
        _one_of("publishing_channels", item, KNOWN_CHANNELS)
        if item in configured:
            kept.append(item)
        elif options.unconfigured_channels == "400":
            raise Refused(400, f"Channel {item} is not configured")
    return kept
