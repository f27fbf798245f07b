"""An id whose product shows another SKU is not ours until proven: it is neither changed nor archived."""

from typing import Any

import pytest

from tests.cases.records import photos, product

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
