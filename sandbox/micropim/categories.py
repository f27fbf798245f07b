"""Writing categories and attribute definitions (docs/api/micropim.md#category-endpoints)."""

from sandbox.exchange import Json, JsonValue
from sandbox.micropim.checks import MAX_SHORT_TEXT
from sandbox.micropim.errors import ApiError
from sandbox.micropim.forms import stored_form
from sandbox.micropim.products import as_object
from sandbox.micropim.store import Store

ATTRIBUTE_TYPES = ("text", "number", "select", "multiselect", "boolean", "date")


def create_category(store: Store, body: JsonValue) -> Json:
    """POST: only ``name`` is required."""
    data = as_object(body)
    name = _name(store, data)
    parent_id = _parent(store, data.get("parent_id"))
    _refuse_equal_sibling(store, name, parent_id, None)
    row: Json = {
        "id": store.next_id("category"), "name": name, "description": data.get("description"),
        "parent_id": parent_id, "position": len(store.children(parent_id)),
        "_shows_from": store.shows_from(store.options.categories_after_seconds),
    }  # fmt: skip
    store.categories[row["id"]] = row
    return row


def replace_category(store: Store, row: Json, body: JsonValue) -> Json:
    """PUT replaces the fields; the name stays when it is left out, unless the switch says 400.

    See docs/api/micropim.md#category-rename.
    """
    data = as_object(body)
    named = "name" in data or store.options.put_name_required
    name = _name(store, data) if named else row["name"]
    parent_id = _parent(store, data.get("parent_id"))
    _refuse_cycle(store, row, parent_id)
    _refuse_equal_sibling(store, name, parent_id, row["id"])
    row.update(name=name, description=data.get("description"), parent_id=parent_id)
    return row


def move_category(store: Store, row: Json, body: JsonValue) -> Json:
    """POST move: into its own subtree is 400 (docs/api/micropim.md#category-rename)."""
    data = as_object(body)
    parent_id = _parent(store, data.get("parent_id"))
    position = data.get("position", row["position"])
    if isinstance(position, bool) or not isinstance(position, int) or position < 0:
        raise ApiError(400, "position must be a positive integer")
    _refuse_cycle(store, row, parent_id)
    _refuse_equal_sibling(store, row["name"], parent_id, row["id"])
    row.update(parent_id=parent_id, position=position)
    return row


def delete_category(store: Store, row: Json) -> None:
    """DELETE: 400 unless empty, or cascading (docs/api/micropim.md#category-delete)."""
    if store.options.delete_category == "400" and (store.children(row["id"]) or store.members(row["id"])):
        raise ApiError(400, "The category is not empty")
    delete_branch(store, row)


def delete_branch(store: Store, row: Json) -> None:
    """The category and all below it are gone, and products are in none of them any more."""
    for child in store.children(row["id"]):
        delete_branch(store, child)
    for product in store.members(row["id"]):
        product["category_ids"].remove(row["id"])
    del store.categories[row["id"]]


def assign_products(store: Store, row: Json, body: JsonValue) -> int:
    """POST category products: adds, or replaces the whole set (docs/api/micropim.md#assign-products)."""
    ids = as_object(body).get("product_ids")
    if not isinstance(ids, list) or not all(isinstance(i, int) for i in ids):
        raise ApiError(400, "product_ids must be a list of integers")
    unknown = [i for i in ids if i not in store.products]
    if unknown:
        raise ApiError(400, f"Product {unknown[0]} does not exist")
    if store.options.assign == "ignored":
        return len(store.members(row["id"]))
    if store.options.assign == "replace":
        for product in store.members(row["id"]):
            product["category_ids"].remove(row["id"])
    for product_id in ids:
        if row["id"] not in store.products[product_id]["category_ids"]:
            store.products[product_id]["category_ids"].append(row["id"])
    return len(store.members(row["id"]))


def create_attribute(store: Store, body: JsonValue) -> Json:
    """POST definition: ``name``, ``code``, ``type``, ``options`` (docs/api/micropim.md#attribute-definitions)."""
    fields = _attribute_fields(as_object(body))
    if not fields.get("name"):
        raise ApiError(400, "name is required")
    row: Json = {"id": store.next_id("attribute"), "code": None, "type": "text", "options": [], **fields}
    store.attributes[row["id"]] = row
    return row


def update_attribute(row: Json, body: JsonValue) -> Json:
    """PUT or PATCH definition."""
    fields = _attribute_fields(as_object(body))
    if "name" in fields and not fields["name"]:
        raise ApiError(400, "name is required")
    row.update(fields)
    return row


def _attribute_fields(data: Json) -> Json:
    unknown = set(data) - {"name", "code", "type", "options"}
    if unknown:
        raise ApiError(400, f"Unknown field: {min(unknown)}")
    if not all(isinstance(data.get(key, ""), str) for key in ("name", "code", "type")):
        raise ApiError(400, "name, code and type must be strings")
    if data.get("type", "text") not in ATTRIBUTE_TYPES:
        raise ApiError(400, f"type must be one of: {', '.join(ATTRIBUTE_TYPES)}")
    if not isinstance(data.get("options", []), list):
        raise ApiError(400, "options must be a list")
    return data


def _name(store: Store, data: Json) -> str:
    name = data.get("name")
    if not isinstance(name, str) or not name.strip():
        raise ApiError(400, "name is required")
    if store.options.text_limit and len(name) > MAX_SHORT_TEXT:
        raise ApiError(400, "name may not be longer than 255 characters")
    if not isinstance(data.get("description", ""), str | None):
        raise ApiError(400, "description must be a string")
    return stored_form(store.options, "name", name.strip() if store.options.normalise_text else name)


def _parent(store: Store, parent_id: JsonValue) -> int | None:
    if parent_id is None:
        return None
    if isinstance(parent_id, bool) or not isinstance(parent_id, int) or parent_id not in store.categories:
        raise ApiError(400, f"Parent category {parent_id} does not exist")
    deepest = store.options.max_category_depth
    if deepest is not None and len(list(store.ancestors(parent_id))) >= deepest:
        raise ApiError(400, f"Categories may not be nested deeper than {deepest} levels")
    return parent_id


def _refuse_cycle(store: Store, row: Json, parent_id: int | None) -> None:
    if any(ancestor["id"] == row["id"] for ancestor in store.ancestors(parent_id)):
        raise ApiError(400, "A category cannot be moved into its own subtree")


def _refuse_equal_sibling(store: Store, name: str, parent_id: int | None, own_id: int | None) -> None:
    if store.options.equal_siblings == "allowed":
        return
    if any(row["name"] == name and row["id"] != own_id for row in store.children(parent_id)):
        raise ApiError(400, f"A category named {name} already exists here")
