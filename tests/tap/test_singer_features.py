"""What the SDK and Meltano offer on top of any tap, each run once for real."""

import json
import subprocess
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


def test_several_markets_side_by_side_with_inherit_from(sandbox: Make, tmp_path: Path) -> None:
    """Two plugins that inherit from one in a Meltano project, each with its market, each a run of its own."""
    belgium, france = sandbox(products=6, market="be"), sandbox(products=7, market="fr")
    project = {
        "requires_meltano": ">=4.0",
        "project_id": "two-markets",
        "send_anonymous_usage_stats": False,
        "plugins": {
            "extractors": [
                {"name": "tap-medipim", "namespace": "tap_medipim", "executable": str(BIN / "tap-medipim"),
                 "capabilities": ["catalog", "state", "discover"],
                 "settings": [{"name": name} for name in ("api_url", "api_key_id", "api_key_secret", "market")]},
                *({"name": f"tap-medipim-{box.medipim.options.market}", "inherit_from": "tap-medipim",
                   "config": {"api_url": box.medipim_url, "api_key_id": "1", "market": box.medipim.options.market,
                              "api_key_secret": box.medipim.options.api_key_secret},
                   "select": ["products.id", "products.cnk", "products.cip13"]}
                  for box in (belgium, france)),
            ],
        },
    }  # fmt: skip
    (tmp_path / "meltano.yml").write_text(json.dumps(project), encoding="utf-8")

    found = {}
    for market in ("be", "fr"):
        command = [str(BIN / "meltano"), "invoke", f"tap-medipim-{market}"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr[-2000:]
        messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        found[market] = [m["record"] for m in messages if m["type"] == "RECORD"]

    assert (len(found["be"]), len(found["fr"])) == (6, 7)
    assert set(found["be"][0]) <= {"id", "updated_at", "cnk"}
    assert any("cip13" in record for record in found["fr"])
