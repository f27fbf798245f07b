"""Worlds in which answers, time and what is stored are not what a client expects (docs/api/micropim.md#not-said)."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import foreign


class Time:
    """A clock that somebody else sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def skus(client: Any, **query: Any) -> list[str]:
    """The SKUs that a list shows."""
    return [row["sku"] for row in client.data("GET", "/api/products", **query)["products"]]


def test_searches_that_find_no_sku(micropim: Callable[..., Any]) -> None:
    """Beginnings of names alone, or a hit that is counted and not shown (docs/api/micropim.md#find-by-sku)."""
    client = micropim(search="beginnings")
    client.create("S-1", name="Cream of the day")
    assert [skus(client, search=text) for text in ("S-1", "day", "cream")] == [[], [], ["S-1"]]
    client = micropim(search="counted")
    client.create("S-1")
    found = client.data("GET", "/api/products", search="S-1")
    assert (found["products"], found["pagination"]["total_items"]) == ([], 1)
    assert skus(client) == ["S-1"]


def test_lists_that_are_not_whole(micropim: Callable[..., Any]) -> None:
    """Null, without pagination, totals that do not fit, and a tree that is null (docs/api/micropim.md#odd-lists)."""
    client = micropim()
    for number in range(3):
        client.create(f"S-{number}")

    def shown(world: str) -> Any:
        client.service.switch(product_list=world)
        return client.data("GET", "/api/products", limit=2)

    assert shown("null") is None
    assert set(shown("unpaged")) == {"products"}
    assert shown("total_too_high")["pagination"]["total_items"] == 4
    assert shown("one_page")["pagination"]["total_pages"] == 1
    assert (shown("empty_page")["products"], shown("empty_page")["pagination"]["total_items"]) == ([], 3)
    assert [product["sku"] for product in shown("null_skus")["products"]] == [None, None]
    assert all("sku" not in product for product in shown("no_skus")["products"])
    assert all("images" not in product for product in shown("no_images")["products"])
    assert shown("whole")["pagination"]["total_pages"] == 2
    client.service.switch(tree_shape="null")
    assert client.data("GET", "/api/categories/tree") is None
    for name in ("Care", "Sun"):
        client.data("POST", "/api/categories", {"name": name})
    client.service.switch(tree_shape="nameless")
    assert [row["title"] for row in client.data("GET", "/api/categories/tree")["tree"]] == ["Care", "Sun"]
    client.service.switch(tree_shape="first_page")
    shown_tree = client.data("GET", "/api/categories/tree")
    assert ([row["name"] for row in shown_tree["tree"]], shown_tree["total"]) == (["Care"], 2)


def test_what_is_new_shows_late(micropim: Callable[..., Any]) -> None:
    """Products in lists, searches and barcodes, pictures in images, categories in the tree.

    See docs/api/micropim.md#shown-late.
    """
    time = Time()
    client = micropim(show_after_seconds=5, pictures_after_seconds=5, categories_after_seconds=5, clock=time)
    client.service.people.add("BY-HAND")
    product = client.create("S-1", ean="4006381333931")
    path = f"/api/products/{product['id']}"
    client.data("POST", f"{path}/media", {"file_url": "https://a.example/1.png"})
    client.data("POST", "/api/categories", {"name": "Care"})

    def seen() -> list[int]:
        barcode = client.call("GET", "/api/products/barcode/4006381333931").status_code
        pictures = client.data("GET", path)["images"]
        tree, flat = client.data("GET", "/api/categories/tree")["tree"], client.data("GET", "/api/categories")
        return [len(skus(client)), len(skus(client, search="S-1")), barcode, len(pictures), len(tree), flat["total"]]

    assert seen() == [1, 0, 404, 0, 0, 0]
    time.now += 5
    assert seen() == [2, 1, 200, 1, 1, 1]


