"""A product in MicroPIM has one owner among the source's records; who is replaced gives way to the successor."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import at, ean, photos, product, text

CNK = "1234567"
BY_EAN = {"match_on": ["sku", "ean"]}
BY_CODE = {"sku_template": "{cnk}", "create_status": "active"}
GONE = ("inactive", "replaced")


@pytest.mark.parametrize("lookup", ["index", "search"])
@pytest.mark.parametrize("apart", [False, True])
def test_two_records_for_one_product(make_shop: Any, lookup: str, apart: bool) -> None:
    """Each product has the texts and pictures of one of them, and the other is a reject by its id."""
    count = 8
    shop = make_shop({**BY_EAN, "lookup": lookup}, latency=0.002)
    for k in range(1, count + 1):
        shop.people.add(f"SHOP-{k}", ean=ean(k), status="active")

    def record(k: int, letter: str) -> Any:
        picture = 100 * k + (letter == "b")
        return product(f"M{k}{letter}", f"{letter} {k}", ean=[ean(k)], **text(f"<p>{letter}</p>"), **photos(picture))

    pairs = [record(k, letter) for k in range(1, count + 1) for letter in "ab"]
    told = shop.night(*(sorted(pairs, key=lambda row: row["id"][-1]) if apart else pairs))
    assert shop.skus() == sorted(f"SHOP-{k}" for k in range(1, count + 1))
    for k in range(1, count + 1):
        losers = {f"M{k}a", f"M{k}b"} & told.rejected
        assert len(losers) == 1
        winner = "a" if losers == {f"M{k}b"} else "b"
        assert shop.pictures(f"SHOP-{k}") == [100 * k + (winner == "b")]


def test_the_owner_stays_the_owner(make_shop: Any) -> None:
    """Night after night, in the other order too."""
    shop = make_shop(BY_EAN)
    shop.people.add("SHOP-1", ean=ean(1))
    both = [product(key, key, ean=[ean(1)], **photos(number)) for number, key in ((1, "M1"), (2, "M2"))]
    shop.night(both[0])
    for order in (both, both[::-1]):
        told = shop.night(*order)
        assert (shop.pictures("SHOP-1"), told.rejected) == ([1], {"M2"})


@pytest.mark.parametrize("status", GONE)
@pytest.mark.parametrize("successor_first", [False, True])
@pytest.mark.parametrize("by", ["ean", "sku"])
def test_a_predecessor_archives_nothing_of_its_successor(
    make_shop: Any, status: str, successor_first: bool, by: str
) -> None:
    """The shop's own product stays active for two nights; the inactive record is a reject or skipped."""
    shop = make_shop(BY_EAN if by == "ean" else BY_CODE)
    sku = "SHOP-1" if by == "ean" else CNK
    shop.people.add(sku, ean=ean(1), status="active")
    old = product("M-OLD", "Old", status=status, ean=[ean(1)], cnk=CNK)
    new = product("M-NEW", "New", ean=[ean(1)], cnk=CNK)
    for _night in range(2):
        told = shop.night(*([new, old] if successor_first else [old, new]))
        assert (shop.skus(), shop.status(sku)) == ([sku], "active")
        assert "M-NEW" not in told.rejected


@pytest.mark.parametrize("status", GONE)
@pytest.mark.parametrize("successor_first", [False, True])
@pytest.mark.parametrize("by", ["ean", "sku"])
def test_a_code_that_is_given_again(make_shop: Any, status: str, successor_first: bool, by: str) -> None:
    """The successor takes over what we made for its predecessor: one product, not archived, with the new name."""
    shop = make_shop(BY_CODE if by == "sku" else {**BY_EAN, "create_status": "active"})
    codes = {"ean": [ean(1)], "cnk": CNK}
    shop.night(product("M-OLD", "Old", **codes))

    def both(name: str) -> list[Any]:
        records = [product("M-OLD", "Old", status=status, **codes), product("M-NEW", name, **codes)]
        return records[::-1] if successor_first else records

    first = shop.night(*both("New"))
    if first.rejects:
        shop.replay(first)
    last = shop.night(*both("Newer"))
    assert [(row["name"], row["status"]) for row in shop.pim.products.values()] == [("Newer", "active")]
    assert "M-NEW" not in last.rejected


@pytest.mark.parametrize("nights_between", [0, 1])
def test_a_code_that_is_given_again_after_its_archive(make_shop: Any, nights_between: int) -> None:
    """The predecessor was archived by us nights ago: the successor finds the product, alive again or told."""
    shop = make_shop(BY_CODE)
    shop.night(product("M-OLD", "Old", cnk=CNK))
    for _night in range(nights_between + 1):
        shop.night(product("M-OLD", "Old", status="replaced", cnk=CNK))
    assert shop.status(CNK) == "archived"
    for name in ("New", "Newer"):
        last = shop.night(product("M-NEW", name, cnk=CNK))
    assert shop.skus() == [CNK]
    assert (shop.name(CNK), shop.status(CNK)) == ("Newer", "active") or last.tells("M-NEW")


@pytest.mark.parametrize("is_new", [False, True])
def test_an_older_version_of_a_predecessor_takes_nothing_back(make_shop: Any, *, is_new: bool) -> None:
    """Its update time stays known when its product goes on, also where one night made it and gave it up.

    No reject of it waits for the night in which the successor ends.
    """
    shop = make_shop(BY_CODE)
    old, new = product("M-OLD", "Old", cnk=CNK), product("M-NEW", "New", cnk=CNK)
    made, both = at(1000, old), [at(2000, {**old, "status": "replaced"}), at(3000, new)]
    for records in [[made, *both]] if is_new else [[made], both]:
        shop.night(*records)
    assert shop.night(at(1500, product("M-OLD", "Older", cnk=CNK))).rejected == set()
    for _night in range(2):
        shop.night(at(4000, {**new, "status": "inactive"}))
        assert (shop.name(CNK), shop.status(CNK)) == ("New", "archived")


def test_what_was_refused_of_a_predecessor_is_over(make_shop: Any) -> None:
    """Its newer version was dealt with when it gave its product up: the older one is not tried again."""
    shop = make_shop(BY_CODE)
    old, new = product("M-OLD", "Old", cnk=CNK), product("M-NEW", "New", cnk=CNK)
    shop.pim.faults.add(Fault("status", "GET /api/products/{id}$", status=404, times=None))
    assert shop.night(at(1000, old)).rejected == {"M-OLD"}
    shop.pim.faults.clear()
    assert shop.night(at(2000, {**old, "status": "replaced"}), at(3000, new)).rejected == set()
    for _night in range(2):
        told = shop.night(at(4000, {**new, "status": "inactive"}))
        assert (told.rejected, shop.name(CNK), shop.status(CNK)) == (set(), "New", "archived")


def test_two_records_that_change_their_codes(make_shop: Any) -> None:
    """Each takes the other's code in one night: no product is archived or doubled, and each record has one."""
    shop = make_shop({"sku_template": "{cnk}"})
    shop.night(product("M1", "One", cnk="1111111"), product("M2", "Two", cnk="2222222"))
    for _night in range(2):
        told = shop.night(product("M1", "One", cnk="2222222"), product("M2", "Two", cnk="1111111"))
        assert shop.skus() == ["1111111", "2222222"]
        assert {row["name"] for row in shop.pim.products.values()} == {"One", "Two"} or told.tells("M1", "M2")
    assert {row["status"] for row in shop.pim.products.values()} == {"draft"}
