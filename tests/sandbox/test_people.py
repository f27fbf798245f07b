"""What people do in MicroPIM by hand, and what happens between two requests."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Fault


def shown(client: Any, product_id: int) -> Any:
    """A product as the API shows it."""
    return client.data("GET", f"/api/products/{product_id}")


def test_fields_are_typed_and_emptied(micropim: Callable[..., Any]) -> None:
    """Whatever the API makes of null."""
    client = micropim(patch_null="400", patch_empty="400")
    people, key = client.service.people, client.create("S-1", description="A", ean="1", brand_id=1)["id"]
    people.edit(key, name="X", short_description="Y")
    people.empty(key, "description", "ean", "brand_id")
    row = shown(client, key)
    assert [row[name] for name in ("name", "short_description", "description", "ean", "brand")] == [
        "X", "Y", None, None, None,
    ]  # fmt: skip
    people.change_sku(key, "S-1-OLD")
    assert people.id_of("S-1-OLD") == key
    client.create("S-1")


def test_the_archive_and_back(micropim: Callable[..., Any]) -> None:
    """Archived and revived."""
    client = micropim()
    people, key = client.service.people, client.create("S-1")["id"]
    people.archive(key)
    assert shown(client, key)["status"] == "archived"
    people.revive(key)
    assert shown(client, key)["status"] == "active"


def test_a_removed_product_and_its_id(micropim: Callable[..., Any]) -> None:
    """404 with the envelope, out of all lists; later another product (docs/api/micropim.md#ids-again)."""
    client = micropim()
    people, key = client.service.people, client.create("S-1")["id"]
    people.remove(key)
    assert "not found" in client.refused("GET", f"/api/products/{key}", status=404)
    assert client.data("GET", "/api/products")["products"] == []
    people.give_id_again(key, "OTHER", name="Another product")
    assert shown(client, key)["sku"] == "OTHER"
    assert client.create("S-1")["id"] != key


def test_categories(micropim: Callable[..., Any]) -> None:
    """Made, renamed, moved, deleted with all below, and products put in and taken out."""
    client = micropim()
    people, key = client.service.people, client.create("S-1")["id"]
    care, sun = people.add_category("Care")["id"], people.add_category("Sun")["id"]
    people.move_category(sun, care)
    people.rename_category(sun, "Zon")
    people.assign(key, care)
    people.assign(key, sun)
    assert client.service.snapshot()["categories"] == ["Care", "Care > Zon"]
    people.unassign(key, care)
    assert [row["name"] for row in shown(client, key)["categories"]] == ["Zon"]
    people.delete_category(people.category_id("Care"))
    assert (client.data("GET", "/api/categories/tree")["tree"], shown(client, key)["categories"]) == ([], [])


def test_pictures(micropim: Callable[..., Any]) -> None:
    """Added, and taken away one by one or all at once."""
    client = micropim()
    people, key = client.service.people, client.create("S-1")["id"]
    urls = [f"https://people.example/{number}.jpg" for number in range(3)]
    for url in urls:
        people.add_picture(key, url)
    people.remove_pictures(key, urls[1])
    assert len(shown(client, key)["images"]) == 2
    people.remove_pictures(key)
    assert shown(client, key)["images"] == []


@pytest.mark.parametrize("kind", ["brand", "supplier"])
def test_two_become_one(micropim: Callable[..., Any], kind: str) -> None:
    """Products show the id that is kept, the other is refused (docs/api/micropim.md#merged-brand)."""
    client = micropim(brands={11: "Rosalba"}, suppliers={11: "Rosalba"})
    people, field = client.service.people, f"{kind}_id"
    key = client.create("S-1", **{field: 11})["id"]
    (people.merge_brands if kind == "brand" else people.merge_suppliers)(11, 12)
    assert shown(client, key)[kind] == {"id": 12, "name": "Rosalba"}
    client.refused("PATCH", f"/api/products/{key}", {field: 11})
    client.data("PATCH", f"/api/products/{key}", {field: 12})


def test_a_person_between_two_pages(micropim: Callable[..., Any]) -> None:
    """The deed is done once, before the second page is made: each later product moves up one place."""
    client = micropim()
    keys = [client.create(f"S-{number}")["id"] for number in range(4)]
    client.service.meanwhile.do(lambda: client.service.people.archive(keys[0]), before="GET /api/products$", nth=2)
    pages = [client.data("GET", "/api/products", limit=2, page=page)["products"] for page in (1, 2)]
    assert [row["id"] for page in pages for row in page] == [keys[0], keys[1], keys[3]]


def test_a_second_client_between_a_write_and_its_answer(micropim: Callable[..., Any]) -> None:
    """The service answers others while the first call waits."""
    client = micropim()
    seen: list[Any] = []
    client.service.meanwhile.do_after(
        lambda: seen.append([row["sku"] for row in client.data("GET", "/api/products")["products"]]),
        write="POST /api/products$",
    )
    client.create("S-1")
    client.create("S-2")
    assert seen == [["S-1"]]


def test_a_fault_for_what_a_body_holds(micropim: Callable[..., Any]) -> None:
    """Every write of one product's content fails, whatever its method; spaces in the body do not matter."""
    client = micropim()
    client.service.faults.add(Fault("status", "/api/products", times=None, containing='"name":"Poison'))
    assert client.call("POST", "/api/products", {"sku": "A", "name": "Poison"}).status_code == 500
    key = client.create("B")["id"]
    assert client.call("PATCH", f"/api/products/{key}", {"name": "Poison too"}).status_code == 500
    assert client.call("PATCH", f"/api/products/{key}", {"name": "Good"}).status_code == 200
