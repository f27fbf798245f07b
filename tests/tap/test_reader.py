"""What the tap reads from a healthy service."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Sandbox
from tests.support.thin import thin_out

Run = Callable[..., Any]
Make = Callable[..., Sandbox]

ALL = {
    "products", "media", "brands", "organizations", "categories", "active_ingredients", "product_families",
    "attributes", "attribute_options",
}  # fmt: skip
MARKET_ONLY = {
    "be": {"bcfi_categories", "apb_categories", "atc_categories", "medipim_categories"},
    "fr": {"osp_categories", "medipim_categories"},
    "us": {"fine_line_categories"},
}


@pytest.mark.parametrize("market", ["be", "fr", "de", "es", "au", "us"])
def test_every_stream_of_a_market_can_be_read(market: str, sandbox: Make, run_tap: Run) -> None:
    """Each market gives exactly its own streams, and the run succeeds."""
    run = run_tap(sandbox(market=market, products=20))
    assert run.error is None
    assert run.streams == ALL | MARKET_ONLY.get(market, set())


@pytest.mark.parametrize("endpoint", ["stream", "query"])
@pytest.mark.parametrize("inclusive", [True, False])
def test_a_first_run_reads_the_whole_catalogue(endpoint: str, inclusive: bool, sandbox: Make, run_tap: Run) -> None:
    """Both endpoints give each product once, whatever the service's bound means."""
    box = sandbox(updated_since_inclusive=inclusive)
    run = run_tap(box, "products", products_endpoint=endpoint, page_size=10)
    assert sorted(run.ids()) == sorted(box.medipim.catalogue.products)
    assert {record["status"] for record in run.records()} >= {"active", "inactive"}


def test_updated_at_is_the_update_time_in_utc(sandbox: Make, run_tap: Run) -> None:
    """``updated_at`` is ``meta.updatedAt`` as UTC RFC 3339."""
    box = sandbox(products=1)
    box.medipim.change(next(iter(box.medipim.catalogue.products)), lambda _: None)
    (record,) = run_tap(box, "products").records()
    assert record["meta"]["updatedAt"] == 1_793_500_001
    assert record["updated_at"] == "2026-11-01T02:26:41Z"


@pytest.mark.parametrize("keep", [True, False])
def test_embed_url_is_kept_only_when_wanted(keep: bool, sandbox: Make, run_tap: Run) -> None:
    """``meta.embedUrl`` differs in every answer, so it travels only when the setting says so."""
    records = run_tap(sandbox(products=5), "products", keep_embed_url=keep).records()
    assert [("embedUrl" in record["meta"]) for record in records] == [keep] * 5


def test_unknown_fields_are_kept(sandbox: Make, run_tap: Run) -> None:
    """A field that no schema knows arrives as it was sent."""
    box = sandbox(products=3)
    key = next(iter(box.medipim.catalogue.products))
    box.medipim.change(key, lambda raw: raw.update(fieldOfTomorrow={"deep": [1, "é\u2028"]}))
    record = next(r for r in run_tap(box, "products").records() if r["id"] == key)
    assert record["fieldOfTomorrow"] == {"deep": [1, "é\u2028"]}


@pytest.mark.parametrize("endpoint", ["stream", "query"])
def test_a_second_run_reads_only_what_changed(endpoint: str, sandbox: Make, run_tap: Run) -> None:
    """With the state of a first run, only products changed since travel, each in its new version."""
    box = sandbox()
    settings = {"products_endpoint": endpoint, "lookback_seconds": 0}
    first = run_tap(box, "products", **settings)
    newest = {first.records()[-1]["id"]}
    changed = set(list(box.medipim.catalogue.products)[10:13])
    for key in changed:
        box.medipim.change(key, lambda raw: raw.update(supplierReference="new"))
    second = run_tap(box, "products", state=first.state, **settings)
    assert changed <= set(second.ids()) <= changed | newest
    assert {r["supplierReference"] for r in second.records() if r["id"] in changed} == {"new"}


@pytest.mark.parametrize(("lookback", "expected"), [(0, 1), (10, 2), (200, 3)])
def test_look_back_reads_again_what_an_index_may_show_late(
    lookback: int, expected: int, sandbox: Make, run_tap: Run
) -> None:
    """The next run asks from the bookmark less the look-back."""
    box = sandbox(products=3)
    base = box.medipim.catalogue.next_second() + 1000
    for key, age in zip(list(box.medipim.catalogue.products), (0, 5, 100), strict=True):
        box.medipim.catalogue._changed(key, lambda _: None, base - age)
    first = run_tap(box, "products")
    second = run_tap(box, "products", state=first.state, lookback_seconds=lookback)
    assert len(second.ids()) == expected


