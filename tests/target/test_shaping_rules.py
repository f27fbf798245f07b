"""The settings that shape what is sent, rule by rule, and the two profiles of records that they apply to."""

from typing import Any

import pytest

from target_micropim.errors import RecordRejected
from target_micropim.mapping.attributes import DEFAULT_TEMPLATE, attribute_body, checked_attribute_template
from target_micropim.mapping.desired import DesiredCategory
from target_micropim.mapping.html import clean_html
from target_micropim.mapping.medipim import MappingRules, map_product, sku_of
from target_micropim.mapping.numbers import best_code, codes
from target_micropim.mapping.overrides import ExtraField, checked_field_map
from target_micropim.mapping.profiles import Profile, medipim_profile, native_profile

KNOWN = ("seoName", "descriptions", "organizations", "status", "brandName", "brandNames")
OK = {"name": "{name}", "code": "{code}"}


@pytest.mark.parametrize(
    ("given", "template"),
    [
        ({}, DEFAULT_TEMPLATE),
        ({"name": "{name}"}, {"name": "{name}"}),
        ({"name": "My {name} ({type})", "code": "x_{code}"}, {"name": "My {name} ({type})", "code": "x_{code}"}),
        (OK | {"n": 5, "no": None, "list": ["{nothing}"], "plain": "a"}, ...),
        (OK | {"braces": "{{no placeholder}}"}, ...),
    ],
)
def test_a_template_of_attributes(given: dict[str, Any], template: Any) -> None:
    """An empty one is the default; what is no text stands as it is."""
    assert checked_attribute_template(given) == (given if template is ... else template)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"name": "fixed"}, ["name: must hold {name}, or all attributes would be one"]),
        ({"name": 5}, ["name: must hold {name}, or all attributes would be one"]),
        ({"code": "{code}"}, ["name: must hold {name}, or all attributes would be one"]),
        ({"name": "{name}", "code": "{name}"}, ["code: must hold {code}, or all attributes would be one"]),
        (OK | {" ": 1}, ["a field without a name"]),
        (OK | {"x": "{other}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{name:9}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{name!r}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{name!r:9}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{name.y}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{"}, ["x: Single '{' encountered in format string"]),
        ({"name": "}"}, [
            "name: Single '}' encountered in format string", "name: must hold {name}, or all attributes would be one",
        ]),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_filled_in_is_refused(given: dict[str, Any], wrong: list[str]) -> None:
    """With everything that is wrong about it."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared
        checked_attribute_template(given)
    assert str(refused.value) == "; ".join(wrong)


def test_the_body_of_an_attribute() -> None:
    """Texts are filled in, everything else stands."""
    template = {"name": "{name}!", "code": "{code}-{type}", "visible": True, "braces": "{{x}}"}
    body = attribute_body(template, name="Colour", code="colour", kind="text")
    assert body == {"name": "Colour!", "code": "colour-text", "visible": True, "braces": "{x}"}


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


def rules(sku_template: str = "{id}", **changes: Any) -> MappingRules:
    """Rules of mapping, most of them out of the way."""
    return MappingRules(
        ("nl", "en"), "EUR", sku_template, "draft", (), ("huge",), frozenset(), 9,
        allow_private_media_hosts=False, clean_html=clean_html, **changes,
    )  # fmt: skip


MEDIPIM = medipim_profile(rules(), writes_categories=True, acknowledged=frozenset({"media"}))


def native(**changes: Any) -> Profile:
    """The profile of records in MicroPIM's own shape."""
    return native_profile(rules(**changes), writes_categories=False)


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
    profile = medipim_profile(rules("M{id}"), writes_categories=False, acknowledged=frozenset())
    assert profile.worker_key({"id": 5}, "5") == "M5"
    assert profile.worker_key({}, "5") == "5"
    assert native().worker_key({"sku": "y"}, "x") == "x"
    assert (MEDIPIM.writes_categories, MEDIPIM.acknowledged) == (True, frozenset({"media"}))
    assert (native().writes_categories, native().acknowledged, [*native().names({})]) == (False, frozenset(), [])


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
    huge = native().product(record | {"description": "<b>" * 10_001})
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


