"""The mapping rule by rule: what a path names, amounts and attributes, pictures, extra fields, native records."""

from typing import Any

import pytest

from target_micropim.errors import RecordRejected
from target_micropim.mapping.attributes import attribute_values, selected, with_table
from target_micropim.mapping.desired import AttributeValue
from target_micropim.mapping.html import clean_html
from target_micropim.mapping.lookup import leaves
from target_micropim.mapping.medipim import MappingRules, add_table, map_product, names_of, sku_of
from target_micropim.mapping.native import native_category, native_product
from target_micropim.mapping.numbers import decimal_of, decimal_text, money
from target_micropim.mapping.overrides import ExtraField, checked_extra_fields, extra_values
from target_micropim.mapping.pictures import PictureRules, pictures
from target_micropim.mapping.public_url import MAX_URL, is_public_url
from target_micropim.mapping.texts import TextLimits, without_tags

TEXT = {"type": "indication", "content": {"nl": "<p>N</p>", "fr": "F"}}
RECORD = {
    "seoName": {"nl": " N ", "fr": "F"},
    "plain": " text ",
    "blank": " ",
    "number": 5,
    "no": False,
    "list": ["a", None, ["b"], {"nl": "c"}],
    "bcfiCategory": {"name": {"fr": "F"}, "type": "t"},
    "descriptions": [TEXT, {"type": "usage", "content": {"nl": "U"}}],
    "aaa": [TEXT],
    "zzz": [TEXT],
    "leaflets": [{"type": "pil", "url": "u1"}, {"linkType": "spc", "url": " u2 "}, {"type": 5, "url": " "}],
    "organizations": [{"type": "supplier", "name": "S"}, {"type": "other", "name": "O"}],
    "weightWithUnit": {"value": "0.370", "unit": "kg"},
    "bare": {"value": 1500, "unit": " "},
    "wrong": {"value": "heavy", "unit": "kg", "name": "x"},
    "nothing": {"other": 1},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("seoName", ["N"]),
        ("seoName.fr", ["F"]),
        ("plain", ["text"]),
        ("blank", []),
        ("number", [5]),
        ("no", [False]),
        ("list", ["a", "b", "c"]),
        ("absent", []),
        ("absent.deeper.still", []),
        ("plain.deeper", []),
        ("bcfiCategory.name", ["F"]),
        ("bcfiCategory.name.fr", ["F"]),
        ("descriptions.indication", ["<p>N</p>", "F"]),
        ("descriptions.indication.type", ["indication"]),
        ("descriptions", ["<p>N</p>", "U"]),
        ("aaa.indication", ["<p>N</p>"]),
        ("zzz.indication", ["<p>N</p>"]),
        ("leaflets.pil", ["u1"]),
        ("leaflets.spc", ["u2"]),
        ("leaflets.url", ["u1", "u2"]),
        ("leaflets.pil.type", ["pil"]),
        ("organizations.supplier", ["S"]),
        ("organizations.name", ["S", "O"]),
        ("weightWithUnit", ["0.37 kg"]),
        ("weightWithUnit.unit", ["kg"]),
        ("bare", ["1500"]),
        ("wrong", []),
        ("nothing", []),
    ],
)
def test_a_path_names_every_filled_value(path: str, found: list[Any]) -> None:
    """Localized maps in one language, amounts with their unit, lists by type or by field."""
    assert list(leaves(RECORD, path, ("nl", "fr"))) == found


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, None),
        (True, None),
        ("", None),
        (" 1E3 ", "1000"),
        ("2.50", "2.5"),
        (0, "0"),
        ("\u0661", None),
        (-1, "-1"),
    ],
)
def test_a_number_in_any_form(value: Any, read: str | None) -> None:
    """Decimal text, never by way of a float; digits of other scripts are none."""
    number = decimal_of(value)
    assert (None if number is None else decimal_text(number)) == read


