"""A ledger knows what it has seen read in full: an old state with a new ledger is told, and stops an empty shop."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from sandbox import MedipimOptions, Sandbox
from target_micropim.errors import UnseenState
from tests.target.conftest import Json, Outcome, World

RunTap = Callable[..., Any]
COMMAND = "--full-refresh"


@pytest.fixture
def medipim() -> Iterator[Sandbox]:
    """Twelve products."""
    with Sandbox(MedipimOptions(products=12), None) as box:
        yield box


def given(night: Any) -> list[bytes]:
    """What the tap wrote, as lines."""
    assert night.error is None
    return [orjson.dumps(message) for message in night.messages]


def warned(outcome: Outcome) -> list[str]:
    """The warnings that speak of the state."""
    return [row["what"] for row in outcome.report["warnings"] if COMMAND in row["what"]]


def entry(**more: Any) -> Json:
    """A state of the tap."""
    bookmark = {"replication_key": "updated_at", "replication_key_value": "2026-10-31T00:00:00Z", "source": {}, **more}
    return {"bookmarks": {"products": bookmark}}


OLD = {"read_whole_at": "2026-10-01T00:00:00Z"}
GOES_ON = {"read_since": "2026-10-31T00:00:00Z"}


@pytest.mark.parametrize(("changed", "streams"), [(0, ("products",)), (1, ("products", "categories"))])
def test_an_old_state_stops_an_empty_shop_before_the_first_write(
    world: World, medipim: Sandbox, run_tap: RunTap, changed: int, streams: tuple[str, ...]
) -> None:
    """Also of the same day, whatever else is selected and has changed; everything once puts it right, for good."""
    first = run_tap(medipim, *streams)
    if changed:
        medipim.medipim.change(first.ids()[3], lambda _raw: None)
    later = run_tap(medipim, *streams, state=first.state)
    for _night in range(2):
        outcome = world.run(given(later))
        assert isinstance(outcome.failure, UnseenState)
        assert COMMAND in str(outcome.failure)
        assert outcome.states == []
        assert world.writes() == []
    refreshed = run_tap(medipim, *streams)
    assert warned(world.load(given(refreshed))) == []
    assert warned(world.load(given(run_tap(medipim, *streams, state=refreshed.state)))) == []
    assert len(world.pim.products) > 5


def test_a_plan_stops_too(world: World, medipim: Sandbox, run_tap: RunTap) -> None:
    """And leaves no trace."""
    later = run_tap(medipim, "products", state=run_tap(medipim, "products").state)
    assert isinstance(world.run(given(later), dry_run=True).failure, UnseenState)
    assert not (world.folder / "ledger.db").exists()


def test_a_lost_ledger_warns_each_night_until_everything_was_read(
    world: World, medipim: Sandbox, run_tap: RunTap
) -> None:
    """MicroPIM holds the products: the night goes on, and a full read of the tap's own ends it."""
    first = run_tap(medipim, "products")
    world.load(given(first))
    world.lose_ledger()
    state = first.state
    for _night in range(2):
        night = run_tap(medipim, "products", state=state)
        outcome = world.load(given(night))
        assert len(warned(outcome)) == 1
        state = outcome.states[-1]
        assert state == night.state
    night = run_tap(medipim, "products", state=state, full_read_every_days=1)  # its own clock stands: not due
    world.load(given(night))
    assert warned(world.load(given(run_tap(medipim, "products")))) == []
    assert warned(world.load(given(run_tap(medipim, "products", state=state)))) == []


def test_the_first_nights_of_a_pair_warn_of_nothing(world: World, medipim: Sandbox, run_tap: RunTap) -> None:
    """Also where the first full read was stopped and goes on the next night."""
    broken = run_tap(medipim, "products", kill_after=8, page_size=10)
    lines = [orjson.dumps(message) for message in broken.messages]
    state = world.load([*lines, orjson.dumps({"type": "STATE", "value": entry(origin="1970-01-01T00:00:01Z")})]).states
    assert state
    outcome = world.load(given(run_tap(medipim, "products", state=state[-1])))
    assert warned(outcome) == []


