"""What is told as done has been seen done, whatever the answer was."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import category, ean, photos, product, sold_in


@pytest.mark.parametrize("answers", ["stored", "echo"])
def test_an_archive_that_is_not_carried_out(make_shop: Any, answers: str) -> None:
    """DELETE answers 200 and archives nothing: it is told, and done as soon as MicroPIM does it."""
    shop = make_shop({"create_status": "active"}, archive_kept="never", answers=answers)
    shop.night(product("M1", "A"))
    told = shop.night(product("M1", "A", status="inactive"))
    assert (shop.status("M1"), told.tells("M1")) == ("active", True)
    assert told.report["streams"]["products"].get("archived", 0) == 0
    shop.pim.switch(archive_kept="at_once")
    shop.night(product("M1", "A", status="inactive"))
    assert shop.status("M1") == "archived"


@pytest.mark.parametrize("answers", ["stored", "echo"])
def test_an_archive_that_is_carried_out_late(make_shop: Any, answers: str) -> None:
    """It is ours when it comes: active again at the source, the product is revived or told."""
    shop = make_shop({"create_status": "active"}, archive_kept="late", answers=answers)
    shop.night(product("M1", "A"))
    shop.night(product("M1", "A", status="inactive"))
    assert shop.status("M1") == "archived"
    shop.pim.switch(archive_kept="at_once")
    told = shop.night(product("M1", "A"))
    assert shop.status("M1") == "active" or told.tells("M1")


@pytest.mark.parametrize("answers", ["stored", "echo"])
def test_a_change_that_is_not_kept(make_shop: Any, answers: str) -> None:
    """PATCH answers 200 and stores nothing: nobody typed anything, it is told, and what comes later arrives."""
    shop = make_shop(answers=answers)
    shop.night(product("M1", "A"))
    shop.pim.switch(patch_kept="never")
    told = shop.night(product("M1", "B"))
    assert (shop.name("M1"), told.tells("M1"), told.conflicts) == ("A", True, set())
    shop.pim.switch(patch_kept="at_once")
    for name in "BC":
        last = shop.night(product("M1", name))
        assert shop.name("M1") == name
    assert last.conflicts == set()


@pytest.mark.parametrize("answers", ["stored", "echo"])
@pytest.mark.parametrize("seconds", [5, 600])
def test_a_change_that_is_kept_late(make_shop: Any, answers: str, seconds: float) -> None:
    """It arrives by itself, and is no hand edit the next night."""
    shop = make_shop(answers=answers, patch_kept="late", kept_after_seconds=seconds)
    shop.night(product("M1", "A"))
    for name in "BCD":
        told = shop.night(product("M1", name))
        assert (shop.name("M1"), told.conflicts) == (name, set())


@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize("kind", ["status", "drop_before", "status_zero"])
def test_a_change_that_failed_is_no_hand_edit(shop: Any, kind: Any, times: int | None) -> None:
    """A text and a code that the product has never had: nobody emptied them, and they arrive once it works."""
    shop.night(product("M1", "A"))
    shop.pim.faults.add(Fault(kind, "PATCH /api/products/", times=times, status=500))
    given = product("M1", "B", shortDescription={"nl": "Short"}, ean=[ean(1)])
    assert shop.night(given).conflicts == set()
    shop.pim.faults.clear()
    last = shop.night(given)
    row = shop.product("M1")
    assert (row["name"], row["short_description"], row["ean"]) == ("B", "Short", ean(1))
    assert last.conflicts == set()


@pytest.mark.parametrize("patch", ["ignored", "replace"])
def test_a_category_that_takes_nobody(make_shop: Any, patch: str) -> None:
    """The route that puts products into categories answers 200 and does nothing: told, or done by PATCH."""
    shop = make_shop(assign="ignored", patch_categories=patch)
    shop.night(product("M1", "A"), categories=[category(1, "Care")])
    told = shop.night(product("M1", "A", **sold_in(1)), categories=[category(1, "Care")])
    assert shop.categories_of("M1") == ["Care"] or told.tells("M1")


@pytest.mark.parametrize("media", ["never"])
def test_a_picture_that_never_shows(make_shop: Any, media: str) -> None:
    """Accepted and not there: listed, and not sent each night."""
    shop = make_shop(media=media)
    told = shop.night(product("M1", "A", **photos(1)))
    assert told.tells("M1")
    shop.night(product("M1", "B", **photos(1)))
    assert shop.pictures("M1") == [1]


@pytest.mark.parametrize("field", ["name", "short_description"])
def test_a_change_that_is_kept_late_and_taken_back(make_shop: Any, field: str) -> None:
    """The source has again what it had before: that was dealt with, and since then another value was sent."""
    shop = make_shop(patch_kept="late")
    for value in "ABA":
        name, line = (value, "Line") if field == "name" else ("Cream", value)
        told = shop.night(product("M1", name, shortDescription={"nl": line}))
        assert told.conflicts == set()
    assert shop.product("M1")[field] == "A"
