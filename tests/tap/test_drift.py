"""Fields and types that no schema foresees: named once, with their place and never a value."""

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from pim_wire.schema_copies import copied_schema
from sandbox import Sandbox
from tap_medipim.conform import MOST_NEW, Conformer
from tap_medipim.drift import MAX_PATHS
from tap_medipim.errors import FieldRefused

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
SCHEMA = {
    "properties": {
        "id": {"type": "string"},
        "ean": {"type": ["array", "null"], "items": {"type": "string"}},
        "weight": {"type": ["number", "null"]},
        "order": {"type": ["integer", "null"]},
        "flag": {"type": ["boolean", "null"]},
        "name": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        "meta": {"type": "object", "properties": {"updatedAt": {"type": "integer"}}},
    }
}


def after(*records: dict[str, Any], unknown: str = "extend") -> Conformer:
    """What is known after some records."""
    conformer = Conformer(SCHEMA, unknown)
    for record in records:
        conformer.bring(deepcopy(record))
    return conformer


@pytest.mark.parametrize("odd", [1, 2**70, Decimal("0.01"), "\ud800"], ids=repr)
def test_a_copy_of_a_schema_is_equal_and_its_own(odd: Any) -> None:
    """Also where its text would not hold all: a number of a catalog file that is longer than a processor's."""
    schema = {"type": ["object"], "properties": {"a": {"type": "number", "multipleOf": odd}}}
    made = copied_schema(schema)
    assert made == schema
    assert type(made["properties"]["a"]["multipleOf"]) is type(odd)
    made["properties"]["a"]["type"] = "string"
    assert schema["properties"]["a"]["type"] == "number"


def test_what_is_foreseen_is_not_told() -> None:
    """Nulls, whole numbers for numbers and localized maps are as the schema says."""
    record = {"id": "1", "ean": None, "weight": 3, "name": {"nl": "x", "fr": None}, "meta": {"updatedAt": 1}}

    conformer = after(record)

    assert conformer.drift.report() is None
    assert conformer.version == 0


BEYOND = [
    ({"popularity": 3}, "popularity (integer)"),
    ({"meta": {"touched": {"by": 1}}}, "meta.touched (object)"),
    ({"ean": ["1", {}]}, "ean[] (object)"),
    ({"name": {"nl": ["x"]}}, "name.nl (array)"),
    ({"weight": "3 kg"}, "weight (string)"),
    ({"order": 1.5}, "order (number)"),
    ({"ean": [None]}, "ean[] (null)"),
]


@pytest.mark.parametrize("unknown", ["extend", "drop", "fail"])
@pytest.mark.parametrize(("record", "told"), BEYOND)
def test_a_new_field_or_type_is_told_with_its_path_and_never_its_value(
    record: dict[str, Any], told: str, unknown: str
) -> None:
    """One path and one type are enough to act on; values may be confidential."""
    if unknown == "fail":
        with pytest.raises(FieldRefused) as refused:
            after(record, unknown=unknown)
        report = str(refused.value)
    else:
        report = after(record, unknown=unknown).drift.report() or ""

    assert told in report
    assert "3 kg" not in report


BROUGHT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"id": 7}, {"id": "7"}),
    ({"id": 7.5}, {"id": "7.5"}),
    ({"id": True}, {"id": "true"}),
    ({"weight": "1495"}, {"weight": 1495}),
    ({"weight": "1.5"}, {"weight": 1.5}),
    ({"weight": ""}, {"weight": None}),
    ({"order": 12.0}, {"order": 12}),
    ({"order": "12"}, {"order": 12}),
    ({"flag": 1}, {"flag": True}),
    ({"flag": "false"}, {"flag": False}),
    ({"ean": {}}, {"ean": []}),
    ({"name": []}, {"name": {}}),
    ({"name": {"nl": 5}}, {"name": {"nl": "5"}}),
    ({"Weight": 5}, {"weight": 5}),
    ({"Weight": 5, "weight": None}, {"weight": 5}),
    ({"Weight": 5, "weight": 6}, {"weight": 6}),
]


@pytest.mark.parametrize(("record", "brought"), BROUGHT)
def test_a_value_that_means_the_same_is_brought_to_its_type(record: dict[str, Any], brought: dict[str, Any]) -> None:
    """Without a new schema."""
    conformer = Conformer(SCHEMA)

    assert conformer.bring(record) == brought
    assert conformer.version == 0


GROWN: list[tuple[list[Any], list[str]]] = [
    ([None], ["string", "null"]),
    ([None, 5], ["integer", "null"]),
    ([5, 1.5], ["number", "null"]),
    ([5, "x"], ["string", "null"]),
    ([True, 5], ["string", "null"]),
    ([5, {"a": 1}], ["object", "integer", "null"]),
    ([[1], "x"], ["string", "array", "null"]),
    ([10**30], ["string", "null"]),
]


@pytest.mark.parametrize(("values", "types"), GROWN)
def test_a_new_field_is_typed_by_what_was_seen(values: list[Any], types: list[str]) -> None:
    """It has one scalar type at any time; a text holds every other."""
    conformer = after(*({"id": "1", "late": value} for value in values))

    assert conformer.schema["properties"]["late"]["type"] == types


def test_the_list_of_paths_and_the_schema_are_bounded() -> None:
    """A service that sends other names each time fills neither the memory nor a table."""
    conformer = after(*({f"x{number}": 1} for number in range(500)))

    assert (conformer.drift.report() or "").count("(integer)") == 2 * MAX_PATHS
    assert len(conformer.schema["properties"]) == len(SCHEMA["properties"]) + MOST_NEW


def test_drift_is_kept_and_told_once_per_stream(sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture) -> None:
    """The record keeps the unknown field; one warning names it; the run is a success."""
    box = sandbox(products=30)
    for raw in list(box.medipim.catalogue.products):
        box.medipim.change(raw, lambda product: product.update(brandNewField={"secret": "value"}, vat="twenty-one"))

    run = run_tap(box, "products")

    warnings = [record.message for record in caplog.records if "schema" in record.message and record.levelno >= 30]
    assert run.error is None
    assert all(record["brandNewField"] == {"secret": "value"} for record in run.records())
    assert len(warnings) == 1
    assert "brandNewField (object)" in warnings[0]
    assert "vat (string)" in warnings[0]
    assert "twenty-one" not in warnings[0]
