"""A ledger from a backup, or a copy of one: what it does not know was written by us is not written twice."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import category, photos, product, sold_in


def night(shop: Any, number: int) -> Any:
    """Each night a new name, a new picture, a new product and a new category."""
    products = [
        product(f"M{n}", f"Night {number}", **photos(*range(10 * n + 1, 10 * n + number + 1)), **sold_in(number))
        for n in range(1, number + 1)
    ]
    return shop.night(*products, categories=[category(n, f"Category {n}") for n in range(1, number + 1)])


@pytest.fixture
def backups(make_shop: Any) -> Any:
    """A shop, and a way to put its ledger aside and to bring it back."""
    shop = make_shop(sku_unique=False)
    aside = shop.folder / "backup"

    def put_aside() -> None:
        aside.mkdir()
        for file in shop.folder.glob("ledger.db*"):
            shutil.copy(file, aside)

    def bring_back() -> None:
        shop.lose_ledger()
        for file in aside.glob("ledger.db*"):
            shutil.copy(file, Path(shop.folder))

    return shop, put_aside, bring_back


@pytest.mark.parametrize("missed", [1, 2])
def test_a_ledger_from_a_backup(backups: tuple[Any, Callable[[], None], Callable[[], None]], missed: int) -> None:
    """It has missed some nights: nothing is doubled, and names go on or are told."""
    shop, put_aside, bring_back = backups
    night(shop, 1)
    put_aside()
    for number in range(2, missed + 2):
        night(shop, number)
    bring_back()
    last = missed + 2
    told = night(shop, last)
    assert shop.skus() == [f"M{n}" for n in range(1, last + 1)]
    assert shop.paths() == [f"Category {n}" for n in range(1, last + 1)]
    for n in range(1, last + 1):
        pictures = shop.pictures(f"M{n}")
        assert len(pictures) == len(set(pictures))
        assert set(pictures) == set(range(10 * n + 1, 10 * n + last + 1)) or told.tells(f"M{n}")
        assert shop.name(f"M{n}") == f"Night {last}" or told.tells(f"M{n}")


def test_a_copy_of_a_ledger_in_use(backups: tuple[Any, Callable[[], None], Callable[[], None]]) -> None:
    """Two machines go on from one ledger, in turns: nothing is doubled."""
    shop, put_aside, _bring_back = backups
    night(shop, 1)
    put_aside()
    other = shop.another()
    for file in (shop.folder / "backup").glob("ledger.db*"):
        shutil.copy(file, other.folder)
    for number in (2, 3):
        night(shop, number)
        night(other, number)
    assert shop.skus() == ["M1", "M2", "M3"]
    assert shop.paths() == ["Category 1", "Category 2", "Category 3"]
    assert all(len(shop.pictures(sku)) == len(set(shop.pictures(sku))) for sku in shop.skus())


@pytest.mark.parametrize("status", [401, 403])
def test_a_picture_that_was_not_taken_is_no_picture_of_ours(
    backups: tuple[Any, Callable[[], None], Callable[[], None]], status: int
) -> None:
    """The key is not accepted: the run ends, and its ledger comes back when the shop has another picture."""
    shop, put_aside, bring_back = backups
    shop.pim.faults.add(Fault("status", "POST /api/products/{id}/media", status=status))
    assert not shop.night(product("M1", "A", **photos(1))).is_good
    put_aside()
    shop.night(product("M1", "B", **photos(2)))
    bring_back()
    told = shop.night(product("M1", "C", **photos(2)))
    assert (shop.pictures("M1"), told.tells("M1")) == ([2], True)


@pytest.mark.parametrize("status", [401, 403])
def test_a_product_that_was_not_taken_is_no_product_of_ours(make_shop: Any, status: int) -> None:
    """A person makes it before the next night, in the way in which we would have done: it is theirs."""
    shop = make_shop()
    shop.pim.faults.add(Fault("status", "POST /api/products$", status=status))
    assert not shop.night(product("M1", "A")).is_good
    shop.people.add("M1", name="A", short_description="By hand", currency="EUR", status="draft")
    for name in "BC":
        told = shop.night(product("M1", name, shortDescription={"nl": name}))
        assert (shop.name("M1"), shop.product("M1")["short_description"]) == ("A", "By hand")
        assert told.unsure == {"M1"}


def test_a_picture_whose_answer_was_lost_before_the_key_failed_is_sent_once(make_shop: Any) -> None:
    """It was taken; only the look after it is refused: nothing says that it is not there."""
    shop = make_shop()
    shop.pim.faults.add(Fault("drop_after", "POST /api/products/{id}/media"))
    shop.pim.faults.add(Fault("status", "GET /api/products/{id}$", nth=2, status=401))
    record = product("M1", "A", **photos(1))
    assert not shop.night(record).is_good
    shop.pim.faults.clear()
    assert not shop.night(record).says_something
    assert shop.pictures("M1") == [1]
