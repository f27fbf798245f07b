"""What each route answers (micropim.md 1.4)."""

from typing import TYPE_CHECKING

from sandbox.exchange import Answer, Call, Json, JsonValue
from sandbox.micropim import categories, listing, products, render
from sandbox.micropim.envelope import success
from sandbox.micropim.store import Refused

if TYPE_CHECKING:
    from sandbox.micropim.service import MicroPimService

CHANNEL_WORDS = {
    "web": ("Web Store", "Products visible on web storefront"),
    "mobile": ("Mobile App", "Products visible in the mobile app"),
    "api": ("API", "Products available over the API"),
    "marketplace": ("Marketplace", "Products published to external marketplaces"),
    "social": ("Social", "Products published to social shops"),
    "email": ("Email", "Products used in mailings"),
}


def list_products(service: "MicroPimService", call: Call) -> Answer:
    """GET products."""
    return success(200, listing.product_page(service.store, call))


def create_product(service: "MicroPimService", call: Call) -> Answer:
    """POST products: 201 with the full product."""
    product = products.create_product(service.store, call.body)
    service.store.journal.note(product, "API", "created")
    return success(201, render.one_product(service.store, product), committed=True)


def get_product(service: "MicroPimService", call: Call) -> Answer:
    """GET one product; each read brings asynchronous pictures nearer (row 18)."""
    product = service.store.product(call.params["id"])
    product["_reads"] += 1
    return success(200, render.one_product(service.store, product))


def patch_product(service: "MicroPimService", call: Call) -> Answer:
    """PATCH: the fields that are sent."""
    product = service.store.product(call.params["id"])
    before = products.snapshot(product)
    products.update_product(service.store, product, call.body)
    service.store.journal.note(product, "API", "changed", before)
    return success(200, render.one_product(service.store, product), committed=True)


def archive_product(service: "MicroPimService", call: Call) -> Answer:
    """DELETE is soft: the status becomes ``archived``."""
    product = service.store.product(call.params["id"])
    before = products.snapshot(product)
    product["status"] = "archived"
    service.store.journal.note(product, "API", "archived", before)
    return success(200, render.one_product(service.store, product), committed=True)


def barcode(service: "MicroPimService", call: Call) -> Answer:
    """GET by EAN, with stock per warehouse."""
    found = listing.by_barcode(service.store, call.params["barcode"])
    if found is None and service.options.barcode_miss == "404":
        raise Refused(404, "Product not found")
    return success(200, found)


def image_search(service: "MicroPimService", call: Call) -> Answer:
    """POST image search: accepts a multipart field ``image``, finds nothing (a writer does not need it)."""
    del service
    multipart = call.headers.get("content-type", "").startswith("multipart/form-data")
    if not multipart or b'name="image"' not in call.raw:
        raise Refused(400, "image is required")
    return success(200, {"products": [], "total": 0})


def attach_media(service: "MicroPimService", call: Call) -> Answer:
    """POST media by URL."""
    product = service.store.product(call.params["id"])
    item = products.attach_media(service.store, product, call.body)
    service.store.journal.note(product, "API", "got a picture")
    return success(201, render.shown_media(service.store, product["id"], item), committed=True)


def list_variants(service: "MicroPimService", call: Call) -> Answer:
    """GET variants."""
    product = service.store.product(call.params["id"])
    rows = service.store.variants.get(product["id"], [])
    head = {"product_id": product["id"], "product_name": product["name"]}
    return success(200, {**head, "variants": rows, "total": len(rows)})


def get_variant(service: "MicroPimService", call: Call) -> Answer:
    """GET one variant."""
    product = service.store.product(call.params["id"])
    for row in service.store.variants.get(product["id"], []):
        if row["id"] == call.params["variant_id"]:
            return success(200, row)
    raise Refused(404, "Variant not found")


