"""The two shapes of input: keys, marks of deletion, categories, and what both have in common."""

from typing import Any

import pytest

from target_micropim.errors import RecordRejected
from target_micropim.mapping.desired import DesiredCategory
from target_micropim.mapping.life import left_out_status
from target_micropim.mapping.overrides import ExtraField
from target_micropim.mapping.profiles import Profile, medipim_profile, native_profile
from tests.target.shop_rules import few_rules

MEDIPIM = medipim_profile(few_rules(), writes_categories=True, acknowledged=frozenset({"media"}))


def native(**changes: Any) -> Profile:
    """The profile of records in MicroPIM's own shape."""
    return native_profile(few_rules(**changes), writes_categories=False)


@pytest.mark.parametrize(
    ("value", "key"),
    [(5, "5"), (" a ", "a"), (0, "0"), ("", None), (" ", None), (None, None), ({"a": 1}, None), ([1], None)],
)
def test_the_key_of_a_record(value: Any, key: str | None) -> None:
    """The id of Medipim's, the SKU of others."""
    assert MEDIPIM.key({"id": value, "sku": "x"}) == key
    assert native().key({"sku": value, "id": "x"}) == key


def test_what_must_not_be_in_two_hands_is_the_sku() -> None:
    """However the key reads."""
    profile = medipim_profile(few_rules("M{id}"), writes_categories=False, acknowledged=frozenset())
    assert profile.worker_key({"id": 5}, "5") == "M5"
    assert profile.worker_key({}, "5") == "5"
    assert native().worker_key({"sku": "y"}, "x") == "x"
    assert (MEDIPIM.writes_categories, MEDIPIM.acknowledged) == (True, frozenset({"media"}))
    assert (native().writes_categories, native().acknowledged, [*native().names({})]) == (
        False,
        frozenset(),
        [],
    )


@pytest.mark.parametrize("mark", [None, ""])
def test_a_record_without_a_mark_of_deletion_is_a_product(mark: Any) -> None:
    """An empty mark is none."""
    record = {"id": 5, "name": {"nl": "N"}, "status": "active", "_sdc_deleted_at": mark}
    found = MEDIPIM.product(record)
    assert (found.deleted, found.inactive, found.fields["name"]) == (False, False, "N")
    assert native().product({"sku": "s", "name": "N", "_sdc_deleted_at": mark}).deleted is False


def test_of_a_deleted_record_only_counts_who_it_was() -> None:
    """It needs no name."""
    for profile, record in ((MEDIPIM, {"id": " 5 "}), (native(), {"sku": " 5 "})):
        found = profile.product(record | {"_sdc_deleted_at": "2026-01-01"})
        assert (found.external_id, found.sku, found.fields) == ("5", "5", {})
        assert (found.inactive, found.deleted) == (True, True)


def test_the_html_of_a_native_record_is_cleaned() -> None:
    """A text without a tag may be no HTML at all; one of which nothing is left is no field."""
    record = {"sku": "s", "name": "N", "description": "<p onclick='x'>a</p>", "short_description": "a & b"}
    assert native().product(record).fields["description"] == "<p>a</p>"
    assert native().product(record).fields["short_description"] == "a & b"
    assert native(keeps_native_html=True).product(record).fields["description"] == "<p onclick='x'>a</p>"
    short = native().product({"sku": "s", "name": "N", "description": "plain", "short_description": "<b>a</b><script>"})
    assert short.fields["short_description"] == "<b>a</b>"
    nothing = native().product(record | {"description": "<script>x</script>"})
    assert "description" not in nothing.fields
    assert nothing.warnings == ()
    huge = native().product(record | {"description": "<b>" + "x" * 260_001})
    assert "description" not in huge.fields
    assert huge.warnings[0].startswith("description: HTML of")


def test_native_records_take_extra_fields_and_tables_too() -> None:
    """The same rules as Medipim's; attributes travel only where they are asked for."""
    record = {"sku": "s", "name": "N", "description": "D", "attributes": {"colour": "red"}, "vat": 3}
    found = native(extra_fields={"vat_rate_id": ExtraField("vat")}).product(record)
    assert found.fields["extra_fields.vat_rate_id"] == 3
    assert found.attributes == ()
    told = native(attributes_to_description=("colour",)).product(record)
    assert "red" in told.fields["description"]
    assert told.attributes == ()
    assert [one.code for one in native(with_attributes=True).product(record).attributes] == ["colour"]


@pytest.mark.parametrize("key", [None, "", " ", True, {"a": 1}, [1]])
def test_a_category_needs_an_id_and_a_name(key: Any) -> None:
    """0 is an id."""
    for wrong, words in (({"id": key, "name": "N"}, "id"), ({"id": 1, "name": {"fr": "N"}}, "name")):
        with pytest.raises(RecordRejected) as refused:
            MEDIPIM.category(wrong)
        assert [reason.path for reason in refused.value.reasons] == [words]


@pytest.mark.parametrize(
    ("parent", "told"),
    [
        (None, None), ("", None), (0, None), ("0", None), (False, None), ([7], None), ({"id": None}, None),
        (7, "7"), (7.0, "7"), (" 7 ", "7"), ({"id": 7}, "7"), ("x", "x"),
    ],
)  # fmt: skip
def test_a_category_and_its_parent(parent: Any, told: str | None) -> None:
    """0 is no parent."""
    found = MEDIPIM.category({"id": 0, "name": {"en": "N"}, "parent": parent})
    assert found == DesiredCategory("0", "N", told, other_language="en")


@pytest.mark.parametrize(
    ("status", "ended", "left_out"),
    [
        ("active", False, None), (" Active", False, None), (None, False, None), ("", False, None),
        ("Inactive", True, None), ("REPLACED ", True, None), ("no_selection", False, "no_selection"), (5, False, "5"),
    ],
)  # fmt: skip
def test_a_status_counts_however_it_is_written(status: Any, ended: bool, left_out: str | None) -> None:
    """What is left out where active products alone are brought over, and what ends a product."""
    record = {"id": 1, "name": {"nl": "N"}, "status": status}
    assert (MEDIPIM.product(record).inactive, left_out_status(record, {"active"})) == (ended, left_out)
