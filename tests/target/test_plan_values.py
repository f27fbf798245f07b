"""When two values are the same to MicroPIM, and how a product is read."""

from typing import Any

import pytest

from target_micropim.plan.values import (
    attributes,
    category_ids,
    extras,
    fingerprint,
    fingerprints,
    image_count,
    is_id,
    server_fields,
)


@pytest.mark.parametrize(
    ("value", "right"),
    [(1, True), (2**63 - 1, True), (0, False), (-1, False), (2**63, False), (True, False), ("1", False), (1.0, False)],
)
def test_an_id_is_a_whole_number_that_a_database_holds(value: Any, right: bool) -> None:
    """Both ends."""
    assert is_id(value) is right
    assert category_ids({"categories": [{"id": value}, "x"]}) == ([value] if right else [1] if value == "1" else [])


def test_digests_stay_what_they_are() -> None:
    """They lie in ledgers: another length or order would make every product look changed."""
    assert fingerprint("name", "Name") == fingerprints({"name": "Name"})["name"] == "5155ab90e2825eb7c2"
    assert fingerprint("x", {"b": 1, "a": 2}) == fingerprint("x", {"a": 2, "b": 1}) == "36e4a49f6e40ee88ac"


@pytest.mark.parametrize("text", ["1E3", "1e3", "1000", "1000.", " +1000.0 "])
def test_numbers_are_compared_by_their_value(text: str) -> None:
    """In every form of decimal text; digits of other scripts are texts."""
    assert fingerprint("price", text) == fingerprint("price", 1000)
    assert fingerprint("price", "\u0661") != fingerprint("price", 1)


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ({"x": 1, 2: None}, {"x": 1, "2": None}),
        ([{"code": "x", "value": 1}, {"name": "y"}, {"value": 3}, "z"], {"x": 1, "y": None}),
        ([{"code": "", "attribute_code": "x", "name": "n", "value": 1}], {"x": 1}),
        (None, {}),
        ("text", {}),
    ],
)
def test_attributes_are_read_in_either_form(shown: Any, read: Any) -> None:
    """A map, or pairs; whatever else is there counts as nothing."""
    assert attributes({"attributes": shown}) == read


def test_what_a_product_shows_beyond_the_documented_fields() -> None:
    """Under the names in which they are remembered, the VAT rate by its id."""
    assert extras({"id": 1, "sku": "s", "x": 1, "vat_rate": {"id": 5}}) == {
        "extra_fields.x": 1, "extra_fields.vat_rate_id": 5,
    }  # fmt: skip
    assert extras({"vat_rate": {"id": None}}) == extras({"vat_rate": 5}) == {}


def test_a_product_is_read_in_the_names_in_which_it_is_written() -> None:
    """References by their id, as an object or already as one."""
    read = server_fields({"name": "N", "brand": {"id": 3}, "supplier_id": 4, "attributes": {"x": 1}, "images": [1, 2]})
    assert {name: value for name, value in read.items() if value not in (None, [])} == {
        "name": "N", "brand_id": 3, "supplier_id": 4, "attributes.x": 1,
    }  # fmt: skip
    assert image_count({"images": [1, 2]}) == 2
    assert image_count({"images": "xx"}) == 0


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("price", "8.95", "8.9500"),
        ("price", 8.5, "8.50"),
        ("price", "0", "0.0000"),
        ("price", "100", "1E+2"),
        ("name", " A ", "A"),
        ("name", "e\u0301", "\u00e9"),
        ("publishing_channels", ["a", "b"], ["b", "a"]),
        ("description", None, ""),
        ("publishing_channels", [], None),
        ("price", None, ""),
    ],
)
def test_equal_meanings_have_equal_fingerprints(field: str, one: Any, other: Any) -> None:
    """Whatever form they travel in."""
    assert fingerprint(field, one) == fingerprint(field, other)


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("price", "8.95", "8.96"),
        ("price", "0", None),
        ("stock", 0, None),
        ("name", "a", "A"),
        ("publishing_channels", ["a"], ["a", "b"]),
        ("price", "1e999999999", "2e999999999"),
    ],
)
def test_different_meanings_have_different_fingerprints(field: str, one: Any, other: Any) -> None:
    """Zero is not nothing."""
    assert fingerprint(field, one) != fingerprint(field, other)


@pytest.mark.parametrize("shown", [{}, {"categories": {}, "images": {}}, {"brand": None, "categories": [5, None]}])
def test_unknown_shapes_of_a_product_count_as_nothing(shown: Any) -> None:
    """``{}`` for a list, null for an object, nonsense in a list."""
    assert server_fields(shown)["category_ids"] == []
    assert server_fields(shown)["brand_id"] is None
    assert image_count(shown) == 0


def test_lists_that_lost_an_entry_are_read() -> None:
    """PHP writes them as objects by place."""
    product = {"images": {"1": "a", "2": "b"}, "categories": {"0": {"id": 4}, "2": {"id": "5"}}}
    assert (image_count(product), category_ids(product)) == (2, [4, 5])
    assert (image_count({"images": {}}), category_ids({"categories": {}})) == (0, [])
    assert (image_count({"images": "a"}), category_ids({"categories": None})) == (0, [])


def test_a_status_is_the_same_in_other_letters() -> None:
    """A name is not."""
    assert fingerprint("status", " Archived") == fingerprint("status", "archived")
    assert fingerprint("name", "Archived") != fingerprint("name", "archived")
