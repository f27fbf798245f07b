"""New categories stand in the source's order; those that share one do not fight; what people did stays."""

import json
from typing import Any

import pytest

from tests.cases.records import category, product, sold_in

FOLLOWS = {"update_categories": True}


def placed(number: int, name: str, order: Any, parent: int | None = None) -> Any:
    """A category with its place."""
    return {**category(number, name, parent), "order": order}


def names(shop: Any, parent: int | None = None) -> list[str]:
    """The names below a category, as MicroPIM sorts them."""
    return [row["name"] for row in shop.pim.store.children(parent)]


def below(shop: Any, name: str) -> list[str]:
    """The same, by the parent's name."""
    return names(shop, shop.people.category_id(name))


TREE = [placed(1, "Z", 3), placed(2, "Y", 1), placed(3, "X", 2), placed(4, "B", 2, 1), placed(5, "A", 1, 1)]


def test_the_order_of_the_source_on_creation(make_shop: Any) -> None:
    """Of each level; on the next night nothing is sent."""
    shop = make_shop(FOLLOWS)
    assert shop.night(categories=TREE).is_good
    assert (names(shop), below(shop, "Z")) == (["Y", "X", "Z"], ["A", "B"])
    shop.forget_requests()
    assert shop.night(categories=TREE).is_good
    assert shop.writes() == []


def test_a_new_one_goes_between_those_that_are_there(make_shop: Any) -> None:
    """Before a person's own category, too."""
    shop = make_shop(FOLLOWS)
    shop.night(categories=[placed(1, "A", 1), placed(3, "C", 3)])
    shop.people.add_category("Ours")
    shop.night(categories=[placed(1, "A", 1), placed(3, "C", 3), placed(2, "B", 2)])
    assert names(shop) == ["A", "B", "C", "Ours"]


def test_where_a_person_has_moved_one_all_stay(make_shop: Any) -> None:
    """The new one stays at the end, where MicroPIM puts it."""
    shop = make_shop(FOLLOWS)
    tree = [placed(1, "A", 1), placed(2, "B", 2)]
    shop.night(categories=tree)
    rows = shop.pim.categories
    for place, name in enumerate(("B", "A")):
        rows[shop.people.category_id(name)]["position"] = place
    shop.night(categories=[placed(3, "0", 0), *tree])
    assert names(shop) == ["B", "A", "0"]


@pytest.mark.parametrize("settings", [{}, FOLLOWS], ids=["as it comes", "followed"])
def test_without_an_order_or_the_setting_nothing_is_moved(make_shop: Any, settings: Any) -> None:
    """Each in the order in which it came."""
    shop = make_shop(settings)
    order = None if settings else 1
    shop.night(categories=[placed(1, "B", order and 2), placed(2, "A", order)])
    assert names(shop) == ["B", "A"]
    assert not any("move" in write for write in shop.writes())


# Those that share one

TWINS = [category(1, "Zon"), category(2, "ZON ")]
IN_BOTH = [product("A", "A", **sold_in(1)), product("B", "B", **sold_in(2))]


def test_equal_but_for_case_and_blanks(make_shop: Any) -> None:
    """One category for both, and no to and fro."""
    shop = make_shop(FOLLOWS)
    shop.night(*IN_BOTH, categories=TWINS)
    shop.forget_requests()
    for order in (TWINS, TWINS[::-1], [TWINS[0], category(2, "z\u200bon")]):
        assert shop.night(*IN_BOTH, categories=order).is_good
    assert (shop.writes(), shop.paths()) == ([], ["Zon"])


def test_a_rename_of_one_is_told_and_of_both_is_followed(make_shop: Any) -> None:
    """Whatever the order; both products stay in it."""
    shop = make_shop(FOLLOWS)
    shop.night(*IN_BOTH, categories=TWINS)
    for one in ([category(1, "Zon kids"), TWINS[1]], [TWINS[1], category(1, "Zon kids")]):
        shop.forget_requests()
        night = shop.night(*IN_BOTH, categories=one)
        assert (shop.writes(), shop.paths()) == ([], ["Zon"])
        (row,) = [row for row in night.report["manual_actions"] if row["stream"] == "categories"]
        assert (row["external_id"], row["source"], row["micropim"]) == ("1", "Zon kids", "Zon")
    night = shop.night(*IN_BOTH, categories=[category(1, "Sun"), category(2, "SUN")])
    assert shop.paths() == ["Sun"]
    assert night.report["manual_actions"] == []
    assert shop.categories_of("A") == shop.categories_of("B") == ["Sun"]
    shop.forget_requests()
    shop.night(*IN_BOTH, categories=[category(2, "SUN"), category(1, "Sun")])
    assert shop.writes() == []


def test_one_that_shared_is_gone_from_the_source(make_shop: Any) -> None:
    """Then the category is the other's alone."""
    shop = make_shop(FOLLOWS)
    shop.night(*IN_BOTH, categories=TWINS)
    shop.night(IN_BOTH[0], categories=[category(1, "Zon kids")])
    assert shop.paths() == ["Zon kids"]


def test_a_shared_one_that_was_renamed_by_hand_stays(make_shop: Any) -> None:
    """And is told."""
    shop = make_shop(FOLLOWS)
    shop.night(*IN_BOTH, categories=TWINS)
    shop.people.rename_category(shop.people.category_id("Zon"), "Soleil")
    night = shop.night(*IN_BOTH, categories=[category(1, "Sun"), category(2, "SUN")])
    assert shop.paths() == ["Soleil"]
    assert night.says_something


def test_a_dry_run_plans_the_same_moves(make_shop: Any) -> None:
    """And sends none."""
    shop = make_shop(FOLLOWS)
    night = shop.night(categories=TREE, dry_run=True)
    assert night.is_good
    lines = [json.loads(line) for line in (night.folder / "plan.jsonl").read_text().splitlines()]
    assert [line["action"] for line in lines].count("create") == len(TREE)
    planned = [line["fields"]["position"]["after"] for line in lines if line["action"] == "move"]
    assert shop.writes() == []
    shop.night(categories=TREE)
    assert len(planned) == sum("move" in write for write in shop.writes())
