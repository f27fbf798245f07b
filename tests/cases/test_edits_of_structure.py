"""Renaming, moving, deleting and assigning are edits too: they stand, and nothing is made anew beside them."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import category, photos, product, sold_in

CARE, SUN, PROMO = category(1, "Care"), category(2, "Sun"), category(3, "Promo")
MODES = ("add", "managed")


def deleted(shop: Any) -> None:
    """Sun is gone, and products are no longer in it."""
    shop.people.delete_category(shop.people.category_id("Sun"))


def renamed(shop: Any) -> None:
    """Sun is called Zon."""
    shop.people.rename_category(shop.people.category_id("Sun"), "Zon")


def moved(shop: Any) -> None:
    """Sun stands below Care."""
    shop.people.move_category(shop.people.category_id("Sun"), shop.people.category_id("Care"))


DEEDS = {
    deleted: (["Care"], []),
    renamed: (["Care", "Zon"], ["Zon"]),
    moved: (["Care", "Care > Sun"], ["Sun"]),
}


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
@pytest.mark.parametrize("mode", MODES)
def test_a_category_stays_as_people_left_it(shop: Any, deed: Any, mode: str) -> None:
    """The same input, the product with another name, and a new product in that category."""
    paths, categories = DEEDS[deed]
    given = {"categories": [CARE, SUN], "categories_mode": mode}
    shop.night(product("M1", "A", **sold_in(2)), **given)
    deed(shop)
    for name in "AB":
        assert shop.night(product("M1", name, **sold_in(2)), **given).is_good
        assert (shop.paths(), shop.name("M1"), shop.categories_of("M1")) == (paths, name, categories)
    shop.night(product("M1", "B", **sold_in(2)), product("M2", "A", **sold_in(2)), **given)
    assert (shop.paths(), shop.skus(), shop.categories_of("M2")) == (paths, ["M1", "M2"], categories)


def test_a_parent_that_was_deleted(shop: Any) -> None:
    """With all below it: nothing of it comes back, and a product of both loses nothing else."""
    tree = [CARE, category(2, "Sun", 1), PROMO]
    shop.night(product("M1", "A", **sold_in(2, 3)), categories=tree)
    shop.people.delete_category(shop.people.category_id("Care"))
    for name in "AB":
        shop.night(product("M1", name, **sold_in(2, 3)), categories=tree)
        assert (shop.paths(), shop.name("M1"), shop.categories_of("M1")) == (["Promo"], name, ["Promo"])


def test_a_new_category_of_the_source_below_one_that_was_renamed(shop: Any) -> None:
    """It goes where its parent is now."""
    shop.night(categories=[CARE])
    shop.people.rename_category(shop.people.category_id("Care"), "Zorg")
    shop.night(categories=[CARE, category(2, "Sun", 1)])
    assert shop.paths() == ["Zorg", "Zorg > Sun"]


def test_assigned_by_hand(shop: Any) -> None:
    """A person adds a category that is also ours; the source changes the name, then drops another one."""
    given = {"categories": [CARE, PROMO, SUN], "categories_mode": "managed"}
    shop.night(product("M1", "A", **sold_in(1, 2)), **given)
    shop.people.assign(shop.id_of("M1"), shop.people.category_id("Promo"))
    shop.night(product("M1", "B", **sold_in(1, 2)), **given)
    assert (shop.name("M1"), shop.categories_of("M1")) == ("B", ["Care", "Promo", "Sun"])
    shop.night(product("M1", "B", **sold_in(1)), **given)
    assert shop.categories_of("M1") == ["Care", "Promo"]


@pytest.mark.parametrize("mode", MODES)
def test_taken_out_by_hand(shop: Any, mode: str) -> None:
    """It stays out, whatever changes, and new categories of the source are still taken."""
    given = {"categories": [CARE, PROMO, SUN], "categories_mode": mode}
    shop.night(product("M1", "A", **sold_in(1, 2)), **given)
    shop.people.unassign(shop.id_of("M1"), shop.people.category_id("Care"))
    shop.night(product("M1", "B", **sold_in(1, 2)), **given)
    assert (shop.name("M1"), shop.categories_of("M1")) == ("B", ["Sun"])
    shop.night(product("M1", "B", **sold_in(1, 2, 3)), **given)
    assert shop.categories_of("M1") == ["Promo", "Sun"]


def membership(night: Any) -> list[tuple[Any, Any]]:
    """Of each category that is an open question the path in the source and in MicroPIM."""
    rows = night.report.get("conflicts", ())
    return [(row["source"], row["micropim"]) for row in rows if str(row["field"]).startswith("category ")]


@pytest.mark.parametrize("mode", MODES)
def test_a_category_taken_out_by_hand_is_an_open_question_until_both_agree(shop: Any, mode: str) -> None:
    """In every night's report, whatever comes; put back by hand, or dropped by the source, it ends."""
    given = {"categories": [CARE, SUN], "categories_mode": mode}
    shop.night(product("M1", "A", **sold_in(1, 2)), product("M2", "A", **sold_in(1)), **given)
    care = shop.people.category_id("Care")
    for sku in ("M1", "M2"):
        shop.people.unassign(shop.id_of(sku), care)
    nights = [product("M1", "B", **sold_in(1, 2))], [product("M2", "B", **sold_in(1))], []
    counts = [len(membership(shop.night(*records, **given))) for records in nights]
    assert counts == [1, 2, 2]
    shop.people.assign(shop.id_of("M1"), care)
    assert membership(shop.night(**given)) == [("Care", None)]
    assert membership(shop.night(product("M2", "B"), **given)) == []
    assert membership(shop.night(product("M1", "C", **sold_in(1, 2)), **given)) == []


