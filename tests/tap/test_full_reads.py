"""Everything is read now and then: what no update time shows is found, and no night starves for it."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Fault, Sandbox

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
DAY = 86_400
NIGHTS = (1, 2, 8, 15, 32, 63, 100)
START = 1_795_000_000


class World:
    """A sandbox, and clocks of both sides that go on together; the service's can be left out."""

    def __init__(self, box: Sandbox, clock: Any, *, has_date: bool = True) -> None:
        self.box, self.clock, self.now = box, clock, START
        clock.pass_by(START - clock.wall())
        box.medipim.date = (lambda: float(self.now)) if has_date else None

    def go_to(self, day: int) -> None:
        """So many days after the start."""
        self.clock.pass_by(START + day * DAY - self.now)
        self.now = START + day * DAY

    def subscribe(self, count: int) -> set[str]:
        """Products become visible whose update times are old."""
        ids = self.box.medipim.add(count)
        for key in ids:
            self.box.medipim.catalogue._changed(key, lambda _: None, 1_740_000_000)
        return set(ids)


@pytest.fixture
def world(sandbox: Make, make_clock: Any, request: pytest.FixtureRequest) -> World:
    """One with 40 products."""
    return World(sandbox(products=40), make_clock(), **getattr(request, "param", {}))


HOW: list[dict[str, Any]] = [{}, {"products_endpoint": "query", "page_size": 10}, {"api_version": "v3"}]


@pytest.mark.parametrize("world", [{}, {"has_date": False}], indirect=True)
@pytest.mark.parametrize("how", HOW)
def test_what_was_newly_subscribed_is_read_within_100_days(how: dict[str, Any], world: World, run_tap: Run) -> None:
    """With default settings, whichever clock there is; and not every night."""
    state = run_tap(world.box, "products", clock=world.clock, **how).state
    new, seen, full = world.subscribe(20), set[str](), []
    for day in NIGHTS:
        world.go_to(day)
        night = run_tap(world.box, "products", state=state, clock=world.clock, **how)
        assert night.error is None
        state, ids = night.state, night.ids()
        seen |= set(ids)
        full.append(len(set(ids)) == 60)
    assert new <= seen
    assert full[4:] == [True, True, True]
    if world.box.medipim.date or not how:  # else pages prove themselves the night after
        assert full[:4] == [False, False, False, False]


@pytest.mark.parametrize("moves", ["service", "machine"])
def test_either_clock_is_enough(moves: str, world: World, run_tap: Run) -> None:
    """The other one may stand still, or have been set wrong."""
    state = run_tap(world.box, "products", clock=world.clock).state
    standing = world.clock.wall()
    world.go_to(31)
    if moves == "service":
        world.clock.wall = lambda: standing
    else:
        world.box.medipim.date = lambda: float(START)
    first = run_tap(world.box, "products", state=state, clock=world.clock)
    second = run_tap(world.box, "products", state=first.state, clock=world.clock)
    assert len(set(first.ids())) == 40
    assert len(second.ids()) < 40


def test_zero_days_are_never(world: World, run_tap: Run) -> None:
    """Who does not want it."""
    state = run_tap(world.box, "products", clock=world.clock).state
    world.subscribe(5)
    for day in NIGHTS:
        world.go_to(day)
        night = run_tap(world.box, "products", state=state, clock=world.clock, full_read_every_days=0)
        state = night.state
        assert len(night.ids()) < 40


def test_a_bookmark_of_an_earlier_release_counts_from_now_on(world: World, run_tap: Run) -> None:
    """The first night does not read everything, nor does the last one forget to."""
    state = run_tap(world.box, "products", clock=world.clock).state
    saved = state["bookmarks"]["products"]
    state = {"bookmarks": {"products": {name: saved[name] for name in ("replication_key", "replication_key_value")}}}
    counts = []
    for day in (400, 401, 429, 430):
        world.go_to(day)
        night = run_tap(world.box, "products", state=state, clock=world.clock)
        state = night.state
        counts.append(len(set(night.ids())) == 40)
    assert counts == [False, False, False, True]


def test_a_full_read_keeps_to_the_start_date(world: World, run_tap: Run) -> None:
    """Everything is what start_date asks for."""
    first = run_tap(world.box, "products", clock=world.clock, start_date="2026-01-01")
    world.go_to(40)
    night = run_tap(world.box, "products", state=first.state, clock=world.clock, start_date="2026-01-01")
    assert set(night.ids()) == set(first.ids())


def test_a_time_of_a_wrong_clock_does_not_put_it_off_for_ever(world: World, run_tap: Run) -> None:
    """A date of 2099 comes of a clock, not of a read."""
    state = run_tap(world.box, "products", clock=world.clock).state
    state["bookmarks"]["products"]["read_whole_at"] = "2099-01-01T00:00:00Z"
    night = run_tap(world.box, "products", state=state, clock=world.clock)
    assert len(set(night.ids())) == 40
    assert night.state["bookmarks"]["products"]["read_whole_at"] < "2027"


def test_new_rows_come_before_the_full_read_and_it_is_tried_again(world: World, run_tap: Run) -> None:
    """A night that is killed in it keeps what is new, and the next one reads everything."""
    state = run_tap(world.box, "products", clock=world.clock).state
    world.go_to(31)
    changed = list(world.box.medipim.catalogue.products)[5]
    world.box.medipim.change(changed, lambda _: None)
    night = run_tap(world.box, "products", state=state, clock=world.clock, kill_after=20, page_size=10)
    assert changed in night.ids()[:5]
    assert night.bookmark() > state["bookmarks"]["products"]["replication_key_value"]
    after = run_tap(world.box, "products", state=night.state, clock=world.clock)
    assert len(set(after.ids())) == 40
    assert len(run_tap(world.box, "products", state=after.state, clock=world.clock).ids()) < 40


def test_a_full_read_that_fails_fails_its_stream_and_keeps_what_is_new(world: World, run_tap: Run) -> None:
    """What was new before it is behind the bookmark."""
    state = run_tap(world.box, "products", clock=world.clock).state
    world.go_to(31)
    world.box.medipim.change(list(world.box.medipim.catalogue.products)[5], lambda _: None)
    world.box.medipim.faults.add(Fault("status", route="POST /v4/products/stream", nth=2, status=400))
    night = run_tap(world.box, "products", state=state, clock=world.clock)
    assert night.error is not None
    assert night.bookmark() > state["bookmarks"]["products"]["replication_key_value"]
