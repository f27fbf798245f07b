"""Stored rows as the API shows them (docs/api/micropim.md#product-fields, docs/api/micropim.md#unshown-shapes)."""

from collections.abc import Callable, Mapping

from sandbox.exchange import Json, JsonValue
from sandbox.micropim.fields import FIELD_NAMES, PRODUCT_FIELDS
from sandbox.micropim.store import Store

CDN = "https://cdn.example.net/o"
KNOWN = FIELD_NAMES | {"id", "slug"}


def picture_url(media_id: int) -> str:
    """The re-hosted picture: never the source URL, always ``.webp`` (docs/api/micropim.md#picture-identity)."""
    return f"{CDN}/{media_id % 97}/{media_id}.webp"


def visible_media(product: Json) -> list[Json]:
    """Pictures that have been processed, by position, ties by insertion.

    See docs/api/micropim.md#picture-fetch and docs/api/micropim.md#picture-position.
    """
    ready = [
        item for item in product["_media"] if item["shows_at"] is not None and item["shows_at"] <= product["_reads"]
    ]
    return sorted(ready, key=lambda item: (item["position"], item["id"]))


def shown_product(store: Store, product: Json) -> Json:
    """The product object (docs/api/micropim.md#product-fields): the fields of the table, then all others."""
    shown: Json = {"id": product["id"]}
    for field in PRODUCT_FIELDS:
        if field.name in SHOWN_OTHERWISE:
            shown |= SHOWN_OTHERWISE[field.name](store, product)
        else:
            shown[field.name] = product[field.name]
    others = {key: value for key, value in product.items() if key not in KNOWN and not key.startswith("_")}
    return {**shown, **others}


def _vat_rate(store: Store, product: Json) -> Json:
    rate = next((dict(rate) for rate in store.options.vat_rates if rate["id"] == product["vat_rate_id"]), None)
    return {"vat_rate": rate}


def _categories_and_images(store: Store, product: Json) -> Json:
    existing = [store.categories[i] for i in product["category_ids"] if i in store.categories]
    images = [picture_url(item["id"]) for item in visible_media(product)]
    return {"categories": [_short(row) for row in existing], "images": images}


def _languages(store: Store, product: Json) -> Json:
    default = store.options.default_language
    return {"available_translations": [default, *sorted(set(product["translations"]) - {default})]}


def _attributes(store: Store, product: Json) -> Json:
    return {"attributes": product["attributes"] or ({} if store.options.empty_map == "{}" else [])}


# Fields that are not shown as they are stored, and what is shown in their place.
SHOWN_OTHERWISE: Mapping[str, Callable[[Store, Json], Json]] = {
    "sku": lambda _store, product: {"sku": product["sku"], "slug": product["slug"]},
    "stock": lambda _store, product: {"stock": product["stock"], "in_stock": (product["stock"] or 0) > 0},
    "vat_rate_id": _vat_rate,
    "brand_id": lambda store, product: {"brand": _named(product["brand_id"], store.options.brands)},
    "supplier_id": lambda store, product: {"supplier": _named(product["supplier_id"], store.options.suppliers)},
    "category_ids": _categories_and_images,
    "publishing_channels": lambda _store, product: {"publishing_channels": list(product["publishing_channels"])},
    "translations": _languages,
    "attributes": _attributes,
}


def one_product(store: Store, product: Json) -> Json:
    """A single product, bare or wrapped (docs/api/micropim.md#unshown-shapes)."""
    shown = shown_product(store, product)
    return {"product": shown} if store.options.wrap_product else shown


def shown_category(store: Store, row: Json) -> Json:
    """The category record (docs/api/micropim.md#unshown-shapes)."""
    return {
        **{key: row[key] for key in ("id", "name", "description", "parent_id", "position")},
        "product_count": len(store.members(row["id"])),
    }


def tree(store: Store, parent_id: int | None = None) -> list[Json]:
    """The nested hierarchy below a category."""
    key = store.options.children_key
    rows = store.children(parent_id)
    keep = ("id", "name", "description", "parent_id", "position")
    return [{**{k: row[k] for k in keep}, key: tree(store, row["id"])} for row in rows]


def shown_media(store: Store, product_id: int, item: Json) -> Json:
    """The answer to an attached picture (docs/api/micropim.md#unshown-shapes)."""
    url = picture_url(item["id"])
    if store.options.media_answer == "url_only":
        return {"url": url}
    return {
        "id": item["id"],
        "product_id": product_id,
        "url": url,
        "alt_text": item["alt_text"],
        "position": item["position"],
    }


def _named(key: JsonValue, names: JsonValue) -> Json | None:
    return {"id": key, "name": names[key]} if key in names else None


def _short(row: Json) -> Json:
    return {"id": row["id"], "name": row["name"]}