@pytest.mark.parametrize(
    ("minor", "text"), [(0, "0.00"), (1, "0.01"), ("1E2", "1.00"), (10**14 - 1, "999999999999.99")]
)
def test_prices_at_their_bounds(minor: Any, text: str) -> None:
    """The lowest and the highest that is one; a cent beyond is none."""
    assert money(minor) == text
    for beyond in (-1, 10**14):
        with pytest.raises(ValueError, match="is no price"):
            money(beyond)


def test_entities_are_characters() -> None:
    """The text of HTML, not its spelling."""
    assert without_tags("<p>a &amp; b</p><p>c</p>") == "a & b c"


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://a.example/" + "x" * (MAX_URL - 18), True),
        ("https://a.example/" + "x" * (MAX_URL - 17), False),
        ("https://" + ("a" * 49 + ".") * 5 + "com/", True),
        ("https://" + ("a" * 49 + ".") * 5 + "abcd/", False),
        ("https://\u00e9t\u00e9.example/", True),
        ("https://\u00e9-t.example/", True),
        ("https://\u00e9~t.example/", False),
        ("https://\u00e9!t.example/", False),
        ("https://a.example:0/", False),
        ("https://a.example:1/", True),
        ("https://a.home.arpa/", False),
        ("https://corp/", False),
        ("https://a.0xg.example/", True),
    ],
)
def test_addresses_at_their_bounds(url: str, public: bool) -> None:
    """2,048 characters, a host of 253, names in any script without punctuation."""
    assert is_public_url(url) is public


def values(**record: Any) -> dict[str, Any]:
    """Attribute values by code."""
    return {one.code: one.value for one in attribute_values(record, ("nl",))}


def test_attributes_of_a_record() -> None:
    """Texts; a bare number gets its documented unit, an amount keeps its own; the first path that is filled counts."""
    assert values(weight=370) == values(weight="370") == {"weight": "370 g"}
    assert values(weight="ca. 370") == {"weight": "ca. 370"}
    assert values(weight=370, weightWithUnit={"value": 0.5, "unit": "kg"}) == {"weight": "0.5 kg"}
    assert values(weightWithUnit=5) == {"weight": "5"}
    assert values(packageContent=30, packageQuantity=True) == {"package_content": "30"}
    assert values(vat="6.00", conservationMin={"celsius": 2}) == {"vat": "6.00", "conservation_min": "2"}
    assert values(activeIngredients=["a", "b", "a"], packagingUnit=["x", "y"]) == {
        "active_ingredients": "a, b", "packaging_unit": "x",
    }  # fmt: skip
    assert values(prescription=False) == {"prescription": False}
    assert values(prescription="yes") == values(prescription=[]) == {}
    assert values(cnk="1" * 2001) == {"cnk": "1" * 2000}


TABLE = (
    AttributeValue("a", "A", "text", "<1>"),
    AttributeValue("b", "B", "boolean", value=True),
    AttributeValue("c", "C", "text", [1, 2]),
)


def test_the_table_of_attributes() -> None:
    """In the language of the shop or in English, escaped, by the order of the setting."""
    assert selected(TABLE, ("c", "x", "a")) == (TABLE[2], TABLE[0])
    assert selected(TABLE, ("all", "c")) == TABLE
    text = with_table("<p>T</p>", TABLE, "xx", str)
    assert text == (
        '<p>T</p><table><thead><tr><th colspan="2">Product data</th></tr></thead><tbody>'
        "<tr><th>A</th><td>&lt;1&gt;</td></tr><tr><th>B</th><td>\u2713</td></tr>"
        "<tr><th>C</th><td>1, 2</td></tr></tbody></table>"
    )
    assert "<td>\u00d7</td>" in (with_table(None, (AttributeValue("b", "B", "boolean", value=False),), "nl", str) or "")
    assert with_table(text, (), "nl", str) == "<p>T</p>"
    assert with_table(None, (), "nl", str) is None


def picture(key: Any, order: Any = None, **more: Any) -> dict[str, Any]:
    """One media item."""
    return {"id": key, "displayOrder": order, "formats": {"huge": f"https://a.example/{key}"}, **more}


