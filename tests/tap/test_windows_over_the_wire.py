"""Windows over the wire: whatever moves, enters or breaks while they are read, nothing is lost."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import Fault, Sandbox
from tap_medipim import windows
from tap_medipim.records import rfc3339
from tests.support.examples import examples

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
Open = Callable[..., AbstractContextManager[Sandbox]]
V3 = {"api_version": "v3", "page_size": 10}
CAP = 30
KINDS = ["drop_before", "drop_after", "status", "truncate_json", "short_length", "html", "empty"]


def touch_now(box: Sandbox, keys: list[str], text: str = "touched") -> None:
    """Touch products in the second that the service's Date header tells."""
    for key in keys:
        box.medipim.catalogue._changed(key, lambda raw: raw.update(udi=text), int(time.time()))


@dataclass
class OneRun:
    """What happens to one run: a fault, a kill, and rows that are touched before the n-th request."""

    fault: str | None = None
    nth: int = 1
    kill_after: int | None = None
    touched: dict[int, list[int]] = field(default_factory=dict)


def arrange(box: Sandbox, plan: OneRun) -> None:
    """Set up the faults and touches of a run."""
    keys, first = list(box.medipim.catalogue.products), len(box.medipim.requests)
    box.medipim.faults.clear()
    if plan.fault:
        box.medipim.faults.add(Fault(plan.fault, nth=plan.nth))

    def touch(_call: Any) -> None:
        number = len(box.medipim.requests) - first
        touch_now(box, [keys[n % len(keys)] for n in plan.touched.pop(number, [])], f"run {first} request {number}")

    box.medipim._before[:] = [touch] if keys else []


plans = st.builds(
    OneRun,
    fault=st.none() | st.sampled_from(KINDS),
    nth=st.integers(1, 12),
    kill_after=st.none() | st.integers(0, 100),
    touched=st.dictionaries(st.integers(0, 30), st.lists(st.integers(0, 79), min_size=1, max_size=5), max_size=6),
)


@examples(30)
@given(
    ages=st.lists(st.integers(0, 40) | st.integers(0, 40_000_000), max_size=80),
    undated=st.sets(st.integers(0, 79), max_size=2),
    clip=st.booleans(),
    inclusive=st.booleans(),
    runs=st.lists(plans, min_size=1, max_size=3),
)
def test_v3_the_union_of_all_runs_is_the_catalogue(
    ages: list[int],
    undated: set[int],
    clip: bool,
    inclusive: bool,
    runs: list[OneRun],
    open_sandbox: Open,
    run_tap: Run,
) -> None:
    """For any catalogue, totals, bounds and interruptions: after a quiet run the last version of each is its newest."""
    reach = mock.patch.object(windows, "MAX_REACHABLE_ROWS", CAP)
    with reach, open_sandbox(products=len(ages), clip_total=clip, updated_since_inclusive=inclusive) as box:
        catalogue = box.medipim.catalogue
        for number, (key, age) in enumerate(zip(list(catalogue.products), ages, strict=True)):
            catalogue._changed(key, lambda _: None, int(time.time()) - age)
            if number in undated:
                del catalogue.products[key]["meta"]["updatedAt"]
        state, versions = None, {}
        for plan in [*runs, OneRun()]:
            arrange(box, plan)
            run = run_tap(box, "products", state=state, kill_after=plan.kill_after, lookback_seconds=0, **V3)
            versions |= {record["id"]: (record["updated_at"], record.get("udi")) for record in run.records()}
            state = run.state or state
        assert run.error is None
        assert versions == {key: (dated(raw), raw.get("udi")) for key, raw in catalogue.products.items()}


def dated(raw: dict[str, Any]) -> str | None:
    """The update time of a raw product as the record tells it."""
    moment = raw["meta"].get("updatedAt")
    return None if moment is None else rfc3339(moment)


@pytest.mark.parametrize("lookback", [0, 600])
def test_rows_that_enter_while_pages_are_read_push_no_other_out(lookback: int, sandbox: Make, run_tap: Run) -> None:
    """Old products touched meanwhile sort in between and shift pages upwards; what was there arrives all the same."""
    box = sandbox(products=120)
    keys = sorted(box.medipim.catalogue.products)
    old, recent = keys[:40], keys[40:]
    for number, key in enumerate(keys):
        age = 10_000_000 if key in old else 5_000 + number
        box.medipim.catalogue._changed(key, lambda _: None, int(time.time()) - age)
    box.medipim.on_request(lambda _call: touch_now(box, [old.pop() for _ in range(min(3, len(old)))]))
    start = rfc3339(int(time.time()) - 100_000)

    run = run_tap(box, "products", start_date=start, lookback_seconds=lookback, **V3)

    assert run.error is None
    assert set(recent) <= set(run.ids())


def test_rows_touched_within_the_look_back_are_read_upwards(sandbox: Make, run_tap: Run) -> None:
    """The newest window has no end: rows only enter it, and those that were in it all arrive in this run."""
    box = sandbox(products=120)
    keys = sorted(box.medipim.catalogue.products)
    old, recent = keys[:40], keys[40:]
    for key in keys:
        box.medipim.catalogue._changed(key, lambda _: None, int(time.time()) - (10_000_000 if key in old else 100))
    box.medipim.on_request(lambda _call: touch_now(box, [old.pop() for _ in range(min(3, len(old)))]))

    run = run_tap(box, "products", start_date=rfc3339(int(time.time()) - 100_000), **V3)

    assert run.error is None
    assert set(recent) <= set(run.ids())


def test_rows_without_an_update_time_are_not_lost(sandbox: Make, run_tap: Run) -> None:
    """What tells no time cannot be placed in a window, and is given where it comes."""
    box = sandbox(products=30)
    key = next(iter(box.medipim.catalogue.products))
    del box.medipim.catalogue.products[key]["meta"]["updatedAt"]

    run = run_tap(box, "products", **V3)

    assert run.error is None
    assert set(run.ids()) == set(box.medipim.catalogue.products)


def test_a_bookmark_in_the_future_is_refused_in_v3_too(sandbox: Make, run_tap: Run) -> None:
    """It would read nothing for years and call it a success."""
    state = {
        "bookmarks": {"products": {"replication_key": "updated_at", "replication_key_value": "2099-01-01T00:00:00Z"}}
    }

    run = run_tap(sandbox(products=5), "products", state=state, **V3)

    assert "products could not be read to the end" in str(run.error)
    assert run.ids() == []
