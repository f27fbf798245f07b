"""One bad record costs that record: a write that its content makes fail is given up after some attempts."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import category, photos, product, sold_in, text

OTHERS = [f"M{n:02}" for n in range(1, 16)]
STATUSES = [500, 502, 503, 504]


def poison(status: int, containing: str) -> Fault:
    """MicroPIM fails over this content, each time."""
    return Fault("status", "/api/", times=None, status=status, containing=containing)


@pytest.mark.parametrize(("status", "place"), [(500, 0), (500, 15), *((status, 7) for status in STATUSES)])
def test_a_product_that_cannot_be_made(shop: Any, status: int, place: int) -> None:
    """It is a reject, wherever it stands, and all others are in; the night is a good one."""
    shop.pim.faults.add(poison(status, "Poison"))
    records = [product(key, "A") for key in OTHERS]
    records.insert(place, product("BAD", "Poison"))
    told = shop.night(*records)
    assert (shop.skus(), told.rejected, told.is_good) == (OTHERS, {"BAD"}, True)
    assert len(told.states) == 1


@pytest.mark.parametrize("status", STATUSES)
def test_a_product_that_cannot_be_changed(shop: Any, status: int) -> None:
    """The same for a PATCH, of any field; mended at the source it goes on."""
    shop.night(*(product(key, "A") for key in ["BAD", *OTHERS]))
    shop.pim.faults.add(poison(status, "Poison"))
    told = shop.night(product("BAD", "B", **text("<p>Poison</p>")), *(product(key, "B") for key in OTHERS))
    assert (told.rejected, told.is_good) == ({"BAD"}, True)
    assert {shop.name(key) for key in OTHERS} == {"B"}
    last = shop.night(product("BAD", "C"), *(product(key, "C") for key in OTHERS))
    assert (shop.name("BAD"), last.is_good, last.rejected) == ("C", True, set())


@pytest.mark.parametrize("method", ["PATCH", "GET", "DELETE"])
def test_a_product_at_which_the_connection_breaks(make_shop: Any, method: str) -> None:
    """A firewall that dislikes what one product holds answers nothing: it breaks the connection, each time."""
    shop = make_shop({"create_status": "active"})
    shop.night(*(product(key, "A") for key in ["BAD", *OTHERS]))
    route = f"{method} /api/products/{shop.id_of('BAD')}$"
    shop.pim.faults.add(Fault("drop_before", route, times=None))
    bad = product("BAD", "B", **({"status": "inactive"} if method == "DELETE" else {}))
    told = shop.night(*(product(key, "B") for key in OTHERS[:7]), bad, *(product(key, "B") for key in OTHERS[7:]))
    assert (told.rejected, told.is_good, len(told.states)) == ({"BAD"}, True, 1)
    assert {shop.name(key) for key in OTHERS} == {"B"}
    shop.pim.faults.clear()
    assert shop.night(bad).is_good
    assert (shop.name("BAD"), shop.status("BAD")) == (("A", "archived") if method == "DELETE" else ("B", "active"))


def test_a_picture_that_cannot_be_taken(shop: Any) -> None:
    """The product is in, its other picture too, and the one that fails is told."""
    shop.pim.faults.add(poison(500, "/666.jpg"))
    told = shop.night(product("M1", "A", **photos(1, 666)), *(product(key, "A") for key in OTHERS[1:]))
    assert ("M1" in shop.skus() or "M1" in told.rejected, told.is_good, told.tells("M1")) == (True, True, True) or (
        "M1" in told.listed("manual_actions", "warnings", "unsure")
    )
    assert set(OTHERS[1:]) <= set(shop.skus())


def test_a_category_that_cannot_be_made(shop: Any) -> None:
    """Its products are in without it, and it is told."""
    shop.pim.faults.add(poison(500, "Poison"))
    tree = [category(1, "Poison"), category(2, "Care")]
    told = shop.night(*(product(key, "A", **sold_in(1, 2)) for key in OTHERS), categories=tree)
    assert (shop.paths(), shop.skus()) == (["Care"], OTHERS)
    assert told.says_something


def test_a_bad_record_that_is_inactive_is_still_archived(make_shop: Any) -> None:
    """What no longer fits is no reason to leave it on sale."""
    shop = make_shop({"create_status": "active"})
    shop.night(product("M1", "A"), product("M2", "A"))
    shop.night(product("M1", "x" * 300, status="inactive"), {"id": "M2", "status": "replaced"})
    assert (shop.status("M1"), shop.status("M2")) == ("archived", "archived")


def test_a_network_that_breaks_in_the_middle_is_no_record(shop: Any) -> None:
    """Nothing comes through any more: the run stops, no STATE passes, and the next one has all."""
    shop.night(*(product(key, "A") for key in OTHERS))
    shop.pim.faults.add(Fault("drop_before", "PATCH /api/products", nth=4, times=None))
    told = shop.night(*(product(key, "B") for key in OTHERS))
    assert (told.is_good, told.states) == (False, [])
    shop.pim.faults.clear()
    assert shop.night(*(product(key, "B") for key in OTHERS)).is_good
    assert {shop.name(key) for key in OTHERS} == {"B"}


@pytest.mark.parametrize("status", STATUSES)
def test_failures_of_all_are_the_service(shop: Any, status: int) -> None:
    """More than ten different records, one after the other, and no success between: waited for, then stopped."""
    shop.pim.faults.add(Fault("status", "POST /api/products", times=None, status=status))
    told = shop.night(*(product(key, "A") for key in OTHERS))
    assert (told.is_good, told.states) == (False, [])
