"""A change whose end nobody saw: the categories that were sent with it are ours, and what a person did since stands."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import category, product, sold_in

UPDATE = "PATCH /api/products/"
LOOK = "GET /api/products/{id}$"
GIVEN = {"categories": [category(1, "Care"), category(2, "Sun"), category(3, "Baby")]}
ENDS = ["killed", "look", "answer"]


def unseen(shop: Any, record: Any, end: str) -> None:
    """A run that sends a change and does not see what came of it."""
    if end == "killed":
        shop.killed(record, write=UPDATE)
        return
    kind = "status" if end == "look" else "drop_after"
    faults = [Fault("status", LOOK, status=500, nth=2, times=None)]
    faults += [Fault(kind, UPDATE)] if end == "answer" else []
    shop.pim.faults.add(*faults)
    shop.night(record)
    shop.pim.faults.clear()


@pytest.mark.parametrize("mode", ["add", "managed"])
@pytest.mark.parametrize("end", ENDS)
def test_a_category_taken_out_before_the_change_is_seen(make_shop: Any, end: str, mode: str) -> None:
    """It was sent, and the product shows the other one that was sent with it: a person took it out, so it stays out."""
    shop = make_shop({"max_wait_seconds": 15, "categories_mode": mode})
    shop.night(product("M1", "A", **sold_in(3)), **GIVEN)
    unseen(shop, product("M1", "B", **sold_in(1, 2, 3)), end)
    shop.people.unassign(shop.id_of("M1"), shop.people.category_id("Care"))
    for name in "BC":
        told = shop.night(product("M1", name, **sold_in(1, 2, 3)), **GIVEN)
        assert (shop.name("M1"), shop.categories_of("M1"), told.conflicts) == (name, ["Baby", "Sun"], {"M1"})


@pytest.mark.parametrize("end", ENDS)
def test_a_category_put_in_again_before_the_change_is_seen(make_shop: Any, end: str) -> None:
    """The source has dropped two, and one of them shows: a person put the product into it again, so it stays."""
    shop = make_shop({"max_wait_seconds": 15, "categories_mode": "managed"})
    shop.night(product("M1", "A", **sold_in(1, 2, 3)), **GIVEN)
    unseen(shop, product("M1", "B", **sold_in(3)), end)
    shop.people.assign(shop.id_of("M1"), shop.people.category_id("Care"))
    for name in "BC":
        told = shop.night(product("M1", name, **sold_in(3)), **GIVEN)
        assert (shop.name("M1"), shop.categories_of("M1"), told.conflicts) == (name, ["Baby", "Care"], {"M1"})


@pytest.mark.parametrize("end", ENDS)
def test_a_change_that_shows_no_category(make_shop: Any, end: str) -> None:
    """Nobody can tell whether the product was put into it: the source's is sent."""
    shop = make_shop({"max_wait_seconds": 15})
    shop.night(product("M1", "A"), **GIVEN)
    unseen(shop, product("M1", "B", **sold_in(1)), end)
    shop.people.unassign(shop.id_of("M1"), shop.people.category_id("Care"))
    told = shop.night(product("M1", "B", **sold_in(1)), **GIVEN)
    assert (shop.categories_of("M1"), told.conflicts) == (["Care"], set())


@pytest.mark.parametrize("way", ["merge", "ignored"])
@pytest.mark.parametrize("write", [UPDATE, "POST /api/categories/"])
def test_what_a_change_did_not_put_in_is_still_to_come(make_shop: Any, way: str, write: str) -> None:
    """A service that takes no categories with a change gets them one by one; the run is killed on the way."""
    shop = make_shop(patch_categories=way)
    shop.night(product("M1", "A", **sold_in(3)), **GIVEN)
    record = product("M1", "B", **sold_in(1, 2, 3))
    if way == "ignored" or write == UPDATE:
        shop.killed(record, write=write)
    told = shop.night(record, **GIVEN)
    assert (shop.categories_of("M1"), told.conflicts) == (["Baby", "Care", "Sun"], set())


def test_a_change_that_was_refused_put_the_product_into_nothing(make_shop: Any) -> None:
    """A person put it into one of the two since: the other one is still to come."""
    shop = make_shop()
    shop.night(product("M1", "A"), **GIVEN)
    shop.pim.faults.add(Fault("status", UPDATE, status=422))
    assert shop.night(product("M1", "B", **sold_in(1, 2)), **GIVEN).rejected == {"M1"}
    shop.people.assign(shop.id_of("M1"), shop.people.category_id("Care"))
    told = shop.night(product("M1", "B", **sold_in(1, 2)), **GIVEN)
    assert (shop.categories_of("M1"), told.conflicts) == (["Care", "Sun"], set())


def test_a_change_that_never_arrived(make_shop: Any) -> None:
    """Its name is still the one of before, so the category that shows is a person's, and the other one is to come."""
    shop = make_shop()
    shop.night(product("M1", "A"), **GIVEN)
    shop.pim.faults.add(Fault("drop_before", UPDATE, times=None))
    shop.night(product("M1", "B", **sold_in(1, 2)), **GIVEN)
    shop.pim.faults.clear()
    shop.people.assign(shop.id_of("M1"), shop.people.category_id("Care"))
    told = shop.night(product("M1", "B", **sold_in(1, 2)), **GIVEN)
    assert (shop.name("M1"), shop.categories_of("M1"), told.conflicts) == ("B", ["Care", "Sun"], set())
