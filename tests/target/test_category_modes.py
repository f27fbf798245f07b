"""Categories of products: added, managed, by PATCH or by the category's own route.

See docs/api/micropim.md#categories-in-patch, docs/api/micropim.md#unassign-products and
docs/api/micropim.md#category-rename.
"""

from typing import Any

import pytest

from sandbox.faults import Fault


def in_shop(singer: Any, number: int, *categories: int, **fields: Any) -> Any:
    """A product in categories."""
    return singer.product(number, publicCategories=[{"id": key} for key in categories], **fields)


def tree(singer: Any) -> list[Any]:
    """Two categories."""
    return [singer.category(1, "A"), singer.category(2, "B")]


def categories_of(world: Any, sku: str) -> list[str]:
    """The categories a product is in."""
    return sorted(world.pim.snapshot()["products"][sku]["categories"])


@pytest.mark.parametrize("world_of", ["replace", "merge", "ignored"])
def test_a_new_category_is_added_whatever_a_patch_does(make_world: Any, singer: Any, world_of: str) -> None:
    """Replaced, merged or ignored: the product is in both categories, and the next run has nothing to do."""
    world = make_world(patch_categories=world_of)
    world.load(singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 1)]))
    given = singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 1, 2)])
    outcome = world.load(given)
    assert categories_of(world, "1") == ["A", "B"]
    assert outcome.report["changes"][0]["fields"]["category_ids"] == {"before": "A (401)", "after": "A (401), B (402)"}
    assert ("POST /api/categories/402/products" in world.writes()) is (world_of == "ignored")
    world.forget_requests()
    world.load(given)
    assert world.writes() == []


def test_a_route_that_replaces_is_repaired_and_left_alone(make_world: Any, singer: Any) -> None:
    """Nobody is thrown out of a category for good; what could not be assigned is not remembered as assigned."""
    world = make_world(patch_categories="ignored", assign="replace")
    world.load(singer.lines(categories=tree(singer), products=[in_shop(singer, 9, 2)]))
    new = [in_shop(singer, number) for number in (1, 2, 3)]
    world.load(singer.lines(categories=tree(singer), products=new))
    outcome = world.load(
        singer.lines(categories=tree(singer), products=[in_shop(singer, n, 2) for n in (1, 2, 3)]), max_in_flight=1
    )
    assert categories_of(world, "9") == ["B"]
    assert [categories_of(world, sku) for sku in ("1", "2", "3")] == [["B"], ["B"], []]
    assert any("threw out 2 others" in row["what"] for row in outcome.report["warnings"])
    assert any("could not be added" in row["what"] for row in outcome.report["manual_actions"])


def test_a_category_nobody_takes_is_not_remembered(make_world: Any, singer: Any) -> None:
    """Ignored by the PATCH and refused by the route: the product is written, a person is told, the next run tries."""
    world = make_world(patch_categories="ignored")
    world.load(singer.lines(categories=tree(singer), products=[in_shop(singer, 1)]))
    world.pim.faults.add(Fault("status", "POST /api/categories/{id}/products", times=None, status=400))
    given = singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 1, name={"en": "New"})])
    outcome = world.load(given)
    assert outcome.rejects == []
    assert world.pim.snapshot()["products"]["1"]["name"] == "New"
    assert any("did not take: product 90001 in category 401" in row["what"] for row in outcome.report["warnings"])
    world.pim.faults.clear()
    world.load(given)
    assert categories_of(world, "1") == ["A"]


def test_managed_takes_products_out_of_what_the_source_dropped(world: Any, singer: Any) -> None:
    """Only among our categories; a category a person chose stays, and the report names what was taken away."""
    given = singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 1, 2)])
    world.load(given, categories_mode="managed")
    world.pim.add("other")
    other = world.box.micropim.store.next_id("category")
    world.pim.categories[other] = {**world.pim.categories[401], "id": other, "name": "By hand"}
    world.pim.edit(90001, category_ids=[401, 402, other])
    dropped = singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 2)])
    outcome = world.load(dropped, categories_mode="managed")
    assert categories_of(world, "1") == ["B", "By hand"]
    assert [row["what"] for row in outcome.report["warnings"]] == ["taken out of category A: the source has dropped it"]
    assert len(world.pim.categories) == 3


def test_add_takes_nothing_away(world: Any, singer: Any) -> None:
    """The default only ever adds."""
    world.load(singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 1, 2)]))
    world.load(singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 2)]))
    assert categories_of(world, "1") == ["A", "B"]


