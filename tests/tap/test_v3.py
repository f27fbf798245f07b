"""v3 (Belgium): other routes, other shapes, no sorting by update time; the same streams and records."""

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pim_wire.schema_files import read_schema
from sandbox import Sandbox
from tap_medipim import windows
from tap_medipim.records import rfc3339
from tap_medipim.tap import TapMedipim
from tap_medipim.v3 import plain_name

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
V3 = {"api_version": "v3", "page_size": 10}
V3_STREAMS = {
    "products", "brands", "organizations", "categories", "active_ingredients", "attribute_options", "bcfi_categories",
    "apb_categories",
}  # fmt: skip


@pytest.fixture
def small_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty rows count as more than pages can reach, so that windows are halved."""
    monkeypatch.setattr(windows, "MAX_REACHABLE_ROWS", 40)


def by_id(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Records by their id."""
    return {record["id"]: record for record in records}


def test_the_catalog_lists_what_v3_has() -> None:
    """Streams without a v3 route are not offered."""
    tap = TapMedipim(config={"api_key_id": "1", "api_key_secret": "x" * 8, "api_version": "v3"})

    assert set(tap.streams) == V3_STREAMS


def test_products_have_the_shape_of_v4(sandbox: Make, run_tap: Run) -> None:
    """Texts, names and kinds of media come as in v4 where the fields correspond."""
    box = sandbox(products=40)
    new, old = run_tap(box, "products"), run_tap(box, "products", **V3)

    assert old.error is None
    found, wanted = by_id(old.records()), by_id(new.records())
    assert set(found) == set(wanted)
    for key, record in found.items():
        for name in ("id", "updated_at", "name", "publicPrice", "cnk", "ean"):
            assert record[name] == wanted[key][name]
        for name in ("brands", "organizations"):
            assert [row["name"] for row in record[name]] == [plain_name(row)["name"] for row in wanted[key][name]]
        assert [row["content"] for row in record["descriptions"]] == [
            row["content"] for row in wanted[key]["descriptions"]
        ]
        for name, kind in (("links", "linkType"), ("photos", "photoType"), ("frontals", "photoType")):
            assert [(row["type"], row[kind]) for row in record[name]] == [
                (row["type"], row[kind]) for row in wanted[key][name]
            ]


def test_products_fit_the_schema(sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture) -> None:
    """What v3 gives validates against the one schema of the stream; the markdown of v3 is kept beside the HTML."""
    run = run_tap(sandbox(products=40), "products", **V3)

    validator = Draft202012Validator(read_schema("medipim", "products"))
    assert run.records()
    assert [error.message for record in run.records() for error in validator.iter_errors(record)] == []
    assert any(row.get("markdown") for record in run.records() for row in record["descriptions"])
    assert "markdown" not in caplog.text


def test_every_list_is_read_whole(sandbox: Make, run_tap: Run) -> None:
    """The lists come from GET /v3/<resource>/all and hold the same rows as v4."""
    box = sandbox(products=10)
    new, old = run_tap(box), run_tap(box, **V3)

    assert old.error is None
    for stream in V3_STREAMS - {"products"}:
        assert set(old.ids(stream)) == set(map(str, new.ids(stream)))
    assert {request.method for request in box.medipim.requests if "/all" in request.path} == {"GET"}


@pytest.mark.parametrize("missing", ["bci-categories", "bcfi-categories"])
def test_either_spelling_of_the_bcfi_list_will_do(missing: str, sandbox: Make, run_tap: Run) -> None:
    """The vendor's page spells it bci-categories; whichever the service knows is read."""
    box = sandbox(products=5, missing_endpoints=frozenset({missing}))

    run = run_tap(box, "bcfi_categories", **V3)

    assert run.error is None
    assert run.ids("bcfi_categories")


