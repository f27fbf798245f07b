"""Writing products and pictures (docs/api/micropim.md#product-endpoints)."""

from urllib.parse import urlsplit

from sandbox.exchange import Json, JsonValue
from sandbox.micropim.checks import checked_fields
from sandbox.micropim.errors import ApiError
from sandbox.micropim.fields import NOT_NULLABLE, default_of
from sandbox.micropim.store import Store


def as_object(body: JsonValue) -> Json:
    """Refuse bodies that are not a JSON object."""
    if not isinstance(body, dict):
        raise ApiError(400, "The request body must be a JSON object")
    return body


def snapshot(product: Json) -> Json:
    """The fields as they are before a change; lists are replaced or appended to, so they are copied."""
    return {
        name: value.copy() if isinstance(value, list | dict) else value
        for name, value in product.items()
        if not name.startswith("_")
    }


def create_product(store: Store, body: JsonValue) -> Json:
    """POST: ``name`` and ``sku`` are required; the SKU has to be free (docs/api/micropim.md#sku-taken)."""
    data = {key: value for key, value in as_object(body).items() if value is not None}
    for key in ("name", "sku"):
        if not isinstance(data.get(key), str) or not data[key].strip():
            raise ApiError(400, f"{key} is required")
    fields = checked_fields(store, data)
    _refuse_taken_sku(store, fields["sku"], None)
    if store.options.max_products is not None and len(store.products) >= store.options.max_products:
        raise ApiError(403, "Product limit of your plan reached")
    product = store.insert_product({key: value for key, value in fields.items() if value is not None})
    product["_shows_from"] = store.shows_from(store.options.show_after_seconds)
    _flip_stock(store, product)
    return product


def update_product(store: Store, product: Json, body: JsonValue) -> Json:
    """PATCH: only the fields that are sent, each by its own rule."""
    fields = checked_fields(store, _without_blanks(store, as_object(body)))
    for key in ("name", "sku"):
        if key in fields and not fields[key]:
            raise ApiError(400, f"{key} may not be empty")
    if "sku" in fields:
        _refuse_taken_sku(store, fields["sku"], product["id"])
    if "category_ids" in fields:
        fields["category_ids"] = _patched_categories(store, product, fields["category_ids"] or [])
    for key, value in fields.items():
        product[key] = default_of(key) if value is None else value
    store.remember_sku(product)
    _flip_stock(store, product)
    return product


def attach_media(store: Store, product: Json, body: JsonValue) -> Json:
    """POST media: the source is fetched, re-hosted and forgotten.

    See docs/api/micropim.md#picture-identity and docs/api/micropim.md#picture-fetch.
    """
    data = as_object(body)
    url = data.get("file_url")
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ApiError(400, "file_url must be an absolute URL")
    if store.options.dedupe_media:
        for item in product["_media"]:
            if item["file_url"] == url:
                return item  # type: ignore[no-any-return]
    alt_text, position = _media_details(data, len(product["_media"]))
    item = {
        "id": store.next_id("media"), "file_url": url, "alt_text": alt_text, "position": position,
        "shows_at": _shows_at(store, product, str(url)),
        "_shows_from": store.shows_from(store.options.pictures_after_seconds),
    }  # fmt: skip
    product["_media"].append(item)
    return item


def _media_details(data: Json, count: int) -> tuple[str | None, int]:
    alt_text, position = data.get("alt_text"), data.get("position", count)
    if alt_text is not None and not isinstance(alt_text, str):
        raise ApiError(400, "alt_text must be a string")
    if isinstance(position, bool) or not isinstance(position, int) or position < 0:
        raise ApiError(400, "position must be a positive integer")
    return alt_text, position


def _shows_at(store: Store, product: Json, url: str) -> int | None:
    """The read from which the picture shows; None is never."""
    options = store.options
    unreachable = any(mark in url for mark in options.unreachable_urls)
    if unreachable and options.unreachable_media == "400":
        raise ApiError(400, "file_url could not be downloaded")
    if options.media == "never" or (unreachable and options.unreachable_media == "never"):
        return None
    return int(product["_reads"]) + options.media_reads if options.media == "async" else 0


def _refuse_taken_sku(store: Store, sku: str, own_id: int | None) -> None:
    options = store.options
    if not options.sku_unique:
        return
    taken = any(
        product["id"] != own_id and (options.sku_unique_archived or product["status"] != "archived")
        for product in store.with_sku(sku)
    )
    if options.sku_unique_variants:
        taken = taken or any(variant["sku"] == sku for rows in store.variants.values() for variant in rows)
    if taken:
        raise ApiError(400, f"A product with SKU {sku} already exists")


def _without_blanks(store: Store, body: Json) -> Json:
    """Null and empty text in a PATCH: three worlds each (docs/api/micropim.md#null-in-patch)."""
    kept: Json = {}
    for key, value in body.items():
        world = {None: store.options.patch_null, "": store.options.patch_empty}.get(value) if _is_blank(value) else None
        if world == "400":
            raise ApiError(400, f"{key} may not be empty")
        if world == "clears" and value is None and key in NOT_NULLABLE:
            raise ApiError(400, f"{key} may not be empty")
        if world != "ignored":
            kept[key] = value
    return kept


def _is_blank(value: JsonValue) -> bool:
    return value is None or (isinstance(value, str) and not value)


def _patched_categories(store: Store, product: Json, category_ids: list[int]) -> list[int]:
    match store.options.patch_categories:
        case "merge":
            return list(dict.fromkeys([*product["category_ids"], *category_ids]))
        case "ignored":
            return list(product["category_ids"])
    return category_ids


def _flip_stock(store: Store, product: Json) -> None:
    """Take a product without stock off sale, by switch only (docs/api/micropim.md#stock-and-status)."""
    if store.options.stock_zero_flips and product["status"] == "active" and not product["stock"]:
        product["status"] = "out_of_stock"
