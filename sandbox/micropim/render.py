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


def visible_media(store: Store, product: Json) -> list[Json]:
    """Pictures that have been processed, by position, ties by insertion.

    See docs/api/micropim.md#picture-fetch, docs/api/micropim.md#shown-late and docs/api/micropim.md#picture-position.
    """
    ready = [
        item
        for item in product["_media"]
        if item["shows_at"] is not None and item["shows_at"] <= product["_reads"] and store.is_shown(item)
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
    images = [picture_url(item["id"]) for item in visible_media(store, product)]
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
    "brand_id": lambda store, product: {"brand": _named(product["brand_id"], store.brands)},
    "supplier_id": lambda store, product: {"supplier": _named(product["supplier_id"], store.suppliers)},
    "category_ids": _categories_and_images,
    "publishing_channels": lambda _store, product: {"publishing_channels": list(product["publishing_channels"])},
    "translations": _languages,
    "attributes": _attributes,
}


def one_product(store: Store, product: Json, sent: Json | None = None) -> Json:
    """A single product, bare or wrapped (docs/api/micropim.md#unshown-shapes).

    ``sent``: the fields of the write that is answered; they show as they came where answers are an echo
    (docs/api/micropim.md#stored-form).
    """
    shown = shown_product(store, product)
    if sent is not None and store.options.answers == "echo":
        shown.update({key: value for key, value in sent.items() if key in shown and isinstance(value, str)})
    if "product" in store.options.ids_as_text:
        shown = with_ids_as_text(shown)
    return {"product": shown} if store.options.wrap_product else shown


def with_ids_as_text(shown: JsonValue) -> JsonValue:
    """The same, each id written as a text (docs/api/micropim.md#ids-as-text)."""
    if isinstance(shown, list):
        return [with_ids_as_text(item) for item in shown]
    if not isinstance(shown, dict):
        return shown
    return {key: _as_text(value) if _names_an_id(key) else with_ids_as_text(value) for key, value in shown.items()}


def _names_an_id(key: str) -> bool:
    return key == "id" or key.endswith("_id")


def _as_text(value: JsonValue) -> JsonValue:
    return str(value) if isinstance(value, int) else value


def shown_category(store: Store, row: Json, sent: Json | None = None) -> Json:
    """The category record (docs/api/micropim.md#unshown-shapes); ``sent`` as for a product."""
    shown = {
        **{key: row[key] for key in ("id", "name", "description", "parent_id", "position")},
        "product_count": len(store.members(row["id"])),
    }
    if sent is not None and store.options.answers == "echo":
        shown.update({key: sent[key] for key in ("name", "description") if key in sent})
    return with_ids_as_text(shown) if "category" in store.options.ids_as_text else shown


def tree(store: Store, parent_id: int | None = None) -> list[Json]:
    """The nested hierarchy below a category."""
    key = store.options.children_key
    rows = [row for row in store.children(parent_id) if store.is_shown(row)]
    keep = ("id", "name", "description", "parent_id", "position")
    return [{**{k: row[k] for k in keep}, key: tree(store, row["id"])} for row in rows]


def without_names(rows: list[Json]) -> list[Json]:
    """The same hierarchy whose names stand under another key."""
    return [
        {
            {"name": "title"}.get(name, name): without_names(value) if isinstance(value, list) else value
            for name, value in row.items()
        }
        for row in rows
    ]


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
