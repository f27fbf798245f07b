"""Finding products: list, search, paging, barcode.

See docs/api/micropim.md#product-list, docs/api/micropim.md#find-by-sku, docs/api/micropim.md#odd-lists,
docs/api/micropim.md#shown-late and docs/api/micropim.md#find-by-ean.
"""

import math
import random
import re
from collections.abc import Callable, Mapping

from sandbox.exchange import Call, Json, JsonValue
from sandbox.micropim.checks import KNOWN_CHANNELS, STATUSES
from sandbox.micropim.errors import ApiError
from sandbox.micropim.render import shown_product
from sandbox.micropim.store import Store

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
SEARCHED = ("name", "description", "sku")


def product_page(store: Store, call: Call) -> JsonValue:
    """``data.products`` and ``data.pagination``, or what the switches make of them."""
    page = _whole_page(store, call)
    if store.options.search == "counted" and call.query.get("search"):
        return {"products": [], "pagination": {**page["pagination"], "total_items": 1, "total_pages": 1}}
    return PAGE_SHAPES[store.options.product_list](page)


def _paged(page: Json, **pagination: int) -> Json:
    return {**page, "pagination": {**page["pagination"], **pagination}}


def _each_product(page: Json, change: Callable[[Json], Json]) -> Json:
    return {**page, "products": [change(product) for product in page["products"]]}


def _without(page: Json, field: str) -> Json:
    return _each_product(page, lambda product: {name: value for name, value in product.items() if name != field})


PAGE_SHAPES: Mapping[str, Callable[[Json], JsonValue]] = {
    "whole": lambda page: page,
    "null": lambda _page: None,
    "unpaged": lambda page: {"products": page["products"]},
    "total_too_high": lambda page: _paged(page, total_items=page["pagination"]["total_items"] + 1),
    "one_page": lambda page: _paged(page, total_pages=1),
    "empty_page": lambda page: {**page, "products": []},
    "no_skus": lambda page: _without(page, "sku"),
    "null_skus": lambda page: _each_product(page, lambda product: {**product, "sku": None}),
    "no_images": lambda page: _without(page, "images"),
}


def _whole_page(store: Store, call: Call) -> Json:
    limit = _number(store, call, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    page = _number(store, call, "page", 1, None)
    if store.options.insert_while_paging and page > 1:
        _somebody_creates_a_product(store)
    size = min(limit, store.options.page_cap)
    rows = ordered(store, [product for product in store.products.values() if _matches(store, call, product)])
    shown = rows[(page - 1) * size : page * size]
    for product in shown:
        product["_reads"] += 1
    return {
        "products": [shown_product(store, product) for product in shown],
        "pagination": {
            "current_page": page,
            "total_pages": math.ceil(len(rows) / size) or store.options.total_pages_when_empty,
            "total_items": len(rows),
            "items_per_page": size,
        },
    }


def ordered(store: Store, rows: list[Json]) -> list[Json]:
    """By id, or in an order that no client can rely on (docs/api/micropim.md#find-by-sku)."""
    return random.sample(rows, len(rows)) if store.options.order == "random" else rows


def by_barcode(store: Store, barcode: str) -> Json | None:
    """The first product with this EAN; archived ones only by switch (docs/api/micropim.md#find-by-ean)."""
    for product in store.products.values():
        hidden = product["status"] == "archived" and not store.options.barcode_archived
        if product["ean"] and product["ean"] == barcode and not hidden and store.is_shown(product):
            stock = product["stock"] or 0
            levels = [{"warehouse_id": 1, "warehouse_name": "Main", "quantity": stock}]
            return {**shown_product(store, product), "warehouses": levels}
    return None


def _matches(store: Store, call: Call, product: Json) -> bool:
    query = call.query
    if not store.is_shown(product):
        return False
    status = query.get("status")
    if status is None and product["status"] == "archived" and store.options.archived == "hidden":
        return False
    if status is not None and status not in STATUSES:
        raise ApiError(400, "Invalid status")
    if query.get("channel") is not None and query["channel"] not in KNOWN_CHANNELS:
        raise ApiError(400, "Invalid channel")
    return (
        (status is None or product["status"] == status)
        and ("brand" not in query or str(product["brand_id"]) == query["brand"])
        and ("channel" not in query or query["channel"] in product["publishing_channels"])
        and _found_by(store, query.get("search", ""), product)
    )


def _found_by(store: Store, search: str, product: Json) -> bool:
    if not search:
        return True
    if store.options.search == "beginnings":
        return str(product["name"]).lower().startswith(search.lower())
    searched = ("name",) if store.options.search == "names" else SEARCHED
    texts = [str(product[key] or "").lower() for key in searched]
    if store.options.search != "tokens":
        return any(search.lower() in text for text in texts)
    words = {word for text in texts for word in re.split(r"[\W_]+", text)}
    return any(token in words for token in re.split(r"[\W_]+", search.lower()) if token)


def _number(store: Store, call: Call, name: str, default: int, highest: int | None) -> int:
    text = call.query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"-?[0-9]+", text):
        raise ApiError(400, f"{name} must be an integer")
    value = int(text)
    clamped = max(1, value if highest is None else min(value, highest))
    if value != clamped and store.options.page_limits == "400":
        raise ApiError(400, f"{name} is out of range")
    return clamped


def _somebody_creates_a_product(store: Store) -> None:
    number = len(store.products) + 1
    product = store.insert_product({"sku": f"OTHER-{number}", "name": f"Created by somebody else {number}"})
    # New rows come first in their list, so every later page shifts by one.
    store.products = {product["id"]: product, **{k: v for k, v in store.products.items() if k != product["id"]}}
