"""A Medipim record becomes what MicroPIM should hold: its fields, its SKU, its names, and why it is refused."""

from typing import Any

import pytest

from target_micropim.errors import RecordRejected
from target_micropim.mapping.attribute_table import with_table
from target_micropim.mapping.desired import AttributeValue
from target_micropim.mapping.html import clean_html
from target_micropim.mapping.medipim import add_table, map_product, names_of, sku_of
from target_micropim.mapping.texts import TextLimits
from tests.target.shop_rules import dutch_rules, few_rules, mapped, rules


@pytest.mark.parametrize(
    "minor",
    [True, False, -1, "-0.5", "abc", "1e999999999", "1e40", 10**40, 10**14, "NaN", "Infinity", [], {}, "1_0", "１２"],  # noqa: RUF001
)
def test_what_is_no_price_is_left_out_with_a_warning(minor: Any) -> None:
    """One bad price does not cost the product."""
    desired = mapped(publicPrice=minor)
    assert "price" not in desired.fields
    assert any(warning.startswith("price: ") for warning in desired.warnings)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ean": ["4006381333931"]}, "4006381333931"),
        ({"ean": ["4006381333932", "4006381333931"]}, "4006381333931"),
        ({"ean": ["96385074", "4006381333931"]}, "4006381333931"),
        ({"ean": ["0012345678905"]}, "0012345678905"),
        ({"eanGtin8": "96385074"}, "96385074"),
        ({"eanGtin12": "012345678905"}, "012345678905"),
        ({"eanGtin14": "04006381333931"}, "4006381333931"),
        ({"eanGtin13": 4006381333931}, "4006381333931"),
        ({"eanGtin13": "5449000000996", "ean": ["4006381333931"]}, "5449000000996"),
        ({"ean": None}, None),
        ({"ean": []}, None),
        ({"ean": ["4006381333932"]}, None),
        ({"ean": ["0000000000000"]}, None),
        ({"ean": [], "gtin": "04006381333931"}, "4006381333931"),
        ({"ean": None, "cip13": "3400935955838"}, "3400935955838"),
        ({"ean": {"a": 1}}, None),
        ({"ean": [["4006381333931"]]}, None),
    ],
)
def test_the_ean_is_a_code_with_its_right_check_digit(fields: Any, code: str | None) -> None:
    """Thirteen digits first; wrong codes are left out, leading zeros stay."""
    assert mapped(**fields).fields.get("ean") == code


@pytest.mark.parametrize(
    ("template", "fields", "sku"),
    [
        ("{id}", {}, "1"),
        ("MDP-{cnk}", {"cnk": 1234567}, "MDP-1234567"),
        ("{cnk}/{id}", {"cnk": "a"}, "a/1"),
        ("{{{id}}}", {}, "{1}"),
    ],
)
def test_the_sku_follows_its_template(template: str, fields: Any, sku: str) -> None:
    """A pure function of the record."""
    assert mapped(changes={"sku_template": template}, **fields).sku == sku


@pytest.mark.parametrize("cnk", [None, "", [], {}, ["a"], " "])
def test_a_sku_without_its_field_is_a_reject(cnk: Any) -> None:
    """Never a SKU made of nothing, of None or of a list."""
    with pytest.raises(RecordRejected) as refused:
        mapped(changes={"sku_template": "{cnk}"}, cnk=cnk)
    assert refused.value.reasons[0].path == "cnk"


def test_all_reasons_are_told_at_once() -> None:
    """No name and no code: two reasons."""
    with pytest.raises(RecordRejected) as refused:
        map_product({"id": "1"}, rules(sku_template="{cnk}"))
    assert [reason.path for reason in refused.value.reasons] == ["name", "cnk"]


def test_the_key_of_a_record_has_no_outer_blanks() -> None:
    """The same product has one entry in the ledger, however its id is written."""
    assert mapped(id=" 12 ").external_id == "12"


def test_the_description_is_the_first_for_consumers() -> None:
    """Language before type; texts for professionals are left out; what is empty after cleaning does not count."""
    descriptions = [
        {"type": "usage", "content": {"en": "<p>Use</p>", "nl": "x"}, "targetGroups": ["public"]},
        {"type": "full_description", "content": {"en": "<script>x</script>", "nl": "<p>Vol</p>"}},
        {"type": "indication", "content": {"en": "Secret"}, "targetGroups": ["professional"]},
        {"type": "composition", "content": None},
        5,
    ]
    assert mapped(descriptions=descriptions).fields["description"] == "<p>Use</p>"
    assert (
        mapped(changes={"locales": ("nl",)}, name="N", descriptions=descriptions).fields["description"] == "<p>Vol</p>"
    )


