"""The pure modules: a record becomes what MicroPIM should hold."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pim_wire.schema_files import read_schema
from target_micropim.api.payloads import check_payload
from target_micropim.errors import RecordRejected
from target_micropim.mapping.html import TAGS, clean_html
from target_micropim.mapping.medipim import MappingRules, map_product
from target_micropim.mapping.native import native_product
from target_micropim.mapping.numbers import has_check_digit, money
from target_micropim.mapping.public_url import is_public_url
from target_micropim.mapping.texts import text_in
from target_micropim.plan.values import fingerprint, image_count, server_fields


def rules(**changes: Any) -> MappingRules:
    """The rules of the default settings."""
    return MappingRules(
        **{
            "locales": ("en", "nl", "fr"),
            "currency": "EUR",
            "sku_template": "{id}",
            "create_status": "draft",
            "publishing_channels": (),
            "media_formats": ("huge", "large", "medium"),
            "media_target_groups": frozenset({"public", "webshop"}),
            "max_images": 10,
            "allow_private_media_hosts": False,
            "clean_html": clean_html,
            **changes,
        }
    )


def mapped(changes: Any = None, **fields: Any) -> Any:
    """A small record mapped."""
    return map_product({"id": "1", "name": {"en": "Name"}, **fields}, rules(**(changes or {})))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"en": "A", "nl": "B"}, "A"),
        ({"en": None, "nl": "B"}, "B"),
        ({"en": "  ", "fr": "C"}, "C"),
        ({"de": "D"}, None),
        ("  plain \n text ", "plain text"),
        ({"en": "e\u0301"}, "\u00e9"),
        ({"en": 5, "nl": "B"}, "B"),
        ({}, None),
        (None, None),
        ([], None),
        (7, None),
    ],
)
def test_a_text_is_taken_in_the_first_language_that_has_it(value: Any, text: str | None) -> None:
    """Maps, plain texts, nulls and nonsense."""
    assert text_in(value, ("en", "nl", "fr")) == text


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (1495, "14.95"),
        ("1495", "14.95"),
        (5, "0.05"),
        (0, "0.00"),
        (None, None),
        ("", None),
        (1495.0, "14.95"),
        ("1e3", "10.00"),
        (99999999999999, "999999999999.99"),
    ],
)
def test_minor_units_become_decimal_text(minor: Any, text: str | None) -> None:
    """No float ever, nothing rounded away."""
    assert money(minor) == text


@pytest.mark.parametrize(
    "minor",
    [True, False, -1, "-0.5", "abc", "1e999999999", "1e40", 10**40, 10**14, "NaN", "Infinity", [], {}, "1_0", "１２"],  # noqa: RUF001
)
def test_what_is_no_price_is_left_out_with_a_warning(minor: Any) -> None:
    """One bad price does not cost the product."""
    wanted = mapped(publicPrice=minor)
    assert "price" not in wanted.fields
    assert any(warning.startswith("price: ") for warning in wanted.warnings)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ean": ["4006381333931"]}, "4006381333931"),
        ({"ean": ["4006381333932", "4006381333931"]}, "4006381333931"),
        ({"ean": ["96385074", "4006381333931"]}, "4006381333931"),
        ({"ean": ["0012345678905"]}, "0012345678905"),
        ({"eanGtin8": "96385074"}, "96385074"),
        ({"eanGtin12": "012345678905"}, "012345678905"),
        ({"eanGtin14": "04006381333931"}, "04006381333931"),
        ({"eanGtin13": 4006381333931}, "4006381333931"),
        ({"eanGtin13": "5449000000996", "ean": ["4006381333931"]}, "5449000000996"),
        ({"ean": None}, None),
        ({"ean": []}, None),
        ({"ean": ["4006381333932"]}, None),
        ({"ean": ["0000000000000"]}, None),
        ({"ean": {"a": 1}}, None),
        ({"ean": [["4006381333931"]]}, None),
    ],
)
def test_the_ean_is_a_code_with_its_right_check_digit(fields: Any, code: str | None) -> None:
    """Thirteen digits first; wrong codes are left out, leading zeros stay."""
    assert mapped(**fields).fields.get("ean") == code


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("4006381333931", True), ("4006381333930", False), ("96385074", True), ("012345678905", True),
        ("10012345678902", True), ("00000000", False), ("", False), ("123", False), ("٤٠٠٦٣٨١٣٣٣٩٣١", False),
        ("400638133393X", False),
    ],
)  # fmt: skip
def test_check_digits(code: str, right: bool) -> None:
    """GTIN-8, -12, -13 and -14, and nothing else."""
    assert has_check_digit(code) is right


def photo(key: Any, **fields: Any) -> Any:
    """A photo."""
    return {"id": key, "formats": {"huge": f"https://m.example.test/{key}.jpg"}, **fields}


def keys(**fields: Any) -> list[str]:
    """The keys of the mapped pictures."""
    return [picture.key for picture in mapped(**fields).pictures]


def test_pictures_frontal_first_each_once() -> None:
    """Frontals by their display order, then the photos in theirs."""
    frontals = [photo(3, displayOrder=2), photo(2, displayOrder=1), photo(4)]
    assert keys(photos=[photo(1), photo(2), photo(1)], frontals=frontals) == ["2", "3", "4", "1"]


def test_pictures_are_chosen_by_language_and_target_group() -> None:
    """Meant for another language or another public: left out; meant for nobody in particular: taken."""
    photos = [
        photo(1, locales=["de"]),
        photo(2, locales=["nl", "de"]),
        photo(3, targetGroups=["professional"]),
        photo(4, targetGroups=["webshop"]),
        photo(5, targetGroups=[], locales=[]),
        photo(6, targetGroups=None, locales=None),
    ]
    assert keys(photos=photos) == ["2", "4", "5", "6"]
    assert keys(changes={"media_target_groups": frozenset()}, photos=photos) == ["2", "3", "4", "5", "6"]


def test_the_format_is_the_first_wanted_one_and_the_number_is_limited() -> None:
    """Formats by preference; a picture without one is left out with a warning and takes no place."""
    photos = [
        {"id": 1, "formats": {"medium": "https://m.example.test/m.jpg", "large": "https://m.example.test/l.jpg"}},
        {"id": 2, "formats": {"tiny": "https://m.example.test/t.jpg"}},
        {"id": 3, "formats": None},
        {"formats": {"huge": "https://m.example.test/no-id.jpg"}},
        "no object",
        photo(4),
        photo(5),
    ]
    wanted = mapped(changes={"max_images": 2}, photos=photos)
    assert [picture.url for picture in wanted.pictures] == [
        "https://m.example.test/l.jpg",
        "https://m.example.test/4.jpg",
    ]
    assert len(wanted.warnings) == 2
    assert keys(changes={"max_images": 0}, photos=photos) == []


def test_the_alt_text_is_the_name_cut_to_its_limit() -> None:
    """In the language of the name, never longer than MicroPIM takes."""
    wanted = mapped(name={"nl": "N" * 255}, photos=[photo(1)])
    assert wanted.pictures[0].alt == "N" * 255


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://media.example.com/a.jpg", True),
        ("http://93.184.216.34/a.jpg", True),
        ("https://[2606:2800:220:1::1]/a.jpg", True),
        ("https://bücher.example/a.jpg", True),
        ("ftp://media.example.com/a.jpg", False),
        ("file:///etc/passwd", False),
        ("//media.example.com/a.jpg", False),
        ("https://user:pw@media.example.com/a.jpg", False),
        ("https://:pw@media.example.com/a.jpg", False),
        ("http://localhost/a.jpg", False),
        ("http://localhost./a.jpg", False),
        ("http://foo.localhost/a.jpg", False),
        ("http://printer.local./a.jpg", False),
        ("http://db.internal/a.jpg", False),
        ("http://intranet/a.jpg", False),
        ("http://127.0.0.1/a.jpg", False),
        ("http://127.0.0.1./a.jpg", False),
        ("http://127.1/a.jpg", False),
        ("http://2130706433/a.jpg", False),
        ("http://0x7f000001/a.jpg", False),
        ("http://0x7f.1/a.jpg", False),
        ("http://127.0x1/a.jpg", False),
        ("http://0177.0.0.1/a.jpg", False),
        ("http://127\u30020\u30020\u30021/a.jpg", False),
        ("http://１２７.0.0.1/a.jpg", False),  # noqa: RUF001
        ("http://10.0.0.5/a.jpg", False),
        ("http://169.254.169.254/latest", False),
        ("http://[::1]/a.jpg", False),
        ("http://[::ffff:127.0.0.1]/a.jpg", False),
        ("http://[fd00::1]/a.jpg", False),
        ("http://127.0.0.1\\.example.com/a.jpg", False),
        ("https://media.example.com:99999/a.jpg", False),
        ("https://[broken/a.jpg", False),
        ("https://media.example.com/a b.jpg", False),
        ("https://media.example.com/a\n.jpg", False),
        ("https://media.example.com/" + "a" * 2048, False),
        ("HTTPS://media.example.com/a.jpg", False),
        ("", False),
    ],
)
def test_only_public_addresses_are_handed_on(url: str, public: bool) -> None:
    """MicroPIM fetches what it is told: never from inside somebody's network, whatever the spelling."""
    assert is_public_url(url) is public


