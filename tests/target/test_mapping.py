"""Any record, valid or not, is mapped to a valid payload or rejected with a reason."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pim_wire.schema_files import read_schema
from target_micropim.api.payloads import check_payload
from target_micropim.errors import RecordRejected
from target_micropim.mapping.medipim import map_product
from target_micropim.mapping.native import native_product
from tests.support.examples import examples
from tests.target.shop_rules import rules

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


@examples(150)
@given(records())
def test_any_valid_record_maps_to_a_valid_payload_or_is_rejected_with_a_reason(record: dict[str, Any]) -> None:
    """Nothing in between: no exception but a reject, no payload that our own schema refuses without saying why."""
    Draft202012Validator(SCHEMA).validate(record)
    try:
        desired = map_product(record, rules())
        check_payload("product", {"sku": desired.sku, **desired.fields})
    except RecordRejected as why:
        assert why.reasons  # noqa: PT017
        assert all(reason.path and reason.message for reason in why.reasons)  # noqa: PT017
        return
    for position, picture in enumerate(desired.pictures):
        check_payload("media", {"file_url": picture.url, "alt_text": picture.alt, "position": position})


@examples(150)
@given(st.dictionaries(st.sampled_from(["id", *MAPPED]) | st.text(max_size=5), JSON, max_size=8))
def test_any_json_maps_or_is_rejected(record: dict[str, Any]) -> None:
    """Records that no schema has seen."""
    record.setdefault("id", "1")
    for shape in (
        lambda: map_product(record, rules()),
        lambda: native_product({**record, "sku": "A"}, allow_private_media_hosts=False),
    ):
        try:
            desired = shape()
            check_payload("product", {"sku": desired.sku, **desired.fields})
        except RecordRejected as why:
            assert why.reasons  # noqa: PT017
