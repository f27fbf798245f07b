"""What each route answers (docs/api/micropim.md#endpoints)."""

import copy
from typing import Literal

from sandbox.exchange import Answer, Call, Json, JsonValue
from sandbox.micropim import categories, listing, products, render
from sandbox.micropim.envelope import success
from sandbox.micropim.errors import ApiError
from sandbox.micropim.state import MicroPimState

CHANNEL_WORDS = {
    "web": ("Web Store", "Products visible on web storefront"),
    "mobile": ("Mobile App", "Products visible in the mobile app"),
    "api": ("API", "Products available over the API"),
    "marketplace": ("Marketplace", "Products published to external marketplaces"),
    "social": ("Social", "Products published to social shops"),
    "email": ("Email", "Products used in mailings"),
}


def list_products(state: MicroPimState, call: Call) -> Answer:
    """GET products."""
    page = listing.product_page(state.store, call)
    return success(200, render.with_ids_as_text(page) if "list" in state.options.ids_as_text else page)


def create_product(state: MicroPimState, call: Call) -> Answer:
    """POST products: 201 with the full product."""
    product = products.create_product(state.store, call.body)
    state.store.journal.note(product, "API", "created")
    return success(201, render.one_product(state.store, product, call.body), committed=True)


def get_product(state: MicroPimState, call: Call) -> Answer:
    """GET one product; each read brings asynchronous pictures nearer (docs/api/micropim.md#picture-fetch)."""
    product = state.store.product(call.params["id"])
    product["_reads"] += 1
    return success(200, render.one_product(state.store, product))


def patch_product(state: MicroPimState, call: Call) -> Answer:
    """PATCH: the fields that are sent."""
    product = state.store.product(call.params["id"])
    _change(state, product, call.body, "changed", state.options.patch_kept)
    return success(200, render.one_product(state.store, product, call.body), committed=True)


def archive_product(state: MicroPimState, call: Call) -> Answer:
    """DELETE is soft: the status becomes ``archived``."""
    product = state.store.product(call.params["id"])
    archived = {"status": "archived"}
    _change(state, product, archived, "archived", state.options.archive_kept)
    return success(200, render.one_product(state.store, product, archived), committed=True)


def _change(
    state: MicroPimState, product: Json, fields: JsonValue, what: str, kept: Literal["at_once", "late", "never"]
) -> None:
    """Store a change now or later, or only say so; what is refused is so at once (docs/api/micropim.md#kept-late)."""

    def store_it() -> None:
        before = products.snapshot(product)
        products.update_product(state.store, product, fields)
        state.store.journal.note(product, "API", what, before)

    if kept == "at_once":
        store_it()
        return
    products.update_product(state.store, copy.deepcopy(product), fields)
    if kept == "late":
        state.store.later(state.options.kept_after_seconds, store_it)


def barcode(state: MicroPimState, call: Call) -> Answer:
    """GET by EAN, with stock per warehouse."""
    product = listing.by_barcode(state.store, call.params["barcode"])
    if product is None and state.options.barcode_miss == "404":
        raise ApiError(404, "Product not found")
    return success(200, render.with_ids_as_text(product) if "list" in state.options.ids_as_text else product)


def image_search(state: MicroPimState, call: Call) -> Answer:
    """POST image search: accepts a multipart field ``image``, finds nothing (a writer does not need it)."""
    del state
    multipart = call.headers.get("content-type", "").startswith("multipart/form-data")
    if not multipart or b'name="image"' not in call.raw:
        raise ApiError(400, "image is required")
    return success(200, {"products": [], "total": 0})


def attach_media(state: MicroPimState, call: Call) -> Answer:
    """POST media by URL."""
    product = state.store.product(call.params["id"])
    item = products.attach_media(state.store, product, call.body)
    state.store.journal.note(product, "API", "got a picture")
    return success(201, render.shown_media(state.store, product["id"], item), committed=True)


def list_variants(state: MicroPimState, call: Call) -> Answer:
    """GET variants."""
    product = state.store.product(call.params["id"])
    rows = state.store.variants.get(product["id"], [])
    head = {"product_id": product["id"], "product_name": product["name"]}
    return success(200, {**head, "variants": rows, "total": len(rows)})


def get_variant(state: MicroPimState, call: Call) -> Answer:
    """GET one variant."""
    product = state.store.product(call.params["id"])
    for row in state.store.variants.get(product["id"], []):
        if row["id"] == call.params["variant_id"]:
            return success(200, row)
    raise ApiError(404, "Variant not found")