@pytest.mark.parametrize("world_of", ["replace", "merge", "ignored"])
def test_replace_follows_the_source_in_every_category(make_world: Any, singer: Any, world_of: str) -> None:
    """Also in those that a person chose; where MicroPIM keeps them, a person is told."""
    world = make_world(patch_categories=world_of)
    world.load(singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 1)]))
    other = world.box.micropim.store.next_id("category")
    world.pim.categories[other] = {**world.pim.categories[401], "id": other, "name": "By hand"}
    world.pim.products[90001]["category_ids"] = [401, other]
    outcome = world.load(
        singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 2)]), categories_mode="replace"
    )
    assert categories_of(world, "1") == (["B"] if world_of == "replace" else ["A", "B", "By hand"])
    taken = [row["what"] for row in outcome.report["warnings"] if "taken out of" in row["what"]]
    assert [what.split(":")[0] for what in taken] == ["taken out of category A", "taken out of category By hand"]
    kept = [row for row in outcome.report["manual_actions"] if "by hand" in row["what"]]
    assert len(kept) == (0 if world_of == "replace" else 2)


def test_replace_takes_nothing_from_a_product_that_the_source_puts_nowhere(world: Any, singer: Any) -> None:
    """A source that says nothing is no order to empty."""
    world.load(singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 1)]), categories_mode="replace")
    world.load(singer.lines(products=[in_shop(singer, 1, name={"en": "New"})]), categories_mode="replace")
    assert categories_of(world, "1") == ["A"]


def test_managed_below_a_root_leaves_the_rest_alone(world: Any, singer: Any) -> None:
    """Below the root MicroPIM follows the source, elsewhere nothing changes, even when the ledger is lost."""
    settings = {"categories_mode": "managed", "category_root": "Shop"}
    world.load(singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 1)]), **settings)
    free = world.box.micropim.store.next_id("category")
    world.pim.categories[free] = {**world.pim.categories[401], "id": free, "name": "Free", "parent_id": None}
    world.pim.edit(90001, category_ids=[402, free])
    world.lose_ledger()
    world.load(singer.lines(categories=tree(singer), products=[in_shop(singer, 1)]), **settings)
    assert categories_of(world, "1") == ["Free"]


def test_managed_takes_nothing_away_while_a_category_is_missing(world: Any, singer: Any) -> None:
    """Products may come before their categories: nobody can tell yet what was dropped."""
    world.load(singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 1)]), categories_mode="managed")
    outcome = world.load(singer.lines(products=[in_shop(singer, 1, 77)]), categories_mode="managed")
    assert categories_of(world, "1") == ["A"]
    assert outcome.report["totals"]["unmapped"] == 1


def test_a_removal_that_is_merged_away_is_left_to_a_person(make_world: Any, singer: Any) -> None:
    """A PATCH that only ever adds cannot take a product out."""
    world = make_world(patch_categories="merge")
    world.load(singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 1, 2)]), categories_mode="managed")
    outcome = world.load(
        singer.lines(categories=tree(singer), products=[in_shop(singer, 1, 2)]), categories_mode="managed"
    )
    assert [row["what"] for row in outcome.report["manual_actions"]] == [
        "MicroPIM keeps it in category A: take it out by hand"
    ]


@pytest.mark.parametrize("named", [True, False])
def test_categories_are_renamed_and_moved_only_when_asked_to(make_world: Any, singer: Any, *, named: bool) -> None:
    """Off by default; when on, in one go, with the description that a person wrote: a PUT may replace the whole."""
    world = make_world(put_name_required=named)
    world.load(singer.lines(categories=tree(singer)))
    world.pim.categories[401]["description"] = "By hand"
    changed = singer.lines(categories=[singer.category(2, "B"), singer.category(1, "Alpha", 2)])
    world.forget_requests()
    world.load(changed)
    assert world.writes() == []
    outcome = world.load(changed, update_categories=True)
    assert world.writes() == ["PUT /api/categories/401", "POST /api/categories/401/move"]
    assert world.pim.categories[401]["description"] == "By hand"
    assert world.pim.store.path(401) == "B > Alpha"
    assert outcome.report["changes"][0]["fields"]["path"] == {"before": "A", "after": "B > Alpha"}
    world.forget_requests()
    world.load(changed, update_categories=True)
    assert world.writes() == []


def test_a_move_that_makes_no_sense_is_a_reject(world: Any, singer: Any) -> None:
    """Into its own subtree, or onto a place that is taken: refused with the reason, nothing is lost."""
    world.load(singer.lines(categories=[*tree(singer), singer.category(3, "C", 1)]))
    outcome = world.load(
        singer.lines(categories=[singer.category(1, "A", 3), singer.category(2, "A")]), update_categories=True
    )
    assert [row["external_id"] for row in outcome.rejects] == ["1", "2"]
    assert sorted(world.pim.store.path(number) for number in world.pim.categories) == ["A", "A > C", "B"]