def test_private_hosts_can_be_allowed() -> None:
    """By setting, but credentials and other schemes stay out."""
    assert is_public_url("http://10.0.0.5/a.jpg", allow_private=True)
    assert is_public_url("http://intranet/a.jpg", allow_private=True)
    assert not is_public_url("http://user:pw@10.0.0.5/a.jpg", allow_private=True)


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


EVIL = [
    '<p onclick="x()">a<script>alert(1)</script></p>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="data:text/html,x">x</a>',
    "<svg><script>alert(1)</script></svg>ok",
    "<math><mtext></p><img src=x onerror=alert(1)></mtext></math>ok",
    '<img src=x onerror="alert(1)">ok',
    "<iframe srcdoc='<script>x</script>'></iframe>ok",
    '<div style="background:url(javascript:x)">ok</div>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">ok',
    "<b><i>ok</b></i>",
    "<!-- <script>x</script> -->ok",
    "<p><button><p>ok</p></button></p>",
    "<a href=https://a.example>1<xx><a href=https://b.example>2</a></xx></a>",
    "e&#x301;",
    "&lt;script&gt;ok",
    "<div><div><span>ok</span></div></div>",
    "<table><td>ok</table>",
    "\x00ok&#0;",
]


@pytest.mark.parametrize("html", EVIL)
def test_html_is_harmless_and_cleaning_twice_changes_nothing(html: str) -> None:
    """No tag off the list, no handler, no scheme but the allowed; a fixed point, so that nothing looks changed."""
    once = clean_html(html)
    assert clean_html(once) == once
    assert_harmless(once)