@pytest.mark.parametrize("start", ["2026-11-01T02:26:41Z", "2026-11-01T03:26:41+01:00", "2026-11-01T02:26:41"])
def test_start_date_is_a_time_in_any_zone(start: str, sandbox: Make, run_tap: Run) -> None:
    """``start_date`` leaves out what was last changed before it, and compares as a time."""
    box = sandbox()
    key = list(box.medipim.catalogue.products)[7]
    box.medipim.change(key, lambda _: None)  # in the second 2026-11-01T02:26:41Z
    assert run_tap(box, "products", start_date=start).ids() == [key]


@pytest.mark.parametrize("endpoint", ["stream", "query"])
def test_the_filter_setting_is_and_ed_with_ours(endpoint: str, sandbox: Make, run_tap: Run) -> None:
    """The user's filter narrows products and does not touch the incremental condition; a first load needs none."""
    box = sandbox()
    wanted = [key for key, entry in box.medipim.catalogue.entries.items() if entry.head.status == "inactive"]
    run = run_tap(box, "products", products_endpoint=endpoint, filter='{"status": "inactive"}')
    assert sorted(run.ids()) == sorted(wanted)
    assert box.medipim.requests[0].body["filter"] == {"status": "inactive"}
    run_tap(box, "products", products_endpoint=endpoint, filter='{"status": "inactive"}', state=run.state)
    asked = box.medipim.requests[-1].body["filter"]["and"]
    assert asked[0] == {"status": "inactive"}
    assert list(asked[1]) == ["updatedSince"]


@pytest.mark.parametrize("endpoint", ["stream", "query"])
def test_an_empty_answer_is_a_success(endpoint: str, sandbox: Make, run_tap: Run) -> None:
    """204 and an empty page are zero rows, no failure, and leave no bookmark."""
    run = run_tap(sandbox(products=0), "products", products_endpoint=endpoint)
    assert run.error is None
    assert run.records() == []
    assert run.bookmark() is None


@pytest.mark.parametrize("options", [{"gzip": True}, {"integer_codes": True}, {"null_scalars": False}])
def test_the_shapes_nobody_documented_do_not_matter(options: dict[str, Any], sandbox: Make, run_tap: Run) -> None:
    """Compression, integer codes and left-out fields give the same set of products."""
    box = sandbox(**options)
    assert sorted(run_tap(box, "products").ids()) == sorted(box.medipim.catalogue.products)


@pytest.mark.parametrize("endpoint", ["stream", "query"])
def test_states_are_at_most_one_page_apart(endpoint: str, sandbox: Make, run_tap: Run) -> None:
    """A kill costs at most one page: no more than ``page_size`` records stand between two states."""
    box = sandbox()
    for key in box.medipim.catalogue.products:
        box.medipim.touch([key])
    run = run_tap(box, "products", page_size=10, products_endpoint=endpoint)
    gap = longest = 0
    for message in run.messages:
        gap = 0 if message["type"] == "STATE" else gap + (message["type"] == "RECORD")
        longest = max(longest, gap)
    assert 1 <= longest <= 10


def test_a_field_can_be_deselected(sandbox: Make, run_tap: Run) -> None:
    """A catalog that deselects one field leaves out that field alone."""
    box = sandbox(products=3)
    catalog = run_tap(box).tap.catalog_dict
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = entry["tap_stream_id"] == "products"
            elif item["breadcrumb"] == ["properties", "descriptions"]:
                item["metadata"]["selected"] = False
    records = run_tap(box, catalog=catalog).records()
    assert len(records) == 3
    assert all("descriptions" not in record and "photos" in record for record in records)


def test_full_table_replication_reads_everything_and_keeps_no_bookmark(sandbox: Make, run_tap: Run) -> None:
    """A catalog that forces FULL_TABLE ignores the state's bookmark."""
    box = sandbox(products=12)
    first = run_tap(box, "products")
    catalog = first.tap.catalog_dict
    for entry in catalog["streams"]:
        entry["replication_method"] = "FULL_TABLE"
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"].update(
                    {"forced-replication-method": "FULL_TABLE", "selected": entry["tap_stream_id"] == "products"}
                )
    assert len(run_tap(box, catalog=catalog, state=first.state).ids()) == 12


def test_requests_stay_within_the_documented_limit(sandbox: Make, run_tap: Run, fake_clock: Any) -> None:
    """With the default of 100 a minute a sandbox that counts any 60 seconds never says 429."""
    box = sandbox(products=2600, requests_per_minute=100, clock=fake_clock.now)
    thin_out(box)
    run = run_tap(box, "products", products_endpoint="query", page_size=10, clock=fake_clock)
    statuses = [request.status for request in box.medipim.requests]
    assert len(set(run.ids())) == 2600
    assert len(statuses) > 200
    assert set(statuses) == {200}
