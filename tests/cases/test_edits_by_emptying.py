"""Emptying a field is an edit: it stands, whatever else changes; what was never filled by us is filled."""

from typing import Any

import pytest

from sandbox.faults import Fault
from tests.cases.records import brand, ean, product, supplier, text

CONFIG = {"brand_map": {"Rosalba": 2}, "supplier_map": {"Groothandel Voorbeeld": 2}}
WHOLE = {
    "ean": [ean(1)],
    "shortDescription": {"nl": "Short"},
    **brand("Rosalba"),
    **supplier("Groothandel Voorbeeld"),
    **text("<p>Long</p>"),
}
FIELDS = ("ean", "brand_id", "supplier_id", "description", "short_description")


@pytest.mark.parametrize("fields", [("ean", "brand_id"), FIELDS, *((field,) for field in FIELDS)])
def test_what_a_person_emptied_stays_empty(make_shop: Any, fields: tuple[str, ...]) -> None:
    """The source changes the name alone, twice: the names arrive, the other fields are as they were left."""
    shop = make_shop(CONFIG)
    shop.night(product("M1", "A", **WHOLE))
    filled = {field: shop.product("M1")[field] for field in FIELDS}
    assert all(filled.values())
    shop.people.empty(shop.id_of("M1"), *fields)
    for name in "BC":
        shop.night(product("M1", name, **WHOLE))
        assert shop.name("M1") == name
        shown = {field: shop.product("M1")[field] for field in FIELDS}
        assert shown == filled | dict.fromkeys(fields)


@pytest.mark.parametrize("field", FIELDS)
def test_emptied_and_everything_else_changes(make_shop: Any, field: str) -> None:
    """Each other field of the same product follows the source."""
    shop = make_shop(CONFIG)
    shop.night(product("M1", "A", **WHOLE))
    shop.people.empty(shop.id_of("M1"), field)
    others = {"shortDescription": {"nl": "Shorter"}} if field == "description" else text("<p>Longer</p>")
    shop.night(product("M1", "B", **WHOLE | others))
    row = shop.product("M1")
    assert (row["name"], row[field]) == ("B", None)
    assert row["short_description" if field == "description" else "description"] in {"Shorter", "<p>Longer</p>"}


@pytest.mark.parametrize("field", ["ean", "brand_id", "supplier_id"])
def test_what_was_never_filled_is_filled_once(make_shop: Any, field: str) -> None:
    """A product that people made gets the value; emptied after that, it stays empty."""
    shop = make_shop(CONFIG)
    key = shop.people.add("M1", name="Theirs")["id"]
    shop.night(product("M1", "A", **WHOLE))
    assert shop.product("M1")[field]
    shop.people.empty(key, field)
    for price in (995, 996):
        shop.night(product("M1", "A", publicPrice=price, supplierReference=str(price), **WHOLE))
        assert shop.product("M1")[field] is None


@pytest.mark.parametrize("field", ["ean", "brand_id", "supplier_id"])
def test_a_value_that_a_person_typed_is_not_replaced(make_shop: Any, field: str) -> None:
    """Also where the source names another one later."""
    shop = make_shop({"brand_map": {"Rosalba": 2, "Vitaforte": 3}, "supplier_map": CONFIG["supplier_map"]})
    shop.night(product("M1", "A", **WHOLE))
    typed = ean(7) if field == "ean" else 1
    shop.people.edit(shop.id_of("M1"), **{field: typed})
    shop.night(product("M1", "B", **WHOLE))
    shop.night(product("M1", "C", **WHOLE | {"ean": [ean(2)]} | brand("Vitaforte")))
    assert (shop.name("M1"), shop.product("M1")[field]) == ("C", typed)


@pytest.mark.parametrize("field", ["description", "short_description"])
def test_emptied_after_it_was_empty_on_both_sides(make_shop: Any, field: str) -> None:
    """The source had nothing for a night, and so has MicroPIM; then it was filled, and a person emptied it."""
    shop = make_shop(CONFIG)
    shop.night(product("M1", "A", **WHOLE))
    without = {"descriptions": []} if field == "description" else {"shortDescription": None}
    shop.people.empty(shop.id_of("M1"), field)
    shop.night(product("M1", "B", **WHOLE | without))
    for number in range(3):
        more = text(f"<p>{number}</p>") | {"shortDescription": {"nl": str(number)}}
        told = shop.night(product("M1", "B", **WHOLE | more))
        assert bool(shop.product("M1")[field]) is (number == 0)
        assert told.conflicts == (set() if number == 0 else {"M1"})
        shop.people.empty(shop.id_of("M1"), field)


@pytest.mark.parametrize("field", ["description", "short_description"])
def test_emptied_after_it_was_filled_late(make_shop: Any, field: str) -> None:
    """The look after the write still showed nothing, the night after it showed what was sent; then it was emptied."""
    shop = make_shop(CONFIG, patch_kept="late")
    key = shop.people.add("M1", name="A")["id"]
    for _night in range(2):
        shop.night(product("M1", "A", **WHOLE))
    assert shop.product("M1")[field]
    shop.people.empty(key, field)
    more = text("<p>Longer</p>") | {"shortDescription": {"nl": "Shorter"}}
    for _night in range(2):
        told = shop.night(product("M1", "A", **WHOLE | more))
        assert (shop.product("M1")[field], told.conflicts) == (None, {"M1"})


@pytest.mark.parametrize("field", ["description", "short_description"])
def test_a_text_of_the_shop_that_was_asked_about_and_is_emptied_stays_empty(make_shop: Any, field: str) -> None:
    """The product was there before the first night, with another text: whose is not known, but it was not empty."""
    shop = make_shop(CONFIG)
    key = shop.people.add("M1", name="A", **{field: "Text of the shop"})["id"]
    shop.night(product("M1", "A", **WHOLE))
    assert shop.product("M1")[field] == "Text of the shop"
    shop.people.empty(key, field)
    for number in (1, 2):
        newer = {"shortDescription": {"nl": f"Short {number}"}, **text(f"<p>Long {number}</p>")}
        report = shop.night(product("M1", "A", **WHOLE | newer)).report
        assert shop.product("M1")[field] is None
        assert field in {row["field"] for row in report["unsure"]}


def test_so_does_one_of_a_creation_whose_end_nobody_saw(make_shop: Any) -> None:
    """MicroPIM stores texts in another form, and answered the creation with a failure."""
    shop = make_shop(CONFIG, text_forms=("capitalised",), show_after_seconds=90)
    shop.pim.faults.add(Fault("status", "POST /api/products$", status=500, commit=True))
    shop.night(product("M1", "A Name", **WHOLE | text("<p>Long Text</p>")))
    assert shop.product("M1")["description"]
    shop.people.empty(shop.id_of("M1"), "description")
    shop.night(product("M1", "A Name", **WHOLE | text("<p>Longer Text</p>")))
    assert shop.product("M1")["description"] is None
