"""What MicroPIM did not keep for a night is sent again by the next run, though the source does not send it again."""

from typing import Any

import pytest

from tests.cases.records import at, ean, product, text

ONE = product("M1", "A", shortDescription={"nl": "Short A"}, **text("<p>A</p>"))
CHANGES = {
    "name": {"name": {"nl": "B"}},
    "short_description": {"shortDescription": {"nl": "Short B"}},
    "description": text("<p>B</p>"),
}
WANTED = {"name": "B", "short_description": "Short B", "description": "<p>B</p>"}


def not_kept(make_shop: Any, change: Any, **world: Any) -> Any:
    """A shop with a product, and a change of it that was answered 200 and is not there."""
    shop = make_shop({"create_status": "active"}, **world)
    shop.night(ONE)
    shop.pim.switch(patch_kept="never")
    shop.night(ONE | change)
    shop.pim.switch(patch_kept="at_once")
    shop.forget_requests()
    return shop


@pytest.mark.parametrize("answers", ["stored", "echo"])
@pytest.mark.parametrize("field", list(CHANGES))
def test_it_goes_in_without_the_source(make_shop: Any, field: str, answers: str) -> None:
    """The next run has no input at all; the one after it has nothing to do."""
    shop = not_kept(make_shop, CHANGES[field], answers=answers)
    told = shop.night()
    assert (shop.product("M1")[field], told.is_good, told.report["decisions"]) == (WANTED[field], True, [])
    assert told.report["tried_again"] == {"products": {"updated": 1}}
    assert "kept from an earlier run, and taken again" in (told.folder / "products.csv").read_text()
    shop.forget_requests()
    shop.night()
    assert shop.requests == []


def test_it_goes_in_with_what_else_comes(make_shop: Any) -> None:
    """The next run has other records; an unchanged one of its own is not sent twice."""
    shop = not_kept(make_shop, CHANGES["name"])
    told = shop.night(product("M2", "Other"), ONE | CHANGES["name"])
    assert (shop.name("M1"), told.conflicts, told.unsure) == ("B", set(), set())
    assert shop.writes().count(f"PATCH /api/products/{shop.id_of('M1')}") == 1


def test_it_is_sent_once_a_night(make_shop: Any) -> None:
    """As long as MicroPIM does not keep it."""
    shop = not_kept(make_shop, CHANGES["name"])
    shop.pim.switch(patch_kept="never")
    for _night in range(3):
        shop.forget_requests()
        told = shop.night()
        assert (len(shop.writes()), told.tells("M1"), told.conflicts) == (1, True, set())
    shop.pim.switch(patch_kept="at_once")
    shop.night()
    assert shop.name("M1") == "B"


def test_a_field_that_was_never_kept_costs_nothing(make_shop: Any) -> None:
    """MicroPIM has never shown it for this product: it waits until the source has something new."""
    shop = make_shop()
    shop.night(product("M1", "A"))
    shop.pim.switch(patch_kept="never")
    shop.night(product("M1", "A", ean=[ean(1)]))
    shop.forget_requests()
    for _night in range(2):
        shop.night()
    assert shop.requests == []


@pytest.mark.parametrize("same_night", [True, False])
def test_a_newer_version_takes_its_place(make_shop: Any, same_night: bool) -> None:
    """Of two versions the older one never goes in, however late it was sent."""
    shop = make_shop()
    shop.night(at(1000, ONE))
    shop.pim.switch(patch_kept="never")
    older, newer = at(2000, ONE | CHANGES["name"]), at(3000, ONE | {"name": {"nl": "C"}})
    if same_night:
        shop.pim.meanwhile.do_after(lambda: shop.pim.switch(patch_kept="at_once"), write="PATCH /api/products/")
        shop.night(older, newer, max_in_flight=1)
    else:
        shop.night(older)
        shop.pim.switch(patch_kept="at_once")
        shop.night(newer)
    for _night in range(2):
        shop.night()
        assert shop.name("M1") == "C"


