"""One target process, fed for the whole time: does anything in it grow?"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox import MicroPimOptions, Sandbox
from trials.soak.feed import FeedResult, feed, lines, product
from trials.soak.pair import write_settings
from trials.soak.process_monitor import Sample, most
from trials.soak.random_faults import micropim_faults

PRODUCTS = 500
CHANGED_A_ROUND = 25
FAULTS_A_ROUND = 2
QUARTERS = 4
WARM_ROUNDS = 3  # pools, connections and caches come to their size; the rounds after them count
FEWEST_ROUNDS = WARM_ROUNDS + 2 * QUARTERS


@dataclass(frozen=True)
class Steady:
    """The most in each quarter of the time, what went through, and whether MicroPIM shows the newest versions."""

    seconds: float
    rounds: int
    records: int
    quarters: list[Sample]
    fed: FeedResult
    as_it_should_be: bool


def steady(folder: Path, seconds: float, seed: int, latency: float) -> Steady:
    """Feed rounds until the time is over; a run before makes the products and counts for nothing."""
    limits = {"reads_per_minute": None, "writes_per_minute": None}
    with Sandbox(None, MicroPimOptions(**limits, latency=latency)) as box:  # type: ignore[arg-type]
        write_settings(folder, None, box)
        rounds = Rounds(box, seed)
        first = feed(folder, lines(rounds.first()))
        began = time.monotonic()
        fed = feed(folder, lines(rounds.until(began + seconds)))
        spent = time.monotonic() - began
        shown = {row["sku"]: row["name"] for row in box.micropim.products.values()}
    expected = {product(n)["id"]: product(n, v)["name"]["nl"] for n, v in rounds.versions.items()}
    parts = [most([one for one in fed.series if since <= one.at < until]) for since, until in rounds.quarters()]
    good = shown == expected and first.code == fed.code == 0
    return Steady(spent, rounds.count, rounds.records, parts, fed, good)


class Rounds:
    """All products again and again, a few of them in a newer version each time, with faults on the way."""

    def __init__(self, box: Sandbox, seed: int) -> None:
        self._box = box
        self._dice = random.Random(seed)
        self.versions = dict.fromkeys(range(PRODUCTS), 0)
        self.count = self.records = 0
        self._began: list[float] = []
        self._ended = float("inf")

    def first(self) -> Iterator[dict[str, object]]:
        """Each product once."""
        return (product(number) for number in self.versions)

    def until(self, end: float) -> Iterator[dict[str, object]]:
        """Round after round until the clock says so, and a few at least, however slow the machine is."""
        while time.monotonic() < end or self.count < FEWEST_ROUNDS:
            self.count += 1
            self._began.append(time.monotonic())
            for number in self._dice.sample(range(PRODUCTS), CHANGED_A_ROUND):
                self.versions[number] += 1
            self._box.micropim.faults.clear()
            self._box.micropim.faults.add(*micropim_faults(self._dice, FAULTS_A_ROUND, CHANGED_A_ROUND))
            for number, version in self.versions.items():
                self.records += 1
                yield product(number, version)
            self._box.micropim.requests.clear()
        self._ended = time.monotonic()

    def quarters(self) -> list[tuple[float, float]]:
        """Begin and end of each quarter of the rounds; a target is never a round behind, a pipe holds too little.

        The report, which is written once after the last round, counts to none: its libraries take 8 MB.
        """
        counted = self._began[WARM_ROUNDS:]
        edges = [counted[len(counted) * part // QUARTERS] for part in range(QUARTERS)]
        return list(zip(edges, [*edges[1:], self._ended], strict=True))