def test_a_category_put_in_by_hand_is_a_question_where_categories_follow_the_source_alone(shop: Any) -> None:
    """``managed``: it stands, and is told; with ``add`` a person's own categories are nobody's business."""
    for mode, told in (("add", []), ("managed", [(None, "Promo")])):
        given = {"categories": [CARE, PROMO], "categories_mode": mode}
        key = f"M-{mode}"
        shop.night(product(key, "A", **sold_in(1)), **given)
        shop.people.assign(shop.id_of(key), shop.people.category_id("Promo"))
        assert membership(shop.night(product(key, "B", **sold_in(1)), **given)) == told
    shop.people.unassign(shop.id_of("M-managed"), shop.people.category_id("Promo"))
    assert membership(shop.night(**given)) == []


@pytest.mark.parametrize("mode", MODES)
def test_moved_from_one_category_to_another_by_hand(shop: Any, mode: str) -> None:
    """Out of ours and into another one of ours: both stand."""
    given = {"categories": [CARE, PROMO, SUN], "categories_mode": mode}
    shop.night(product("M1", "A", **sold_in(1)), **given)
    key = shop.id_of("M1")
    shop.people.unassign(key, shop.people.category_id("Care"))
    shop.people.assign(key, shop.people.category_id("Sun"))
    for name in "BC":
        shop.night(product("M1", name, **sold_in(1)), **given)
        assert (shop.name("M1"), shop.categories_of("M1")) == (name, ["Sun"])


def test_a_cycle_of_categories_costs_the_cycle(shop: Any) -> None:
    """The others are made."""
    cycle = [category(4, "One", 5), category(5, "Two", 4)]
    told = shop.night(product("M1", "A", **sold_in(1)), categories=[*cycle, CARE])
    assert (shop.paths(), shop.categories_of("M1")) == (["Care"], ["Care"])
    assert told.says_something


def test_pictures_that_were_taken_away_by_hand(shop: Any) -> None:
    """They are not sent again when the source changes something else."""
    shop.night(product("M1", "A", **photos(1, 2)))
    shop.people.remove_pictures(shop.id_of("M1"))
    for name in "BC":
        shop.night(product("M1", name, **photos(1, 2)))
        assert (shop.name("M1"), shop.pictures("M1")) == (name, [])


@pytest.mark.parametrize("is_killed", [False, True])
@pytest.mark.parametrize("removed", [1, 2])
def test_a_new_picture_of_unknown_end_after_others_were_taken_away(shop: Any, removed: int, *, is_killed: bool) -> None:
    """One more shows than before it was sent, though fewer than were ever sent: it is there, and is not sent again."""
    shop.night(product("M1", "A", **photos(1, 2)))
    shop.people.remove_pictures(shop.id_of("M1"), *(f"https://media.example.test/{n}.jpg" for n in (1, 2)[:removed]))
    record = product("M1", "B", **photos(1, 2, 3))
    if is_killed:
        shop.killed(record, write="POST /api/products/{id}/media")
    else:
        shop.pim.faults.add(Fault("commit_then_status", "POST /api/products/{id}/media", status=500))
    assert shop.night(record).tells("M1")
    shop.night(product("M1", "C", **photos(1, 2, 3)))
    assert shop.pictures("M1") == [2, 3][removed - 1 :]


def test_a_root_that_was_deleted(shop: Any) -> None:
    """With all in it: it is not made again empty, but with what is new to the source."""
    root = {"category_root": "Shop > Care"}
    shop.night(categories=[SUN], **root)
    shop.people.delete_category(shop.people.category_id("Shop"))
    told = shop.night(categories=[SUN], **root)
    assert (shop.paths(), told.conflicts) == ([], {"2"})
    shop.night(categories=[SUN, PROMO], **root)
    assert shop.paths() == ["Shop", "Shop > Care", "Shop > Care > Promo"]


@pytest.mark.parametrize("mode", MODES)
def test_a_deleted_category_that_is_there_again(shop: Any, mode: str) -> None:
    """A person has made it again: it is found, and no open question any more."""
    first = (product("M1", "A", **sold_in(2)),)
    shop.night(*first, categories=[CARE, SUN], categories_mode=mode)
    deleted(shop)
    assert shop.night(*first, categories=[CARE, SUN], categories_mode=mode).conflicts == {"2"}
    shop.people.add_category("Sun")
    told = shop.night(product("M2", "B", **sold_in(2)), categories=[CARE, SUN], categories_mode=mode)
    assert (told.conflicts, shop.categories_of("M2")) == (set(), ["Sun"])