def test_texts_are_stored_in_another_form(micropim: Callable[..., Any]) -> None:
    """The answer shows what is stored, or echoes what was sent; a later read shows the store.

    See docs/api/micropim.md#stored-form.
    """
    client = micropim(text_forms=("capitalised", "single_spaces", "void_tags"))
    assert client.create("S-0", name="cr\u00e8me  DE JOUR")["name"] == "Cr\u00e8me de jour"
    client.service.switch(answers="echo")
    sent = {"name": "cr\u00e8me  B", "description": "<p>A<br>b</p>", "price": "1.5"}
    answer = client.create("S-1", **sent)
    assert {key: answer[key] for key in sent} == sent
    path = f"/api/products/{answer['id']}"
    assert client.data("PATCH", path, {"name": "c  D"})["name"] == "c  D"
    shown = client.data("GET", path)
    assert (shown["name"], shown["description"], shown["price"]) == ("C d", "<p>a<br />b</p>", "1.5000")
    assert client.data("POST", "/api/categories", {"name": "sun  care"})["name"] == "sun  care"
    assert client.data("GET", "/api/categories/tree")["tree"][0]["name"] == "Sun care"


@pytest.mark.parametrize(
    ("form", "field", "sent", "stored"),
    [
        ("void_tags", "description", "a<br>b<hr class='x'/>", "a<br />b<hr class='x' />"),
        ("void_tags", "description", "a<br />b", "a<br />b"),
        ("entities", "description", "cr\u00e8me", "cr&egrave;me"),
        ("entities", "name", "cr\u00e8me", "cr\u00e8me"),
        ("paragraphs", "description", "plain", "<p>plain</p>"),
        ("paragraphs", "description", "<p>not twice</p>", "<p>not twice</p>"),
        ("decomposed", "name", "\u00e8", "e\u0300"),
        ("single_spaces", "short_description", "a  b   c", "a b c"),
    ],
)
def test_each_form(micropim: Callable[..., Any], form: str, field: str, sent: str, stored: str) -> None:
    """One at a time; storing what is stored changes nothing more."""
    client = micropim(text_forms=(form,))
    product = client.create("S-1", **{field: sent})
    assert product[field] == stored
    assert client.data("PATCH", f"/api/products/{product['id']}", {field: stored})[field] == stored


def test_skus_are_stored_in_another_form(micropim: Callable[..., Any]) -> None:
    """In small letters, or cut; what is stored has to be unique (docs/api/micropim.md#stored-form)."""
    client = micropim(sku_form="lower")
    assert client.create("M-ABC")["sku"] == "m-abc"
    client.refused("POST", "/api/products", {"name": "A", "sku": "M-abc"})
    client = micropim(sku_form="cut", sku_unique=False, answers="echo")
    assert [client.create(sku)["sku"] for sku in ("M00100000", "M00100001")] == ["M00100000", "M00100001"]
    assert skus(client) == ["M00100", "M00100"]


def test_a_write_that_is_answered_and_not_kept(micropim: Callable[..., Any]) -> None:
    """PATCH and DELETE are answered 200 and stored later, or never; what is wrong is refused all the same.

    See docs/api/micropim.md#kept-late.
    """
    time = Time()
    for kept, after in (("never", ("Product S-1", "draft")), ("late", ("B", "archived"))):
        client = micropim(patch_kept=kept, archive_kept=kept, kept_after_seconds=30, clock=time)
        path = f"/api/products/{client.create('S-1')['id']}"
        client.refused("PATCH", path, {"status": "gone"})
        assert client.data("PATCH", path, {"name": "B"})["name"] == "Product S-1"
        client.service.switch(answers="echo")
        assert client.data("DELETE", path)["status"] == "archived"
        assert client.data("GET", path)["status"] == "draft"
        time.now += 30
        shown = client.data("GET", path)
        assert (shown["name"], shown["status"]) == after


