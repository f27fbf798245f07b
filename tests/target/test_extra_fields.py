"""Fields that MicroPIM does not document: only by extra_fields, compared where they show.

See docs/api/micropim.md#unknown-fields.
"""

from typing import Any

import pytest

from target_micropim.mapping.overrides import checked_extra_fields, extra_values

CONFIG = {"extra_fields": {"maker_code": "supplierReference", "vat_rate_id": {"value": 1}}}
DOCUMENTED = ("name", "sku", "attributes", "category_ids")


def made(singer: Any, **fields: Any) -> list[bytes]:
    """One product with a reference of its supplier."""
    return singer.lines(products=[singer.product(1, **{"supplierReference": "R-1", **fields})])


def test_off_by_default(world: Any, singer: Any) -> None:
    """Nothing that is not documented travels."""
    world.load(made(singer))
    assert world.bodies("POST")[0].keys() == {"sku", "name", "status", "currency", "product_type"}


@pytest.mark.parametrize("unknown", ["ignored", "kept"])
def test_they_travel_once_whether_they_show_or_not(make_world: Any, singer: Any, unknown: str) -> None:
    """A constant and a path go with the product; again is nothing, and another value is that field alone."""
    world = make_world(CONFIG, unknown_fields=unknown)
    outcome = world.load(made(singer))
    assert world.bodies("POST")[0] | {"maker_code": "R-1", "vat_rate_id": 1} == world.bodies("POST")[0]
    for record in (made(singer), made(singer, name={"en": "New"}), made(singer, supplierReference="R-2")):
        outcome = world.load(record)
    assert world.bodies("PATCH") == [{"name": "New"}, {"name": "Product 1", "maker_code": "R-2"}]
    assert outcome.report["conflicts"] == outcome.report["warnings"] == []
    assert world.pim.products[90001].get("maker_code") == ("R-2" if unknown == "kept" else None)


def test_an_edit_by_hand_stands_where_it_shows(make_world: Any, singer: Any) -> None:
    """Like any field: a double change is a conflict; field_policies decides otherwise."""
    world = make_world(CONFIG, unknown_fields="kept")
    world.load(made(singer))
    world.pim.products[90001]["maker_code"] = "by hand"
    outcome = world.load(made(singer, supplierReference="R-2"))
    assert [row["what"].split(":")[0] for row in outcome.report["conflicts"]] == ["extra_fields.maker_code"]
    assert world.pim.products[90001]["maker_code"] == "by hand"
    world.load(made(singer, supplierReference="R-3"), field_policies={"extra_fields": "always"})
    assert world.pim.products[90001]["maker_code"] == "R-3"


def test_where_unknown_fields_are_refused_the_record_is_a_reject(make_world: Any, singer: Any) -> None:
    """In the server's words: whoever asked for the field has to know."""
    world = make_world(CONFIG, unknown_fields="400")
    (reject,) = world.load(made(singer)).rejects
    assert (reject["stage"], reject["said"]) == ("send", "Unknown field: maker_code")


def test_a_lost_ledger_costs_one_write_where_they_do_not_show(make_world: Any, singer: Any) -> None:
    """Nobody can tell what is there, so it is said once more; where it shows it is equal, and nothing is sent."""
    for unknown, writes in (("ignored", 1), ("kept", 0)):
        world = make_world(CONFIG, unknown_fields=unknown)
        world.load(made(singer))
        world.lose_ledger()
        world.forget_requests()
        world.load(made(singer))
        assert len(world.writes()) == writes


def test_in_the_shape_of_micropim_too(make_world: Any, singer: Any) -> None:
    """A path into a native record, and a nested constant; an absent value is not sent."""
    world = make_world(unknown_fields="kept")
    extras = {"season": "labels.season", "none": "absent", "translations2": {"value": {"nl": {"name": "N"}}}}
    record = {"sku": "A", "name": "A", "labels": {"season": "2027"}}
    for _ in range(2):
        world.load(singer.lines(products=[record]), profile="native", extra_fields=extras)
    product = world.pim.products[90001]
    assert (product["season"], product["translations2"]) == ("2027", {"nl": {"name": "N"}})
    assert "none" not in product
    assert len(world.writes()) == 1


@pytest.mark.parametrize(
    ("extra_fields", "words"),
    [
        ({"name": "seoName"}, "name is a documented field: it has its own settings"),
        ({"attributes": {"value": {}}}, "attributes is a documented field"),
        ({"slug": {"value": "x"}}, "slug is a documented field: MicroPIM makes it"),
        ({"a b": {"value": 1}}, "'a b' is no name of a field"),
        ({"a": 1}, 'a: must be a path like supplierReference, or {"value": ...}'),
        ({"a": {"value": None}}, 'a: a value for every product is written {"value": ...}'),
        ({"a": {"values": 1}}, "a: a value for every product"),
        ({"a": "supplierRefrence"}, "there is no field supplierRefrence in the source; is supplierReference meant?"),
        ("[1]", "must be an object"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_first_record(world: Any, extra_fields: Any, words: str) -> None:
    """With the name of the setting, all at once."""
    failure = world.run([], extra_fields=extra_fields).failure
    assert words in str(getattr(failure, "errors", failure))
    assert world.pim.requests == []


def test_paths_are_those_of_field_map() -> None:
    """Localized, with units, first value."""
    extras = checked_extra_fields({"w": "weightWithUnit", "n": "name", "flag": {"value": False}}, DOCUMENTED, [])
    record = {"weightWithUnit": {"value": 0.5, "unit": "kg"}, "name": {"nl": "N"}}
    assert extra_values(record, extras, ("nl",)) == {
        "extra_fields.w": "0.5 kg",
        "extra_fields.n": "N",
        "extra_fields.flag": False,
    }
