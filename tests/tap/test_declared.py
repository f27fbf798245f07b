"""The SCHEMA is the truth: every RECORD keeps to the last one of its stream, and any loader can make a table of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator

from pim_wire.schema_files import read_schema
from sandbox import Sandbox
from tap_medipim.conform import Conformer
from tap_medipim.resources import MARKETS
from tap_medipim.schema_types import SCALARS, types_of
from tap_medipim.tap import TapMedipim

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
Json = dict[str, Any]
CASES = [*((market, "v4") for market in MARKETS), ("be", "v3")]


def schemas(market: str, version: str) -> Json:
    """The schema of each stream."""
    config = {"api_key_id": "1", "api_key_secret": "x" * 8, "market": market, "api_version": version}
    return {entry["tap_stream_id"]: entry["schema"] for entry in TapMedipim(config=config).catalog_dict["streams"]}


def nodes(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every property with the names on the way to it, as flattening joins them."""
    for name, inner in node.get("properties", {}).items():
        place = f"{path}__{name}" if path else name
        yield place, inner
        yield from nodes(inner, place)
        yield from nodes(inner.get("items", {}), f"{place}[]")
        if types_of(inner.get("items", {})):
            yield f"{place}[]", inner["items"]


def closed(node: Any) -> Any:
    """The same schema, by which an object holds what is named and nothing else."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {name: closed(value) for name, value in node.items()}
    return plain | {"additionalProperties": False} if isinstance(node.get("properties"), dict) else plain


def faults(messages: list[Json]) -> list[str]:
    """What records hold that the last SCHEMA of their stream does not have, or has otherwise."""
    found, validators = [], {}
    for message in messages:
        if message["type"] == "SCHEMA":
            validators[message["stream"]] = Draft7Validator(closed(message["schema"]))
        elif message["type"] == "RECORD":
            errors = validators[message["stream"]].iter_errors(message["record"])
            found += [f"{message['stream']}: {error.message}" for error in errors]
    return found


@pytest.mark.parametrize(("market", "version"), CASES)
def test_a_field_has_one_scalar_type_and_a_name_of_its_own(market: str, version: str) -> None:
    """A table has one type for each column, and no two columns whose names differ in case alone."""
    for stream, schema in schemas(market, version).items():
        all_nodes = list(nodes(schema))
        mixed = [path for path, node in all_nodes if len(set(types_of(node)) & {*SCALARS, "object"}) > 1]
        names = [path.lower() for path, _node in all_nodes]
        assert mixed == [], stream
        assert len(names) == len(set(names)), stream


@pytest.mark.parametrize(("market", "version"), CASES)
def test_every_record_keeps_to_its_schema(market: str, version: str, sandbox: Make, run_tap: Run) -> None:
    """Of every stream, in every market, as the service sends its rows; and the schema need not grow for it."""
    run = run_tap(sandbox(products=30, market=market), api_version=version)

    kinds = [(message["type"], message.get("stream")) for message in run.messages]
    assert run.error is None
    assert faults(run.messages) == []
    assert len([kind for kind in kinds if kind[0] == "SCHEMA"]) == len({kind for kind in kinds if kind[0] == "SCHEMA"})


@pytest.mark.parametrize(("market", "version"), CASES)
def test_a_field_has_the_same_type_in_every_market(market: str, version: str) -> None:
    """Ids alone are other ones in v3."""
    ids = {"id", "parent"} if version == "v3" else set()
    others = schemas("be", "v4")
    for stream, schema in schemas(market, version).items():
        here, there = dict(nodes(schema)), dict(nodes(others.get(stream, schema)))
        assert {path: types_of(node) for path, node in here.items() if path not in ids} == {
            path: types_of(node) for path, node in there.items() if path not in ids
        }


PLAIN = {"und": "cold"}
BY_LANGUAGE = {"nl": None, "fr": "Soleil", "en": "Sun"}
ONE_FORM: list[tuple[str, Json, Json]] = [
    ("brands", {"name": BY_LANGUAGE}, {"name": "Soleil", "nameByLanguage": BY_LANGUAGE}),
    ("organizations", {"name": BY_LANGUAGE}, {"name": "Soleil", "nameByLanguage": BY_LANGUAGE}),
    ("organizations", {"contactInformation": {"region": "VIC"}}, {"contactInformation": {"region": {"value": "VIC"}}}),
    ("product_families", {"name": "cold"}, {"name": PLAIN}),
    ("categories", {"name": "cold"}, {"name": PLAIN}),
    ("products", {"conservationLabel": "cold"}, {"conservationLabel": PLAIN}),
    ("products", {"conservationLabel": ""}, {"conservationLabel": None}),
    ("products", {"name": "cold", "seoName": 7}, {"name": PLAIN, "seoName": {"und": "7"}}),
    ("products", {"descriptions": [{"content": {"nl": False}}]}, {"descriptions": [{"content": {"nl": None}}]}),
    ("products", {"descriptions": [{"content": "cold"}]}, {"descriptions": [{"content": PLAIN}]}),
    ("products", {"ean": 5400000123450}, {"ean": ["5400000123450"]}),
    (
        "products",
        {"brands": [{"name": BY_LANGUAGE}, {"name": "x"}]},
        {"brands": [{"name": "Soleil", "nameByLanguage": BY_LANGUAGE}, {"name": "x"}]},
    ),
    (
        "products",
        {"gs1Category": {"title": {"en": "Tea"}}},
        {"gs1Category": {"title": "Tea", "titleByLanguage": {"en": "Tea"}}},
    ),
]


@pytest.mark.parametrize(("stream", "row", "record"), ONE_FORM)
def test_a_text_in_one_language_or_in_none_has_one_form(stream: str, row: Json, record: Json) -> None:
    """Nothing is lost by it: docs/decisions/0045."""
    conformer = Conformer(read_schema("medipim", stream))
    brought = conformer.bring(json.loads(json.dumps(row)))
    assert brought == record
    assert [error.message for error in Draft7Validator(closed(conformer.schema)).iter_errors({"id": "", **brought})
            if "is not of type 'integer'" not in error.message] == []  # fmt: skip
    mixed = [path for path, node in nodes(conformer.schema) if {"string", "object"} <= set(types_of(node))]
    assert mixed == []


@pytest.mark.parametrize("wanted", ["name", "nameByLanguage"])
def test_the_languages_of_a_text_are_kept_only_where_the_text_is_wanted(wanted: str) -> None:
    """Who deselects a name gets none of its languages."""
    schema = {"properties": {"name": {"type": ["string", "null"]}}}
    conformer = Conformer(schema, is_wanted=lambda path: path == (wanted,))
    assert conformer.bring({"name": {"nl": "Zon"}}) == {"name": "Zon"}


def change_all(box: Sandbox, **fields: Any) -> None:
    """Every product has these fields."""
    for key in list(box.medipim.catalogue.products):
        box.medipim.change(key, lambda product: product.update(json.loads(json.dumps(fields))))


ODD: Json = {
    "nextYear": 7,
    "publicPrice": "1495",
    "prescription": "true",
    "supplierReference": 42,
    "vat": "twenty-one",
    "hsCode": 33049900,
    "ean": [5400000123450, "x", 1234565],
    "weightWithUnit": {"value": "1.5", "unit": "g", "exact": True},
    "attributes": [{"id": "12", "colour": {"rgb": [1, 2]}}],
    "name": {"nl": "x", "it": "y"},
    "EANGTIN13": 5400000123450,
}


@pytest.mark.parametrize("how", [{}, {"products_endpoint": "query"}, {"api_version": "v3"}])
@pytest.mark.parametrize("unknown", ["extend", "drop"])
def test_what_no_schema_has_is_declared_or_left_out(
    unknown: str, how: Json, sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """Fields at any depth, and values of another type; each is told once, and never its value."""
    box = sandbox(products=30)
    change_all(box, **ODD)

    run = run_tap(box, "products", unknown_fields=unknown, **how)

    told = [record.message for record in caplog.records if "the schema" in record.message]
    records = run.records()
    assert run.error is None
    assert faults(run.messages) == []
    assert len(records) == 30
    assert len(told) == 1
    assert "nextYear (integer)" in told[0]
    assert "twenty-one" not in told[0]
    assert [record.get("nextYear") for record in records] == [7 if unknown == "extend" else None] * 30
    assert [record.get("vat") for record in records] == ["twenty-one" if unknown == "extend" else None] * 30
    assert {record["publicPrice"] for record in records} == {1495}
    assert all(record["prescription"] is True for record in records)


def test_values_come_in_the_type_of_the_schema(sandbox: Make, run_tap: Run) -> None:
    """A number becomes its own digits where a text is meant, a code gets the zeros that it lost back."""
    box = sandbox(products=4)
    change_all(box, **ODD)

    record = run_tap(box, "products").records()[0]

    assert record["supplierReference"] == "42"
    assert record["hsCode"] == "33049900"
    assert record["ean"] == ["5400000123450", "x", "01234565"]
    assert record["attributes"] == [{"id": 12, "colour": {"rgb": [1, 2]}}]
    assert record["weightWithUnit"] == {"value": 1.5, "unit": "g", "exact": True}
    assert record["name"] == {"nl": "x", "it": "y"}
    assert "EANGTIN13" not in record


def test_a_field_that_nobody_wants_ends_the_stream(sandbox: Make, run_tap: Run) -> None:
    """``fail`` refuses; the other streams are read, and the run is no success."""
    box = sandbox(products=4)
    change_all(box, nextYear=7)

    run = run_tap(box, "products", "brands", unknown_fields="fail")

    assert "products" in str(run.error)
    assert run.records() == []
    assert len(run.records("brands")) > 0


def test_a_new_schema_comes_before_the_record_that_needs_it_and_after_that_no_other(
    sandbox: Make, run_tap: Run
) -> None:
    """The service begins to send a field in the middle of an answer, and is typed by what is seen first."""
    box = sandbox(products=60)
    late = sorted(box.medipim.catalogue.products)[20:]
    for key in late:
        box.medipim.change(key, lambda product: product.update(rating=None if key in late[:5] else 4.5))  # noqa: B023 - called at once

    run = run_tap(box, "products")

    assert faults(run.messages) == []
    assert [m["schema"]["properties"].get("rating") for m in run.messages if m["type"] == "SCHEMA"][-1] == {
        "type": ["number", "null"]
    }
    assert len([m for m in run.messages if m["type"] == "SCHEMA"]) <= 3


LONG = 123456789012345678901234567890


@pytest.mark.parametrize("how", [{}, {"products_endpoint": "query"}, {"stream_maps": {"products": {"x": "'1'"}}}])
def test_long_numbers_lose_no_digit(how: Json, sandbox: Make, run_tap: Run) -> None:
    """Beyond 64 bits a new field is a text of its digits."""
    box = sandbox(products=2)
    long = orjson.Fragment(str(LONG))
    for key in list(box.medipim.catalogue.products):
        new = {"extRef": long, "weight": long, "packageQuantity": long}
        box.medipim.change(key, lambda product, new=new: product.update(new))

    run = run_tap(box, "products", **how)

    record = run.records()[0]
    assert str(record["extRef"]) == record["packageQuantity"] == str(LONG)
    assert record["weight"] == LONG


def test_names_that_differ_in_each_row_make_no_table_of_thousands(sandbox: Make, run_tap: Run) -> None:
    """What comes beyond a bound is left out, and told. Three hundred names: each row brings seven that no other has."""
    box = sandbox(products=43)
    for number, key in enumerate(list(box.medipim.catalogue.products)):
        names = {f"x{number}_{one}": 1 for one in range(7)}
        box.medipim.change(key, lambda product: product.update(names))  # noqa: B023 - called at once

    run = run_tap(box, "products")

    assert faults(run.messages) == []
    assert len({name for record in run.records() for name in record if name.startswith("x")}) == 200
