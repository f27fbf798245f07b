"""What cannot be read to its last item proves nothing: no product and no category is made because of it."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import brand, category, ean, photos, product, sold_in

FIVE = [product(f"M{n}", f"Cream {n}") for n in range(5)]
SKUS = [f"M{n}" for n in range(5)]
UNREADABLE = ("null", "empty_page", "no_skus", "null_skus")
TREE = [category(1, "Care"), category(2, "Sun", 1)]


@pytest.mark.parametrize(
    ("shape", "lookup"),
    [
        *((shape, "index") for shape in (*UNREADABLE, "unpaged", "total_too_high", "one_page")),
        *((shape, "search") for shape in (*UNREADABLE, "total_too_high")),
        *((shape, "auto") for shape in ("null", "no_skus", "null_skus")),
    ],
)
def test_a_list_that_is_not_whole_for_a_night(make_shop: Any, shape: str, lookup: str) -> None:
    """The ledger is lost; nothing is made, and what holds the record back is told; the next night is a good one."""
    shop = make_shop({"lookup": lookup}, sku_unique=False, page_cap=3)
    shop.night(*FIVE)
    shop.lose_ledger()
    shop.pim.switch(product_list=shape)
    told = shop.night(*FIVE)
    assert shop.skus() == SKUS
    assert shape not in UNREADABLE or told.tells(*SKUS)
    shop.pim.switch(product_list="whole")
    last = shop.night(*FIVE)
    assert (shop.skus(), last.is_good) == (SKUS, True)


@pytest.mark.parametrize("shape", UNREADABLE)
def test_a_new_product_beside_known_ones_waits_too(make_shop: Any, shape: str) -> None:
    """The ledger is there; of one product it knows nothing, and somebody made it by hand."""
    shop = make_shop(sku_unique=False)
    shop.night(*FIVE)
    shop.people.add("M9", name="By hand")
    shop.pim.switch(product_list=shape)
    told = shop.night(*FIVE, product("M9", "Cream 9"))
    assert (shop.skus(), told.tells("M9")) == ([*SKUS, "M9"], True)
    shop.pim.switch(product_list="whole")
    shop.night(*FIVE, product("M9", "Cream 9"))
    assert shop.skus() == [*SKUS, "M9"]


@pytest.mark.parametrize("lookup", ["index", "search", "auto"])
def test_a_product_that_has_no_sku_hides_no_other(make_shop: Any, lookup: str) -> None:
    """Somebody has made one without: it shows none when it is looked at either, so the list is whole."""
    shop = make_shop({"lookup": lookup}, sku_unique=False)
    for number in range(3):
        shop.people.add(f"OWN-{number}")["sku"] = None
    assert shop.night(*FIVE).is_good
    shop.lose_ledger()
    assert shop.night(*FIVE).is_good
    assert sorted(str(one["sku"]) for one in shop.pim.products.values()) == [*SKUS, "None", "None", "None"]


@pytest.mark.parametrize("lookup", ["index", "search", "auto"])
def test_a_list_that_shows_no_pictures(make_shop: Any, lookup: str) -> None:
    """It does not say that there are none: nothing is sent a second time after a lost ledger."""
    shop = make_shop({"lookup": lookup}, product_list="no_images")
    source = [product(f"M{n}", f"Cream {n}", **photos(n)) for n in range(1, 4)]
    shop.night(*source)
    shop.lose_ledger()
    assert shop.night(*source).is_good
    assert [shop.pictures(f"M{n}") for n in range(1, 4)] == [[1], [2], [3]]


def test_a_list_without_pictures_takes_no_memory_of_them(make_shop: Any) -> None:
    """A product whose id is another one by now is found in the list: its pictures are not sent again."""
    shop = make_shop(product_list="no_images")
    shop.night(product("M1", "A", **photos(1)))
    item = shop.pim.products.pop(shop.id_of("M1"))
    shop.pim.products[item["id"] + 500] = {**item, "id": item["id"] + 500}
    assert shop.night(product("M1", "B", **photos(1))).is_good
    assert (shop.name("M1"), shop.pictures("M1")) == ("B", [1])


@pytest.mark.parametrize("shown", ["absent", "null"])
def test_a_barcode_that_answers_without_its_code(make_shop: Any, shown: str) -> None:
    """The product is looked at: the shop has it under another SKU, and no second one is made."""
    shop = make_shop({"match_on": ["sku", "ean"], "lookup": "search"})
    number = shop.people.add("OWN-1", name="A", ean=ean(1))["id"]
    data = f'{{"id": {number}, "sku": "OWN-1"}}' if shown == "absent" else f'{{"id": {number}, "ean": null}}'
    body = f'{{"status": 1, "data": {data}, "error": null}}'
    shop.pim.faults.add(Fault("status", "GET /api/products/barcode", times=None, status=200, body=body))
    assert shop.night(product("M1", "A", ean=[ean(1)])).is_good
    assert shop.skus() == ["OWN-1"]


@pytest.mark.parametrize("place", ["list", "product"])
def test_a_brand_whose_id_comes_as_a_text_is_learnt(make_shop: Any, place: str) -> None:
    """From a product that the shop has."""
    shop = make_shop(brands={11: "Rosalba"}, ids_as_text=frozenset({place}))
    shop.people.add("OWN-1", brand_id=11)
    shop.night(product("M1", "A", **brand("Rosalba")))
    assert shop.product("M1")["brand_id"] == 11


@pytest.mark.parametrize("lookup", ["search", "auto"])
def test_a_search_that_contradicts_itself(make_shop: Any, lookup: str) -> None:
    """One hit is counted and none is shown: refused, or found otherwise."""
    shop = make_shop({"lookup": lookup}, sku_unique=False)
    shop.night(product("M1", "A"))
    shop.lose_ledger()
    shop.pim.switch(search="counted")
    shop.night(product("M1", "A"))
    assert shop.skus() == ["M1"]
    shop.pim.switch(search="substring")
    assert (shop.night(product("M1", "A")).is_good, shop.skus()) == (True, ["M1"])


@pytest.mark.parametrize("deed", ["archive", "remove", "change_sku"])
@pytest.mark.parametrize("unique", [True, False])
def test_a_list_that_shifts_while_it_is_read(make_shop: Any, deed: str, unique: bool) -> None:
    """Before the second page somebody takes a product of the first away: the one that moved up is not made again."""
    shop = make_shop({"lookup": "index"}, sku_unique=unique, page_cap=10)
    source = [product(f"M{n:03}", f"Cream {n}") for n in range(35)]
    shop.night(*source)
    third = shop.id_of("M003")
    waiting = [True]

    def act(call: Any) -> None:
        if waiting and call.query.get("page") == "2":
            waiting.clear()
            getattr(shop.people, deed)(*([third, "OLD"] if deed == "change_sku" else [third]))

    shop.lose_ledger()
    shop.pim.on_request(act)
    shop.night(*source)
    assert waiting == []
    skus = [sku for sku in shop.skus() if sku not in {"OLD", "M003"}]
    assert skus == [row["id"] for row in source if row["id"] != "M003"]
    assert shop.skus().count("M003") <= 1


def test_a_list_that_grows_while_it_is_read(make_shop: Any) -> None:
    """Somebody makes products between the pages: nothing is made twice."""
    shop = make_shop({"lookup": "index"}, sku_unique=False, page_cap=10)
    source = [product(f"M{n:03}", f"Cream {n}") for n in range(35)]
    shop.night(*source)
    shop.lose_ledger()
    shop.pim.switch(insert_while_paging=True)
    shop.night(*source)
    assert [sku for sku in shop.skus() if sku.startswith("M")] == [row["id"] for row in source]


PLACES = ["tree", "list", "product", "category"]


@pytest.mark.parametrize("places", [*((place,) for place in PLACES), tuple(PLACES)], ids="+".join)
def test_ids_that_come_as_texts(make_shop: Any, places: tuple[str, ...]) -> None:
    """For three nights, and with a lost ledger: understood, or refused; never a second category or product."""
    shop = make_shop(sku_unique=False, ids_as_text=frozenset(places))
    for name in ("A", "A", "B"):
        told = shop.night(product("M1", name, **sold_in(2)), categories=TREE)
        assert (shop.paths(), shop.skus()) == (["Care", "Care > Sun"], ["M1"]) or not told.is_good
        assert len(shop.paths()) <= 2
        assert shop.skus().count("M1") <= 1
    assert (shop.name("M1"), shop.categories_of("M1")) == ("B", ["Sun"]) or told.says_something
    shop.lose_ledger()
    shop.night(product("M1", "B", **sold_in(2)), categories=TREE)
    assert (len(shop.paths()), len(shop.skus())) == (2, 1)


@pytest.mark.parametrize("ledger", ["kept", "lost"])
@pytest.mark.parametrize("shape", ["null", "nameless", "first_page"])
def test_a_tree_that_is_not_whole_for_a_night(shop: Any, ledger: str, shape: str) -> None:
    """No category is made again because it is not shown."""
    given = product("M1", "A", **sold_in(2))
    tree = [*TREE, category(3, "Hair")]
    shop.night(given, categories=tree)
    if ledger == "lost":
        shop.lose_ledger()
    shop.pim.switch(tree_shape=shape)
    told = shop.night(given, categories=tree)
    assert shop.paths() == ["Care", "Care > Sun", "Hair"]
    assert ledger == "kept" or told.says_something
    shop.pim.switch(tree_shape="tree")
    assert (shop.night(given, categories=tree).is_good, shop.paths()) == (True, ["Care", "Care > Sun", "Hair"])
