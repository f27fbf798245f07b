"""What field_map and extra_fields may say."""

from typing import Any

import pytest

from target_micropim.mapping.overrides import ExtraField, checked_extra_fields, checked_field_map, extra_values


def test_extra_fields_are_paths_or_values() -> None:
    """What has no value is not sent; everything that makes no sense is told at once, with the likely name."""
    given = {"a": "supplierReference", "b": {"value": "new"}, "c": "absent"}
    found = checked_extra_fields(given, {"name"}, {"supplierReference", "absent"})
    assert found == {"a": ExtraField("supplierReference"), "b": ExtraField(None, "new"), "c": ExtraField("absent")}
    record = {"supplierReference": "r"}
    assert extra_values(record, found, ("nl",)) == {"extra_fields.a": "r", "extra_fields.b": "new"}
    wrong = {
        "name": "x", "slug": "x", "a-b": "x", "e": {"value": ""}, "f": {"value": 1, "x": 2}, "g": 5, "h": "a b",
        "i": "suplierReference.x", "j": "other", "k": {},
    }  # fmt: skip
    with pytest.raises(ValueError, match="documented field") as refused:
        checked_extra_fields(wrong, {"name"}, {"supplierReference"})
    told = str(refused.value).replace("; is ", ", is ").split("; ")
    assert [one.split(":")[0].split(" is ")[0] for one in told] == [
        "name",
        "slug",
        "'a-b'",
        "e",
        "f",
        "g",
        "h",
        "i",
        "k",
    ]
    assert told[0].endswith("it has its own settings")
    assert told[1].endswith("MicroPIM makes it")
    assert told[7].endswith("is supplierReference meant?")


KNOWN = ("seoName", "descriptions", "organizations", "status", "brandName", "brandNames")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"ean": None, "brand": None},
        {"name": "seoName", "description": "descriptions.indication", "short_description": "descriptions.faq"},
        {"name": "seoName.nl"},
        {"name": "organizations.faq"},  # types of description are of descriptions only
        {"name": "aField"},  # of a stream map
        {"name": "zField_9"},
    ],
)
def test_a_map_that_makes_sense(given: dict[str, Any]) -> None:
    """It is taken as it is."""
    assert checked_field_map(given, KNOWN) == given


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"name": None}, "name cannot be left out: MicroPIM requires it"),
        ({"sku": "seoName"}, "sku is no field that can be mapped; there are name,"),
        ({"zzz": None}, "zzz is no field that can be mapped; there are name,"),
        ({"name": 5}, "name: must be a field of Medipim, like seoName or descriptions.indication, or null"),
        ({"name": "a b"}, "name: must be a field of Medipim,"),
        ({"name": "seoName."}, "name: must be a field of Medipim,"),
        ({"name": "naïve"}, "name: must be a field of Medipim,"),
        ({"name": "seoNam"}, "name: Medipim has no field seoNam; is seoName meant?"),
        ({"name": "brandNamez"}, "name: Medipim has no field brandNamez; is brandName"),
        ({"name": "descriptions"}, "name: nothing is no type of description; there are "),
        ({"name": "descriptions.wrong"}, "name: wrong is no type of description; there are "),
        ({"name": None, "sku": "x"}, "name cannot be left out: MicroPIM requires it; sku is no field"),
    ],
)
def test_a_map_that_makes_no_sense_is_refused(given: dict[str, Any], wrong: str) -> None:
    """With everything that is wrong about it, and what may be meant."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is compared
        checked_field_map(given, KNOWN)
    assert str(refused.value).startswith(wrong)