def test_the_second_run_brings_what_changed(sandbox: Make, run_tap: Run) -> None:
    """v3 is incremental over updatedSince, with a bookmark that is the service's own time."""
    box = sandbox(products=50)
    first = run_tap(box, "products", **V3)
    last = max(first.records(), key=lambda record: record["updated_at"])
    bookmark = dict(first.state)
    bookmark["bookmarks"]["products"]["replication_key_value"] = last["updated_at"]
    changed = list(box.medipim.catalogue.products)[:3]
    for key in changed:
        box.medipim.change(key, lambda raw: raw.update(supplierReference="new"))

    second = run_tap(box, "products", state=bookmark, lookback_seconds=0, **V3)

    assert first.bookmark() >= last["updated_at"]
    assert (
        set(changed)
        <= set(second.ids())
        <= {*changed, last["id"]}
        | {record["id"] for record in first.records() if record["updated_at"] == last["updated_at"]}
    )


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.usefixtures("small_cap")
def test_more_rows_than_pages_reach_come_by_windows(clip: bool, sandbox: Make, run_tap: Run) -> None:
    """Windows are halved until each fits; every row comes once, also when the reported total is clipped."""
    box = sandbox(products=150, clip_total=clip)

    run = run_tap(box, "products", **V3)

    assert run.error is None
    assert sorted(run.ids()) == sorted(box.medipim.catalogue.products)
    offsets = [call.body["page"]["no"] * 10 for call in box.medipim.requests]
    assert max(offsets) < 40


@pytest.mark.usefixtures("small_cap")
def test_rows_touched_while_windows_are_read_are_not_lost(sandbox: Make, run_tap: Run) -> None:
    """A run with touches and the next one together hold the newest version of every row; no version comes twice."""
    box = sandbox(products=120)
    keys = list(box.medipim.catalogue.products)
    calls = [0]

    def touch(_call: Any) -> None:
        calls[0] += 1
        if calls[0] > 0 and calls[0] % 3 == 0:
            box.medipim.touch([keys[calls[0] * 7 % len(keys)]], supplierReference=str(calls[0]))

    box.medipim.on_request(touch)
    first = run_tap(box, "products", **V3)
    calls[0] = -10_000
    second = run_tap(box, "products", state=first.state, lookback_seconds=40_000_000, **V3)

    versions = [(record["id"], record["updated_at"]) for record in first.records()]
    assert len(versions) == len(set(versions))
    newest = by_id(first.records()) | by_id(second.records())
    catalogue = box.medipim.catalogue.products
    assert set(newest) == set(catalogue)
    assert all(newest[key]["updated_at"] == rfc3339(raw["meta"]["updatedAt"]) for key, raw in catalogue.items())


@pytest.mark.usefixtures("small_cap")
@pytest.mark.parametrize("lines", [30, 60, 100])
def test_a_killed_run_goes_on_behind_its_last_finished_window(lines: int, sandbox: Make, run_tap: Run) -> None:
    """The state moves window by window, and never past rows that were not given."""
    box = sandbox(products=120)

    half = run_tap(box, "products", kill_after=lines, **V3)
    rest = run_tap(box, "products", state=half.state, lookback_seconds=0, **V3)

    assert set(half.ids()) | set(rest.ids()) == set(box.medipim.catalogue.products)
    for state in half.states:
        bookmark = state["bookmarks"]["products"].get("replication_key_value")
        due = {key for key, raw in box.medipim.catalogue.products.items() if before(raw, bookmark)}
        assert due <= set(half.ids())
    assert rest.error is None


def before(raw: dict[str, Any], bookmark: str | None) -> bool:
    """Whether a product was updated up to a bookmark."""
    return bookmark is not None and rfc3339(raw["meta"]["updatedAt"]) <= bookmark


def test_v3_exists_in_belgium_only(tap_command: Callable[..., Any]) -> None:
    """Another market is refused in one line, before any request."""
    ended = tap_command({"api_key_id": "1", "api_key_secret": "x" * 8, "market": "fr", "api_version": "v3"})

    assert ended.code == 1
    assert len(ended.errors) == 1
    assert "v3 exists in market be only" in ended.errors[0]