def list_channels(service: "MicroPimService", call: Call) -> Answer:
    """GET channels; web and mobile when none are set up."""
    del call
    names = service.options.channels or ("web", "mobile")
    rows = [{"value": n, "label": CHANNEL_WORDS[n][0], "description": CHANNEL_WORDS[n][1]} for n in names]
    return success(200, {"channels": rows, "total": len(rows)})


def list_categories(service: "MicroPimService", call: Call) -> Answer:
    """GET categories, all or below one parent."""
    store = service.store
    if "parent_id" not in call.query:
        return success(200, _many(service, list(store.categories.values())))
    if not call.query["parent_id"].isdecimal():
        raise Refused(400, "parent_id must be an integer")
    return success(200, _many(service, store.children(int(call.query["parent_id"]))))


def category_tree(service: "MicroPimService", call: Call) -> Answer:
    """GET tree, in one of three shapes."""
    del call
    rows = render.tree(service.store)
    shape = service.options.tree_shape
    return success(200, rows if shape == "list" else {shape: rows})


def create_category(service: "MicroPimService", call: Call) -> Answer:
    """POST category."""
    row = categories.create_category(service.store, call.body)
    return success(201, render.shown_category(service.store, row), committed=True)


def put_category(service: "MicroPimService", call: Call) -> Answer:
    """PUT category."""
    row = categories.replace_category(service.store, service.store.category(call.params["id"]), call.body)
    return success(200, render.shown_category(service.store, row), committed=True)


def delete_category(service: "MicroPimService", call: Call) -> Answer:
    """DELETE category."""
    categories.delete_category(service.store, service.store.category(call.params["id"]))
    return success(200, None, committed=True)


def category_children(service: "MicroPimService", call: Call) -> Answer:
    """GET direct children."""
    row = service.store.category(call.params["id"])
    return success(200, _many(service, service.store.children(row["id"])))


def category_products(service: "MicroPimService", call: Call) -> Answer:
    """GET products of a category."""
    row = service.store.category(call.params["id"])
    rows = [render.shown_product(service.store, product) for product in service.store.members(row["id"])]
    return success(200, {"products": rows, "total": len(rows)})


def assign_products(service: "MicroPimService", call: Call) -> Answer:
    """POST products into a category."""
    row = service.store.category(call.params["id"])
    total = categories.assign_products(service.store, row, call.body)
    return success(200, {"category_id": row["id"], "total": total}, committed=True)


def move_category(service: "MicroPimService", call: Call) -> Answer:
    """POST move."""
    row = categories.move_category(service.store, service.store.category(call.params["id"]), call.body)
    return success(200, render.shown_category(service.store, row), committed=True)


def list_attributes(service: "MicroPimService", call: Call) -> Answer:
    """GET definitions, in one of three shapes."""
    del call
    rows = list(service.store.attributes.values())
    shape = service.options.attributes_shape
    return success(200, rows if shape == "list" else {shape: rows, "total": len(rows)})


def create_attribute(service: "MicroPimService", call: Call) -> Answer:
    """POST definition."""
    return success(201, categories.create_attribute(service.store, call.body), committed=True)


def get_attribute(service: "MicroPimService", call: Call) -> Answer:
    """GET one definition."""
    return success(200, _attribute(service, call))


def update_attribute(service: "MicroPimService", call: Call) -> Answer:
    """PUT or PATCH definition."""
    row = categories.update_attribute(_attribute(service, call), call.body)
    return success(200, row, committed=True)


def delete_attribute(service: "MicroPimService", call: Call) -> Answer:
    """DELETE definition."""
    del service.store.attributes[_attribute(service, call)["id"]]
    return success(200, None, committed=True)


def _attribute(service: "MicroPimService", call: Call) -> Json:
    row = service.store.attributes.get(call.params["id"])
    if row is None:
        raise Refused(404, "Attribute not found")
    return row


def _many(service: "MicroPimService", rows: list[Json]) -> JsonValue:
    shown = [render.shown_category(service.store, row) for row in rows]
    return shown if service.options.categories_shape == "list" else {"categories": shown, "total": len(shown)}
