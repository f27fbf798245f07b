"""What was refused is tried again by itself on the next night, its newest version only, and counted apart."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import at, category, product, sold_in

GOOD = [f"G{n:02}" for n in range(20)]


def refuse(shop: Any, text: str, times: int | None = None) -> None:
    """MicroPIM refuses each write that holds a text."""
    shop.pim.faults.add(Fault("status", "/api/", times=times, status=400, containing=text))


def mixed(good: list[Any], bad: list[Any]) -> list[Any]:
    """A bad record behind each good one, as long as there are any."""
    return [record for n, one in enumerate(good) for record in (one, *bad[n : n + 1])]


@pytest.mark.parametrize("known", [True, False])
def test_a_reject_goes_in_though_the_source_does_not_send_it_again(shop: Any, known: bool) -> None:
    """A creation or a change; the records of the night are counted without it."""
    if known:
        shop.night(product("M1", "A"))
    refuse(shop, "Refused", times=1)
    first = shop.night(product("M1", "Refused for once"), product("M2", "A"))
    assert first.rejected == {"M1"}
    last = shop.night(product("M3", "A"))
    assert (shop.name("M1"), last.is_good, last.rejected) == ("Refused for once", True, set())
    assert last.report["streams"]["products"]["received"] == 1


def test_a_refused_category_goes_in_too(shop: Any) -> None:
    """And the products that wait for it."""
    refuse(shop, "Sun", times=1)
    tree = [category(1, "Care"), category(2, "Sun")]
    shop.night(product("M1", "A", **sold_in(1, 2)), categories=tree)
    for _night in range(2):
        shop.night(product("M9", "A"), categories=[category(1, "Care")])
    assert (shop.paths(), shop.categories_of("M1")) == (["Care", "Sun"], ["Care", "Sun"])


def test_only_the_newest_version_is_tried_again(shop: Any) -> None:
    """Two versions were refused: the older one is not written at all."""
    refuse(shop, "Refused")
    for seconds, name in ((1000, "Refused v1"), (2000, "Refused v2")):
        shop.night(at(seconds, product("M1", name)))
    shop.pim.faults.clear()
    shop.forget_requests()
    shop.night(product("M2", "A"))
    assert shop.name("M1") == "Refused v2"
    assert [record.body.get("name") for record in shop.requests if record.method in {"POST", "PATCH"}].count(
        "Refused v1"
    ) == 0


def test_a_newer_version_takes_its_place(shop: Any) -> None:
    """The source sends a better one: the reject is over, and does not come back a night later."""
    refuse(shop, "Refused", times=1)
    shop.night(at(1000, product("M1", "Refused")))
    for name in ("Better", "Better"):
        last = shop.night(at(2000, product("M1", name)))
        assert (shop.name("M1"), last.rejected) == ("Better", set())


def test_more_than_the_limit_is_a_bad_night(shop: Any) -> None:
    """Eleven of thirty are refused, each for its own content, while others go in between."""
    refuse(shop, "Refused")
    bad = [product(f"B{n:02}", f"Refused {n}") for n in range(11)]
    told = shop.night(*mixed([product(key, "A") for key in GOOD], bad))
    assert (told.is_good, told.states) == (False, [])


def test_old_rejects_that_fail_again_do_not_count(shop: Any) -> None:
    """Eight new ones a night, twice: each night is within the limit."""
    refuse(shop, "Refused")
    for night, name in enumerate("AB"):
        bad = [product(f"B{night}{n}", f"Refused {n}") for n in range(8)]
        told = shop.night(*mixed([product(key, name) for key in GOOD], bad))
        assert told.is_good
        assert {shop.name(key) for key in GOOD} == {name}