def assert_harmless(html: str) -> None:
    """Judge the tags and attributes that are left."""
    for tag, attributes in re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)>", html):
        assert tag in TAGS
        assert not re.search(r"\bon\w+\s*=|javascript:|data:|style\s*=", attributes, re.IGNORECASE)


PIECES = [
    "<p>", "</p>", "<b>", "</b>", "<a href='https://x.example'>", "</a>", "<div>", "</div>", "<span>", "</span>", "<table>",  # noqa: E501
    "<td>", "</table>", "<svg>", "</svg>", "<button>", "</button>", "<script>", "</script>", "<h1>", "</h1>", "<ul>", "<li>",  # noqa: E501
    "&nbsp;", "&lt;", "&amp;amp;", "é", "e\u0301", " ", "\n", "text", "<math>", "<mi>", "<xx>", "</xx>", "<!--", "-->", "<i",  # noqa: E501
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=60))
def test_any_html_is_cleaned_to_a_fixed_point(html: str) -> None:
    """Whatever comes in."""
    once = clean_html(html)
    assert clean_html(once) == once
    assert_harmless(once)


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


def native(**fields: Any) -> Any:
    """A native record mapped."""
    record = {"sku": "A", "name": "N", **fields}
    return native_product(record, max_images=2, allow_private_media_hosts=False)


def test_native_records_pass_as_they_are() -> None:
    """Only writable fields, empty ones left out, money as text, pictures each once and public."""
    urls = [
        "https://m.example.test/1.jpg",
        "http://localhost/x",
        {"file_url": "https://m.example.test/2.jpg", "alt_text": "T"},
    ]
    wanted = native(
        price=8.95, stock=0, description="", slug="x", images=[*urls, urls[0], "https://m.example.test/3.jpg"]
    )
    assert wanted.fields == {"name": "N", "price": "8.95", "stock": 0}
    assert [(picture.url[-5:], picture.alt) for picture in wanted.pictures] == [("1.jpg", "N"), ("2.jpg", "T")]
    assert len(wanted.warnings) == 1


