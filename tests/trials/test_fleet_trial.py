"""The judge of the fleet's trial: a minute that is too full is seen, and a shop is asked for what its file says."""

import pytest

from trials.fleet.shops import Shop, twenty
from trials.fleet.windows import most_in_a_minute, share_used

RECORD = {"id": "M1", "cnk": ["12", "34"], "brands": [{"id": 7}], "status": "active", "cip13": None}


@pytest.mark.parametrize(
    ("moments", "most"),
    [
        ([], 0),
        ([0.0, 60.0], 1),
        ([0.0, 59.9], 2),
        ([50.0, 0.0, 70.0, 61.0, 130.0], 3),
        ([float(n) for n in range(120)], 60),
    ],
)
def test_a_minute_slides(moments: list[float], most: int) -> None:
    """Two halves of two minutes make one that is too full; the order does not matter."""
    assert most_in_a_minute(moments) == most


def test_the_share_of_a_limit_is_of_the_time_between_first_and_last() -> None:
    """One request a second is all of 60 a minute, and half of 120."""
    moments = [float(second) for second in range(301)]
    assert (share_used(moments, 60), share_used(moments, 120)) == (1.0, 0.5)
    assert share_used(moments[:1], 60) == 0.0


@pytest.mark.parametrize(
    ("shop", "gets"),
    [
        (Shop(0, "be", "nl"), True),
        (Shop(0, "be", "nl", ("M1",)), True),
        (Shop(0, "be", "nl", ("M2",)), False),
        (Shop(0, "be", "nl", ("34",), "cnk"), True),
        (Shop(0, "fr", "fr", ("34",), "cip13"), False),
        (Shop(0, "be", "nl", wanted={"brands": [7, 8], "status": ["active"]}), True),
        (Shop(0, "be", "nl", wanted={"brands": [7], "status": ["inactive"]}), False),
    ],
)
def test_a_shop_gets_what_its_list_and_filter_say(shop: Shop, *, gets: bool) -> None:
    """One value or several, plain or with an id."""
    assert shop.gets(RECORD) is gets


def test_twenty_shops_differ() -> None:
    """Both markets, both egresses, every way to ask for products."""
    rows = [{**RECORD, "id": f"M{number}"} for number in range(8)]
    shops = twenty({"be": rows, "fr": rows})
    assert len({shop.name for shop in shops}) == 20
    assert {(shop.market, shop.egress) for shop in shops} == {(m, e) for m in ("be", "fr") for e in ("north", "south")}
    assert {(shop.codes is None, shop.match, bool(shop.wanted), bool(shop.settings)) for shop in shops} == {
        (True, "id", False, False),
        (False, "id", False, False),
        (False, "id", False, True),
        (True, "id", True, False),
        (False, "cnk", False, False),
        (False, "cip13", False, False),
    }
