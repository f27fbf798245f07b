"""The manifest for Airbyte Cloud beside the source: the same records on a calm night, and what it loses on others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox import Fault
from trials.airbyte.losses import WAYS, Loss, keep
from trials.airbyte.shop import sandbox, source_form
from trials.airbyte.tools import OUTSIDE, SOURCE, Json, Tools, catalog_of, run
from trials.singer_clients.results import Result, Verdict

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "airbyte" / "source-medipim" / "manifest.yaml"
NAME = "the low-code manifest"
ROLE = "second form of the source"
PRODUCTS, AFTER = 300, 100
STREAM = "POST /v4/products/stream"
MARKETS = ("be", "us")


def try_manifest(tools: Tools, folder: Path) -> Result:
    """Records of each market; then the ways in which an answer breaks."""
    wrong = [f"{market}: {one}" for market in MARKETS for one in _same_records(tools, folder / market, market)]
    losses = list(_losses(tools, folder / "losses"))
    wrong += [f"{one.way}: ours gave {one.ours} of {one.of}" for one in losses if one.ours != one.of]
    if not wrong:
        keep(losses)
    lost = ", ".join(f"{one.way} {one.rows} of {one.of} ({one.status})" for one in losses)
    ran = (
        f"{', '.join(MARKETS)}: every stream gives the rows of the source. It loses rows where an answer breaks: {lost}"
    )
    return Result(NAME, "airbyte-cdk 7.39.1", ROLE, ran, Verdict.FAILED if wrong else Verdict.PASSED, tuple(wrong))


def _program(tools: Tools) -> list[str | Path]:
    return [tools.theirs / "python", OUTSIDE / "low_code.py", MANIFEST]


def _same_records(tools: Tools, folder: Path, market: str) -> Iterator[str]:
    """The same keys, and the same values but where ours brings a value to its schema."""
    folder.mkdir()
    with sandbox(PRODUCTS, market) as box:
        form = source_form(box)
        theirs = run(_program(tools), "discover", folder, config=form)
        ours = run([tools.ours / SOURCE], "discover", folder, config=form)
        if _offered(theirs) != _offered(ours):
            yield f"other streams: {_offered(theirs)} and {_offered(ours)}"
        low = run(_program(tools), "read", folder, config=form, catalog=catalog_of(theirs))
        own = run([tools.ours / SOURCE], "read", folder, config=form, catalog=catalog_of(ours))
        for stream in own.counts():
            here, there = ({str(row["id"]): row for row in ran.records(stream)} for ran in (own, low))
            if set(here) != set(there):
                yield f"{stream}: {len(there)} rows, ours has {len(here)}"


def _offered(ran: Any) -> dict[str, tuple[Any, ...]]:
    (catalog,) = ran.of_type("CATALOG")
    return {
        one["name"]: (
            sorted(one["supported_sync_modes"]),
            one.get("default_cursor_field"),
            one.get("source_defined_primary_key"),
        )
        for one in catalog["streams"]
    }


def _losses(tools: Tools, folder: Path) -> Iterator[Loss]:
    folder.mkdir()
    with sandbox(PRODUCTS) as box:
        form: Json = source_form(box)
        theirs = catalog_of(run(_program(tools), "discover", folder, config=form), "products")
        mine = catalog_of(run([tools.ours / SOURCE], "discover", folder, config=form), "products")
        for way in WAYS:
            fault = Fault(way, STREAM, after_lines=AFTER)  # type: ignore[arg-type] # a name of a kind
            box.medipim.faults.add(fault)
            low = run(_program(tools), "read", folder, config=form, catalog=theirs)
            box.medipim.faults.clear()
            later = run(_program(tools), "read", folder, config=form, catalog=theirs, state=low.states())
            box.medipim.faults.add(fault)
            own = run([tools.ours / SOURCE], "read", folder, config=form, catalog=mine)
            box.medipim.faults.clear()
            rows = {str(row["id"]) for row in low.records("products")}
            found = rows | {str(row["id"]) for row in later.records("products")}
            ours = {str(row["id"]) for row in own.records("products")}
            status = low.statuses()["products"]
            yield Loss(way, len(rows), status, low.code, len(found), len(ours), PRODUCTS)
