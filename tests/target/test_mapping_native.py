"""Records in MicroPIM's own shape."""

import sys
from typing import Any

import pytest

from scripts.docs.native_page import main as compare_page
from target_micropim.errors import RecordRejected
from target_micropim.mapping.native import WRITABLE, native_category, native_product
from target_micropim.mapping.native_rows import PRODUCT_ROWS, content


def native(**fields: Any) -> Any:
    """A native record mapped."""
    record = {"sku": "A", "name": "N", **fields}
    return native_product(record, allow_private_media_hosts=False)


def test_native_records_pass_as_they_are() -> None:
    """Only writable fields, empty ones left out, money as text, pictures each once and public."""
    urls = [
        "https://m.example.test/1.jpg",
        "http://localhost/x",
        {"file_url": "https://m.example.test/2.jpg", "alt_text": "T"},
    ]
    desired = native(
        price=8.95, stock=0, description="", slug="x", images=[*urls, urls[0], "https://m.example.test/3.jpg"]
    )
    assert desired.fields == {"name": "N", "price": "8.95", "stock": 0}
    assert [(picture.url[-5:], picture.alt) for picture in desired.pictures] == [
        ("1.jpg", "N"), ("2.jpg", "T"), ("3.jpg", "N"),
    ]  # fmt: skip
    assert len(desired.warnings) == 1


@pytest.mark.parametrize("ids", [[True], [None], [[1]], {}, ""])
def test_native_category_ids_are_ids(ids: Any) -> None:
    """``true`` is no category 1."""
    assert native(category_ids=ids).named_categories == ()


def own_shape(*, with_attributes: bool = True, **record: Any) -> Any:
    """A native record mapped."""
    return native_product(
        {"sku": " s ", "name": "N", **record},
        allow_private_media_hosts=False,
        with_attributes=with_attributes,
    )


def test_native_records() -> None:
    """As they are, without what MicroPIM does not let us write."""
    desired = own_shape(price=1.5, stock=0, ean="", description=None, publishing_channels=[], other=1, status="draft")
    assert desired.fields == {"name": "N", "price": "1.5", "stock": 0, "status": "draft"}
    assert (desired.external_id, desired.sku, desired.inactive, desired.warnings) == ("s", "s", False, ())
    assert own_shape(status="archived").inactive
    sold_out = own_shape(status="out_of_stock")
    assert "status" not in sold_out.fields
    assert len(sold_out.warnings) == 1
    assert own_shape(category_ids=[1, True, "2", 3.0, 4]).named_categories == ("1", "2", "3", "4")


@pytest.mark.parametrize("bad", [{"sku": " "}, {"sku": None}, {"name": ""}, {"sku": None, "name": None}])
def test_a_native_record_needs_a_sku_and_a_name(bad: Any) -> None:
    """Each that is missing is named."""
    with pytest.raises(RecordRejected) as rejected:
        own_shape(**bad)
    assert [reason.path for reason in rejected.value.reasons] == list(bad)


def test_native_attributes() -> None:
    """By code, with the kind of their value; on request only."""
    given = {"t": "x", "b": True, "n": 0, "f": 1.5, "e": "", " ": "x", "o": {}, " c ": "y"}
    found = [(one.code, one.name, one.kind, one.value) for one in own_shape(attributes=given).attributes]
    assert found == [
        ("t", "t", "text", "x"), ("b", "b", "boolean", True), ("n", "n", "number", 0), ("f", "f", "number", 1.5),
        ("c", "c", "text", "y"),
    ]  # fmt: skip
    assert own_shape(attributes=given, with_attributes=False).attributes == own_shape(attributes="x").attributes == ()


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
    desired = own_shape(images=images)
    assert [(one.key, one.url, one.alt) for one in desired.pictures] == [
        (url + "1", url + "1", "A" * 255), (url + "2", url + "2", "N"),
    ]  # fmt: skip
    assert len(desired.warnings) == 2
    assert desired.source_addresses == {url + "1", url + "2", "http://localhost/"}
    assert own_shape().source_addresses is None


def test_native_categories() -> None:
    """By their own ids, or by name where there are none."""
    one = native_category({"id": 0, "name": " N ", "parent_id": 0, "description": "D"})
    assert (one.external_id, one.name, one.parent, one.description) == ("0", "N", "0", "D")
    other = native_category({"name": "N"})
    assert (other.external_id, other.parent, other.description) == ("N", None, "")
    for bad in ({"id": 1}, {"id": None, "name": "N"}, {"id": 1, "name": " "}):
        with pytest.raises(RecordRejected):
            native_category(bad)


EXAMPLES = [(row.name, example) for row in PRODUCT_ROWS for example in row.examples]


@pytest.mark.parametrize(("field", "example"), EXAMPLES)
def test_the_examples_of_the_page_are_taken(field: str, example: Any) -> None:
    """Without a word: docs/native.md says so."""
    found = own_shape(**{field: example})
    assert found.warnings == found.unknown_fields == ()


def test_every_field_that_can_be_written_stands_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/native.md is made of the rows, and in step with them."""
    assert {*WRITABLE, "attributes"} <= {row.name for row in PRODUCT_ROWS}
    monkeypatch.setattr(sys, "argv", ["native_page"])
    assert compare_page() == 0


@pytest.mark.parametrize(
    ("record", "path"),
    [({"status": "sold"}, "status"), ({"status": 1}, "status"), ({"product_type": "bundle"}, "product_type"),
     ({"name": ["N"]}, "name"), ({"name": True}, "name"), ({"sku": True}, "sku")],
)  # fmt: skip
def test_what_says_what_a_product_is_is_never_guessed(record: Any, path: str) -> None:
    """The record is refused."""
    with pytest.raises(RecordRejected) as rejected:
        own_shape(**record)
    assert [reason.path for reason in rejected.value.reasons] == [path]


def test_channels_and_names_in_other_forms() -> None:
    """A text of words; what is not offered is left out and told. A brand in an object, alone in a list, or no name."""
    found = own_shape(publishing_channels="Web, shopify", brand=["A.Vogel"], supplier={"title": "x"}, brand_id="")
    assert found.fields["publishing_channels"] == ["web"]
    assert (found.brand, found.supplier) == ("A.Vogel", None)
    assert [warning.partition(":")[0] for warning in found.warnings] == ["publishing_channels", "supplier_id"]


def test_native_attributes_of_texts_and_pairs() -> None:
    """As JSON, as a list of pairs; what is no single value is told."""
    for given in (
        '{"colour": "red", "size": [1]}',
        [{"code": "colour", "value": "red"}, {"name": "size", "value": {1: 2}}],
    ):
        found = own_shape(attributes=given)
        assert [(one.code, one.value) for one in found.attributes] == [("colour", "red")]
        assert len(found.warnings) == 1
    assert own_shape(attributes="{broken").warnings != ()


def test_what_a_tap_notes_about_a_row_is_no_content() -> None:
    """But a mark of deletion is, and a field that a setting takes."""
    record = {"sku": "A", "_sdc_source_lineno": 2, "_sdc_deleted_at": "x", "_smart_source_file": "y"}
    assert content(record, frozenset({"_smart_source_file"})).keys() == record.keys() - {"_sdc_source_lineno"}
    assert content(plain := {"sku": "A"}, frozenset()) is plain