TABLE = (
    AttributeValue("a", "A", "text", "<1>"),
    AttributeValue("b", "B", "boolean", value=True),
    AttributeValue("c", "C", "text", [1, 2]),
)


def test_the_table_goes_under_the_description_on_request() -> None:
    """In the first language; a text that would be too long by one character stays without."""
    table = with_table("<p>T</p>", TABLE[:1], "nl", clean_html)
    assert table is not None
    assert "Productgegevens" in table
    for asked, most, text, warned in (
        ((), 0, "<p>T</p>", 0),
        (("a",), len(table), table, 0),
        (("a",), len(table) - 1, "<p>T</p>", 1),
    ):
        fields, warnings = {"description": "<p>T</p>"}, list[str]()
        add_table(
            fields, TABLE[:1], dutch_rules(attributes_to_description=asked, limits=TextLimits(text=most)), warnings
        )
        assert (fields, len(warnings)) == ({"description": text}, warned)
    fields = {"description": with_table(None, TABLE, "nl", str)}
    add_table(fields, (), dutch_rules(attributes_to_description=("a",)), [])
    assert fields == {}


BRANDED = {
    "id": 1,
    "name": {"nl": "N", "fr": "F", "de": " "},
    "brands": [{"name": {"de": "X"}}, {"name": {"nl": "B"}}],
    "organizations": [{"type": "producer", "name": "P"}, {"type": "supplier", "name": "S"}],
    "publicCategories": [{"id": 5}, {"id": 5}, {}, "x", {"id": 6}],
    "status": "replaced",
    "vat": "6.00",
    "cnk": "1",
}


def test_what_a_product_is_besides_its_fields() -> None:
    """Names still to be resolved, categories each once, the rate, the languages left behind, whether it is gone."""
    desired = map_product(BRANDED, dutch_rules(with_attributes=True))
    assert (desired.brand, desired.supplier, desired.categories, desired.vat) == ("B", "S", ("5", "6"), "6")
    assert (desired.languages, desired.inactive, desired.external_id) == (frozenset({"fr"}), True, "1")
    assert {one.code for one in desired.attributes} == {"cnk", "vat"}
    plain = map_product({"id": 1, "name": "N"}, dutch_rules())
    assert (plain.brand, plain.supplier, plain.vat, plain.languages, plain.inactive) == (
        None,
        None,
        None,
        frozenset(),
        False,
    )
    assert map_product(BRANDED, dutch_rules()).attributes == ()
    with_table_only = map_product(BRANDED, dutch_rules(attributes_to_description=("cnk",)))
    assert with_table_only.attributes == ()
    assert "CNK" in with_table_only.fields["description"]


def test_names_follow_field_map() -> None:
    """From elsewhere, or from nowhere."""
    assert list(names_of(BRANDED, dutch_rules())) == [("brand", "B"), ("supplier", "S")]
    mapped = dutch_rules(field_map={"brand": "organizations.producer", "supplier": None})
    assert list(names_of(BRANDED, mapped)) == [("brand", "P")]
    assert sku_of(BRANDED, " x-{id}-{cnk}-y ") == "x-1-1-y"
    assert sku_of(BRANDED, "{id}{absent}") is None


@pytest.mark.parametrize(
    ("name", "path", "value", "made"),
    [
        ("stock", "x", 0, 0),
        ("stock", "x", "12", 12),
        ("stock", "x", [7, True], 7),
        ("stock", "x", [True, 7], None),
        ("stock", "x", "1.5", None),
        ("stock", "x", "\u0661", None),
        ("sale_price", "x", 150, "1.50"),
        ("sale_price", "x", "much", None),
        ("short_description", "x", "<p></p>", None),
        ("short_description", "x", ["<p></p>", "<b>a</b> b"], "a b"),
        ("description", "x", ["<script>x</script>", "<p>a</p>"], "<p>a</p>"),
        ("currency", "x", "USD", "EUR"),
        ("ean", "x", "5400000000000", None),
        ("ean", "x", ["1", "4006381333931"], "4006381333931"),
        ("price", None, 5, None),
    ],
)
def test_a_field_from_elsewhere_is_made_like_the_field(name: str, path: Any, value: Any, made: Any) -> None:
    """A value that does not fit costs the field and a warning; what cannot be mapped stays as it is."""
    record = {"id": 1, "name": "N", "publicPrice": 100, "x": value}
    assert map_product(record, dutch_rules(field_map={name: path})).fields.get(name) == made


