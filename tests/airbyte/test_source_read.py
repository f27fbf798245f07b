"""``source-medipim read``: records, states and statuses of each stream."""

import json
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft7Validator

from sandbox import Fault, Sandbox

Make = Callable[..., Sandbox]
Ask = Callable[..., Any]
Run = Callable[..., Any]
BREAKS = ["cut_mid_line", "cut_at_line_end", "clean_end", "close_end", "error_line", "broken_line"]
ALL = {
    "products", "media", "brands", "organizations", "categories", "active_ingredients", "product_families",
    "attributes", "attribute_options", "medipim_categories", "bcfi_categories", "apb_categories", "atc_categories",
}  # fmt: skip


def test_the_second_night_reads_what_changed(sandbox: Make, source: Ask) -> None:
    """The platform gives the last state of each stream back; a state counts the records since the one before."""
    box = sandbox(products=60)
    first = source("read", box, "products", "media", page_size=10)
    assert first.code == 0
    assert set(first.ids()) == set(box.medipim.catalogue.products)
    assert first.statuses["products"] == ["STARTED", "RUNNING", "COMPLETE"]
    assert sum(state["sourceStats"]["recordCount"] for state in first.states()) == 60
    assert len(first.states()) == 6
    changed = list(box.medipim.catalogue.products)[7:9]
    box.medipim.touch(changed, supplierReference="new")
    second = source("read", box, "products", "media", state=first.last_states, lookback_seconds=0)
    assert second.code == 0
    assert set(changed) <= set(second.ids())
    assert len(second.ids()) < 10


def test_what_airbyte_gets_is_what_singer_gets(sandbox: Make, source: Ask, run_tap: Run) -> None:
    """The same records, and the same bookmark at the end, as the blob of the state."""
    box = sandbox(products=30)
    ours, singer = source("read", box, "products", "brands", page_size=10), run_tap(box, "products", page_size=10)
    assert ours.records() == singer.records()
    assert ours.bookmark() == singer.state["bookmarks"]["products"]


def test_a_state_follows_its_records(sandbox: Make, source: Ask) -> None:
    """Each counts exactly the records between it and the one before, in every mode."""
    box = sandbox(products=35)
    answer = source("read", box, "products", ("media", "full_refresh"), "brands", page_size=10)
    counts: dict[str, int] = {}
    for message in answer.messages:
        if message["type"] == "RECORD":
            name = message["record"]["stream"]
            counts[name] = counts.get(name, 0) + 1
        if message["type"] == "STATE":
            state = message["state"]
            name = state["stream"]["stream_descriptor"]["name"]
            assert state["sourceStats"]["recordCount"] == counts.pop(name, 0)
    assert counts == {}


def test_a_full_refresh_ends_with_a_state_that_says_so(sandbox: Make, source: Ask) -> None:
    """One alone, whatever the stream could do; and it does not count as a bookmark the next time."""
    box = sandbox(products=20)
    first = source("read", box, "products", "brands", mode="full_refresh", page_size=10)
    assert [state["stream"]["stream_state"] for state in first.states()] == [{"__ab_no_cursor_state_message": True}]
    assert [state["stream"]["stream_state"] for state in first.states("brands")] == [
        {"__ab_no_cursor_state_message": True}
    ]
    again = source("read", box, "products", "brands", mode="full_refresh", state=first.last_states)
    assert len(again.ids()) == 20
    then = source("read", box, "products", "brands", state=first.last_states)
    assert len(then.ids()) == 20
    assert then.bookmark()["replication_key_value"]


def test_a_full_refresh_reads_everything_whatever_the_state(sandbox: Make, source: Ask) -> None:
    """A bookmark of the time before is not asked."""
    box = sandbox(products=20)
    states = source("read", box, "products").last_states
    assert len(source("read", box, "products", mode="full_refresh", state=states).ids()) == 20


