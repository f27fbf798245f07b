"""Look and write over the wire: one turn of each, taken together, and no write after a wait without a new look."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from requests.auth import AuthBase

from pim_wire.pace import rules_below
from pim_wire.redaction import Redactor
from pim_wire.throttle import Throttle
from pim_wire.wire import Tries, Wire
from target_micropim.api.client import MicroPimClient

World = Any
KEY = "X-API-KEY"


class WithKey(AuthBase):
    """The organization's key, in each request."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, r: Any) -> Any:
        r.headers[KEY] = self.key
        return r


class Desk:
    """A client with its two throttles, and a product that it looks at and writes to."""

    def __init__(self, world: World, clock: Any) -> None:
        self.clock = clock
        self.reads, self.writes = Throttle(120, clock), Throttle(60, clock)
        redactor = Redactor([])
        wire = Wire(
            world.box.micropim_url,
            service="MicroPIM",
            auth=WithKey(world.settings()["api_key"]),
            user_agent="test",
            throttle_for=lambda call: self.reads if call.method == "GET" else self.writes,
            max_wait_seconds=600,
            clock=clock,
            redactor=redactor,
        )
        self.client = MicroPimClient(wire, redactor, 10)
        self.pim = world.pim
        self.number = self.client.create_product({"sku": "A-1", "name": "One"})["id"]
        clock.pass_by(120)
        self.pim.requests.clear()

    def carry_over(self, name: str | None, looks: int = 1) -> None:
        """Look so often at the product, and give it a name if there is one to give."""

        def act(tries: Tries) -> None:
            for _ in range(looks):
                self.client.product(self.number)
            if name is not None:
                self.client.update_product(self.number, {"name": name}, tries)

        self.client.look_and_write(act)

    def seen(self) -> list[str]:
        """The methods that MicroPIM saw since the last time."""
        methods = [request.method for request in self.pim.requests]
        self.pim.requests.clear()
        return methods


@pytest.fixture
def desk(world: World, fake_clock: Any) -> Desk:
    """One product, and nothing asked for minutes."""
    return Desk(world, fake_clock)


def test_a_look_and_its_write_wait_once(desk: Desk) -> None:
    """Ten of them take ten turns of each, at the pace of the writes."""
    began = desk.clock.now()
    for number in range(10):
        desk.carry_over(f"Name {number}")
    assert desk.seen() == ["GET", "PATCH"] * 10
    assert desk.clock.now() - began == pytest.approx(9 * 60 / 59, abs=0.05)
    assert (desk.reads.tally.turns, desk.writes.tally.turns) == (10, 11)


def test_looks_that_lead_to_no_write_go_at_the_pace_of_the_reads(desk: Desk) -> None:
    """The first holds a turn of a write in vain; those that follow take none."""
    began = desk.clock.now()
    for _ in range(21):
        desk.carry_over(None)
    assert desk.seen() == ["GET"] * 21
    assert desk.clock.now() - began <= 21 * 60 / 118
    assert desk.writes.tally.turns == 1


def test_what_is_not_looked_at_costs_no_turn(desk: Desk) -> None:
    """Both turns are given back: 50 records take no second (a turn is a moment in whole milliseconds)."""
    began = desk.clock.now()
    for _ in range(50):
        desk.carry_over(None, looks=0)
    assert desk.clock.now() - began < 0.1
    assert (desk.reads.tally.turns, desk.writes.tally.turns) == (0, 1)


def test_a_write_that_nobody_expected_is_sent_when_its_turn_is_free(desk: Desk) -> None:
    """One look is enough: nothing had to be waited for."""
    desk.carry_over(None)
    desk.clock.pass_by(5)
    desk.seen()
    desk.carry_over("New")
    assert desk.seen() == ["GET", "PATCH"]


