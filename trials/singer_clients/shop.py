"""A small shop that other taps read: two nights of its list, as texts and as typed values."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.micropim.snapshot import catalogue_snapshot
from sandbox.micropim.store import Store

Product = Mapping[str, Any]
COLUMNS = ("sku", "name", "ean", "price", "stock", "category")
FIRST: tuple[Product, ...] = (
    {"sku": 1003, "name": "Camomile tea, loose", "ean": 5400000123450, "price": 12.5, "stock": 7, "category": "Tea"},
    {"sku": 1004, "name": 'Soap "for hands"', "ean": None, "price": 3.95, "stock": 0, "category": "Care > Hands"},
    {"sku": 1005, "name": "Kräutertee; mild", "ean": 4006381333931, "price": 1234, "stock": 12, "category": "Tea"},
)
SECOND: tuple[Product, ...] = (
    {**FIRST[0], "price": 11, "stock": 25},
    FIRST[1],
    {**FIRST[2], "name": "Kräutertee\nnew recipe", "category": "Care > Hands"},
    {"sku": 1006, "name": "Sun milk", "ean": None, "price": 8.99, "stock": 3, "category": "Care > Sun"},
)
NIGHTS = (FIRST, SECOND)


def as_text(product: Product) -> dict[str, str]:
    """As a file of texts holds it."""
    return {name: "" if product[name] is None else str(product[name]) for name in COLUMNS}


def wrong_in(store: Store, products: tuple[Product, ...]) -> Iterator[str]:
    """What MicroPIM holds otherwise than the shop."""
    found = catalogue_snapshot(store)["products"]
    for product in products:
        there = found.pop(str(product["sku"]), None)
        if not isinstance(there, dict):
            yield f"{product['sku']}: {'twice' if there else 'is not there'}"
            continue
        wanted = {**product, "categories": [product["category"]]}
        for name in ("name", "ean", "price", "stock", "categories"):
            if not _is(wanted[name], there[name]):
                yield f"{product['sku']}: {name}: {wanted[name]!r} of the shop is {there[name]!r}"
    yield from (f"{sku}: nobody sent it" for sku in found)


def _is(wanted: Any, found: Any) -> bool:
    """Numbers by their value, whatever MicroPIM writes them as."""
    return wanted == found or (
        wanted is not None and not isinstance(found, list | type(None)) and _is_number(wanted, found)
    )


def _is_number(wanted: Any, found: Any) -> bool:
    try:
        return Decimal(str(wanted)) == Decimal(str(found))
    except InvalidOperation:
        return False