@pytest.mark.parametrize(("market", "version"), [("be", "v4"), ("be", "v3"), ("fr", "v4"), ("us", "v4")])
def test_every_record_keeps_to_its_streams_schema(sandbox: Make, source: Ask, market: str, version: str) -> None:
    """Of every stream that is offered, read in the best mode that it offers."""
    box = sandbox(products=8, market=market)
    settings = {"market": market, "api_version": version}
    (catalog,) = source("discover", box, **settings).of("CATALOG")
    modes = [(each["name"], each["supported_sync_modes"][-1]) for each in catalog["streams"]]
    answer = source("read", box, *modes, **settings)
    assert answer.code == 0
    assert set(answer.statuses) == {name for name, _mode in modes}
    for stream in catalog["streams"]:
        validator = Draft7Validator(stream["json_schema"])
        records = answer.records(stream["name"])
        assert not [error.message for record in records for error in validator.iter_errors(record)]


def test_streams_that_are_not_chosen_stay_silent(sandbox: Make, source: Ask) -> None:
    """No status, no request, no word."""
    box = sandbox(products=5)
    answer = source("read", box, "brands")
    assert set(answer.statuses) == {"brands"}
    assert {request.path for request in box.medipim.requests} == {"/v4/brands/query"}
    assert not [line for line in answer.logs("INFO") if "products" in line]
    nothing = source("read", box)
    assert (nothing.code, nothing.statuses, nothing.of("STATE")) == (0, {}, [])


@pytest.mark.parametrize("kind", BREAKS)
def test_a_break_in_the_middle_loses_no_row(sandbox: Make, source: Ask, kind: str) -> None:
    """Also one that looks like a clean end: what a source that counts nothing takes for everything."""
    box = sandbox(products=30)
    box.medipim.faults.add(Fault(kind, route="POST /v4/products/stream", after_lines=11))
    answer = source("read", box, "products", page_size=10)
    assert answer.code == 0
    assert set(answer.ids()) == set(box.medipim.catalogue.products)
    assert answer.statuses["products"][-1] == "COMPLETE"


@pytest.mark.parametrize("kind", BREAKS)
def test_a_stream_that_breaks_for_good_is_incomplete_and_says_no_more_than_it_knows(
    sandbox: Make, source: Ask, kind: str
) -> None:
    """The others go on; what was certain is kept, and the next run brings the rest."""
    box = sandbox(products=30)
    box.medipim.faults.add(Fault(kind, route="POST /v4/products/stream", after_lines=4, times=None))
    answer = source("read", box, "products", "brands", page_size=10)
    assert answer.code == 1
    assert answer.statuses["products"][-1] == "INCOMPLETE"
    assert answer.statuses["brands"][-1] == "COMPLETE"
    (of_stream, last) = answer.traces("error")
    assert of_stream["stream_descriptor"]["name"] == "products"
    assert answer.messages[-1]["trace"]["error"] == last
    box.medipim.faults.clear()
    rest = source("read", box, "products", state=answer.last_states)
    assert set(answer.ids()) | set(rest.ids()) == set(box.medipim.catalogue.products)


@pytest.mark.parametrize(("status", "kind"), [(403, "config_error"), (422, "config_error"), (409, "system_error")])
def test_a_stream_that_is_refused_leaves_its_cursor_where_it_was(
    sandbox: Make, source: Ask, status: int, kind: str
) -> None:
    """It is incomplete with its reason, and the run fails at its end."""
    box = sandbox(products=12)
    states = source("read", box, "products", "media").last_states
    box.medipim.faults.add(Fault("status", route="POST /v4/media", times=None, status=status))
    answer = source("read", box, "products", "media", "brands", state=states)
    assert answer.code == 1
    assert answer.statuses["media"] == ["STARTED", "INCOMPLETE"]
    assert (answer.statuses["products"][-1], answer.statuses["brands"][-1]) == ("COMPLETE", "COMPLETE")
    (of_stream, last) = answer.traces("error")
    assert (of_stream["failure_type"], last["failure_type"]) == (kind, kind)
    before = next(one for one in states if one["stream"]["stream_descriptor"]["name"] == "media")
    for state in answer.states("media"):
        found = state["stream"]["stream_state"]["replication_key_value"]
        assert found == before["stream"]["stream_state"]["replication_key_value"]


