"""Two ledgers for one organization, or two runs for one ledger: nothing is made twice without a word."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import photos, product

COUNT = 12
CREATE = "POST /api/products$"
PICTURE = "POST /api/products/{id}/media"


def source(name: str = "A") -> list[Any]:
    """Products with a picture each."""
    return [product(f"M{n:02}", name, **photos(n)) for n in range(1, COUNT + 1)]


@pytest.mark.parametrize(("begun", "lookup"), [(1, "auto"), (4, "auto"), (10, "auto"), (4, "search"), (4, "index")])
def test_a_second_machine_runs_while_the_first_is_under_way(make_shop: Any, begun: int, lookup: str) -> None:
    """No double; or each doubled SKU stands in a report of that night or the next."""
    first = make_shop({"lookup": lookup}, sku_unique=False)
    second, nights = first.another(), []
    first.pim.meanwhile.do_after(lambda: nights.append(second.night(*source())), write=CREATE, nth=begun)
    nights += [first.night(*source())]
    doubled = {sku for sku in first.skus() if first.skus().count(sku) > 1}
    nights += [first.night(*source("B")), second.night(*source("B"))]
    assert len(set(first.skus())) == COUNT
    assert all(any(night.tells(sku) for night in nights) for sku in doubled)


@pytest.mark.parametrize("lookup", ["auto", "index"])
def test_both_make_the_same_product_at_the_same_moment(make_shop: Any, lookup: str) -> None:
    """Between the last look of the one and its creation the other one makes it: both in one report, by its SKU."""
    first = make_shop({"lookup": lookup}, sku_unique=False)
    second = first.another()
    first.pim.meanwhile.do(lambda: second.night(product("M1", "A")), before=CREATE)
    told = first.night(product("M1", "A"), product("M2", "A"))
    assert (sorted(first.skus()), told.tells("M1")) == (["M1", "M1", "M2"], True)


@pytest.mark.parametrize("nth", range(1, 9))
@pytest.mark.parametrize("search", ["substring", "names"])
@pytest.mark.parametrize("lookup", ["auto", "index"])
def test_the_other_one_makes_it_while_this_one_looks(make_shop: Any, lookup: str, search: str, nth: int) -> None:
    """Before whichever look of the list: it is found, or both are told, also where no search finds a SKU."""
    first = make_shop({"lookup": lookup}, sku_unique=False, search=search)
    second = first.another()
    first.pim.meanwhile.do(lambda: second.night(product("M1", "A")), before="GET /api/products$", nth=nth)
    told = first.night(product("M1", "A"))
    assert first.skus() == ["M1"] or told.tells("M1")


def test_two_machines_that_take_turns(make_shop: Any) -> None:
    """Each finds what the other one made; pictures too are there once."""
    first = make_shop(sku_unique=False)
    second = first.another()
    for name in "ABC":
        for machine in (first, second):
            last = machine.night(*source(name))
    assert (len(first.skus()), {row["name"] for row in first.pim.products.values()}) == (COUNT, {"C"})
    assert all(first.pictures(sku) == [int(sku[1:])] for sku in first.skus())
    assert last.conflicts == set()


def test_one_machine_changes_what_the_other_one_made(make_shop: Any) -> None:
    """The second writes B over its own look at A; the first one then says C: no freeze without a word."""
    first = make_shop()
    second = first.another()
    first.night(product("M1", "A"))
    second.night(product("M1", "B"))
    told = first.night(product("M1", "C"))
    assert first.name("M1") == "C" or told.tells("M1")


@pytest.mark.parametrize("lookup", ["auto", "search", "index"])
def test_a_double_that_shows_late_is_told_the_next_night(make_shop: Any, lookup: str) -> None:
    """Neither product shows before both runs have ended; the next night brings nothing new."""
    first = make_shop({"lookup": lookup}, sku_unique=False, show_after_seconds=90)
    second = first.another()
    first.pim.meanwhile.do(lambda: second.night(product("M1", "A")), before=CREATE)
    nights = [first.night(product("M1", "A")), first.night(product("M1", "A"))]
    assert first.skus() == ["M1", "M1"]
    assert any(night.tells("M1") for night in nights)
    first.forget_requests()
    first.night(product("M1", "A"))
    assert len(first.requests) <= 3  # the key, and a look at the open question


@pytest.mark.parametrize("lookup", ["auto", "search", "index"])
@pytest.mark.parametrize("more", [0, 1])
def test_a_double_that_shows_late_is_told_though_the_other_one_shows(make_shop: Any, lookup: str, more: int) -> None:
    """The other's product shows by the end of the run, and ours does not: as many as there were and one, or more."""
    first = make_shop({"lookup": lookup}, sku_unique=False, show_after_seconds=90)
    second, others = first.another(), [product(f"M{number}", "A") for number in range(1, 2 + more)]
    first.pim.meanwhile.do(lambda: (second.night(*others), first.time.passes(90)), before=CREATE)
    nights = [first.night(product("M1", "A")), first.night(product("M1", "A"))]
    assert first.skus().count("M1") == 2
    assert any(night.tells("M1") for night in nights)
    first.forget_requests()
    first.night(product("M1", "A"))
    assert len(first.requests) <= 3


