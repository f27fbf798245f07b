"""Fields and types that no schema foresees: named once, with their place and never a value."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Sandbox
from tap_medipim.drift import EVERY, FIRST_RECORDS, MAX_PATHS, Drift

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
SCHEMA = {
    "properties": {
        "id": {"type": "string"},
        "ean": {"type": ["array", "null"], "items": {"type": "string"}},
        "weight": {"type": ["number", "null"]},
        "name": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        "meta": {"type": "object", "properties": {"updatedAt": {"type": "integer"}}},
    }
}


def drift_of(*records: dict[str, Any]) -> Drift:
    """The drift after some records."""
    drift = Drift(SCHEMA)
    for record in records:
        drift.check(record)
    return drift


def test_what_is_foreseen_is_not_told() -> None:
    """Nulls, whole numbers for numbers and localized maps are as the schema says."""
    record = {"id": "1", "ean": None, "weight": 3, "name": {"nl": "x", "fr": None}, "meta": {"updatedAt": 1}}

    assert drift_of(record).report() is None


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"popularity": 3}, "popularity (integer)"),
        ({"meta": {"touched": {"by": 1}}}, "meta.touched (object)"),
        ({"ean": ["1", 2]}, "ean[] (integer)"),
        ({"id": True}, "id (boolean)"),
        ({"name": {"nl": ["x"]}}, "name.nl (array)"),
        ({"weight": "3 kg"}, "weight (string)"),
    ],
)
def test_a_new_field_or_type_is_told_with_its_path_and_never_its_value(record: dict[str, Any], told: str) -> None:
    """One path and one type are enough to act on; values may be confidential."""
    report = drift_of(record).report()

    assert report is not None
    assert told in report
    assert "3 kg" not in report


def test_a_rare_top_level_field_is_seen_in_any_record() -> None:
    """Names at the top are compared for every record, whatever is sampled."""
    quiet = [{"id": "1"}] * (FIRST_RECORDS + 1)

    assert "late (string)" in (drift_of(*quiet, {"id": "2", "late": "x"}).report() or "")


def test_depth_is_sampled_after_the_first_records() -> None:
    """Every fiftieth record is still walked."""
    quiet = [{"id": "1"}] * (FIRST_RECORDS + EVERY)
    odd = [{"id": "2", "meta": {"odd": 1}}] * EVERY

    assert "meta.odd (integer)" in (drift_of(*quiet, *odd).report() or "")


def test_the_list_of_paths_is_bounded() -> None:
    """A service that sends other names each time does not fill the memory."""
    report = drift_of(*({f"x{number}": 1} for number in range(500))).report() or ""

    assert report.count("(integer)") == MAX_PATHS


def test_names_that_differ_in_each_record_are_not_remembered() -> None:
    """Nor does each of them cost a walk through its record."""
    drift = drift_of(*({f"x{number}": 1} for number in range(2000)))

    assert len(drift._names) < len(SCHEMA["properties"]) + 2 * MAX_PATHS


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