def test_a_category_that_takes_nobody(micropim: Callable[..., Any]) -> None:
    """Putting products into it is answered 200, and nothing changes (docs/api/micropim.md#assign-products)."""
    client = micropim(assign="ignored")
    product, care = client.create("S-1")["id"], client.data("POST", "/api/categories", {"name": "Care"})["id"]
    client.data("POST", f"/api/categories/{care}/products", {"product_ids": [product]})
    assert client.data("GET", f"/api/products/{product}")["categories"] == []


@pytest.mark.parametrize("status", ["400", "403", "405", "409"])
def test_a_time_in_which_nothing_may_be_changed(micropim: Callable[..., Any], status: str) -> None:
    """Each write is refused in MicroPIM's own words; reads go on (docs/api/micropim.md#read-only)."""
    client = micropim()
    path = f"/api/products/{client.create('S-1')['id']}"
    client.service.switch(read_only=status)
    for method, where in (("POST", "/api/products"), ("PATCH", path), ("DELETE", path), ("POST", "/api/categories")):
        assert "read-only" in client.refused(method, where, {"name": "B", "sku": "B"}, int(status))
    assert client.data("GET", path)["name"] == "Product S-1"
    client.service.switch(read_only="no")
    client.data("PATCH", path, {"name": "B"})


def test_ids_come_as_texts(micropim: Callable[..., Any]) -> None:
    """In the answers that are named, ids of brands and parents too (docs/api/micropim.md#ids-as-text)."""
    client = micropim(ids_as_text=frozenset({"tree", "product"}))
    care = client.data("POST", "/api/categories", {"name": "Care"})["id"]
    sun = client.data("POST", "/api/categories", {"name": "Sun", "parent_id": care})["id"]
    product = client.create("S-1", brand_id=1, category_ids=[sun])
    assert (type(care), product["brand"]["id"], product["categories"][0]["id"]) == (int, "1", str(sun))
    top = client.data("GET", "/api/categories/tree")["tree"][0]
    assert (top["id"], top["parent_id"], top["children"][0]["parent_id"]) == (str(care), None, str(care))
    assert client.data("GET", "/api/products")["products"][0]["id"] == int(product["id"])
    client.service.switch(ids_as_text=frozenset({"list", "category"}))
    assert client.data("GET", "/api/products")["products"][0]["id"] == product["id"]
    assert client.data("GET", "/api/categories")["categories"][1]["parent_id"] == str(care)


@pytest.mark.parametrize("status", [200, 401, 403, 404, 405])
@pytest.mark.parametrize("page", ["html", "json", "list", "text", "empty"])
def test_somebody_else_answers(micropim: Callable[..., Any], status: int, page: Any) -> None:
    """For a prefix of the path and any method, until it is over (docs/api/micropim.md#foreign-answers)."""
    client = micropim()
    client.create("S-1")
    client.service.faults.add(foreign(status, "/api/products", page=page))
    for method, path in (("GET", "/api/products"), ("POST", "/api/products"), ("PATCH", "/api/products/90001")):
        answer = client.call(method, path, {"name": "B", "sku": "B"})
        assert answer.status_code == status
        assert '"error"' not in answer.text
    client.data("GET", "/api/categories/tree")
    client.service.faults.clear()
    assert skus(client) == ["S-1"]


def test_somebody_else_answers_once(micropim: Callable[..., Any]) -> None:
    """One method, one time."""
    client = micropim()
    client.create("S-1")
    client.service.faults.add(foreign(404, "GET /api/products/90001", times=1))
    statuses = [client.call(method, "/api/products/90001", {}).status_code for method in ("PATCH", "GET", "GET")]
    assert statuses == [200, 404, 200]


def test_only_what_is_an_open_question_can_be_switched(micropim: Callable[..., Any]) -> None:
    """Neither what holds from the start nor what is no switch."""
    client = micropim()
    for name in ("clock", "reads_per_minute", "no_such_switch"):
        with pytest.raises(ValueError, match=name):
            client.service.switch(**{name: None})
