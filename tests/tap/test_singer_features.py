"""What the SDK and Meltano offer on top of any tap, each run once for real."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pim_wire.schema_files import read_schema
from sandbox import Sandbox

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
BIN = Path(sys.executable).parent


def test_key_and_update_time_cannot_be_deselected(sandbox: Make, run_tap: Run) -> None:
    """A catalog that deselects every field still gives id and replication key (and fields no catalog knows)."""
    box = sandbox(products=4)
    known = set(read_schema("medipim", "products")["properties"])
    catalog = run_tap(box).tap.catalog_dict
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            at_top = not item["breadcrumb"]
            item["metadata"]["selected"] = at_top and entry["tap_stream_id"] in {"products", "brands"}

    run = run_tap(box, catalog=catalog)

    assert run.error is None
    assert [set(record) & known for record in run.records()] == [{"id", "updated_at"}] * 4
    assert {frozenset(record) for record in run.records("brands")} == {frozenset({"id"})}
    assert run.bookmark() is not None


def test_stream_maps_rename_and_filter(sandbox: Make, run_tap: Run) -> None:
    """An alias, a filter and a new field, as `stream_maps` gives them."""
    box = sandbox(products=40)
    maps = {"products": {"__alias__": "items", "__filter__": "record['status'] == 'active'", "shop": "'night'"}}

    run = run_tap(box, "products", stream_maps=maps, stream_map_config={})

    records = run.records("items")
    assert run.error is None
    assert run.records() == []
    assert records
    assert {record["status"] for record in records} == {"active"}
    assert {record["shop"] for record in records} == {"night"}


def test_an_else_clause_removes_other_streams(sandbox: Make, run_tap: Run) -> None:
    """`__else__: null` leaves only what is named."""
    run = run_tap(sandbox(products=5), stream_maps={"brands": {}, "__else__": "__NULL__"}, stream_map_config={})

    assert run.streams == {"brands"}


@pytest.mark.parametrize("date", ["2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00"])
def test_a_start_date_as_meltano_resolves_it_narrows_the_first_run(date: str, sandbox: Make, run_tap: Run) -> None:
    """Meltano turns "6 months ago" into a date; whatever its form, older products are not read."""
    box = sandbox(products=120)

    run = run_tap(box, "products", start_date=date)

    catalogue = box.medipim.catalogue.products
    recent = {key for key, raw in catalogue.items() if raw["meta"]["updatedAt"] >= 1_767_225_600}
    assert run.error is None
    assert set(run.ids()) == recent
    assert 0 < len(recent) < len(catalogue)