def test_a_list_that_this_key_does_not_have_is_not_taken_for_an_empty_one(sandbox: Make, source: Ask) -> None:
    """Complete, an empty list would empty a table that is overwritten."""
    box = sandbox(products=5, missing_endpoints=frozenset({"brands"}))
    answer = source("read", box, "brands", "categories")
    assert answer.code == 1
    assert answer.statuses["brands"] == ["STARTED", "INCOMPLETE"]
    assert answer.states("brands") == []
    assert "deselect it" in answer.traces("error")[0]["message"]


def test_a_stream_of_another_market_is_incomplete(sandbox: Make, source: Ask) -> None:
    """The catalog was made with other settings: it says what to do, and all others are read."""
    answer = source("read", sandbox(products=5), "osp_categories", "brands")
    assert answer.code == 1
    assert answer.statuses == {"osp_categories": ["INCOMPLETE"], "brands": ["STARTED", "RUNNING", "COMPLETE"]}
    assert "market be has no such stream" in answer.traces("error")[0]["message"]
    assert answer.traces("error")[-1]["failure_type"] == "config_error"


def test_a_key_that_is_refused_ends_the_run(sandbox: Make, source: Ask) -> None:
    """With the names of the fields, no secret, and every stream incomplete."""
    answer = source("read", sandbox(products=5), "products", "brands", api_key_secret="canary-secret-1")
    assert answer.code == 1
    assert {statuses[-1] for statuses in answer.statuses.values()} == {"INCOMPLETE"}
    (error,) = answer.traces("error")
    assert error["failure_type"] == "config_error"
    assert "canary-secret" not in json.dumps(answer.messages)


def test_a_service_that_is_down_is_a_transient_error(sandbox: Make, source: Ask) -> None:
    """Airbyte tries again by itself."""
    box = sandbox(products=5)
    box.medipim.faults.add(Fault("status", status=503, times=None))
    answer = source("read", box, "products")
    assert (answer.code, answer.traces("error")[-1]["failure_type"]) == (1, "transient_error")
    assert answer.states() == []


@pytest.mark.parametrize(("nth", "of_brands"), [(1, "INCOMPLETE"), (4, "COMPLETE")])
def test_told_to_stop_in_the_middle(
    sandbox: Make, source: Ask, make_clock: Callable[[], Any], nth: int, of_brands: str
) -> None:
    """Whole lines, states up to where it is certain, incomplete; and the next run brings the rest."""
    box = sandbox(products=40)
    asked: list[None] = []

    def stop(_call: Any) -> None:
        asked.append(None)
        if len(asked) == nth:
            os.kill(os.getpid(), signal.SIGTERM)

    box.medipim._before[:] = [stop]
    answer = source("read", box, "products", "brands", products_endpoint="query", page_size=10)
    box.medipim._before.clear()
    assert answer.code == 130
    assert (answer.statuses["brands"][-1], answer.statuses["products"][-1]) == (of_brands, "INCOMPLETE")
    rest = source("read", box, "products", state=answer.last_states, clock=make_clock())
    assert set(answer.ids()) | set(rest.ids()) == set(box.medipim.catalogue.products)
    assert nth == 1 or answer.ids()


def test_progress_is_told(sandbox: Make, source: Ask) -> None:
    """An estimate where the service says how many rows there are, and the table at the end in the log."""
    answer = source("read", sandbox(products=30), "products")
    assert answer.traces("estimate")[0] | {"row_estimate": 30} == answer.traces("estimate")[0]
    assert [line for line in answer.logs("INFO") if line.startswith("products ") and " 30 " in line]


@pytest.mark.parametrize("fault", [None, "close_end", "error_line"])
def test_every_state_that_left_is_safe(sandbox: Make, source: Ask, fault: str | None) -> None:
    """A kill after any of them: what came before it, and what a run from it brings, is everything."""
    box = sandbox(products=40)
    if fault:
        box.medipim.faults.add(Fault(fault, route="POST /v4/products/stream", after_lines=23))
    answer = source("read", box, "products", page_size=10)
    box.medipim.faults.clear()
    before: set[str] = set()
    for message in answer.messages:
        if message["type"] == "RECORD":
            before.add(message["record"]["data"]["id"])
        elif message["type"] == "STATE":
            rest = source("read", box, "products", state=[message["state"]], full_read_every_days=0)
            assert before | set(rest.ids()) == set(box.medipim.catalogue.products)
