"""An id that MicroPIM refuses is forgotten: it is looked for again, or left out and told."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import brand, product, supplier

KINDS = {"brand": brand, "supplier": supplier}


@pytest.fixture
def merged(make_shop: Any) -> Any:
    """A shop in which the id of a brand or supplier was learnt from people's product and exists no longer."""

    def make(kind: str, refusal: str | None = None, **options: Any) -> Any:
        shop = make_shop(brands={11: "Rosalba"}, suppliers={11: "Rosalba"}, **options)
        shop.people.add("OWN-1", **{f"{kind}_id": 11})
        shop.night(product("M1", "A", **KINDS[kind]("Rosalba")))
        assert shop.product("M1")[f"{kind}_id"] == 11
        (shop.people.merge_brands if kind == "brand" else shop.people.merge_suppliers)(11, 12)
        if refusal:
            body = f'{{"status":0,"data":null,"error":"{refusal}"}}'
            refused = Fault("status", "/api/products", times=None, status=400, body=body, containing=f'"{kind}_id":11')
            shop.pim.faults.add(refused)
        return shop

    return make


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [("brand", None), ("brand", "Brand not found"), ("brand", "Validation failed"), ("supplier", None)],
)
def test_new_products_go_in_from_the_second_night_on(merged: Any, kind: str, refusal: str | None) -> None:
    """The first three may be rejects of their night, and a replay takes them in; the next three are in at once."""
    shop = merged(kind, refusal)
    first = shop.night(*(product(f"M{n}", "A", **KINDS[kind]("Rosalba")) for n in (2, 3, 4)))
    assert first.tells(*({"M2", "M3", "M4"} - set(shop.skus())))
    second = shop.night(*(product(f"M{n}", "A", **KINDS[kind]("Rosalba")) for n in (5, 6, 7)))
    assert {"M5", "M6", "M7"} <= set(shop.skus())
    for sku in ("M5", "M6", "M7"):
        found = shop.product(sku)[f"{kind}_id"]
        assert found == 12 or (found is None and second.says_something)
    if first.rejects:
        assert shop.replay(first).is_good
    assert shop.skus() == ["M1", "M2", "M3", "M4", "M5", "M6", "M7", "OWN-1"]


@pytest.mark.parametrize("kind", KINDS)
def test_known_products_go_on(merged: Any, kind: str) -> None:
    """A product that shows the new id by now takes its new name."""
    shop = merged(kind)
    for name in "BC":
        last = shop.night(product("M1", name, **KINDS[kind]("Rosalba")))
    assert (shop.name("M1"), shop.product("M1")[f"{kind}_id"], last.conflicts) == ("C", 12, set())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("refusal", [None, "Brand or supplier not found"])
def test_an_id_of_the_settings_stops_nothing_else(make_shop: Any, kind: str, refusal: str | None) -> None:
    """Many products in a row are refused for it; those behind them go in, new and known, every night."""
    shop = make_shop({f"{kind}_map": {"Rosalba": 11}}, brands={11: "Rosalba"}, suppliers={11: "Rosalba"})
    named = [product(f"A{n}", "A", **KINDS[kind]("Rosalba")) for n in range(15)]
    shop.night(named[0], product("Z0", "A"))
    (shop.people.merge_brands if kind == "brand" else shop.people.merge_suppliers)(11, 12)
    if refusal:
        body = f'{{"status":0,"data":null,"error":"{refusal}"}}'
        shop.pim.faults.add(
            Fault("status", "POST /api/products$", times=None, status=400, body=body, containing=f'"{kind}_id":11')
        )
    for number in (1, 2):
        told = shop.night(*named, *(product(f"Z{n}", f"B{number}") for n in range(number + 1)))
        assert {shop.name(f"Z{n}") for n in range(number + 1)} == {f"B{number}"}
        assert told.tells(*(f"A{n}" for n in range(1, 15)))
