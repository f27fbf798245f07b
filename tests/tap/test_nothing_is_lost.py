"""Whatever interrupts the tap and whatever moves while it reads: nothing is lost, and no state says too much."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import Fault, Sandbox
from tests.support.declared import declared
from tests.support.examples import examples
from tests.support.thin import put_thin, thin_out

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
Open = Callable[..., AbstractContextManager[Sandbox]]

PAGE = 10
EARLIER = 1_790_000_000
HEALED_KINDS = ["cut_mid_line", "cut_at_line_end", "clean_end", "close_end", "half_gzip", "error_line", "broken_line",
                "skip_line", "repeat_line"]  # fmt: skip
PAGE_KINDS = ["drop_before", "drop_after", "status", "truncate_json", "short_length", "html", "empty"]


@dataclass
class OneRun:
    """What happens to one run: a fault, a kill, and rows that are touched before the n-th request."""

    fault: str | None = None
    nth: int = 1
    after_lines: int = 0
    kill_after: int | None = None
    touched: dict[int, list[int]] = field(default_factory=dict)


def date_rows(box: Sandbox, seconds: list[int], undated: set[int] = frozenset()) -> None:
    """Give each product its update time; some have none in their record."""
    catalogue = box.medipim.catalogue
    for number, (key, second) in enumerate(zip(list(catalogue.products), seconds, strict=True)):
        catalogue._changed(key, lambda _: None, EARLIER + second)
        if number in undated:
            del catalogue.products[key]["meta"]["updatedAt"]


def thin_rows(box: Sandbox, seconds: list[int]) -> None:
    """The same for tests that look at ids alone."""
    for key, second in zip(list(box.medipim.catalogue.entries), seconds, strict=True):
        put_thin(box, key, EARLIER + second)


def touch_while_reading(box: Sandbox, plan: OneRun) -> None:
    """Touch rows just before the service handles the n-th request of this run."""
    keys, first = list(box.medipim.catalogue.products), len(box.medipim.requests)

    def touch(_call: Any) -> None:
        numbers = plan.touched.pop(len(box.medipim.requests) - first, [])
        if numbers and keys:
            box.medipim.touch([keys[n % len(keys)] for n in numbers], supplierReference=f"t{numbers}")

    box.medipim._before[:] = [touch]


def newest(box: Sandbox) -> dict[str, Any]:
    """The catalogue as it is now."""
    return {key: declared(raw) for key, raw in box.medipim.catalogue.products.items()}


def last_versions(runs: list[Any]) -> dict[str, Any]:
    """The last record that was emitted of each product."""
    found: dict[str, Any] = {}
    for record in (record for run in runs for record in run.records()):
        found[record["id"]] = {name: value for name, value in record.items() if name != "updated_at"}
    return found


plans = st.builds(
    OneRun,
    fault=st.none() | st.sampled_from(HEALED_KINDS + PAGE_KINDS),
    nth=st.integers(1, 4),
    after_lines=st.integers(0, 30),
    kill_after=st.none() | st.integers(0, 60),
    touched=st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 45), min_size=1, max_size=4), max_size=4),
)


@examples(40)
@given(
    seconds=st.lists(st.integers(0, 5), max_size=45),
    undated=st.sets(st.integers(0, 45), max_size=3),
    endpoint=st.sampled_from(["stream", "query"]),
    inclusive=st.booleans(),
    runs=st.lists(plans, min_size=1, max_size=3),
)
def test_the_union_of_all_runs_is_the_catalogue(
    seconds: list[int],
    undated: set[int],
    endpoint: str,
    inclusive: bool,
    runs: list[OneRun],
    open_sandbox: Open,
    run_tap: Run,
) -> None:
    """For any catalogue and interruptions, after one quiet run everything arrived, last in its newest version."""
    with open_sandbox(products=len(seconds), updated_since_inclusive=inclusive) as box:
        date_rows(box, seconds, undated)
        state, done = None, []
        for plan in [*runs, OneRun()]:
            box.medipim.faults.clear()
            if plan.fault:
                box.medipim.faults.add(Fault(plan.fault, nth=plan.nth, after_lines=plan.after_lines))
            touch_while_reading(box, plan)
            how = {"page_size": PAGE, "products_endpoint": endpoint, "lookback_seconds": 0}
            done.append(run_tap(box, "products", state=state, kill_after=plan.kill_after, **how))
            state = done[-1].state or state
        assert done[-1].error is None
        assert last_versions(done) == newest(box)


@pytest.mark.parametrize("lines", range(0, 36, 7))
@pytest.mark.parametrize("kind", HEALED_KINDS)
def test_an_early_end_is_healed_in_the_same_run(kind: str, lines: int, sandbox: Make, run_tap: Run) -> None:
    """Any damage to the stream is repaired by asking again, and no version is emitted twice."""
    box = sandbox(products=30)
    thin_rows(box, [n // 7 for n in range(30)])
    box.medipim.faults.add(Fault(kind, after_lines=lines))
    run = run_tap(box, "products")
    assert run.error is None
    assert sorted(run.ids()) == sorted(box.medipim.catalogue.products)


@pytest.mark.parametrize("kind", ["cut_at_line_end", "error_line", "close_end"])
def test_many_breaks_are_healed_as_long_as_there_is_progress(kind: str, sandbox: Make, run_tap: Run) -> None:
    """A stream that dies after every few rows still arrives whole and once."""
    box = sandbox(products=40)
    thin_rows(box, list(range(40)))
    box.medipim.faults.add(Fault(kind, after_lines=6, times=8))
    run = run_tap(box, "products")
    assert run.error is None
    assert len(run.ids()) == len(set(run.ids())) == 40


@pytest.mark.parametrize("undated", [set(), {0}, {0, 1, 2}])
def test_breaks_without_progress_end_the_stream(
    undated: set[int], sandbox: Make, run_tap: Run, fake_clock: Any
) -> None:
    """A stream that always dies at the same place is given up after a few attempts, with a safe bookmark."""
    box = sandbox(products=20)
    date_rows(box, [0] * 10 + list(range(1, 11)), undated)
    box.medipim.faults.add(Fault("cut_at_line_end", after_lines=4, times=200))
    run = run_tap(box, "products", clock=fake_clock)
    assert "products could not be read to the end" in str(run.error)
    assert len(box.medipim.requests) <= 10
    box.medipim.faults.clear()
    assert set(run_tap(box, "products", state=run.state).ids()) == set(box.medipim.catalogue.products)


@pytest.mark.parametrize("kind", ["wrong_total", "extra_line"])
def test_a_stream_that_contradicts_itself_is_never_called_complete(kind: str, sandbox: Make, run_tap: Run) -> None:
    """A wrong total is asked about again; an empty line is no row."""
    box = sandbox(products=12)
    box.medipim.faults.add(Fault(kind, after_lines=3))
    run = run_tap(box, "products")
    assert run.error is None
    assert len(box.medipim.requests) == (2 if kind == "wrong_total" else 1)
    assert len(run.ids()) == 12


def test_a_stalled_stream_is_resumed(sandbox: Make, run_tap: Run) -> None:
    """Silence longer than ``stream_timeout_seconds`` counts as an early end."""
    box = sandbox(products=12)
    box.medipim.faults.add(Fault("stall", after_lines=5, delay=2))
    run = run_tap(box, "products", stream_timeout_seconds=0.2)
    assert run.error is None
    assert len(run.ids()) == len(set(run.ids())) == 12


@pytest.mark.parametrize("victims", [[0], [0, 3, 9], list(range(10)), [12], [29]])
@pytest.mark.parametrize("before", [1, 2, 3])
def test_rows_of_one_second_that_move_between_pages_lose_nothing(
    victims: list[int], before: int, sandbox: Make, run_tap: Run
) -> None:
    """When a bulk change fills several pages with one second, a row that leaves it takes no other along."""
    box = sandbox(products=34)
    date_rows(box, [0] * 30 + [1, 5, 6, 7])
    in_order = sorted(list(box.medipim.catalogue.products)[:30])
    keys = list(box.medipim.catalogue.products)
    plan = OneRun(touched={before: [keys.index(in_order[victim]) for victim in victims]})
    touch_while_reading(box, plan)
    run = run_tap(box, "products", products_endpoint="query", page_size=PAGE)
    assert run.error is None
    assert last_versions([run]) == newest(box)


def test_reading_by_pages_emits_no_version_twice(sandbox: Make, run_tap: Run) -> None:
    """Overlapping pages are recognised, also where one second fills several pages."""
    box = sandbox(products=60)
    thin_rows(box, [0] * 25 + [1] * 12 + list(range(2, 25)))
    ids = run_tap(box, "products", products_endpoint="query", page_size=PAGE).ids()
    assert len(ids) == len(set(ids)) == 60


def test_more_rows_in_one_second_than_pages_reach_are_read_by_windows(sandbox: Make, run_tap: Run) -> None:
    """Over 10,000 rows in one second are halved over creation time, and each arrives once."""
    box = sandbox(products=10_050)
    thin_out(box, EARLIER)
    run = run_tap(box, "products", products_endpoint="query")
    assert run.error is None
    assert sorted(run.ids()) == sorted(box.medipim.catalogue.products)


@pytest.mark.parametrize("kind", ["stall", "hang"])
def test_a_stream_that_falls_silent_is_resumed(kind: str, sandbox: Make, run_tap: Run) -> None:
    """Silence longer than stream_timeout_seconds counts as a break; nothing is lost and no version comes twice."""
    box = sandbox(products=30)
    box.medipim.faults.add(Fault(kind, route="POST /v4/products/stream", after_lines=9))
    run = run_tap(box, "products", stream_timeout_seconds=0.3)
    assert run.error is None
    assert sorted(run.ids()) == sorted(box.medipim.catalogue.products)


@pytest.mark.parametrize(("clip", "beyond"), [(True, "empty"), (False, "error")])
def test_more_than_ten_thousand_rows_arrive_by_pages(clip: bool, beyond: str, sandbox: Make, run_tap: Run) -> None:
    """The 10,000-row cap is never met, whether totals are clipped or not."""
    box = sandbox(products=10_400, clip_total=clip, beyond_cap=beyond, html_in_texts=False)
    thin_out(box)
    run = run_tap(box, "products", products_endpoint="query")
    assert run.error is None
    assert set(run.ids()) == set(box.medipim.catalogue.products)


@pytest.mark.parametrize("endpoint", ["stream", "query"])
def test_a_service_that_does_not_sort_freezes_the_bookmark(endpoint: str, sandbox: Make, run_tap: Run) -> None:
    """Without the promised order no state moves before the end, and a kill anywhere loses nothing."""
    box = sandbox(products=40)
    box.medipim.on_request(lambda call: call.body.update(sorting={"id": "ASC"}))
    how = {"products_endpoint": endpoint, "page_size": PAGE}
    half = run_tap(box, "products", kill_after=25, **how)
    whole = run_tap(box, "products", state=half.state, **how)
    assert whole.error is None
    assert last_versions([half, whole]) == newest(box)
    newest_seen = max(record["updated_at"] for record in whole.records())
    assert whole.bookmark() >= newest_seen
    assert half.bookmark() is None or half.bookmark() < newest_seen


@pytest.mark.parametrize("kind", ["cut_at_line_end", "error_line"])
def test_an_unsorted_stream_that_breaks_is_read_again_from_its_start(kind: str, sandbox: Make, run_tap: Run) -> None:
    """What came out of order proves nothing, so the whole question is asked again."""
    box = sandbox(products=20)
    box.medipim.on_request(lambda call: call.body.update(sorting={"id": "ASC"}))
    box.medipim.faults.add(Fault(kind, after_lines=12))
    run = run_tap(box, "products")
    assert run.error is None
    assert last_versions([run]) == newest(box)


@pytest.mark.parametrize("endpoint", ["stream", "query"])
def test_the_bookmark_is_never_later_than_the_services_own_clock(endpoint: str, sandbox: Make, run_tap: Run) -> None:
    """One product dated 2099 does not end all later reading."""
    box = sandbox(products=30)
    last, other = list(box.medipim.catalogue.products)[:2]
    box.medipim.catalogue._changed(last, lambda _: None, 4_070_908_800)
    first = run_tap(box, "products", products_endpoint=endpoint, page_size=PAGE)
    assert first.bookmark() < "2099"
    box.medipim.change(other, lambda raw: raw.update(supplierReference="later"))
    second = run_tap(box, "products", state=first.state, products_endpoint=endpoint, lookback_seconds=40_000_000)
    assert other in second.ids()


@pytest.mark.parametrize("how", [{}, {"products_endpoint": "query", "page_size": PAGE}, {"api_version": "v3"}])
@pytest.mark.parametrize("date", ["none", "2099", "right"])
def test_one_row_of_2099_ends_no_reading_whatever_clock_the_service_shows(
    date: str, how: dict[str, Any], sandbox: Make, run_tap: Run, fake_clock: Any
) -> None:
    """None behind some proxies, or one that is set wrong: each night the ten that changed are read."""
    box, now = sandbox(products=30), 1_795_000_000
    fake_clock.pass_by(now - fake_clock.wall())
    keys = list(box.medipim.catalogue.products)
    box.medipim.catalogue._changed(keys[0], lambda _: None, 4_070_908_800)
    shown = {"none": None, "2099": lambda: 4_070_908_900.0, "right": fake_clock.wall}
    box.medipim.date = shown[date]
    state = run_tap(box, "products", clock=fake_clock, **how).state
    for _night in range(3):
        fake_clock.pass_by(86_400)
        for key in keys[1:11]:
            box.medipim.catalogue._changed(key, lambda _: None, int(fake_clock.wall()) - 60)
        night = run_tap(box, "products", state=state, clock=fake_clock, **how)
        state = night.state
        assert night.error is None
        assert set(keys[1:11]) <= set(night.ids())
        assert night.bookmark() < "2027"


@pytest.mark.parametrize("lines", range(0, 34, 5))
@pytest.mark.parametrize("endpoint", ["stream", "query"])
def test_a_kill_after_any_line_loses_nothing(endpoint: str, lines: int, sandbox: Make, run_tap: Run) -> None:
    """The next run goes on from the last state that got out, and the two together hold everything."""
    box = sandbox(products=30)
    date_rows(box, [n // 4 for n in range(30)])
    how = {"products_endpoint": endpoint, "page_size": PAGE, "lookback_seconds": 0}
    first = run_tap(box, "products", kill_after=lines, **how)
    second = run_tap(box, "products", state=first.state, **how)
    assert last_versions([first, second]) == newest(box)
    assert lines < 14 or len(second.ids()) < 30


def test_media_survive_an_early_end_too(sandbox: Make, run_tap: Run) -> None:
    """The second incremental stream has the same proof of completeness."""
    box = sandbox(products=30)
    box.medipim.faults.add(Fault("cut_at_line_end", route="POST /v4/media/stream", after_lines=9))
    run = run_tap(box, "media")
    assert run.error is None
    assert sorted(run.ids("media")) == sorted(row.head.id for row in box.medipim.media_rows())
