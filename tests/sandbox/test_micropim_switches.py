"""Each undocumented behaviour in the world that is not the default.

See docs/api/micropim.md#gaps and docs/api/micropim.md#sandbox-choices.
"""

from collections.abc import Callable
from typing import Any


def test_search_and_order(micropim: Callable[..., Any]) -> None:
    """Tokens do not find parts of a SKU; order and paging cannot be relied upon.

    See docs/api/micropim.md#find-by-sku and docs/api/micropim.md#many-look-ups.
    """
    client = micropim(search="tokens", order="random", insert_while_paging=True)
    for i in range(30):
        client.create(f"AB-{i:02d}")
    assert client.data("GET", "/api/products", search="B-0")["pagination"]["total_items"] == 0
    assert client.data("GET", "/api/products", search="AB-07", limit=100)["pagination"]["total_items"] == 30
    orders = {tuple(row["id"] for row in client.data("GET", "/api/products")["products"]) for _ in range(3)}
    assert len(orders) > 1
    assert client.data("GET", "/api/products", page=2)["pagination"]["total_items"] == 31


def test_archived_and_sku_rules(micropim: Callable[..., Any]) -> None:
    """Lists that show the archive, SKUs that are free again, blocked by variants, or never unique.

    See docs/api/micropim.md#archive-hidden and docs/api/micropim.md#sku-taken.
    """
    client = micropim(archived="shown", sku_unique_archived=False, sku_unique_variants=True)
    first = client.create("S-1")
    client.data("DELETE", f"/api/products/{first['id']}")
    assert client.data("GET", "/api/products")["pagination"]["total_items"] == 1
    second = client.create("S-1")
    client.service.store.variants[second["id"]] = [{"id": 1, "sku": "V-1"}]
    client.refused("POST", "/api/products", {"name": "V", "sku": "V-1"})
    client = micropim(sku_unique=False)
    client.create("S-1")
    client.create("S-1")
    assert len(client.service.snapshot()["products"]["S-1"]) == 2


def test_barcode_worlds(micropim: Callable[..., Any]) -> None:
    """200 with null, archived products found, strict EAN-13.

    See docs/api/micropim.md#find-by-ean and docs/api/micropim.md#ean-format.
    """
    client = micropim(barcode_miss="null", barcode_archived=True, ean_strict=True)
    assert client.data("GET", "/api/products/barcode/1") is None
    product = client.create("S-1", ean="4006381333931")
    client.data("DELETE", f"/api/products/{product['id']}")
    assert client.data("GET", "/api/products/barcode/4006381333931")["id"] == product["id"]
    client.refused("POST", "/api/products", {"name": "A", "sku": "A", "ean": "4006381333932"})
    client.refused("POST", "/api/products", {"name": "A", "sku": "A", "ean": "96385074"})


def test_null_and_empty_in_a_patch(micropim: Callable[..., Any]) -> None:
    """Three worlds each (docs/api/micropim.md#null-in-patch)."""
    expected = {"clears": (None, ""), "ignored": ("text", "text")}
    for world in ("clears", "ignored", "400"):
        client = micropim(patch_null=world, patch_empty=world)
        path = f"/api/products/{client.create('S-1', description='text', short_description='text')['id']}"
        if world == "400":
            client.refused("PATCH", path, {"description": None})
            client.refused("PATCH", path, {"short_description": ""})
            continue
        shown = client.data("PATCH", path, {"description": None, "short_description": ""})
        assert (shown["description"], shown["short_description"]) == expected[world]


def test_category_lists(micropim: Callable[..., Any]) -> None:
    """PATCH replaces, merges or ignores; assigning adds or replaces.

    See docs/api/micropim.md#categories-in-patch and docs/api/micropim.md#assign-products.
    """
    for world, expected in (("replace", 1), ("merge", 2), ("ignored", 1)):
        client = micropim(patch_categories=world, assign="replace")
        one, two = (client.data("POST", "/api/categories", {"name": name})["id"] for name in "AB")
        product = client.create("S-1", category_ids=[one])["id"]
        shown = client.data("PATCH", f"/api/products/{product}", {"category_ids": [two]})
        assert len(shown["categories"]) == expected
        assert (shown["categories"][0]["id"] == one) == (world != "replace")
        other = client.create("S-2")["id"]
        client.data("POST", f"/api/categories/{two}/products", {"product_ids": [other]})
        assert [row["id"] for row in client.data("GET", f"/api/categories/{two}/products")["products"]] == [other]


def test_unknown_things_are_ignored_or_refused(micropim: Callable[..., Any]) -> None:
    """Ids, fields and channels.

    See docs/api/micropim.md#brand-ids, docs/api/micropim.md#vat-rate, docs/api/micropim.md#unknown-fields and
    docs/api/micropim.md#channels.
    """
    client = micropim(
        unknown_brand="ignored", unknown_category="ignored", unconfigured_channels="ignored", channels=("web",)
    )
    product = client.create("S-1", brand_id=99, category_ids=[9], publishing_channels=["web", "email"], colour="red")
    assert (product["brand"], product["categories"], product["publishing_channels"]) == (None, [], ["web"])
    client = micropim(unknown_fields="400")
    assert "colour" in client.refused("POST", "/api/products", {"name": "A", "sku": "A", "colour": "red"})


