"""The order of rows is trusted for going on, never for good: whatever it hides is read once more."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tap_medipim.high_water_mark import Completeness
from tests.support.thin import put_thin

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
BEGAN = 1_790_000_000


def ordered_by_another_time(box: Sandbox, late: range) -> set[str]:
    """Rows are sorted by a rising time; those of ``late`` show that they were updated long before all others."""
    hidden = set()
    for number, key in enumerate(list(box.medipim.catalogue.entries)):
        shown = BEGAN - 10_000_000 + number if number in late else BEGAN + number
        put_thin(box, key, shown, sorted_by=BEGAN + number)
        if number in late:
            hidden.add(key)
    return hidden


def lines_until_bookmark(run: Any) -> int:
    """How many lines there were up to the first STATE with a bookmark."""
    for number, message in enumerate(run.messages, start=1):
        if message["type"] == "STATE" and "products" in str(message) and "replication_key_value" in str(message):
            return number
    raise AssertionError(run.messages[-1])


@pytest.mark.parametrize("endpoint", ["stream", "query"])
@pytest.mark.parametrize("late", [range(600, 650), range(690, 700), range(260, 300)])
def test_rows_that_the_order_hides_are_read_after_a_kill(
    late: range, endpoint: str, sandbox: Make, run_tap: Run
) -> None:
    """Killed at the first STATE with a bookmark; two whole nights later all 700 were read, and then it is quiet."""
    how = {"products_endpoint": endpoint}
    box = sandbox(products=700)
    hidden = ordered_by_another_time(box, late)
    at = lines_until_bookmark(run_tap(box, "products", **how))
    killed = run_tap(box, "products", kill_after=at, **how)
    one = run_tap(box, "products", state=killed.state, **how)
    two = run_tap(box, "products", state=one.state, **how)
    three = run_tap(box, "products", state=two.state, **how)
    read = {key for run in (killed, one, two) for key in run.ids()}
    assert hidden <= read
    assert len(read) == 700
    assert len(three.ids()) < 700
    assert "read_again_from" not in two.state["bookmarks"]["products"]


@pytest.mark.parametrize("kind", ["cut_at_line_end", "error_line", "clean_end"])
def test_rows_that_the_order_hides_are_read_after_a_break(kind: str, sandbox: Make, run_tap: Run) -> None:
    """In one run: the answer was asked for again at its edge, and the count shows that something is missing."""
    box = sandbox(products=120)
    ordered_by_another_time(box, range(100, 110))
    box.medipim.faults.add(Fault(kind, after_lines=60))
    first = run_tap(box, "products")
    assert len(first.ids()) == 110
    assert first.state["bookmarks"]["products"]["read_again_from"] < "1971"
    second = run_tap(box, "products", state=first.state)
    assert len(set(second.ids())) == 120
    assert "read_again_from" not in second.state["bookmarks"]["products"]


def test_pages_that_go_on_at_their_edge_are_counted(sandbox: Make, run_tap: Run) -> None:
    """Without any break: each page is a question of its own."""
    box = sandbox(products=120)
    ordered_by_another_time(box, range(100, 110))
    how = {"products_endpoint": "query", "page_size": 10}
    first = run_tap(box, "products", **how)
    second = run_tap(box, "products", state=first.state, **how)
    assert len({*first.ids(), *second.ids()}) == 120
    assert len(run_tap(box, "products", state=second.state, **how).ids()) < 120


@pytest.mark.parametrize("kind", ["cut_at_line_end", "clean_end"])
def test_a_break_in_good_order_costs_nothing_more(kind: str, sandbox: Make, run_tap: Run) -> None:
    """The count proves that nothing is missing: no row is read twice, this night or the next."""
    box = sandbox(products=120)
    box.medipim.faults.add(Fault(kind, after_lines=60))
    first = run_tap(box, "products")
    assert len(first.ids()) == len(set(first.ids())) == 120
    assert "read_again_from" not in first.state["bookmarks"]["products"]


def test_an_incremental_night_goes_back_to_the_night_before_only(sandbox: Make, run_tap: Run) -> None:
    """What was certain before a kill stays certain."""
    box = sandbox(products=100)
    state = run_tap(box, "products").state
    changed = list(box.medipim.catalogue.products)[:30]
    for key in changed:
        box.medipim.change(key, lambda _: None)
    killed = run_tap(box, "products", state=state, kill_after=20, page_size=10)
    assert killed.state["bookmarks"]["products"]["origin"] == state["bookmarks"]["products"]["replication_key_value"]
    one = run_tap(box, "products", state=killed.state, lookback_seconds=1)
    assert len(one.ids()) < 30
    two = run_tap(box, "products", state=one.state, lookback_seconds=1)
    assert 30 <= len(two.ids()) <= 35
    three = run_tap(box, "products", state=two.state, lookback_seconds=1)
    assert len(three.ids()) <= 5


def test_new_rows_are_read_every_night_however_often_it_is_killed(sandbox: Make, run_tap: Run) -> None:
    """What is read once more stands behind what is new, so that no night starves."""
    box = sandbox(products=60)
    state = run_tap(box, "products", kill_after=40, page_size=10).state
    state = run_tap(box, "products", state=state, page_size=10).state
    for number in range(4):
        changed = list(box.medipim.catalogue.products)[number]
        box.medipim.change(changed, lambda _: None)
        night = run_tap(box, "products", state=state, kill_after=15, page_size=10, lookback_seconds=1)
        assert changed in night.ids()
        state = night.state


def test_what_proves_completeness() -> None:
    """One answer, one that began anew, or as many old rows as the first one told."""
    once = Completeness()
    once.ask(from_start=True)
    assert once.is_proven
    once.ask(from_start=False)
    assert not once.is_proven
    once.ask(from_start=True)
    assert once.is_proven
    for total, older, proven in [(3, 3, True), (3, 2, False), (None, 9, False)]:
        several = Completeness()
        several.ask(from_start=True)
        several.tell(total)
        several.ask(from_start=False)
        several.tell(1)
        for second in [5] * older + [10, None]:
            several.count(second, 10)
        assert several.is_proven is proven


def test_a_bad_row_counts_once() -> None:
    """Answers that were asked for again show it again; that must not stand in for a row that is missing."""
    several = Completeness()
    several.ask(from_start=True)
    several.tell(2)
    several.ask(from_start=False)
    for _ in range(2):
        several.count_bad("", 5, 10)
    assert not several.is_proven
    several.count_bad("x", 5, 10)
    assert several.is_proven
