"""A look and the write after it: their turns are due together, so no limit holds one too many and no look grows old."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pim_wire import pace
from pim_wire.errors import StaleLook
from pim_wire.pace import Pace
from pim_wire.throttle import LocalPaceStore, Throttle
from pim_wire.wire import Tries
from target_micropim.api.turns import LookAndWriteTurns
from tests.support.examples import examples
from tests.wire.simulated_services import TogetherClock

WRITES, READS = 60, 120  # a minute
SHOPS, WORKERS = 6, 4
MINUTES = 12


@dataclass
class Chain:
    """Shops behind one address: each begins with 25 reads, then its workers look, write, and look again."""

    nothing: float = 0.0  # the share of looks after which nothing is to be written
    pictures: float = 0.0  # the share of products with a picture, which needs no look
    first_looks: int = 1  # of the first write of a shop, while its other workers wait for what it finds out
    second_looks: float = 0.0  # the share of writes before which there are two looks
    clock: TogetherClock = field(default_factory=TogetherClock)
    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    oldest_look: float = 0.0
    end: float = 0.0

    def run(self) -> None:
        """Twelve minutes of it."""
        self._chance = random.Random(1)
        self.end = self.clock.now() + 60 * MINUTES
        self._stores = LocalPaceStore(self.clock), LocalPaceStore(self.clock)
        self.clock.run([worker for _ in range(SHOPS) for worker in self._shop()])

    def _shop(self) -> Iterator[Callable[[], None]]:
        reads, writes = (
            Throttle(limit, self.clock, store=store) for limit, store in zip((READS, WRITES), self._stores, strict=True)
        )
        begins = self._chance.uniform(0, 30)

        def start() -> None:
            self.clock.sleep(begins)
            for _ in range(25):
                reads.take()
                self._send(self.reads)

        yield start
        first: list[str] = []
        for _ in range(WORKERS):
            yield lambda: self._work(reads, writes, begins, first)

    def _work(self, reads: Throttle, writes: Throttle, begins: float, first: list[str]) -> None:
        self.clock.sleep(begins)
        turns = LookAndWriteTurns(reads, writes)
        while self.clock.now() < self.end:
            tries = Tries(self.clock.now())
            looks, writes_it = 1 + (self._chance.random() < self.second_looks), self._chance.random() >= self.nothing
            while True:
                turns.take(tries)
                try:
                    self._act(reads, writes, turns, tries, looks if writes_it else 0, first)
                    break
                except StaleLook:
                    turns.expect_write()
            if writes_it:
                self._look(reads, turns)
            turns.settle(tries)
            if writes_it and self._chance.random() < self.pictures:
                writes.take()
                self._send(self.writes)

    def _act(
        self, reads: Throttle, writes: Throttle, turns: LookAndWriteTurns, tries: Tries, looks: int, first: list[str]
    ) -> None:
        """Looks, and a write where there are any before it; what the first write of a shop finds out is kept."""
        looked_at = self._look(reads, turns)
        if not looks:
            return
        is_first = not first
        if is_first:
            first.append("asks")
            looks = max(looks, self.first_looks)
        began = self.clock.now()
        while not is_first and first[-1] == "asks":
            self.clock.sleep(0.02)
        turns.waited(self.clock.now() - began)
        for _ in range(looks - 1):
            looked_at = self._look(reads, turns)
        if is_first:
            first.append("knows")
        turns.for_write(tries, "PATCH")
        if tries.must_go_at_once:
            if not writes.take_at_once():
                raise StaleLook("PATCH")
        elif tries.turn is None:
            writes.take()
        tries.turn, tries.must_go_at_once = None, False
        self.oldest_look = max(self.oldest_look, self.clock.now() - looked_at)
        self._send(self.writes)

    def _look(self, reads: Throttle, turns: LookAndWriteTurns) -> float:
        """When it was answered."""
        waited = reads.take() if turns.for_look() is None else 0.0
        self._send(self.reads)
        turns.looked(waited)
        return self.clock.now()

    def _send(self, sent: list[float]) -> None:
        sent.append(self.clock.now())
        self.clock.sleep(self._chance.uniform(0.02, 0.08))


def most_in_a_minute(times: list[float]) -> int:
    """The largest number of turns within any 60 seconds; the throttle counts in milliseconds."""
    times, first, most = sorted(times), 0, 0
    for last, moment in enumerate(times):
        while times[first] <= moment - 59.998:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize(
    "chain",
    [
        Chain(),
        Chain(pictures=0.5),
        Chain(nothing=0.05, pictures=0.3),
        Chain(nothing=0.3, pictures=0.5),
        Chain(first_looks=8),
        Chain(first_looks=8, pictures=0.3, second_looks=0.3),
        Chain(second_looks=0.5),
        Chain(second_looks=1.0),
    ],
    ids=["writes", "pictures", "few", "many", "first", "first and pictures", "second", "two"],
)
def test_no_minute_holds_too_many_while_shops_start_and_turns_are_given_back(chain: Chain) -> None:
    """Six shops with four workers each: a turn of a write that waited for its look came seconds late, and made 65."""
    chain.run()
    assert most_in_a_minute(chain.writes) <= WRITES
    assert most_in_a_minute(chain.reads) <= READS
    assert chain.oldest_look < 0.1


def test_who_always_writes_uses_both_limits() -> None:
    """Two reads a write: when all shops have started, both limits are used to 95 % at least."""
    chain = Chain()
    chain.run()
    for sent, limit in ((chain.writes, WRITES), (chain.reads, READS)):
        assert sum(chain.end - 180 < moment <= chain.end for moment in sent) >= 0.95 * 3 * limit


def test_both_are_due_when_the_later_one_is(fake_clock: Any) -> None:
    """Writes are due in seconds, reads at once: the look waits for the write, and the next read for the look."""
    reads, writes = Throttle(READS, fake_clock), Throttle(WRITES, fake_clock)
    for _ in range(5):
        writes.take()
    began = fake_clock.now()
    (look,), write = reads.take_with(writes)
    assert look.due == write.due
    assert fake_clock.now() - began == pytest.approx(60 / (WRITES - 1), abs=0.01)
    assert reads.tally.turns == 1
    assert writes.tally.turns == 6


PACE = st.builds(
    Pace,
    arrival=st.integers(-5_000_000, 5_000_000),
    paused_until=st.integers(-5_000, 5_000),
    share=st.sampled_from([1 / 16, 0.5, 0.97, 1.0]),
    alone=st.integers(0, 2_000),
    latest=st.integers(-5_000, 5_000),
)


@examples(60)
@given(first=PACE, second=PACE, limits=st.tuples(st.integers(1, 6_000), st.integers(1, 6_000)), count=st.integers(1, 4))
def test_a_turn_that_nothing_moves_is_that_of_the_trial(
    first: Pace, second: Pace, limits: tuple[int, int], count: int
) -> None:
    """As if each turn were tried first, and then reserved for the moment at which all of them are due."""
    of_first, of_second = (partial(pace.next_turn, per_minute=limit) for limit in limits)
    tried, dues = first, []
    for _ in range(count):
        tried, turn = of_first(tried)
        dues.append(turn.due)
    later = max(0, of_second(second)[1].due - dues[-1])
    after, turns = first, []
    for due in dues:
        after, turn = of_first(after, earliest=due + later)
        turns.append(turn)
    expected = of_second(second, earliest=turns[-1].due)
    together = pace.turns_together(first, second, of_first, of_second, count)
    assert repr(together) == repr((after, expected[0], (turns, expected[1])))  # a gap may be nan, which equals nothing


def test_a_pause_of_either_voids_both(make_clock: Callable[[], Any]) -> None:
    """A read is refused while somebody waits for both turns: the look and the write come after its pause."""
    clock = make_clock()
    waits: list[float] = []

    def refuse_once(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            Throttle(READS, clock, store=store).refused(40)

    store = LocalPaceStore(clock)
    reads = Throttle(READS, clock, store=store, on_wait=refuse_once)
    writes = Throttle(WRITES, clock)
    for _ in range(5):
        writes.take()
    began = clock.now()
    reads.take_with(writes)
    assert clock.now() - began >= 40


def test_a_turn_is_free_at_once_or_is_not_taken(fake_clock: Any) -> None:
    """Nobody waits here, and what is not taken is there for the next one."""
    writes = Throttle(WRITES, fake_clock)
    assert writes.take_at_once()
    assert not writes.take_at_once()
    assert writes.tally.turns == 1
    fake_clock.pass_by(1.1)
    assert writes.take_at_once()


def test_only_the_last_turn_can_be_given_back() -> None:
    """When later ones are reserved, one more would stand beside the last of them."""
    first, turn = pace.next_turn(Pace(seen=1_000_000), WRITES)
    second, _ = pace.next_turn(first, WRITES)
    assert pace.without_a_turn(first, WRITES, turn.due).arrival < first.arrival
    assert pace.without_a_turn(second, WRITES, turn.due).arrival == second.arrival