def shot(record: Any, most: int = 9, locales: tuple[str, ...] = ("nl", "fr")) -> tuple[list[str], int]:
    """The keys chosen and the number of warnings."""
    warnings: list[str] = []
    rules = PictureRules(("huge", "large"), frozenset({"public"}), most, allow_private_hosts=False)
    return [one.key for one in pictures(record, rules, locales, "alt", warnings)], len(warnings)


def test_which_pictures_in_which_order() -> None:
    """Frontal ones by their order, each once, as many as allowed; what has no usable address costs a warning."""
    frontals = [picture(1), picture(2, 5), picture(3, 1.5), picture(3, 9), picture(None), "x"]
    photos = [picture(4), picture(5, formats={"huge": "", "large": "https://a.example/5"}), picture(6, formats="x")]
    record = {"frontals": frontals, "photos": photos}
    assert shot(record) == (["3", "2", "1", "4", "5"], 1)
    assert shot(record, most=2) == (["3", "2"], 0)
    rules = PictureRules(("huge",), frozenset(), 1, allow_private_hosts=False)
    assert next(pictures({"photos": [picture(1)]}, rules, ("nl",), "a" * 256, [])).alt == "a" * 255
    assert shot({"photos": [picture(7, formats={"huge": "http://localhost/x"}), picture(8, formats={})]}) == ([], 2)
    tied = [
        picture(1, locales=["fr"]),
        picture(2, locales=["nl", "fr"]),
        picture(3, locales=[]),
        picture(4, locales=["de"]),
    ]
    assert shot({"photos": tied}) == (["2", "3"], 0)
    assert shot({"photos": tied}, locales=("en", "fr")) == (["1", "2", "3"], 0)
    assert shot({"photos": tied}, locales=("en",)) == (["3"], 0)


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


def native(most: int = 9, *, with_attributes: bool = True, **record: Any) -> Any:
    """A native record mapped."""
    return native_product(
        {"sku": " s ", "name": "N", **record},
        max_images=most,
        allow_private_media_hosts=False,
        with_attributes=with_attributes,
    )


def test_native_records() -> None:
    """As they are, without what MicroPIM does not let us write."""
    wanted = native(price=1.5, stock=0, ean="", description=None, publishing_channels=[], other=1, status="draft")
    assert wanted.fields == {"name": "N", "price": "1.5", "stock": 0, "status": "draft"}
    assert (wanted.external_id, wanted.sku, wanted.inactive, wanted.warnings) == ("s", "s", False, ())
    assert native(status="archived").inactive
    sold_out = native(status="out_of_stock")
    assert "status" not in sold_out.fields
    assert len(sold_out.warnings) == 1
    assert native(category_ids=[1, True, "2", 3.0, 4]).category_ids == (1, 4)


@pytest.mark.parametrize("bad", [{"sku": " "}, {"sku": None}, {"name": ""}, {"sku": None, "name": None}])
def test_a_native_record_needs_a_sku_and_a_name(bad: Any) -> None:
    """Each that is missing is named."""
    with pytest.raises(RecordRejected) as rejected:
        native(**bad)
    assert [reason.path for reason in rejected.value.reasons] == list(bad)


def test_native_attributes() -> None:
    """By code, with the kind of their value; on request only."""
    given = {"t": "x", "b": True, "n": 0, "f": 1.5, "e": "", " ": "x", "o": {}, " c ": "y"}
    found = [(one.code, one.name, one.kind, one.value) for one in native(attributes=given).attributes]
    assert found == [
        ("t", "t", "text", "x"), ("b", "b", "boolean", True), ("n", "n", "number", 0), ("f", "f", "number", 1.5),
        ("c", "c", "text", "y"),
    ]  # fmt: skip
    assert native(attributes=given, with_attributes=False).attributes == native(attributes="x").attributes == ()


def test_native_pictures() -> None:
    """Addresses or objects, each once, with a text."""
    url = "https://a.example/"
    images = [
        {"file_url": url + "1", "alt_text": "A" * 256},
        url + "2",
        {"file_url": url + "1"},
        5,
        "http://localhost/",
    ]
    wanted = native(images=images)
    assert [(one.key, one.url, one.alt) for one in wanted.pictures] == [
        (url + "1", url + "1", "A" * 255), (url + "2", url + "2", "N"),
    ]  # fmt: skip
    assert len(wanted.warnings) == 2
    assert len(native(most=1, images=images).pictures) == 1


