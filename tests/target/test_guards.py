"""max_rejects and max_archive: numbers and per cents, counted before harm is done."""

from typing import Any

import pytest

from sandbox.faults import Fault
from target_micropim.errors import TooMany


def nameless(count: int, first: int = 1000) -> list[dict[str, Any]]:
    """Products that are rejected."""
    return [{"id": str(first + n), "status": "active"} for n in range(count)]


def good(singer: Any, count: int) -> list[dict[str, Any]]:
    """Products that go in."""
    return [singer.product(n) for n in range(count)]


@pytest.mark.parametrize(("limit", "bad", "stops"), [(2, 2, False), (2, 3, True), ("25%", 3, False), ("20%", 3, True)])
def test_the_limit_of_rejects_decides_the_exit_code(world: Any, singer: Any, limit: Any, bad: int, stops: bool) -> None:
    """Within the limit a run ends with 0 and counts; beyond it, with 1 and one line that names the setting."""
    ended = world.spawn(singer.lines(products=[*good(singer, 9), *nameless(bad)]), max_rejects=limit)
    assert ended.code == (1 if stops else 0)
    assert ("max_rejects" in ended.err) is stops


def test_a_per_cent_of_rejects_stops_a_long_run_in_its_middle(world: Any, singer: Any) -> None:
    """After the first hundred records a share can be judged; the good ones behind are not even begun."""
    given = [*nameless(300), *good(singer, 900)]
    outcome = world.run(singer.lines(products=given), max_rejects="10%", max_in_flight=1)
    assert isinstance(outcome.failure, TooMany)
    assert world.pim.products == {}
    assert outcome.states == []
    assert len(outcome.rejects) < 300


@pytest.mark.parametrize("limit", [None, "5%"])
def test_bad_records_that_come_first_stop_nobody_behind_them(world: Any, singer: Any, limit: Any) -> None:
    """Sorted by time the oldest products come first, and those are the worst: of the whole night they are a few."""
    given = [*good(singer, 60), *nameless(24), *good(singer, 600)[60:]]
    outcome = world.run(singer.lines(products=given), max_rejects=limit)
    assert outcome.failure is None
    assert (len(outcome.rejects), len(world.pim.products), len(outcome.states)) == (24, 600, 1)


@pytest.mark.parametrize(("limit", "most"), [(0, 0), (3, 3), ("10%", 10), (None, 50)])
def test_the_limit_of_archives_lets_all_go_or_none(world: Any, singer: Any, limit: Any, most: int) -> None:
    """One too many and not a single one is archived, the state stays behind, and the other changes are in."""
    count = 100 if isinstance(limit, str) or limit is None else 10
    world.load(singer.lines(products=good(singer, count)))
    inactive = [record | {"status": "inactive"} for record in good(singer, count)]
    for gone, new in ((most + 1, 5000), (most, 5001)):
        stops = gone > most
        world.forget_requests()
        outcome = world.run(singer.lines(products=[*inactive[:gone], singer.product(new)]), max_archive=limit)
        deleted = [write for write in world.writes() if write.startswith("DELETE")]
        assert isinstance(outcome.failure, TooMany) is stops
        assert len(deleted) == (0 if stops else gone)
        assert "POST /api/products" in world.writes()
        assert (outcome.states == []) is stops


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(("limit", "stops"), [(None, False), (9, False), (8, True), (0, True)])
def test_the_limit_of_new_products(world: Any, singer: Any, limit: int | None, *, stops: bool, dry_run: bool) -> None:
    """No run makes more, however many hands it has; what is there already does not count, and a plan says it too."""
    world.pim.add("0")
    outcome = world.run(
        singer.lines(products=[singer.product(number) for number in range(10)]), max_create=limit, dry_run=dry_run
    )
    assert isinstance(outcome.failure, TooMany) is stops
    assert outcome.rejects == []
    assert len(world.pim.products) - 1 <= (0 if dry_run else 9 if limit is None else limit)
    if stops:
        assert "max_create" in str(outcome.failure)
        assert outcome.states == []


def test_a_product_that_turns_out_to_be_there_is_none_that_was_made(world: Any, singer: Any) -> None:
    """Committed and refused: taken over, and the limit is left for the other one."""
    world.pim.faults.add(Fault("status", "POST /api/products$", status=400, commit=True))
    given = singer.lines(products=[singer.product(1), singer.product(2)])
    assert world.load(given, max_create=1, max_in_flight=1).rejects == []