def test_a_tap_that_reads_everything_is_believed(world: World, medipim: Sandbox, run_tap: RunTap) -> None:
    """An old state that does not count, since the filter or the way of reading changed."""
    first = run_tap(medipim, "products")
    later = run_tap(medipim, "products", state=first.state, filter={"status": "active"})
    assert warned(world.load(given(later))) == []
    assert world.pim.products


def test_a_ledger_of_an_earlier_release_is_believed(world: World, singer: Any) -> None:
    """It holds products, and noted nothing of full reads: its state is its own."""
    products = singer.lines(products=[singer.product(1)])
    world.load(products)  # without a STATE of the tap
    assert warned(world.load([singer.state(entry(**OLD, **GOES_ON)), *products])) == []
    assert warned(world.load([singer.state(entry(**OLD, **GOES_ON)), *products])) == []


def test_a_ledger_that_was_put_back_warns_and_goes_on(world: World, singer: Any) -> None:
    """The state knows of a later full read than the ledger."""
    products = singer.lines(products=[singer.product(1)])
    today = datetime.now(UTC)
    world.load([*products, singer.state(entry(read_whole_at=today.isoformat()))])
    newer = {"read_whole_at": (today + timedelta(days=5)).isoformat()}
    for _night in range(2):
        (what,) = warned(world.load([singer.state(entry(**newer, **GOES_ON)), *products]))
        assert "2026-10-31" in what
    assert warned(world.load([*products, singer.state(entry(**newer))])) == []
    assert warned(world.load([singer.state(entry(**newer, **GOES_ON)), *products])) == []
    assert warned(world.load([singer.state(entry(**OLD, **GOES_ON)), *products])) == []


@pytest.mark.parametrize(
    ("skus", "template", "stops"),
    [
        ((), "{id}", True),
        (("PERSON-77", "shop's own tea"), "{id}", True),
        (("M0A1B2C3D4",), "{id}", False),
        (("M0A1B2C3D4",), "BE-{id}", True),
        (("BE-77",), "BE-{id}", False),
        (("be-3312455",), "BE-{cnk}", False),
    ],
)
def test_what_counts_as_a_product_of_the_source(
    world: World, singer: Any, skus: tuple[str, ...], template: str, *, stops: bool
) -> None:
    """Its SKU, by the template: an article of the shop's own is none, nor is what this ledger made itself."""
    for sku in skus:
        world.pim.add(sku)
    lines = [singer.state(entry(**OLD, **GOES_ON)), *singer.lines(products=[singer.product(5, cnk="1234567")])]
    outcome = world.run(lines, sku_template=template)
    assert isinstance(outcome.failure, UnseenState) is stops
    if not stops:
        assert len(warned(outcome)) == 1


@pytest.mark.parametrize(("sku", "stops"), [("1001", True), ("F00D", True), ("m0a1b2c3d4", False)])
def test_the_shops_own_numbers_are_no_products_of_the_source(
    world: World, singer: Any, sku: str, *, stops: bool
) -> None:
    """Where the state says in which form the ids came."""
    world.pim.add(sku)
    state = entry(**OLD, **GOES_ON)
    state["bookmarks"]["products"]["source"] = {"api_version": "v4"}
    outcome = world.run([singer.state(state), *singer.lines(products=[singer.product(5)])])
    assert isinstance(outcome.failure, UnseenState) is stops
    assert bool(world.writes()) is not stops


@pytest.mark.parametrize("state", [{}, {"bookmarks": {"products": {"replication_key_value": "5"}}}, {"bookmarks": []}])
def test_states_of_other_taps_say_nothing_of_full_reads(world: World, singer: Any, state: Json) -> None:
    """Nothing is judged by them."""
    outcome = world.load([singer.state(state), *singer.lines(products=[singer.product(1)])])
    assert warned(outcome) == []


def test_a_full_read_of_long_ago_is_told_though_the_state_does_not_say_that_it_goes_on(
    world: World, singer: Any
) -> None:
    """A state that did not come from this release's tap: nobody can tell more than its date."""
    outcome = world.load([singer.state(entry(**OLD)), *singer.lines(products=[singer.product(1)])])
    assert len(warned(outcome)) == 1