def test_fields_fall_back() -> None:
    """The second source where the first is empty, and no third."""
    record = {"id": 1, "name": {}, "seoName": "S", "ttcPrice": 200, "manufacturerPrice": 100, "ean": ["9", "40170725"]}
    fields = map_product(record, dutch_rules()).fields
    assert fields == {
        "name": "S", "short_description": "S", "price": "2.00", "cost_price": "1.00", "currency": "EUR",
        "status": "draft", "ean": "40170725", "product_type": "simple",
    }  # fmt: skip
    both = map_product({**record, "publicPrice": 0, "pharmacistPrice": 1}, dutch_rules()).fields
    assert (both["price"], both["cost_price"]) == ("2.00", "0.01")


def test_a_code_with_a_wrong_check_digit() -> None:
    """Dropped with a warning, sent all the same, or the record is refused: as the setting says."""
    record = {"id": 1, "name": "N", "ean": ["x", "4006381333932"]}
    dropped = map_product(record, dutch_rules())
    assert "ean" not in dropped.fields
    assert dropped.warnings == ("ean: none of 2 codes has a right check digit",)
    assert map_product(record, dutch_rules(invalid_ean="send")).fields["ean"] == "4006381333932"
    assert "ean" not in map_product({**record, "ean": "x"}, dutch_rules(invalid_ean="send")).fields
    with pytest.raises(RecordRejected):
        map_product(record, dutch_rules(invalid_ean="error"))


def test_a_field_that_cannot_be_told_takes_no_other_with_it() -> None:
    """It is left out with a warning; all fields before and after it stay."""
    record = {"id": 5, "name": {"nl": "N"}, "publicPrice": 1495, "ean": "4006381333931", "status": "active"}
    whole = map_product(record, few_rules()).fields
    broken = {"descriptions": [{"type": "shortDescription", "content": {"nl": "<b>" * 10_001}}], "publicPrice": "x"}
    found = map_product(record | broken, few_rules())
    assert found.fields == {name: value for name, value in whole.items() if name != "price"}
    assert {warning.partition(":")[0] for warning in found.warnings} >= {"price"}


def test_all_reasons_of_a_refusal_are_told() -> None:
    """An EAN that is to be refused hides no missing name."""
    with pytest.raises(RecordRejected) as refused:
        map_product({"id": 5, "ean": "4006381333930"}, few_rules(invalid_ean="error"))
    assert {reason.path for reason in refused.value.reasons} == {"ean", "name"}


@pytest.mark.parametrize(("template", "sku"), [("{id}", "5"), ("a{{b{id}", "a{b5"), ("M-{id}-X", "M-5-X")])
def test_a_template_of_skus_may_hold_braces(template: str, sku: str) -> None:
    """Doubled, as Python's format has them."""
    assert sku_of({"id": 5}, template) == sku


@pytest.mark.parametrize(
    ("fields", "price", "told"),
    [
        ({"publicPrice": 0, "ttcPrice": 3360}, "33.60", "publicPrice: 0 is no price; 33.60 is taken"),
        ({"publicPrice": "0"}, None, "publicPrice: 0 is no price; none is sent"),
        ({"publicPrice": 14.95}, None, "publicPrice: '14.95' is no whole number of cents; none is sent"),
        (
            {"publicPrice": "1.495", "ttcPrice": 0},
            None,
            "publicPrice: '1.495' is no whole number of cents; ttcPrice: 0",
        ),
        ({"publicPrice": "x", "ttcPrice": 5}, "0.05", "publicPrice: 'x' is no number of cents; 0.05 is taken"),
        ({"publicPrice": None, "ttcPrice": 5}, "0.05", None),
        ({"publicPrice": 5, "ttcPrice": 0}, "0.05", None),
    ],
)
def test_a_price_that_is_none_hides_no_other_and_is_told(fields: Any, price: str | None, told: str | None) -> None:
    """By the field of Medipim; nothing is rounded."""
    desired = mapped(**fields)
    assert desired.fields.get("price") == price
    assert len(desired.warnings) == (told is not None)
    assert all(warning.startswith(f"price: {told}") for warning in desired.warnings)


def test_a_field_that_is_never_sent_is_not_talked_about() -> None:
    """By default that is the cost price; mapped and sent, it is told by its path."""
    assert mapped({"never_sent": frozenset({"cost_price"})}, pharmacistPrice=0).warnings == ()
    changes = {"field_map": {"cost_price": "manufacturerPrice"}}
    (told,) = mapped(changes, manufacturerPrice=0).warnings
    assert told == "cost_price: manufacturerPrice: 0 is no price; none is sent"