@pytest.mark.parametrize("lookup", ["auto", "search", "index"])
@pytest.mark.parametrize("seconds", [0, 90])
def test_a_double_of_a_run_that_ended_early_is_told_the_next_night(make_shop: Any, lookup: str, seconds: int) -> None:
    """Both make the product at the same moment; the run is stopped before it could count, the next brings nothing."""
    first = make_shop({"lookup": lookup}, sku_unique=False, show_after_seconds=seconds)
    second = first.another()
    first.pim.meanwhile.do(lambda: second.night(product("M1", "A")), before=CREATE)
    record = product("M1", "A", **photos(1))
    first.pim.faults.add(Fault("status", PICTURE, status=401))
    assert not first.night(record).is_good
    assert first.night(record).tells("M1")
    assert first.skus() == ["M1", "M1"]
    first.forget_requests()
    first.night(record)
    assert len(first.requests) <= 3


def test_a_double_of_a_killed_run_is_told_the_next_night(make_shop: Any) -> None:
    """The same, by a kill after the creation was seen."""
    first = make_shop(sku_unique=False)
    second = first.another()
    first.pim.meanwhile.do(lambda: second.night(product("M1", "A")), before=CREATE)
    first.killed(product("M1", "A", **photos(1)), write=PICTURE)
    assert first.night(product("M1", "A", **photos(1))).tells("M1")


def test_what_a_run_made_that_ended_early_is_looked_for_once(make_shop: Any) -> None:
    """Nobody else made anything: nothing is told, and the night after asks for nothing."""
    shop = make_shop(sku_unique=False)
    shop.pim.faults.add(Fault("status", PICTURE, status=401, nth=COUNT))
    assert not shop.night(*source()).is_good
    assert not shop.night(*source()).says_something
    shop.forget_requests()
    assert not shop.night(*source()).says_something
    assert len(shop.requests) <= 1  # the key


def test_a_double_that_shows_late_to_a_run_that_begins_at_once(make_shop: Any) -> None:
    """The run after it comes too soon to see both; one of the next ones tells."""
    first = make_shop({"lookup": "search", "max_wait_seconds": 15}, sku_unique=False, show_after_seconds=90)
    second = first.another()
    first.rest = second.rest = 2
    first.pim.meanwhile.do(lambda: second.night(product("M1", "A")), before=CREATE)
    nights = [first.night(product("M1", "A")), first.night(product("M1", "A"))]
    first.time.passes(600)
    nights += [first.night(product("M1", "B"))]
    assert (first.skus(), any(night.tells("M1") for night in nights)) == (["M1", "M1"], True)
