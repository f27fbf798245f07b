"""A run was killed after a write, and then the source gave the product up: what was sent is ours when it is back."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import photos, product, text

CREATE = "POST /api/products$"
UPDATE = "PATCH /api/products/"
ARCHIVE = "DELETE /api/products"
LOOK = "GET /api/products/{id}$"
CONFIG = {"create_status": "active", "sku_template": "{cnk}"}


def made(key: str, name: str, **fields: Any) -> Any:
    """A product with a name, a short description and a text of this name."""
    return product(key, name, cnk="C1", shortDescription={"nl": f"Short {name}"}, **text(f"<p>{name}</p>"), **fields)


@pytest.mark.parametrize("write", [CREATE, UPDATE])
@pytest.mark.parametrize(("back_as", "name"), [("M1", "A"), ("M2", "C")])
def test_what_was_sent_is_ours(make_shop: Any, write: str, back_as: str, name: str) -> None:
    """The same record comes back, or another one goes on with its SKU; with a value of before, or a new one."""
    shop = make_shop(CONFIG)
    if write == UPDATE:
        shop.night(made("M1", "A"))
    shop.killed(made("M1", "B"), write=write)
    shop.night(made("M1", "B") | {"status": "inactive"})
    assert shop.status("C1") == "archived"
    told = shop.night(made(back_as, name))
    row = shop.product("C1")
    assert (row["name"], row["short_description"], row["status"]) == (name, f"Short {name}", "active")
    assert (told.conflicts, told.unsure) == (set(), set())
    assert shop.skus() == ["C1"]


def test_what_a_person_typed_after_it_stands(make_shop: Any) -> None:
    """A killed run makes nothing ours that it did not send."""
    shop = make_shop(CONFIG)
    shop.killed(made("M1", "B"), write=CREATE)
    shop.people.edit(shop.id_of("C1"), name="By hand")
    shop.night(made("M1", "B") | {"status": "inactive"})
    told = shop.night(made("M1", "C"))
    assert (shop.name("C1"), shop.product("C1")["short_description"], told.tells("M1")) == ("By hand", "Short C", True)


def test_a_product_that_nobody_saw_goes_on_as_another_record(make_shop: Any) -> None:
    """It was made, and the look at it failed; then the source replaces its record."""
    shop = make_shop(CONFIG)
    shop.pim.faults.add(Fault("status", LOOK, status=404, times=None))
    assert shop.night(made("M1", "A")).rejected == {"M1"}
    shop.pim.faults.clear()
    shop.night(made("M1", "A") | {"status": "replaced"}, made("M2", "B"))
    for _night in range(2):
        told = shop.night(made("M2", "C"))
    row = shop.product("C1")
    assert (row["name"], row["short_description"], row["status"]) == ("C", "Short C", "active")
    assert (told.conflicts, told.unsure) == (set(), set())


@pytest.mark.parametrize("is_first", [True, False])
def test_a_successor_that_comes_first_goes_on_with_what_a_killed_run_made(make_shop: Any, *, is_first: bool) -> None:
    """The end of the creation was not seen, and in the next night the successor's record comes before or after."""
    shop = make_shop(CONFIG)
    shop.killed(made("M1", "A"), write=CREATE)
    records = [made("M2", "B"), made("M1", "A") | {"status": "replaced"}]
    told = shop.night(*records if is_first else reversed(records))
    assert (shop.name("C1"), shop.status("C1"), shop.skus()) == ("B", "active", ["C1"])
    assert (told.conflicts, told.unsure, told.rejected) == (set(), set(), set())


def test_two_that_live_do_not_share_what_a_killed_run_made(make_shop: Any) -> None:
    """The record for which it was made keeps it; the other one with its SKU is refused."""
    shop = make_shop(CONFIG)
    shop.killed(made("M1", "A"), write=CREATE)
    told = shop.night(made("M2", "B"), made("M1", "A"))
    assert (shop.name("C1"), told.rejected) == ("A", {"M2"})