def test_a_write_that_has_to_wait_for_its_turn_is_looked_at_again(desk: Desk) -> None:
    """Somebody types while it waits: that is seen before anything is sent."""
    desk.carry_over(None)
    names: list[str] = []

    def act(tries: Tries) -> None:
        names.append(desk.client.product(desk.number)["name"])
        if names[-1] != "Typed":
            desk.client.update_product(desk.number, {"name": "Ours"}, tries)

    desk.clock.pass_by(5)
    for _ in range(2):
        desk.writes.take()
    desk.pim.products[desk.number]["name"] = "Before"
    sleep: Callable[[float], None] = desk.clock.sleep

    def type_meanwhile(seconds: float) -> None:
        if names:
            desk.pim.products[desk.number]["name"] = "Typed"
        sleep(seconds)

    desk.clock.sleep = type_meanwhile
    desk.client.look_and_write(act)
    assert names == ["Before", "Typed"]
    assert desk.pim.products[desk.number]["name"] == "Typed"


class HeldByAnother:
    """A lock whose holder looks five times, which takes turns; then it is free."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._is_free = False

    def acquire(self, *, blocking: bool = True) -> bool:
        if blocking:
            self._is_free = True
            with ThreadPoolExecutor(1) as pool:
                pool.submit(self._look).result()
        return self._is_free

    def release(self) -> None:
        """Nobody waits for it."""

    def _look(self) -> None:
        with self._desk.client.alone(self):  # type: ignore[arg-type]
            for _ in range(5):
                self._desk.client.product(self._desk.number)


def test_a_write_that_waited_for_another_thread_is_looked_at_again(desk: Desk) -> None:
    """Its turn is an old one by then, and so is the look; meanwhile a person has typed."""
    names: list[str] = []

    def act(tries: Tries) -> None:
        names.append(desk.client.product(desk.number)["name"])
        if names[-1] == "One":
            with desk.client.alone(HeldByAnother(desk)):  # type: ignore[arg-type]
                desk.pim.products[desk.number]["name"] = "Typed"
                desk.client.update_product(desk.number, {"name": "Ours"}, tries)

    desk.client.look_and_write(act)
    assert names == ["One", "Typed"]
    assert desk.seen() == ["GET"] * 7


def test_a_write_is_due_with_the_last_of_its_looks(desk: Desk) -> None:
    """Where reads are rare, the second look of the first one waits, and both are made again; from then on, no more."""
    desk.reads.go_by(rules_below(20))
    lates = []
    for number in range(4):
        desk.clock.pass_by(30)
        desk.carry_over(f"Name {number}", looks=2)
        lates.append(desk.clock.now() - desk.writes.pace().latest / 1000)
        desk.clock.pass_by(30)
        assert desk.seen() == ["GET", "GET", *(["GET", "GET"] if not number else []), "PATCH"]
    assert max(lates) < 0.1


def test_fewer_looks_than_expected_send_no_write_early(desk: Desk) -> None:
    """The write would be sent three seconds before its turn: it is looked at again, and takes its turn then."""
    desk.reads.go_by(rules_below(20))
    desk.carry_over("Two", looks=2)
    desk.clock.pass_by(60)
    desk.seen()
    desk.carry_over("One", looks=1)
    assert desk.seen() == ["GET", "GET", "PATCH"]
    assert abs(desk.clock.now() - desk.writes.pace().latest / 1000) < 0.1


def test_slow_answers_make_no_look_old(desk: Desk) -> None:
    """A service that takes two seconds for each answer sees one look and one write."""
    desk.pim.meanwhile.do(lambda: desk.clock.pass_by(2), before="GET /api/products")
    desk.carry_over("New")
    assert desk.seen() == ["GET", "PATCH"]


def test_a_write_that_is_never_in_time_is_sent_in_the_end(desk: Desk) -> None:
    """Each time its looks are more than were expected, and wait: after three times it goes, and is late."""
    desk.reads.go_by(rules_below(20))
    looks = iter([2, 3, 4, 5])

    def act(tries: Tries) -> None:
        for _ in range(next(looks)):
            desk.client.product(desk.number)
        desk.client.update_product(desk.number, {"name": "Late"}, tries)

    desk.client.look_and_write(act)
    assert desk.seen() == ["GET"] * (2 + 3 + 4 + 5) + ["PATCH"]