@pytest.mark.parametrize("ids", [[True], ["5"], [None], 5, [[1]]])
def test_native_category_ids_are_numbers(ids: Any) -> None:
    """``true`` is no category 1."""
    assert native(category_ids=ids).category_ids == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=8,
)  # fmt: skip
SCHEMA = read_schema("medipim", "products")


def values_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a property, by its schema, written by hand since no generator is at hand."""
    kinds = schema.get("type", ["null"])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    made: list[st.SearchStrategy[Any]] = []
    for kind in kinds:
        made.append(  # noqa: PERF401
            {
                "string": st.text(max_size=12) | st.sampled_from(TEXTS) | st.just("x" * 300),
                "integer": st.integers(-5, 10**15),
                "number": st.integers(-5, 10**15) | st.floats(allow_nan=False, allow_infinity=False),
                "boolean": st.booleans(),
                "null": st.none(),
                "array": st.deferred(lambda: st.lists(values_of(schema.get("items", {})), max_size=3)),
                "object": st.deferred(lambda: objects_of(schema)),
            }[kind]
        )
    return st.one_of(made)


TEXTS = [
    "active", "inactive", "replaced", "public", "4006381333931", "96385074", "https://m.example.test/a.jpg", "supplier",
    "full_description", "<p>Text</p>", "en", "HTTP://m.example.test/b.jpg", "1495", " ",
]  # fmt: skip


def objects_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Objects with some of their properties."""
    known = {name: values_of(inner) for name, inner in schema.get("properties", {}).items()}
    return st.fixed_dictionaries({}, optional=known)


MAPPED = [
    "status", "name", "seoName", "shortDescription", "descriptions", "ean", "eanGtin13", "eanGtin12", "eanGtin8",
    "eanGtin14", "publicPrice", "pharmacistPrice", "manufacturerPrice", "brands", "organizations", "publicCategories",
    "photos", "frontals", "updated_at",
]  # fmt: skip


def records() -> st.SearchStrategy[dict[str, Any]]:
    """Products that are valid for the tap's schema, mostly with a name."""
    fields = {name: values_of(SCHEMA["properties"][name]) for name in MAPPED if name in SCHEMA["properties"]}
    rest = st.fixed_dictionaries({"id": st.text(min_size=1, max_size=8)}, optional=fields)
    named = st.fixed_dictionaries({"name": st.fixed_dictionaries({"en": st.text(min_size=1, max_size=20)})})
    return st.tuples(rest, st.just({}) | named).map(lambda both: both[0] | both[1])


def test_the_strategy_covers_what_is_mapped() -> None:
    """A field that is mapped but not in the schema would never be tried."""
    assert set(MAPPED) <= set(SCHEMA["properties"])


@settings(max_examples=150, deadline=None)
@given(records())
def test_any_valid_record_maps_to_a_valid_payload_or_is_rejected_with_a_reason(record: dict[str, Any]) -> None:
    """Nothing in between: no exception but a reject, no payload that our own schema refuses without saying why."""
    Draft202012Validator(SCHEMA).validate(record)
    try:
        wanted = map_product(record, rules())
        check_payload("product", {"sku": wanted.sku, **wanted.fields})
    except RecordRejected as why:
        assert why.reasons  # noqa: PT017
        assert all(reason.path and reason.message for reason in why.reasons)  # noqa: PT017
        return
    for position, picture in enumerate(wanted.pictures):
        check_payload("media", {"file_url": picture.url, "alt_text": picture.alt, "position": position})


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["id", *MAPPED]) | st.text(max_size=5), JSON, max_size=8))
def test_any_json_maps_or_is_rejected(record: dict[str, Any]) -> None:
    """Records that no schema has seen."""
    record.setdefault("id", "1")
    for shape in (
        lambda: map_product(record, rules()),
        lambda: native_product({**record, "sku": "A"}, max_images=3, allow_private_media_hosts=False),
    ):
        try:
            wanted = shape()
            check_payload("product", {"sku": wanted.sku, **wanted.fields})
        except RecordRejected as why:
            assert why.reasons  # noqa: PT017
