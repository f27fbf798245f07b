"""A snapshot of a catalogue that can be compared: free of server ids."""

from sandbox.exchange import Json
from sandbox.micropim.fields import COMPARED
from sandbox.micropim.store import Store


def catalogue_snapshot(store: Store) -> Json:
    """Products by SKU (a list of them where a SKU occurs twice) and the sorted category paths."""
    products: Json = {}
    for product in sorted(store.products.values(), key=lambda row: int(row["id"])):
        shown = _product(store, product)
        sku = product["sku"]
        if sku in products:
            earlier = products[sku]
            products[sku] = [*earlier, shown] if isinstance(earlier, list) else [earlier, shown]
        else:
            products[sku] = shown
    return {"products": products, "categories": sorted(store.path(i) for i in store.categories)}


def _product(store: Store, product: Json) -> Json:
    pictures = sorted(product["_media"], key=lambda item: (item["position"], item["id"]))
    return {
        **{key: product[key] for key in COMPARED},
        "brand": store.brands.get(product["brand_id"]),
        "supplier": store.suppliers.get(product["supplier_id"]),
        "categories": sorted(store.path(i) for i in product["category_ids"] if i in store.categories),
        "media": [(item["file_url"], item["alt_text"], item["position"]) for item in pictures],
    }
