"""A night on which little went in is no success: it ends with an error, and its state stays for the next one."""

from typing import Any

import pytest

from sandbox import Fault, foreign
from tests.cases.records import category, product, sold_in

KEYS = [f"M{n:02}" for n in range(1, 15)]
CATEGORIES = [category(1, "Care")]


def everything(name: str, **more: Any) -> list[Any]:
    """Fourteen products in one category."""
    return [product(key, name, **sold_in(1), **more) for key in KEYS]


@pytest.mark.parametrize("status", ["400", "405", "409", "403"])
def test_a_night_in_which_nothing_may_be_made(shop: Any, status: str) -> None:
    """Every write is refused: read-only mode."""
    shop.pim.switch(read_only=status)
    bad = shop.night(*everything("A"), categories=CATEGORIES)
    assert (bad.is_good, bad.states, shop.skus()) == (False, [], [])
    shop.pim.switch(read_only="no")
    good = shop.night(*everything("A"), categories=CATEGORIES)
    assert (good.is_good, shop.skus(), shop.paths()) == (True, KEYS, ["Care"])
    assert good.states


@pytest.mark.parametrize("status", ["400", "405", "409"])
def test_a_night_in_which_nothing_may_be_changed(shop: Any, status: str) -> None:
    """Known products with a new name."""
    shop.night(*everything("A"), categories=CATEGORIES)
    shop.pim.switch(read_only=status)
    bad = shop.night(*everything("B"))
    assert (bad.is_good, bad.states) == (False, [])
    shop.pim.switch(read_only="no")
    good = shop.night(*everything("B"))
    assert good.is_good
    assert {row["name"] for row in shop.pim.products.values()} == {"B"}


@pytest.mark.parametrize("status", ["400", "409"])
def test_a_night_in_which_nothing_may_be_archived(make_shop: Any, status: str) -> None:
    """Known products that are inactive now."""
    shop = make_shop({"create_status": "active", "max_archive": 100})
    shop.night(*everything("A"))
    shop.pim.switch(read_only=status)
    bad = shop.night(*everything("A", status="inactive"))
    assert (bad.is_good, bad.states) == (False, [])
    shop.pim.switch(read_only="no")
    shop.night(*everything("A", status="inactive"))
    assert {row["status"] for row in shop.pim.products.values()} == {"archived"}


@pytest.mark.parametrize(
    "fault",
    [
        foreign(405, "POST /api/products"),
        foreign(404, "POST /api/products"),
        foreign(403, "POST /api/products", page="json"),
        foreign(200, "POST /api/products"),
        Fault("status", "POST /api/products", times=None, status=422),
        Fault("status", "POST /api/products", times=None, status=413),
        Fault("status", "POST /api/products", times=None, status=503),
        Fault("status_zero", "POST /api/products", times=None),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status} {fault.headers.get('content-type', '')}",
)
def test_a_night_in_which_every_creation_fails(make_shop: Any, fault: Fault) -> None:
    """Whoever answers, and however."""
    shop = make_shop(sku_unique=False)
    shop.pim.faults.add(fault)
    bad = shop.night(*everything("A"))
    assert (bad.is_good, bad.states, shop.skus()) == (False, [], [])
    shop.pim.faults.clear()
    good = shop.night(*everything("A"))
    assert (good.is_good, shop.skus()) == (True, KEYS)


@pytest.mark.parametrize("few", [2, 9])
def test_a_few_refusals_are_a_success(shop: Any, few: int) -> None:
    """Within the limit, while others go in: the state leaves and the exit code is 0."""
    shop.night(*everything("A"))
    shop.pim.faults.add(Fault("status", "PATCH /api/products", times=None, status=400, containing="Refused"))
    told = shop.night(*everything("B")[few:], *(product(key, "Refused", **sold_in(1)) for key in KEYS[:few]))
    assert (told.is_good, told.rejected, len(told.states)) == (True, set(KEYS[:few]), 1)
    assert {shop.name(key) for key in KEYS[few:]} == {"B"}
