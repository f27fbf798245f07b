"""The 25 routes of MicroPIM over real HTTP, in the default world."""

from collections.abc import Callable
from typing import Any

import pytest


def test_create_shows_the_documented_object(micropim: Callable[..., Any]) -> None:
    """201, prices with four decimals, a slug, brand and categories as objects (docs/api/micropim.md#product-fields)."""
    client = micropim()
    category = client.data("POST", "/api/categories", {"name": "Hands"})
    product = client.create(
        "S-1",
        price="9.5",
        brand_id=2,
        supplier_id=1,
        category_ids=[category["id"]],
        publishing_channels=["web"],
        stock=3,
    )
    assert (product["price"], product["sale_price"], product["slug"]) == ("9.5000", None, "product-s-1")
    assert (product["brand"], product["in_stock"], product["status"]) == ({"id": 2, "name": "Rosalba"}, True, "draft")
    assert product["categories"] == [{"id": category["id"], "name": "Hands"}]
    assert (product["attributes"], product["images"], product["currency"]) == ([], [], "EUR")
    assert client.data("GET", f"/api/products/{product['id']}") == product


@pytest.mark.parametrize(
    "fields",
    [
        {"sku": None}, {"name": ""}, {"name": 5}, {"price": "ten"}, {"price": -1}, {"price": True}, {"stock": "3"},
        {"status": "gone"}, {"brand_id": 99}, {"supplier_id": "1"}, {"category_ids": [9]}, {"category_ids": 9},
        {"publishing_channels": ["radio"]}, {"publishing_channels": ["email"]}, {"product_type": "variable"},
        {"currency": "euro"}, {"name": "x" * 256}, {"sku": "x" * 256}, {"ean": 5400000000010},
    ],
)  # fmt: skip
def test_bad_products_are_400_with_one_text(micropim: Callable[..., Any], fields: dict[str, Any]) -> None:
    """Nothing is stored."""
    client = micropim()
    body = {"name": "A", "sku": "A", **fields}
    assert client.refused("POST", "/api/products", body)
    assert client.service.products == {}


def test_the_list_is_paged_and_filtered(micropim: Callable[..., Any]) -> None:
    """Sections 1.5: search, status, brand, channel, page, limit."""
    client = micropim()
    for i in range(25):
        client.create(f"S-{i}", brand_id=1 + i % 2, publishing_channels=["web"] if i % 5 == 0 else [])
    page = client.data("GET", "/api/products", page=2)
    assert len(page["products"]) == 5
    assert page["pagination"] == {"current_page": 2, "total_pages": 2, "total_items": 25, "items_per_page": 20}
    assert client.data("GET", "/api/products", search="s-1")["pagination"]["total_items"] == 11
    assert client.data("GET", "/api/products", brand=1)["pagination"]["total_items"] == 13
    assert client.data("GET", "/api/products", channel="web")["pagination"]["total_items"] == 5
    assert client.data("GET", "/api/products", status="active")["products"] == []
    assert client.data("GET", "/api/products", limit=500)["pagination"]["items_per_page"] == 100


def test_delete_archives(micropim: Callable[..., Any]) -> None:
    """The product stays, hidden from lists without a status."""
    client = micropim()
    product = client.create("S-1")
    client.data("DELETE", f"/api/products/{product['id']}")
    assert client.data("GET", "/api/products")["products"] == []
    assert client.data("GET", "/api/products", status="archived")["products"][0]["sku"] == "S-1"
    assert "S-1" in client.refused("POST", "/api/products", {"name": "B", "sku": "S-1"})


def test_media_are_rehosted(micropim: Callable[..., Any]) -> None:
    """201; the CDN picture never shows where it came from."""
    client = micropim()
    path = f"/api/products/{client.create('S-1')['id']}"
    second = client.data(
        "POST", f"{path}/media", {"file_url": "https://a.example/2.png", "alt_text": "b", "position": 1}
    )
    first = client.data("POST", f"{path}/media", {"file_url": "https://a.example/1.png", "position": 0})
    images = client.data("GET", path)["images"]
    assert images == [first["url"], second["url"]]
    assert all(url.endswith(".webp") and "a.example" not in url for url in images)
    client.refused("POST", f"{path}/media", {"file_url": "/relative.png"})
    client.refused("POST", "/api/products/1/media", {"file_url": "https://a.example/1.png"}, status=404)


