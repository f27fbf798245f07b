"""An id whose product shows another SKU is not ours until proven: it is neither changed nor archived."""

from typing import Any

import pytest

from tests.cases.records import category, photos, product, sold_in
from tests.cases.test_decisions import decide

THEIRS = {"name": "Somebody else's", "description": "<p>Theirs</p>", "status": "active"}
AFTER = [
    product("M1", "B"),
    product("M1", "A", **photos(1, 2)),
    product("M1", "A", status="inactive"),
    product("M1", "B", status="replaced"),
    product("M1", "A", _sdc_deleted_at="2026-02-01T00:00:00Z"),
]


@pytest.mark.parametrize("record", AFTER, ids=["name", "picture", "inactive", "replaced", "deleted"])
def test_an_id_that_shows_another_product(make_shop: Any, record: Any) -> None:
    """Our product was deleted by hand, and its id is another product now: that one stays as it is."""
    shop = make_shop({"create_status": "active", "delete_mode": "archive"}, sku_unique=False)
    shop.night(product("M1", "A", **photos(1)))
    key = shop.id_of("M1")
    shop.people.give_id_again(key, "THEIRS", **THEIRS)
    for _night in range(2):
        shop.night(record)
        row = shop.product("THEIRS")
        assert {field: row[field] for field in THEIRS} == THEIRS
        assert (row["id"], row["_media"]) == (key, [])
        assert shop.skus().count("M1") <= 1


@pytest.mark.parametrize("made_again", [True, False], ids=["made again", "gone"])
@pytest.mark.parametrize("nights_between", [0, 1])
def test_a_successor_does_not_take_what_an_id_shows_now(
    make_shop: Any, nights_between: int, *, made_again: bool
) -> None:
    """The id of its predecessor is another product now; the one that both are is found by its SKU, or is gone."""
    shop = make_shop({"sku_template": "{cnk}", "create_status": "active"})
    shop.night(product("M1", "A", cnk="C1"))
    key = shop.id_of("C1")
    shop.people.give_id_again(key, "THEIRS", **THEIRS)
    if made_again:
        shop.people.add("C1", name="A")
    old = product("M1", "A", cnk="C1", status="replaced")
    for _night in range(nights_between):
        shop.night(old)
    for name in "BC":
        told = shop.night(old, product("M2", name, cnk="C1", **photos(1)))
    shop.night(product("M2", "C", cnk="C1", status="inactive"))
    row = shop.product("THEIRS")
    assert {field: row[field] for field in THEIRS} == THEIRS
    assert (row["id"], row["_media"]) == (key, [])
    assert shop.skus() == (["C1", "THEIRS"] if made_again else ["THEIRS"])
    assert told.tells("M2") or (made_again and shop.name("C1") == "C")


@pytest.mark.parametrize("unique", [True, False])
def test_a_product_that_was_deleted_for_good(make_shop: Any, unique: bool) -> None:
    """It comes back once at most, or is told; the next nights go on with what there is."""
    shop = make_shop(sku_unique=unique)
    shop.night(product("M1", "A", **photos(1)), product("M2", "A"))
    shop.people.remove(shop.id_of("M1"))
    for name in "BC":
        told = shop.night(product("M1", name, **photos(1)), product("M2", name))
        assert shop.name("M2") == name
        assert shop.skus() == ["M1", "M2"] or (shop.skus() == ["M2"] and told.tells("M1"))
    if "M1" in shop.skus():
        assert (shop.name("M1"), shop.pictures("M1")) == ("C", [1])


@pytest.mark.parametrize("unique", [True, False])
def test_a_product_that_was_deleted_and_made_again_by_hand(make_shop: Any, unique: bool) -> None:
    """It has another id and the same SKU: found by the SKU, not doubled."""
    shop = make_shop(sku_unique=unique)
    shop.night(product("M1", "A"))
    shop.people.remove(shop.id_of("M1"))
    shop.people.add("M1", name="A")
    for name in "BC":
        told = shop.night(product("M1", name))
        assert shop.skus() == ["M1"]
    assert shop.name("M1") == "C" or told.tells("M1")


@pytest.mark.parametrize("unique", [True, False])
def test_a_sku_that_a_person_changed(make_shop: Any, unique: bool) -> None:
    """The product under its new SKU is not changed without a word, and no second one is made without a word."""
    shop = make_shop(sku_unique=unique)
    shop.night(product("M1", "A"))
    shop.people.change_sku(shop.id_of("M1"), "M1-OLD")
    for name in "BC":
        told = shop.night(product("M1", name))
        assert len(shop.skus()) <= 2
        assert told.tells("M1") or shop.skus() == ["M1-OLD"]


TREE = [category(1, "Care"), category(2, "Sun", 1)]
RENAMED = [category(1, "Care"), category(2, "Sea", 1)]


@pytest.mark.parametrize("place", ["Care", None])
@pytest.mark.parametrize("mode", ["add", "managed"])
@pytest.mark.parametrize("updates", [True, False])
def test_a_category_whose_id_shows_another_one(make_shop: Any, mode: str, place: str | None, updates: bool) -> None:
    """Ours was deleted, and its id is a category of theirs: it stays as it is, and nothing of ours is put into it."""
    shop = make_shop({"categories_mode": mode, "update_categories": updates})
    shop.night(product("M1", "A", **sold_in(2)), categories=TREE)
    key = shop.people.category_id("Sun")
    shop.people.give_category_id_again(key, "Winter", place and shop.people.category_id(place))
    own = shop.people.add("OWN-1", category_ids=[key])["id"]
    for name, tree in (("B", TREE), ("C", RENAMED)):
        told = shop.night(product("M1", name, **sold_in(2)), product("M2", name, **sold_in(2)), categories=tree)
        assert shop.paths() == ["Care", "Care > Winter" if place else "Winter"]
        assert [shop.categories_of(sku) for sku in ("M1", "M2", "OWN-1")] == [[], [], ["Winter"]]
        assert (shop.name("M1"), told.is_good, told.tells("2")) == ("C" if name == "C" else "B", True, True)
    assert own


def test_a_category_that_was_renamed_is_proven_once(make_shop: Any) -> None:
    """Its products are in it still: new ones go there, and no later night asks for its products."""
    shop = make_shop()
    shop.night(product("M1", "A", **sold_in(2)), categories=TREE)
    key = shop.people.category_id("Sun")
    shop.people.rename_category(key, "Zon")
    shop.people.move_category(key, None)
    shop.night(product("M1", "B", **sold_in(2)), product("M2", "A", **sold_in(2)), categories=TREE)
    assert [shop.categories_of(sku) for sku in ("M1", "M2")] == [["Zon"], ["Zon"]]
    shop.forget_requests()
    told = shop.night(product("M1", "C", **sold_in(2)), categories=TREE)
    assert not [one for one in shop.requests if one.path.endswith("/products") and "categories" in one.path]
    assert told.conflicts == set()


def test_a_category_whose_id_was_given_again_is_made_where_a_person_says_so(shop: Any) -> None:
    """Beside the other one, with its products."""
    shop.night(product("M1", "A", **sold_in(2)), categories=TREE)
    shop.people.give_category_id_again(shop.people.category_id("Sun"), "Winter")
    shop.night(categories=TREE)
    decide(shop, "source", kind="category", name="Sun")
    shop.night(product("M1", "B", **sold_in(2)), categories=TREE)
    assert (shop.paths(), shop.categories_of("M1")) == (["Care", "Care > Sun", "Winter"], ["Sun"])
