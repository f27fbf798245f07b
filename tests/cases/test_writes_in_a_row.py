"""The end of a write was not seen, and the next write fails as well: what the first one sent is still ours."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import product, text

LOOK = "GET /api/products/{id}$"
UPDATE = "PATCH /api/products/"


def saying(name: str, **fields: Any) -> Any:
    """M1 with a name and a short description of this name."""
    return product("M1", name, shortDescription={"nl": f"Short {name}"}, **fields)


def night_without(shop: Any, fault: Fault, record: Any) -> None:
    """A night in which this fails, so that the record is a reject."""
    shop.pim.faults.add(fault)
    assert shop.night(record).rejected == {"M1"}
    shop.pim.faults.clear()


@pytest.mark.parametrize("refused", [1, 2])
def test_a_value_that_was_sent_before_the_last_one_is_ours(make_shop: Any, refused: int) -> None:
    """B went in and no look showed it; C is refused, once or twice: D finds B there, which nobody typed."""
    shop = make_shop()
    shop.night(saying("A"))
    night_without(shop, Fault("status", LOOK, nth=2, status=400), saying("B"))
    assert shop.name("M1") == "B"
    for number in range(refused):
        night_without(shop, Fault("status", UPDATE, status=400), saying(f"C{number}"))
    told = shop.night(saying("D"))
    assert (shop.name("M1"), shop.product("M1")["short_description"]) == ("D", "Short D")
    assert (told.conflicts, told.unsure) == (set(), set())


def test_a_wait_between_two_writes_forgets_nothing(make_shop: Any) -> None:
    """The same within one night: C meets a 503, and the look after the wait shows B."""
    shop = make_shop()
    shop.night(saying("A"))
    night_without(shop, Fault("status", LOOK, nth=2, status=400), saying("B"))
    shop.pim.faults.add(Fault("status", UPDATE, status=503))
    told = shop.night(saying("C"))
    assert (shop.name("M1"), told.conflicts, told.unsure) == ("C", set(), set())


def test_what_a_person_typed_or_emptied_between_two_writes_stands(make_shop: Any) -> None:
    """Neither value is one that was sent."""
    shop = make_shop()
    shop.night(saying("A"))
    night_without(shop, Fault("status", LOOK, nth=2, status=400), saying("B"))
    night_without(shop, Fault("status", UPDATE, status=400), saying("C"))
    shop.people.edit(shop.id_of("M1"), name="By hand", short_description=None)
    for name in "DE":
        told = shop.night(saying(name))
        assert (shop.name("M1"), shop.product("M1")["short_description"]) == ("By hand", None)
        assert told.tells("M1")


def test_a_write_of_one_field_leaves_the_doubt_about_another(make_shop: Any) -> None:
    """A description went in and is stored in another form; only a name is sent behind it: nobody typed anything."""
    shop = make_shop(text_forms=("single_spaces",))
    words = text("<p>One  two</p>")
    night_without(shop, Fault("status", LOOK, status=404, times=None), saying("A", **words))
    night_without(shop, Fault("status", UPDATE, status=400), saying("B", **words))
    for name in "BC":
        told = shop.night(saying(name, **words))
        assert (shop.name("M1"), told.conflicts) == (name, set())


def test_an_archive_that_nobody_saw_is_ours_when_the_next_write_fails(make_shop: Any) -> None:
    """The product was archived by us; the source has it again, and the write that revives it is refused once."""
    shop = make_shop({"create_status": "active"})
    shop.night(saying("A"))
    night_without(shop, Fault("status", LOOK, nth=3, status=400), saying("A", status="inactive"))
    assert shop.status("M1") == "archived"
    night_without(shop, Fault("status", UPDATE, status=400), saying("B"))
    told = shop.night(saying("B"))
    assert (shop.name("M1"), shop.status("M1"), told.says_something) == ("B", "active", False)