@pytest.mark.parametrize("key", ["M1", "M2"])
def test_what_nobody_saw_made_is_archived_by_hand(make_shop: Any, key: str) -> None:
    """It was sent as a live product, so the archive is the person's, also after the source was inactive for a night.

    Then it is active again, or a successor has its code.
    """
    shop = make_shop(CONFIG)
    shop.pim.faults.add(Fault("status", LOOK, status=404, times=None))
    shop.night(made("M1", "A"))
    shop.pim.faults.clear()
    shop.people.archive(shop.id_of("C1"))
    assert shop.night().tells("M1")
    shop.night(made("M1", "A") | {"status": "replaced"})
    told = shop.night(made(key, "B"))
    assert (shop.status("C1"), told.tells(key)) == ("archived", True)


@pytest.mark.parametrize("is_ours", [True, False])
def test_an_archive_that_was_refused_is_tried_again(make_shop: Any, *, is_ours: bool) -> None:
    """Nobody has seen the product made, or the shop had it before: that it is still live is no person's work."""
    shop = make_shop(CONFIG)
    if is_ours:
        shop.pim.faults.add(Fault("status", LOOK, status=404, times=None))
        shop.night(made("M1", "A"))
        shop.pim.faults.clear()
    else:
        shop.pim.add("C1", name="Shop")
    shop.pim.faults.add(Fault("status", ARCHIVE, status=409, times=None))
    given_up = made("M1", "A") | {"status": "inactive"}
    assert shop.night(given_up).rejected == {"M1"}
    shop.pim.faults.clear()
    told = shop.night(given_up)
    assert (shop.status("C1"), told.conflicts, told.rejected) == ("archived", set(), set())


def test_a_picture_that_a_person_takes_out_after_it(make_shop: Any) -> None:
    """The killed run had sent it, which the run that archives the product sees: taken out by hand it stays out."""
    shop = make_shop(CONFIG)
    shop.killed(made("M1", "A", **photos(1)), write="POST /api/products/{id}/media")
    shop.night(made("M1", "A", **photos(1)) | {"status": "inactive"})
    shop.people.remove_pictures(shop.id_of("C1"))
    for name in "BC":
        shop.night(made("M1", name, **photos(1)))
        assert (shop.name("C1"), shop.status("C1"), shop.pictures("C1")) == (name, "active", [])


@pytest.mark.parametrize("late", [5, 90])
@pytest.mark.parametrize("lookup", ["index", "search"])
@pytest.mark.parametrize("patience", [15, 300])
def test_given_up_before_it_shows(make_shop: Any, late: float, lookup: str, patience: float) -> None:
    """The next run begins at once, and the source has given the product up: it leaves the shop, or is a reject."""
    shop = make_shop({**CONFIG, "lookup": lookup, "max_wait_seconds": patience}, show_after_seconds=late)
    shop.killed(made("M1", "A"), write=CREATE)
    shop.rest = 2
    told = shop.night(made("M1", "A") | {"status": "inactive"})
    assert shop.status("C1") == "archived" or told.rejected == {"M1"}
    shop.time.passes(86_400)
    shop.night(product("M2", "B", cnk="C2"))
    assert shop.status("C1") == "archived"


@pytest.mark.parametrize("late", [5, 90])
@pytest.mark.parametrize("patience", [15, 300])
def test_replaced_before_it_shows(make_shop: Any, late: float, patience: float) -> None:
    """The next run begins at once, and another record has its SKU now: there is one product, for that one."""
    shop = make_shop({**CONFIG, "max_wait_seconds": patience}, show_after_seconds=late, sku_unique=False)
    shop.killed(made("M1", "A"), write=CREATE)
    shop.rest = 2
    for _night in range(2):
        told = shop.night(made("M1", "A") | {"status": "replaced"}, made("M2", "B"))
        shop.time.passes(120)
    assert shop.skus() == ["C1"]
    assert (shop.name("C1"), shop.status("C1")) == ("B", "active") or told.tells("M2")