def test_media_worlds(micropim: Callable[..., Any]) -> None:
    """After some reads, never, refused, deduplicated.

    See docs/api/micropim.md#picture-identity and docs/api/micropim.md#picture-fetch.
    """
    url = {"file_url": "https://a.example/1.png"}
    dead = {"file_url": "https://unreachable.example/1.png"}
    client = micropim(media="async", media_reads=2, dedupe_media=True, unreachable_media="400")
    path = f"/api/products/{client.create('S-1')['id']}"
    first, second = (client.data("POST", f"{path}/media", url) for _ in range(2))
    assert first == second
    assert [len(client.data("GET", path)["images"]) for _ in range(3)] == [0, 1, 1]
    client.refused("POST", f"{path}/media", dead)
    for options, body in (({"media": "never"}, url), ({"unreachable_media": "never"}, dead)):
        client = micropim(media_answer="url_only", **options)
        path = f"/api/products/{client.create('S-1')['id']}"
        assert set(client.data("POST", f"{path}/media", body)) == {"url"}
        assert client.data("GET", path)["images"] == []


def test_attribute_values_and_translations(micropim: Callable[..., Any]) -> None:
    """Taken or not (docs/api/micropim.md#attribute-values, docs/api/micropim.md#translations)."""
    assert micropim().create("S-1", attributes={"a": 1}, translations={"nl": {}})["attributes"] == []
    product = micropim(attributes="map", translations="accepted").create(
        "S-1", attributes={"a": 1}, translations={"nl": {}}
    )
    assert (product["attributes"], product["available_translations"]) == ({"a": 1}, ["en", "nl"])
    micropim(attributes="400").refused("POST", "/api/products", {"name": "A", "sku": "A", "attributes": {"a": 1}})


def test_category_rules(micropim: Callable[..., Any]) -> None:
    """Equal siblings, depth, PUT without a name, cascading delete.

    See docs/api/micropim.md#category-identity, docs/api/micropim.md#category-rename and
    docs/api/micropim.md#category-delete.
    """
    client = micropim(equal_siblings="400", max_category_depth=2, put_name_required=True, delete_category="cascade")
    root = client.data("POST", "/api/categories", {"name": "A"})["id"]
    client.refused("POST", "/api/categories", {"name": "A"})
    child = client.data("POST", "/api/categories", {"name": "A", "parent_id": root})["id"]
    client.refused("POST", "/api/categories", {"name": "B", "parent_id": child})
    client.refused("PUT", f"/api/categories/{child}", {"description": "x"})
    product = client.create("S-1", category_ids=[child])["id"]
    client.data("DELETE", f"/api/categories/{root}")
    assert client.data("GET", f"/api/products/{product}")["categories"] == []
    client = micropim()
    client.data("POST", "/api/categories", {"name": "A"})
    client.data("POST", "/api/categories", {"name": "A"})
    assert client.service.snapshot()["categories"] == ["A", "A"]


def test_texts_slugs_stock_and_plan(micropim: Callable[..., Any]) -> None:
    """No text limit, stock 0 flips, plan full, slug collision.

    See docs/api/micropim.md#text-limits, docs/api/micropim.md#stock-and-status, docs/api/micropim.md#plan-quota and
    docs/api/micropim.md#slug-collisions.
    """
    client = micropim(
        text_limit=False, stock_zero_flips=True, slug_collision="400", max_products=2, normalise_text=True
    )
    assert len(client.create("S" * 300)["sku"]) == 300
    assert (
        client.data("POST", "/api/products", {"name": " A ", "sku": "A", "status": "active"})["status"]
        == "out_of_stock"
    )
    assert client.service.snapshot()["products"]["A"]["name"] == "A"
    client.refused("POST", "/api/products", {"name": "B", "sku": "B"}, status=403)
    client = micropim(slug_collision="400")
    client.data("POST", "/api/products", {"name": "A", "sku": "1"})
    assert "slug" in client.refused("POST", "/api/products", {"name": "A", "sku": "2"})
    client = micropim()
    slugs = [client.data("POST", "/api/products", {"name": "A", "sku": str(i)})["slug"] for i in range(3)]
    assert slugs == ["a", "a-2", "a-3"]


def test_shapes(micropim: Callable[..., Any]) -> None:
    """Sections 1.8 and 7: wrapper, maps, trees, lists, trailing slash, page cap, limits."""
    client = micropim(
        wrap_product=True, empty_map="{}", tree_shape="list", categories_shape="list", children_key="subcategories",
        attributes_shape="product_attributes", trailing_slash="accepted", page_cap=50, page_limits="400",
        total_pages_when_empty=1,
    )  # fmt: skip
    assert client.data("GET", "/api/products")["pagination"]["total_pages"] == 1
    assert client.create("S-1")["product"]["attributes"] == {}
    root = client.data("POST", "/api/categories", {"name": "A"})["id"]
    client.data("POST", "/api/categories", {"name": "B", "parent_id": root})
    assert client.data("GET", "/api/categories/tree")[0]["subcategories"][0]["name"] == "B"
    assert len(client.data("GET", "/api/categories")) == 2
    assert client.data("GET", "/api/product-attributes/") == {"product_attributes": [], "total": 0}
    assert client.data("GET", "/api/products", limit=100)["pagination"]["items_per_page"] == 50
    client.refused("GET", "/api/products?limit=0")
    client = micropim(tree_shape="categories", attributes_shape="list")
    assert client.data("GET", "/api/categories/tree") == {"categories": []}
    assert client.data("GET", "/api/product-attributes") == []