def test_categories_have_their_nine_routes(micropim: Callable[..., Any]) -> None:
    """Create, list, tree, children, products, assign, move, update, delete."""
    client = micropim()
    root = client.data("POST", "/api/categories", {"name": "Care", "description": "", "parent_id": None})["id"]
    leaf = client.data("POST", "/api/categories", {"name": "Hands", "parent_id": root})["id"]
    other = client.data("POST", "/api/categories", {"name": "Other"})["id"]
    tree = client.data("GET", "/api/categories/tree")["tree"]
    assert [(node["name"], [child["name"] for child in node["children"]]) for node in tree] == [
        ("Care", ["Hands"]),
        ("Other", []),
    ]
    assert client.data("GET", "/api/categories", parent_id=root)["total"] == 1
    assert client.data("GET", f"/api/categories/{root}/children")["categories"][0]["id"] == leaf
    product = client.create("S-1")["id"]
    client.data("POST", f"/api/categories/{leaf}/products", {"product_ids": [product]})
    assert client.data("GET", f"/api/categories/{leaf}/products")["products"][0]["id"] == product
    client.data("POST", f"/api/categories/{leaf}/move", {"parent_id": other, "position": 0})
    client.refused("POST", f"/api/categories/{other}/move", {"parent_id": leaf})
    client.data("PUT", f"/api/categories/{leaf}", {"name": "Fingers", "parent_id": other})
    assert client.service.snapshot()["products"]["S-1"]["categories"] == ["Other > Fingers"]
    client.refused("DELETE", f"/api/categories/{other}")
    client.data("DELETE", f"/api/categories/{root}")
    client.refused("GET", f"/api/categories/{leaf}", status=404)


def test_attribute_definitions(micropim: Callable[..., Any]) -> None:
    """Create, list, read, update, delete (docs/api/micropim.md#attribute-definitions)."""
    client = micropim()
    row = client.data("POST", "/api/product-attributes", {"name": "Inhoud", "code": "inhoud", "type": "text"})
    path = f"/api/product-attributes/{row['id']}"
    client.data("PATCH", path, {"name": "Content"})
    client.data("PUT", path, {"type": "select", "options": ["a"]})
    assert client.data("GET", path)["name"] == "Content"
    assert client.data("GET", "/api/product-attributes")["attributes"][0]["type"] == "select"
    client.refused("POST", "/api/product-attributes", {"name": "A", "colour": 1})
    client.data("DELETE", path)
    client.refused("GET", path, status=404)


def test_variants_are_read_only(micropim: Callable[..., Any]) -> None:
    """They can be seeded, listed and read."""
    client = micropim()
    product = client.create("S-1")
    variant = client.service.add_variant(product["id"], "S-1-RED", price="29.9900")
    listed = client.data("GET", f"/api/products/{product['id']}/variants")
    assert (listed["product_name"], listed["total"]) == ("Product S-1", 1)
    assert client.data("GET", f"/api/products/{product['id']}/variants/{variant['id']}")["sku"] == "S-1-RED"
    client.refused("POST", f"/api/products/{product['id']}/variants", {}, status=404)


def test_barcode_and_channels(micropim: Callable[..., Any]) -> None:
    """Stock per warehouse; web and mobile when nothing is configured."""
    client = micropim()
    client.create("S-1", ean="5400000000010", stock=4)
    found = client.data("GET", "/api/products/barcode/5400000000010")
    assert (found["sku"], found["warehouses"][0]["quantity"]) == ("S-1", 4)
    client.refused("GET", "/api/products/barcode/1", status=404)
    assert [row["value"] for row in client.data("GET", "/api/channels")["channels"]] == ["web", "mobile"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/brands"),
        ("PUT", "/api/products/1"),
        ("GET", "/api/products/"),
        ("POST", "/api/products/x"),
        ("GET", "/"),
    ],
)
def test_everything_else_is_404_with_the_envelope(micropim: Callable[..., Any], method: str, path: str) -> None:
    """Nothing but the 25 routes is there (docs/api/micropim.md#sandbox-choices)."""
    micropim().refused(method, path, status=404)


def test_the_picture_of_a_catalogue_ignores_ids(micropim: Callable[..., Any]) -> None:
    """Two organizations filled in different order look the same."""
    pictures = []
    for skus in (["A", "B"], ["B", "A"]):
        client = micropim()
        category = client.data("POST", "/api/categories", {"name": "Care"})["id"]
        for sku in skus:
            product = client.create(sku, category_ids=[category], brand_id=1)
            body = {"file_url": f"https://a.example/{sku}.png", "alt_text": sku, "position": 0}
            client.data("POST", f"/api/products/{product['id']}/media", body)
        pictures.append(client.service.snapshot())
    assert pictures[0] == pictures[1]
    assert pictures[0]["products"]["A"]["media"] == [("https://a.example/A.png", "A", 0)]
    assert pictures[0]["categories"] == ["Care"]


def test_a_person_edits_by_hand(micropim: Callable[..., Any]) -> None:
    """No request is logged."""
    client = micropim()
    product = client.create("S-1", price="1")
    client.service.edit(product["id"], name="By hand", price="2.50", vat_rate_id=1)
    client.service.add("S-2", brand_id=1)
    shown = client.data("GET", f"/api/products/{product['id']}")
    assert (shown["name"], shown["price"]) == ("By hand", "2.5000")
    assert shown["vat_rate"]["name"] == "Standard Rate"
    assert client.service.snapshot()["products"]["S-2"]["brand"] == "Exemplia"
    assert [record.kind for record in client.service.requests] == ["write", "read"]
