"""No single answer makes the program forget what it knows: a 404 is a reason to look again, whatever it is for."""

from typing import Any

import pytest

from sandbox import Fault, foreign
from tests.cases.records import photos, product

ENVELOPE = '{"status":0,"data":null,"error":"Product not found"}'
READ, PATCH, PICTURE = (f"{method} /api/products/{{id}}" for method in ("GET", "PATCH", "POST"))
KEYS = range(1, 15)


def not_found(route: str, **how: Any) -> Fault:
    """MicroPIM says once that the product is not there."""
    return Fault("status", route, status=404, body=ENVELOPE, **how)


@pytest.mark.parametrize(
    "fault",
    [
        not_found(READ),
        not_found(READ, times=3),
        not_found(PATCH),
        not_found(PICTURE),
        not_found(PATCH, commit=True),
        not_found(PICTURE, commit=True),
        foreign(404, READ, times=1),
        foreign(404, READ, times=1, page="json"),
        foreign(404, PATCH, times=1),
        foreign(404, PICTURE, times=1),
        foreign(401, READ, times=1),
        foreign(403, PATCH, times=1),
        foreign(200, READ, times=1, page="list"),
        foreign(200, PATCH, times=1),
        foreign(405, PICTURE, times=1),
    ],
    ids=lambda fault: f"{fault.route.split()[0]} {fault.status} {'own' if fault.body == ENVELOPE else 'foreign'}",
)
def test_one_answer_costs_no_memory(shop: Any, fault: Fault) -> None:
    """The night may reject the product or try again; two nights later all is in, once, and nobody is named."""
    shop.night(product("M1", "A", **photos(1)))
    shop.pim.faults.add(fault)
    shop.night(product("M1", "B", **photos(1, 2)))
    shop.pim.faults.clear()
    shop.night(product("M1", "C", **photos(1, 2)))
    last = shop.night(product("M1", "D", **photos(1, 2)))
    assert (shop.skus(), shop.name("M1"), sorted(shop.pictures("M1"))) == (["M1"], "D", [1, 2])
    assert not last.tells("M1")


@pytest.mark.parametrize("fault", [not_found(READ), foreign(404, READ, times=1)], ids=["MicroPIM", "somebody else"])
def test_a_404_is_no_reason_for_a_second_product(make_shop: Any, fault: Fault) -> None:
    """Also where MicroPIM would take it."""
    shop = make_shop(sku_unique=False)
    shop.night(product("M1", "A"))
    shop.pim.faults.add(fault)
    for name in "BCD":
        shop.night(product("M1", name))
    assert (shop.skus(), shop.name("M1")) == (["M1"], "D")


def everything(name: str) -> list[Any]:
    """Many products with a picture each."""
    return [product(f"M{number}", name, **photos(number)) for number in KEYS]


@pytest.mark.parametrize(
    ("status", "page"), [(404, "html"), (404, "json"), (404, "empty"), (403, "html"), (401, "html"), (405, "html")]
)
@pytest.mark.parametrize("known", [True, False])
def test_a_night_of_foreign_answers_is_a_bad_night(shop: Any, status: int, page: Any, known: bool) -> None:
    """It ends with an error and its state stays behind; after two good ones all is in, once, without a conflict."""
    if known:
        shop.night(*everything("A"))
    shop.pim.faults.add(foreign(status, "/api/products", page=page))
    bad = shop.night(*everything("B"))
    shop.pim.faults.clear()
    assert (bad.is_good, bad.states) == (False, [])
    shop.night(*everything("C"))
    last = shop.night(*everything("D"))
    assert shop.skus() == sorted(f"M{number}" for number in KEYS)
    assert {row["name"] for row in shop.pim.products.values()} == {"D"}
    assert [shop.pictures(f"M{number}") for number in KEYS] == [[number] for number in KEYS]
    assert last.is_good
    assert last.conflicts == set()


@pytest.mark.parametrize("page", ["html", "json", "list", "empty"])
def test_a_night_of_200_without_the_envelope_is_a_bad_night(shop: Any, page: Any) -> None:
    """A page that says 200 is nobody's word either."""
    shop.night(*everything("A"))
    shop.pim.faults.add(foreign(200, "/api/products", page=page))
    bad = shop.night(*everything("B"))
    shop.pim.faults.clear()
    assert (bad.is_good, bad.states) == (False, [])
    last = shop.night(*everything("C"))
    assert {row["name"] for row in shop.pim.products.values()} == {"C"}
    assert (last.is_good, last.conflicts) == (True, set())


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_one_answer_leaves_no_product_live(shop: Any, method: str, nth: int) -> None:
    """What the source has taken out of sale is archived that night, or told and archived the next one."""
    shop.night(product("M1", "A"))
    shop.pim.faults.add(not_found(f"{method} /api/products/{{id}}", nth=nth))
    told = shop.night(product("M1", "A", status="inactive"))
    assert shop.status("M1") == "archived" or told.tells("M1")
    shop.pim.faults.clear()
    shop.night(product("M1", "A", status="inactive"))
    assert shop.status("M1") == "archived"