@pytest.mark.parametrize("key", [None, "", {"a": 1}, [1]])
def test_a_category_needs_an_id_and_a_name(key: Any) -> None:
    """0 is an id."""
    for wrong, words in (({"id": key, "name": "N"}, "id"), ({"id": 1, "name": {"fr": "N"}}, "name")):
        with pytest.raises(RecordRejected) as refused:
            MEDIPIM.category(wrong)
        assert [reason.path for reason in refused.value.reasons] == [words]


@pytest.mark.parametrize(("parent", "told"), [(None, None), ("", None), (0, None), (7, "7"), ("x", "x")])
def test_a_category_and_its_parent(parent: Any, told: str | None) -> None:
    """0 is no parent."""
    found = MEDIPIM.category({"id": 0, "name": {"en": "N"}, "parent": parent})
    assert found == DesiredCategory("0", "N", told)


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<div>a</div>", "a"),
        ("<span><div> <b>a</b> </div></span>", "<b>a</b>"),
        ("<div>a</div><div>b</div>", "<div>a</div><div>b</div>"),
        ("<div>a<div>b</div></div>", "<div>a<div>b</div></div>"),
        ("<p>a</p>", "<p>a</p>"),
        ("<b>d</b>", "<b>d</b>"),
        ("<div></div>", ""),
        ("<p>&nbsp;</p>", ""),
        ('<a href="/cart" title="t">a</a>', '<a title="t" rel="noopener noreferrer nofollow">a</a>'),
        (
            '<a href="https://x.test/" title="t">a</a>',
            '<a href="https://x.test/" title="t" rel="noopener noreferrer nofollow">a</a>',
        ),
        (
            '<table><tbody><tr><td colspan="2" style="x">a</td></tr></tbody></table>',
            '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>',
        ),
    ],
)
def test_html_is_reduced_to_what_is_safe_without_a_wrapper(html: str, cleaned: str) -> None:
    """Only addresses are looked at; one wrapper around the whole says nothing."""
    assert clean_html(html) == cleaned


@pytest.mark.parametrize(
    ("html", "fits"),
    [
        ("a" * 260_000, True),
        ("a" * 260_001, False),
        ("a<br>" * 10_000, True),
        ("a<br>" * 10_000 + "<", False),
    ],
)
def test_html_is_cleaned_up_to_a_size(html: str, fits: bool) -> None:
    """Deep nesting costs time by its square."""
    if fits:
        assert clean_html(html)
        return
    with pytest.raises(ValueError, match=f"HTML of {len(html)} characters and {html.count('<')} tags is more than"):
        clean_html(html)


def test_a_shorter_code_comes_before_one_of_14_digits() -> None:
    """MicroPIM shows 13 digits, so what fits into them goes first."""
    assert best_code(["14006381333938", "96385074"]) == "96385074"
    assert best_code(["14006381333938"]) == "14006381333938"


def test_a_blank_is_no_code() -> None:
    """It would be told as one with a wrong check digit."""
    assert codes({"ean": [" ", "", None, True], "eanGtin13": " 4006381333931 "}) == ["4006381333931"]


def test_a_field_that_cannot_be_told_takes_no_other_with_it() -> None:
    """It is left out with a warning; all fields before and after it stay."""
    record = {"id": 5, "name": {"nl": "N"}, "publicPrice": 1495, "ean": "4006381333931", "status": "active"}
    whole = map_product(record, rules()).fields
    broken = {"descriptions": [{"type": "shortDescription", "content": {"nl": "<b>" * 10_001}}], "publicPrice": "x"}
    found = map_product(record | broken, rules())
    assert found.fields == {name: value for name, value in whole.items() if name != "price"}
    assert {warning.partition(":")[0] for warning in found.warnings} >= {"price"}


def test_all_reasons_of_a_refusal_are_told() -> None:
    """An EAN that is to be refused hides no missing name."""
    with pytest.raises(RecordRejected) as refused:
        map_product({"id": 5, "ean": "4006381333930"}, rules(invalid_ean="error"))
    assert {reason.path for reason in refused.value.reasons} == {"ean", "name"}


@pytest.mark.parametrize(("template", "sku"), [("{id}", "5"), ("a{{b{id}", "a{b5"), ("M-{id}-X", "M-5-X")])
def test_a_template_of_skus_may_hold_braces(template: str, sku: str) -> None:
    """Doubled, as Python's format has them."""
    assert sku_of({"id": 5}, template) == sku
