"""Deleting the ledger costs reads, never doubles; what it undoes of people's work is said."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.faults import Fault
from tests.cases.records import category, photos, product, sold_in, text

CATEGORIES = [category(1, "Care"), category(2, "Sun")]
SOURCE = [
    product(f"M{n}", f"Cream {n}", **sold_in(1, 2), **text(f"<p>Text {n}</p>"), **photos(n + 1)) for n in range(4)
]


def rename(shop: Any) -> None:
    """Sun becomes Zon."""
    shop.people.rename_category(shop.people.category_id("Sun"), "Zon")


def delete(shop: Any) -> None:
    """Sun is deleted."""
    shop.people.delete_category(shop.people.category_id("Sun"))


def take_out(shop: Any) -> None:
    """M0 is no longer in Care."""
    shop.people.unassign(shop.id_of("M0"), shop.people.category_id("Care"))


def empty(shop: Any) -> None:
    """M1 has no description."""
    shop.people.empty(shop.id_of("M1"), "description")


def take_pictures(shop: Any) -> None:
    """M2 has no pictures."""
    shop.people.remove_pictures(shop.id_of("M2"))


def change_sku(shop: Any) -> None:
    """M3 is called M3-OLD."""
    shop.people.change_sku(shop.id_of("M3"), "M3-OLD")


def retype(shop: Any) -> None:
    """M1 has another name."""
    shop.people.edit(shop.id_of("M1"), name="By hand")


DEEDS: dict[str, list[Callable[[Any], None]]] = {
    "all": [rename, take_out, empty, take_pictures, change_sku],
    **{deed.__name__: [deed] for deed in (rename, delete, take_out, empty, take_pictures, change_sku, retype)},
}
NAMED = {
    "take_out": {"M0"}, "empty": {"M1"}, "take_pictures": {"M2"}, "change_sku": {"M3"}, "retype": {"M1"},
}  # fmt: skip


@pytest.mark.parametrize("deeds", DEEDS)
def test_hand_work_and_then_the_ledger_is_lost(make_shop: Any, deeds: str) -> None:
    """With the ledger nothing is undone; without it nothing is undone either, or it is said."""
    shop = make_shop(sku_unique=False)
    shop.night(*SOURCE, categories=CATEGORIES)
    for deed in DEEDS[deeds]:
        deed(shop)
    left = shop.pim.snapshot()
    shop.night(*SOURCE, categories=CATEGORIES)
    assert shop.pim.snapshot() == left
    shop.lose_ledger()
    told = shop.night(*SOURCE, categories=CATEGORIES)
    named = NAMED.get(deeds, {f"M{n}" for n in range(4)})
    assert shop.pim.snapshot() == left or told.warns or told.tells(*named)


@pytest.mark.parametrize(
    ("search", "lookup"),
    [
        ("substring", "auto"), ("tokens", "auto"), ("names", "auto"), ("beginnings", "auto"), ("counted", "auto"),
        ("names", "search"), ("beginnings", "search"), ("beginnings", "index"),
    ],
)  # fmt: skip
def test_a_lost_ledger_makes_no_double(make_shop: Any, search: str, lookup: str) -> None:
    """Whatever a search finds: the products are found otherwise, or none is made."""
    shop = make_shop({"lookup": lookup}, sku_unique=False, search=search)
    source = [product(f"M{n}", f"Cream {n}", **photos(n + 1)) for n in range(5)]
    shop.night(*source)
    made = shop.skus()
    shop.lose_ledger()
    told = shop.night(*source)
    assert shop.skus() == made
    assert all(shop.pictures(sku) == [int(sku[1:]) + 1] for sku in made)
    assert made == [f"M{n}" for n in range(5)] or told.says_something


@pytest.mark.parametrize("lookup", ["auto", "search", "index"])
@pytest.mark.parametrize("place", [0, 3])
def test_a_lost_ledger_and_an_archived_sku_in_small_letters(make_shop: Any, place: int, lookup: str) -> None:
    """MicroPIM stores SKUs its own way, and the product is in the archive, where a search for live ones finds none."""
    shop = make_shop({"lookup": lookup}, sku_unique=False, sku_form="lower")
    for number in range(4):
        shop.people.add(f"mx{number}", name=f"Cream {number}")
    source = [product(f"Mx{number}", f"Cream {number}") for number in range(4)]
    shop.people.archive(shop.id_of(f"mx{place}"))
    told = shop.night(*source)
    assert shop.skus() == [f"mx{number}" for number in range(4)]
    assert told.says_something


def test_a_creation_that_nobody_saw_is_told_when_it_is_to_go_in_small_letters(make_shop: Any) -> None:
    """MicroPIM stores SKUs in small letters; the record of a product that was perhaps made is inactive by now."""
    shop = make_shop({"lookup": "index"}, sku_form="lower")
    shop.people.add("SHOP-1", name="Theirs")
    shop.pim.faults.add(Fault("status", "POST /api/products$", status=500, commit=True))
    shop.night(product("M1", "A"))
    report = shop.night(product("M1", "A", status="inactive")).report
    assert report["streams"]["products"]["rejected"] == 1
