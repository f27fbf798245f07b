"""Stored rows as the API shows them (micropim.md 1.6 to 1.8)."""

from sandbox.exchange import Json, JsonValue
from sandbox.micropim.store import EMPTY_PRODUCT, Store

CDN = "https://cdn.example.net/o"
KNOWN = frozenset({*EMPTY_PRODUCT, "id", "sku", "slug", "name", "currency"})


def picture_url(media_id: int) -> str:
    """The re-hosted picture: never the source URL, always ``.webp`` (micropim.md 4 row 15)."""
    return f"{CDN}/{media_id % 97}/{media_id}.webp"


def visible_media(product: Json) -> list[Json]:
    """Pictures that have been processed, by position, ties by insertion (rows 18 and 19)."""
    ready = [
        item for item in product["_media"] if item["shows_at"] is not None and item["shows_at"] <= product["_reads"]
    ]
    return sorted(ready, key=lambda item: (item["position"], item["id"]))


def shown_product(store: Store, product: Json) -> Json:
    """The product object of section 1.6."""
    options = store.options
    plain = ("id", "sku", "slug", "name", "description", "short_description", "product_type", "price", "sale_price",
             "cost_price", "currency", "status", "stock")  # fmt: skip
    languages = [options.default_language, *sorted(set(product["translations"]) - {options.default_language})]
    return {
        **{key: product[key] for key in plain},
        "in_stock": (product["stock"] or 0) > 0,
        "ean": product["ean"],
        "vat_rate": next((dict(r) for r in options.vat_rates if r["id"] == product["vat_rate_id"]), None),
        "brand": _named(product["brand_id"], options.brands),
        "supplier": _named(product["supplier_id"], options.suppliers),
        "categories": [_short(store.categories[i]) for i in product["category_ids"] if i in store.categories],
        "images": [picture_url(item["id"]) for item in visible_media(product)],
        "publishing_channels": list(product["publishing_channels"]),
        "available_translations": languages,
        "product_condition": product["product_condition"],
        "attributes": product["attributes"] or ({} if options.empty_map == "{}" else []),
        **{key: value for key, value in product.items() if key not in KNOWN and not key.startswith("_")},
    }


def one_product(store: Store, product: Json) -> Json:
    """A single product, bare or wrapped (section 1.8)."""
    shown = shown_product(store, product)
    return {"product": shown} if store.options.wrap_product else shown


def shown_category(store: Store, row: Json) -> Json:
    """The category record of section 1.8."""
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
    """The answer to an attached picture (section 1.8)."""
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
