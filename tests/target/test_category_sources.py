"""The places of a product in the trees of categories, whatever shape they come in."""

from typing import Any

import pytest

from target_micropim.mapping.category_sources import CATEGORY_SOURCES, PUBLIC


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        ([{"id": 5}, {"id": "6"}, {"id": 5}], ("5", "6")),
        ({"id": 5}, ("5",)),
        ([{"id": 5.0}, {"id": " 6 "}, {"id": 5.5}], ("5", "6")),
        ({"0": {"id": 5}, "2": {"id": 6}}, ("5", "6")),
        ([5, "6", "x", None, True, 0], ("5", "6")),
        (5, ("5",)),
        (None, ()),
        ([], ()),
        ("x", ()),
    ],
)
def test_categories_of_a_product(value: Any, keys: tuple[str, ...]) -> None:
    """Objects in a list, one object, or their ids."""
    assert PUBLIC.keys_of({"publicCategories": value}) == keys
    other = tuple(f"fine_line:{key}" for key in keys)
    assert CATEGORY_SOURCES["fine_line"].keys_of({"fineLineCategory": value}) == other


def test_products_name_codes_of_the_atc() -> None:
    """Letters and digits, as they stand."""
    atc = CATEGORY_SOURCES["atc"]
    assert atc.keys_of({"atc": "N02BE01"}) == atc.keys_of({"atc": ["N02BE01"]}) == ("atc:N02BE01",)
