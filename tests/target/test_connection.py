"""What goes wrong before or beside the work itself, and must not spoil the next run."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.exchange import Call
from target_micropim.ledger import Ledger, database

World = Any


@pytest.mark.parametrize("mistake", [{"api_url": "http://127.0.0.1:9"}, {"api_key": "mistyped"}])
def test_a_mistyped_address_or_key_does_not_take_the_ledger(mistake: dict[str, str], world: World, singer: Any) -> None:
    """A new ledger is bound when its organization has answered: the corrected settings find it free."""
    given = singer.lines(products=[singer.product(1)])
    assert world.run(given, **mistake).failure is not None

    world.load(given)

    assert len(world.pim.snapshot()["products"]) == 1


@pytest.mark.parametrize("jump", [3600, -3600])
def test_a_clock_that_is_set_meanwhile_does_not_spoil_the_duration(jump: float, world: World, singer: Any) -> None:
    """The report measures with a clock that only grows."""

    def set_the_clock(_call: Call) -> None:
        wall = world.clock.wall
        world.clock.wall = lambda: wall() + jump

    world.pim.on_request(set_the_clock)
    outcome = world.load(singer.lines(products=[singer.product(1)]))

    assert 0 <= outcome.report["duration_seconds"] < 60


def test_seconds_may_have_a_fraction(make_world: Callable[..., World], singer: Any) -> None:
    """A settings file gives numbers as decimals, which no socket takes."""
    ended = make_world().spawn(
        singer.lines(products=[singer.product(1)]), request_timeout_seconds=20.5, max_wait_seconds=30.5
    )

    assert ended.code == 0, ended.err


def test_a_damaged_ledger_is_found_before_anything_is_asked(
    world: World, singer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at the first damaged page, which may be read in the middle of the night; also in a very large one.

    The look for damage ends after so many steps, and what follows is not cut short.
    """
    products = [singer.product(number) for number in range(1, 80)]
    world.load(singer.lines(products=products))
    with monkeypatch.context() as large:
        large.setattr(database, "MOST_STEPS", 100)
        sound = world.load(singer.lines(products=products))
    assert sound.report["streams"]["products"] == {"received": 79, "unchanged": 79}

    file = world.folder / "ledger.db"
    size = file.stat().st_size
    with file.open("r+b") as ledger:
        ledger.seek(size // 2 // 4096 * 4096)
        ledger.write(b"\xff" * 8192)
    world.forget_requests()

    for steps in (database.MOST_STEPS, 100):
        monkeypatch.setattr(database, "MOST_STEPS", steps)
        outcome = world.run(singer.lines(products=[singer.product(1)]))
        assert "rebuilt by reading" in str(outcome.failure)
        assert world.pim.requests == []


def test_nothing_to_archive_is_not_compared_with_the_whole_ledger(
    world: World, singer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting what lives reads every page of a large ledger; a night without archives does without."""
    counted: list[int] = []
    original = Ledger.count_live
    monkeypatch.setattr(Ledger, "count_live", lambda ledger: counted.append(1) or original(ledger))
    products = [singer.product(number) for number in (1, 2)]
    world.load(singer.lines(products=products))
    assert counted == []

    world.load(singer.lines(products=[{**one, "status": "inactive"} for one in products]))

    assert counted == [1]
