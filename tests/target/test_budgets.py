"""Reads, writes and pictures have their own budgets, and several targets can share them."""

import json
import subprocess
import time
from typing import Any

import pytest

SPEED = 10  # MicroPIM's minute passes in six seconds


def fast() -> float:
    """A clock for the sandbox's limits."""
    return time.monotonic() * SPEED


def with_pictures(singer: Any, products: int, pictures: int) -> list[bytes]:
    """Products with pictures of their own."""
    records = [
        singer.product(number, photos=[singer.picture(number * 100 + place) for place in range(pictures)])
        for number in range(1, products + 1)
    ]
    given: list[bytes] = singer.lines(products=records)
    return given


def seconds_of(world: Any) -> float:
    """The simulated time of the last run in this process."""
    return float(world.clock.now())


def test_pictures_keep_to_their_own_budget_and_to_that_of_the_writes(make_world: Any, singer: Any) -> None:
    """40 pictures at 20 a minute take two minutes; the 10 products beside them lose no time."""
    world = make_world()
    given = with_pictures(singer, 10, 4)
    report = world.load(given, writes_per_minute=600, pictures_per_minute=20).report
    assert 90 <= seconds_of(world) <= 130
    assert report["requests"]["pictures"]["turns"] == 40
    assert report["requests"]["writes"]["turns"] == 50
    assert sum(write.endswith("/media") for write in world.writes()) == 40


def test_without_a_budget_pictures_are_writes_like_others(make_world: Any, singer: Any) -> None:
    """50 writes at 20 a minute; the report knows two budgets."""
    world = make_world()
    report = world.load(with_pictures(singer, 10, 4), writes_per_minute=20).report
    assert 120 <= seconds_of(world) <= 160
    assert "pictures" not in report["requests"]


def test_a_refused_picture_slows_pictures_only(make_world: Any, singer: Any) -> None:
    """MicroPIM takes five pictures a minute and tells it; products go on at their pace, no picture is lost."""
    worlds: list[Any] = []

    def passed() -> float:
        return seconds_of(worlds[0])

    world = make_world(pictures_per_minute=5, clock=passed)
    worlds.append(world)
    report = world.load(with_pictures(singer, 6, 1), writes_per_minute=6000, pictures_per_minute=6000).report
    assert report["requests"]["pictures"]["refused"] >= 1
    assert report["requests"]["writes"]["refused"] == 0
    assert sum(len(product["_media"]) for product in world.pim.products.values()) == 6


def test_no_key_stands_in_what_is_shared(world: Any, singer: Any) -> None:
    """The rows are named by address and kind; the file holds no key."""
    world.load(singer.lines(products=[singer.product(1)]), throttle_url=f"sqlite:///{world.folder}/shared.db")
    held = b"".join(file.read_bytes() for file in world.folder.glob("shared.db*"))
    assert f"{world.box.micropim_url} writes".encode() in held
    assert world.settings()["api_key"].encode() not in held


def test_a_scope_says_whose_limit_it_is(world: Any, singer: Any) -> None:
    """Two addresses that requests leave from share a store without sharing a limit."""
    store = f"sqlite:///{world.folder}/shared.db"
    for scope in ("egress-a", "egress-b"):
        world.load(singer.lines(products=[singer.product(1)]), throttle_url=store, throttle_scope=scope)
    held = b"".join(file.read_bytes() for file in world.folder.glob("shared.db*"))
    for scope in ("egress-a", "egress-b"):
        assert f"{world.box.micropim_url} {scope} reads".encode() in held


def test_a_limit_that_is_searched_for_is_remembered(world: Any, singer: Any) -> None:
    """The second run begins at what the first one found, and the report says it."""
    products = [singer.product(number) for number in range(150)]
    first = world.load(singer.lines(products=products), writes_per_minute="auto", max_in_flight=1)
    found = first.report["requests"]["writes"]["found_per_minute"]
    assert found >= 50
    again = [singer.product(number, name={"en": "B"}) for number in range(5)]
    second = world.load(singer.lines(products=again), writes_per_minute="Auto", dry_run=True)
    assert second.report["planned_seconds"] == round(60 * 5 / found)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "fast", "60 a minute", True])
def test_a_limit_that_is_none_is_refused(value: Any, world: Any) -> None:
    """Told with what was given."""
    process = world.spawn("", writes_per_minute=value)
    assert process.code == 1
    assert "Setting writes_per_minute: " in process.err


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///{folder}", "throttle_url sqlite:///{folder} failed"),
        ("mysql://me:s3cret@host/x", "Setting throttle_url: must look like"),
        ("postgresql://me:s3cret@127.0.0.1:9/pim", "throttle_url postgresql://me:***@127.0.0.1:9/pim failed"),
    ],
)
def test_a_place_that_cannot_be_used_ends_the_run_before_the_first_request(
    url: str, words: str, world: Any, singer: Any
) -> None:
    """Exit code 1 and one line, without the password; nothing was asked."""
    process = world.spawn(singer.lines(products=[singer.product(1)]), throttle_url=url.format(folder=world.folder))
    assert process.code == 1
    assert words.format(folder=world.folder) in process.err
    assert "s3cret" not in process.err + process.out
    assert not world.pim.requests


def test_the_tap_shares_its_limit_by_key(sandbox: Any, run_tap: Any, make_clock: Any, tmp_path: Any) -> None:
    """A second tap with the same key waits for the first one's turns; one with another key would not."""
    clock, url = make_clock(), f"sqlite:///{tmp_path}/throttle.db"
    settings = {"throttle_url": url, "requests_per_minute": 2, "clock": clock}
    box = sandbox(products=3)
    began = clock.now()
    for _ in range(2):
        assert run_tap(box, "brands", "products", **settings).error is None
    assert clock.now() - began >= 60


def test_a_check_tells_the_budget_of_pictures(world: Any) -> None:
    """Where it is set."""
    process: subprocess.Popen[bytes] = world.start(flags=["--check"], pictures_per_minute=30)
    out, _ = process.communicate(timeout=60)
    assert b"at most 30 of them pictures" in out
    assert json.loads((world.folder / "config.json").read_text())["pictures_per_minute"] == 30