def test_native_categories() -> None:
    """By their own ids, or by name where there are none."""
    one = native_category({"id": 0, "name": " N ", "parent_id": 0, "description": "D"})
    assert (one.external_id, one.name, one.parent, one.description) == ("0", "N", "0", "D")
    other = native_category({"name": "N"})
    assert (other.external_id, other.parent, other.description) == ("N", None, "")
    for bad in ({"id": 1}, {"id": None, "name": "N"}, {"id": 1, "name": " "}):
        with pytest.raises(RecordRejected):
            native_category(bad)


def rules(**changes: Any) -> MappingRules:
    """The rules of a shop in Dutch, else French."""
    return MappingRules(
        ("nl", "fr"), "EUR", "{id}", "draft", (), ("huge",), frozenset(), 9,
        allow_private_media_hosts=False, clean_html=clean_html, **changes,
    )  # fmt: skip


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
        add_table(fields, TABLE[:1], rules(attributes_to_description=asked, limits=TextLimits(text=most)), warnings)
        assert (fields, len(warnings)) == ({"description": text}, warned)
    fields = {"description": with_table(None, TABLE, "nl", str)}
    add_table(fields, (), rules(attributes_to_description=("a",)), [])
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
    wanted = map_product(BRANDED, rules(with_attributes=True))
    assert (wanted.brand, wanted.supplier, wanted.categories, wanted.vat) == ("B", "S", ("5", "6"), "6")
    assert (wanted.languages, wanted.inactive, wanted.external_id) == (frozenset({"fr"}), True, "1")
    assert {one.code for one in wanted.attributes} == {"cnk", "vat"}
    plain = map_product({"id": 1, "name": "N"}, rules())
    assert (plain.brand, plain.supplier, plain.vat, plain.languages, plain.inactive) == (
        None,
        None,
        None,
        frozenset(),
        False,
    )
    assert map_product(BRANDED, rules()).attributes == ()
    with_table_only = map_product(BRANDED, rules(attributes_to_description=("cnk",)))
    assert with_table_only.attributes == ()
    assert "CNK" in with_table_only.fields["description"]


def test_names_follow_field_map() -> None:
    """From elsewhere, or from nowhere."""
    assert list(names_of(BRANDED, rules())) == [("brand", "B"), ("supplier", "S")]
    mapped = rules(field_map={"brand": "organizations.producer", "supplier": None})
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
    assert map_product(record, rules(field_map={name: path})).fields.get(name) == made


def test_fields_fall_back() -> None:
    """The second source where the first is empty, and no third."""
    record = {"id": 1, "name": {}, "seoName": "S", "ttcPrice": 200, "manufacturerPrice": 100, "ean": ["9", "40170725"]}
    fields = map_product(record, rules()).fields
    assert fields == {
        "name": "S", "short_description": "S", "price": "2.00", "cost_price": "1.00", "currency": "EUR",
        "status": "draft", "ean": "40170725", "product_type": "simple",
    }  # fmt: skip
    both = map_product({**record, "publicPrice": 0, "pharmacistPrice": 1}, rules()).fields
    assert (both["price"], both["cost_price"]) == ("0.00", "0.01")


def test_a_code_with_a_wrong_check_digit() -> None:
    """Dropped with a warning, sent all the same, or the record is refused: as the setting says."""
    record = {"id": 1, "name": "N", "ean": ["x", "4006381333932"]}
    dropped = map_product(record, rules())
    assert "ean" not in dropped.fields
    assert dropped.warnings == ("ean: none of 2 codes has a right check digit",)
    assert map_product(record, rules(invalid_ean="send")).fields["ean"] == "4006381333932"
    assert "ean" not in map_product({**record, "ean": "x"}, rules(invalid_ean="send")).fields
    with pytest.raises(RecordRejected):
        map_product(record, rules(invalid_ean="error"))