def list_channels(state: MicroPimState, call: Call) -> Answer:
    """GET channels; web and mobile when none are set up."""
    del call
    names = state.options.channels or ("web", "mobile")
    rows = [{"value": n, "label": CHANNEL_WORDS[n][0], "description": CHANNEL_WORDS[n][1]} for n in names]
    return success(200, {"channels": rows, "total": len(rows)})


def list_categories(state: MicroPimState, call: Call) -> Answer:
    """GET categories, all or below one parent."""
    store = state.store
    if "parent_id" not in call.query:
        return success(200, _many(state, list(store.categories.values())))
    if not call.query["parent_id"].isdecimal():
        raise ApiError(400, "parent_id must be an integer")
    return success(200, _many(state, store.children(int(call.query["parent_id"]))))


def category_tree(state: MicroPimState, call: Call) -> Answer:
    """GET tree, in one of its shapes."""
    del call
    rows: list[Json] = render.tree(state.store)
    shape = state.options.tree_shape
    if "tree" in state.options.ids_as_text:
        rows = render.with_ids_as_text(rows)
    if shape == "null":
        return success(200, None)
    if shape == "nameless":
        return success(200, {"tree": render.without_names(rows)})
    if shape == "first_page":
        return success(200, {"tree": rows[:1], "total": len(state.store.categories)})
    return success(200, rows if shape == "list" else {shape: rows})


def create_category(state: MicroPimState, call: Call) -> Answer:
    """POST category."""
    row = categories.create_category(state.store, call.body)
    return success(201, render.shown_category(state.store, row, call.body), committed=True)


def put_category(state: MicroPimState, call: Call) -> Answer:
    """PUT category."""
    row = categories.replace_category(state.store, state.store.category(call.params["id"]), call.body)
    return success(200, render.shown_category(state.store, row, call.body), committed=True)


def delete_category(state: MicroPimState, call: Call) -> Answer:
    """DELETE category."""
    categories.delete_category(state.store, state.store.category(call.params["id"]))
    return success(200, None, committed=True)


def category_children(state: MicroPimState, call: Call) -> Answer:
    """GET direct children."""
    row = state.store.category(call.params["id"])
    return success(200, _many(state, state.store.children(row["id"])))


def category_products(state: MicroPimState, call: Call) -> Answer:
    """GET products of a category."""
    row = state.store.category(call.params["id"])
    rows = [render.shown_product(state.store, product) for product in state.store.members(row["id"])]
    return success(200, {"products": rows, "total": len(rows)})


def assign_products(state: MicroPimState, call: Call) -> Answer:
    """POST products into a category."""
    row = state.store.category(call.params["id"])
    total = categories.assign_products(state.store, row, call.body)
    return success(200, {"category_id": row["id"], "total": total}, committed=True)


def move_category(state: MicroPimState, call: Call) -> Answer:
    """POST move."""
    row = categories.move_category(state.store, state.store.category(call.params["id"]), call.body)
    return success(200, render.shown_category(state.store, row), committed=True)


def list_attributes(state: MicroPimState, call: Call) -> Answer:
    """GET definitions, in one of three shapes."""
    del call
    rows = list(state.store.attributes.values())
    shape = state.options.attributes_shape
    return success(200, rows if shape == "list" else {shape: rows, "total": len(rows)})


def create_attribute(state: MicroPimState, call: Call) -> Answer:
    """POST definition."""
    return success(201, categories.create_attribute(state.store, call.body), committed=True)


def get_attribute(state: MicroPimState, call: Call) -> Answer:
    """GET one definition."""
    return success(200, _attribute(state, call))


def update_attribute(state: MicroPimState, call: Call) -> Answer:
    """PUT or PATCH definition."""
    row = categories.update_attribute(_attribute(state, call), call.body)
    return success(200, row, committed=True)


def delete_attribute(state: MicroPimState, call: Call) -> Answer:
    """DELETE definition."""
    del state.store.attributes[_attribute(state, call)["id"]]
    return success(200, None, committed=True)


def _attribute(state: MicroPimState, call: Call) -> Json:
    row = state.store.attributes.get(call.params["id"])
    if row is None:
        raise ApiError(404, "Attribute not found")
    return row


def _many(state: MicroPimState, rows: list[Json]) -> JsonValue:
    shown = [render.shown_category(state.store, row) for row in rows if state.store.is_shown(row)]
    return shown if state.options.categories_shape == "list" else {"categories": shown, "total": len(shown)}
