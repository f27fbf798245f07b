"""Probes 7 to 10 and 16: categories and attributes (docs/api/micropim.md#first-contact)."""

from typing import Any

from target_micropim.commands.probe.context import Facts, ProbeContext

DEEP = 12


def tree(context: ProbeContext) -> Facts:
    """Equal names side by side, how deep it goes, and how tree and list are told.

    See docs/api/micropim.md#category-identity and docs/api/micropim.md#unshown-shapes.
    """
    top = context.category("a category at the top", "top", None)
    context.category("one below it", "twin", top.id)
    twin = context.category("another of the same name beside it", "twin", top.id)
    facts: Facts = {"equal_siblings": "allowed" if twin.good else "400", "max_category_depth": None}
    parent, depth = top.id, 1
    while depth < DEEP:
        deeper = context.category(f"level {depth + 1} of {DEEP}", f"level {depth + 1}", parent)
        if not deeper.good:
            facts["max_category_depth"] = depth
            break
        parent, depth = deeper.id, depth + 1
    answer = context.ask("how the tree is told", "GET", "/api/categories/tree")
    facts["tree_shape"] = _key(answer.data, "tree", "categories")
    roots = answer.rows("tree", "categories")
    facts["children_key"] = next((key for row in roots for key in ("children", "subcategories") if key in row), "none")
    listed = context.ask("how the list is told", "GET", "/api/categories")
    return {**facts, "categories_shape": _key(listed.data, "categories")}


def patched_categories(context: ProbeContext) -> Facts:
    """A PATCH with other categories: replaced, merged or ignored (docs/api/micropim.md#categories-in-patch)."""
    ids = [context.category("a category for products", f"shelf {n}", None).id for n in range(3)]
    number = context.product("a product in two of them", category_ids=ids[:2]).id or 0
    made_in = _shelves(context, number)
    context.patch("one of them and a third", number, category_ids=[ids[0], ids[2]])
    after = _shelves(context, number)
    if after == {ids[0], ids[2]}:
        return {"patch_categories": "replace"}
    return {"patch_categories": "merge" if after == {*made_in, ids[2]} else "ignored" if after == made_in else "other"}


def _shelves(context: ProbeContext, number: int) -> set[Any]:
    return {row.get("id") for row in context.shown(number).get("categories") or [] if isinstance(row, dict)}


def assigning(context: ProbeContext) -> Facts:
    """The category's own route: does it add, or throw the others out (docs/api/micropim.md#assign-products)."""
    shelf = context.category("a category to assign to", "assigned", None).id
    first, second = (context.product("a product to assign").id for _ in range(2))
    path = f"/api/categories/{shelf}/products"
    context.ask("assign the first", "POST", path, json={"product_ids": [first]})
    context.ask("assign the second", "POST", path, json={"product_ids": [second]})
    inside = {row.get("id") for row in context.ask("who is in it", "GET", path).rows("products")}
    if second not in inside:
        return {"assign": "ignored"}
    return {"assign": "additive" if first in inside else "replace"}


def definitions(context: ProbeContext) -> Facts:
    """What a definition needs, and how the list is told (docs/api/micropim.md#attribute-definitions)."""
    listed = context.ask("how definitions are listed", "GET", "/api/product-attributes")
    bare = context.attribute("a definition with a name only")
    facts: Facts = {
        "attributes_shape": _key(listed.data, "attributes", "product_attributes"),
        "attribute_needs": "name" if bare.good else bare.said,
    }
    if not bare.good:
        full = context.attribute("with code and type as well", code=f"probe_{context.token}", type="text")
        facts["attribute_with_code"] = full.good or full.said
    return facts


def values(context: ProbeContext) -> Facts:
    """Attribute values on a product: as a map, else as a list; taken, ignored or refused.

    See docs/api/micropim.md#attribute-values.
    """
    code = f"probe_{context.token}"
    number = context.product("a product for attribute values").id or 0
    worlds = []
    for name, body in (("map", {code: "1"}), ("list", [{"attribute_name": code, "value": "1"}])):
        answer = context.patch(f"values as a {name}", number, attributes=body)
        if answer.good and code in str(context.shown(number).get("attributes")):
            return {"attributes": name}
        worlds.append("ignored" if answer.good else "400")
    return {"attributes": "ignored" if "ignored" in worlds else "400"}


def _key(data: Any, *names: str) -> str:
    if isinstance(data, list):
        return "list"
    keys = [name for name in names if isinstance(data, dict) and isinstance(data.get(name), list)]
    return keys[0] if keys else "other"