@pytest.mark.parametrize("same_night", [True, False])
def test_a_product_that_was_given_up_stays_in_the_archive(make_shop: Any, same_night: bool) -> None:
    """Its last value was not kept, and now the source has it inactive."""
    shop = make_shop({"create_status": "active"})
    shop.night(at(1000, ONE))
    shop.pim.switch(patch_kept="never")
    changed, gone = at(2000, ONE | CHANGES["name"]), at(3000, ONE | CHANGES["name"] | {"status": "inactive"})
    if same_night:
        shop.night(changed, gone)
    else:
        shop.night(changed)
        shop.night(gone)
    shop.pim.switch(patch_kept="at_once")
    for _night in range(2):
        shop.night()
        assert shop.status("M1") == "archived"


@pytest.mark.parametrize("by_hand", [{"name": "By hand"}, {"status": "archived"}])
def test_what_a_person_did_meanwhile_stands(make_shop: Any, by_hand: Any) -> None:
    """And is told."""
    shop = not_kept(make_shop, CHANGES["name"])
    shop.people.edit(shop.id_of("M1"), **by_hand)
    told = shop.night()
    field, value = next(iter(by_hand.items()))
    assert (shop.product("M1")[field], told.tells("M1")) == (value, True)


def test_a_product_that_did_not_leave_the_archive(make_shop: Any) -> None:
    """We put it there; active again, it is revived by the next run."""
    shop = make_shop({"create_status": "active"})
    shop.night(ONE)
    shop.night(ONE | {"status": "inactive"})
    shop.pim.switch(patch_kept="never")
    shop.night(ONE)
    assert shop.status("M1") == "archived"
    shop.pim.switch(patch_kept="at_once")
    told = shop.night()
    assert (shop.status("M1"), told.is_good) == ("active", True)


def test_one_that_never_leaves_the_archive_is_asked_once_more(make_shop: Any) -> None:
    """And then again when the source has something new."""
    shop = make_shop({"create_status": "active"})
    shop.night(ONE)
    shop.night(ONE | {"status": "inactive"})
    shop.pim.switch(patch_kept="never")
    shop.night(ONE)
    counts = []
    for _night in range(3):
        shop.forget_requests()
        shop.night()
        counts.append(len(shop.writes()))
    assert counts == [1, 0, 0]
    shop.pim.switch(patch_kept="at_once")
    shop.night(ONE | CHANGES["name"])
    assert (shop.status("M1"), shop.name("M1")) == ("active", "B")


def test_what_was_undone_is_not_sent_again(make_shop: Any) -> None:
    """The run that was not kept is taken back: the source's value waits until there is a new one."""
    shop = make_shop()
    shop.night(ONE)
    shop.pim.switch(patch_kept="never")
    run = shop.night(ONE | CHANGES["name"])
    shop.pim.switch(patch_kept="at_once")
    shop.undo(run.folder.name)
    for records in ([], [ONE | CHANGES["name"]]):
        shop.night(*records)
        assert shop.name("M1") == "A"
    shop.night(ONE | {"name": {"nl": "C"}})
    assert shop.name("M1") == "C"


def test_a_product_whose_way_out_of_the_archive_was_undone(make_shop: Any) -> None:
    """It stays there as long as the source says nothing new."""
    shop = make_shop({"create_status": "active"})
    shop.night(ONE)
    shop.night(ONE | {"status": "inactive"})
    shop.pim.switch(patch_kept="never")
    run = shop.night(ONE)
    shop.pim.switch(patch_kept="at_once")
    shop.undo(run.folder.name)
    for records in ([], [ONE]):
        shop.night(*records)
        assert shop.status("M1") == "archived"
    shop.night(ONE | CHANGES["name"])
    assert (shop.status("M1"), shop.name("M1")) == ("active", "B")


def test_a_plan_leaves_it_as_it_is(make_shop: Any) -> None:
    """A dry run says what would be sent, and the next run sends it."""
    shop = not_kept(make_shop, CHANGES["name"])
    shop.night(dry_run=True)
    assert shop.writes() == []
    shop.night()
    assert shop.name("M1") == "B"
