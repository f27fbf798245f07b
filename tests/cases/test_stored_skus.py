"""The SKU in the answer is compared with the one that was sent: where it is another one, that is told at once."""

from typing import Any

import pytest

from tests.cases.records import product

SOURCE = [product(f"M0010000{n}", f"Cream {n}") for n in range(3)]
IDS = [row["id"] for row in SOURCE]


@pytest.mark.parametrize(("lookup", "answers"), [("auto", "stored"), ("auto", "echo"), ("index", "stored")])
@pytest.mark.parametrize("form", ["lower", "cut"])
def test_a_sku_that_is_stored_in_another_form(make_shop: Any, form: str, answers: str, lookup: str) -> None:
    """Told in the first night; after a lost ledger no more products, or at most one more, and told."""
    shop = make_shop({"lookup": lookup}, sku_unique=False, sku_form=form, answers=answers)
    first = shop.night(*SOURCE)
    made = len(shop.pim.products)
    assert first.says_something
    assert made == 0 or first.warns or not first.is_good or first.tells(IDS[0]) or first.tells(*IDS)
    shop.lose_ledger()
    second = shop.night(*SOURCE)
    more = len(shop.pim.products) - made
    assert more == 0 or (more == 1 and second.says_something)


def test_a_sku_in_another_case_is_seen_in_the_list_too(make_shop: Any) -> None:
    """The search finds names only, so nothing is looked up by SKU before a creation: the list that was read decides."""
    shop = make_shop({"lookup": "index"}, sku_unique=False, sku_form="lower", search="names")
    shop.night(SOURCE[0])
    shop.lose_ledger()
    again = shop.night(SOURCE[0])
    assert len(shop.pim.products) == 1
    assert again.rejected == {IDS[0]}


@pytest.mark.parametrize("form", ["lower", "cut"])
def test_with_its_ledger_it_is_still_one_product(make_shop: Any, form: str) -> None:
    """Night after night nothing is made again."""
    shop = make_shop(sku_unique=False, sku_form=form)
    shop.night(SOURCE[0])
    made = len(shop.pim.products)
    for name in "BC":
        last = shop.night({**SOURCE[0], "name": {"nl": name}})
        assert len(shop.pim.products) == made
    assert last.tells(IDS[0]) or [row["name"] for row in shop.pim.products.values()] == ["C"]


def test_what_was_made_is_no_reject(make_shop: Any) -> None:
    """The first product of a ledger is looked for to measure how soon one shows; that says nothing of its record."""
    shop = make_shop({"lookup": "index"}, sku_form="lower")
    assert shop.night(SOURCE[0]).rejected == set()
    shop.night(SOURCE[0] | {"status": "inactive"})
    assert [row["status"] for row in shop.pim.products.values()] == ["archived"]


def test_a_form_that_changes_nothing_is_not_told(make_shop: Any) -> None:
    """Small letters and six characters: all as sent."""
    shop = make_shop(sku_form="lower")
    assert not shop.night(product("m1", "A")).says_something
    assert shop.skus() == ["m1"]
