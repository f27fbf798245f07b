"""Nights in a row: the source changes, people edit by hand, faults occur, and the catalogue is what it should be.

What it should be is what a twin has: another MicroPIM with a pair of its own, whose nights are quiet.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from trials.soak.pair import Pair, PairRun, write_settings
from trials.soak.random_faults import medipim_faults, micropim_faults

MAX_ATTEMPTS = 6
ATTEMPTS_WITHOUT_FAULTS = 3  # the last attempts of a night meet no faults: a service is not broken for ever


@dataclass(frozen=True)
class Night:
    """One night: what was planned to go wrong, how often the pair had to start, and whether all is as it should be."""

    number: int
    seconds: float
    products: int
    faults: int
    attempts: int
    retries: int
    ran: PairRun
    as_it_should_be: bool


class Nights:
    """Two organizations on one Medipim; ``latency`` in seconds before each answer."""

    def __init__(self, folder: Path, products: int, seed: int, latency: float, faults: int) -> None:
        unlimited = {"reads_per_minute": None, "writes_per_minute": None}
        medipim = MedipimOptions(products=products, seed=seed, requests_per_minute=None, latency=latency)
        self._box = Sandbox(medipim, MicroPimOptions(**unlimited, latency=latency))  # type: ignore[arg-type]
        self._twin = Sandbox(None, MicroPimOptions(**unlimited))  # type: ignore[arg-type]
        self._dice = random.Random(seed)
        self._faults = faults
        self._folders = folder / "pair", folder / "twin"

    def run(self) -> Iterator[Night]:
        """Night after night, without end."""
        with self._box, self._twin:
            pairs = []
            for place, box in zip(self._folders, (self._box, self._twin), strict=True):
                place.mkdir()
                write_settings(place, self._box, box)
                pairs.append(Pair(place))
            number = 0
            while True:
                number += 1
                if number > 1:
                    self._day()
                yield self._night(number, *pairs)

    def _night(self, number: int, pair: Pair, twin: Pair) -> Night:
        began, attempts, retries = time.monotonic(), 0, 0
        planned = self._plan(number)
        while True:
            attempts += 1
            if attempts > MAX_ATTEMPTS - ATTEMPTS_WITHOUT_FAULTS:
                self._calm()
            ran = pair.run()
            retries += pair.report()["requests"]["retries"]
            if ran.codes == (0, 0) or attempts == MAX_ATTEMPTS:
                break
        self._calm()
        pair.replay()
        seconds = time.monotonic() - began
        undisturbed = twin.run()
        same = self._box.micropim.snapshot() == self._twin.micropim.snapshot()
        good = same and ran.codes == undisturbed.codes == (0, 0)
        products = len(self._box.micropim.products)
        self._forget_requests()
        return Night(number, seconds, products, planned, attempts, retries, ran, good)

    def _plan(self, number: int) -> int:
        """Plan faults for this night; the first one, a first load, has many more requests that can meet one."""
        rows = len(self._box.medipim.catalogue.entries)
        requests = rows * 4 if number == 1 else max(8, rows // 10)
        here, there = (
            medipim_faults(self._dice, rows if number == 1 else max(2, rows // 10)),
            micropim_faults(self._dice, self._faults, requests),
        )
        self._box.medipim.faults.add(*here)
        self._box.micropim.faults.add(*there)
        return len(here) + len(there)

    def _calm(self) -> None:
        self._box.medipim.faults.clear()
        self._box.micropim.faults.clear()

    def _day(self) -> None:
        """What happens between two nights."""
        medipim, dice = self._box.medipim, self._dice
        active = [key for key, entry in medipim.catalogue.entries.items() if entry.head.status == "active"]
        for key in dice.sample(active, max(3, len(active) // 50)):
            medipim.change(key, lambda raw: renamed(raw, dice.randrange(10**6)))
        medipim.touch(dice.sample(active, len(active) // 10))
        gone, replaced, by = dice.sample(active, 3)
        medipim.deactivate(gone)
        medipim.replace(replaced, by)
        medipim.add(dice.randrange(1, 4))
        self._by_hand(dice.sample(active, 2))

    def _by_hand(self, keys: list[str]) -> None:
        """A person renames the same products in both organizations."""
        for box in (self._box, self._twin):
            for product in list(box.micropim.products.values()):
                if product["sku"] in keys:
                    box.micropim.edit(product["id"], name=f"By hand {product['sku']}")

    def _forget_requests(self) -> None:
        self._box.medipim.requests.clear()
        self._box.micropim.requests.clear()
        self._twin.micropim.requests.clear()


def renamed(raw: dict[str, Any], number: int) -> None:
    """A new name in every language, and another price."""
    raw["name"] = {locale: f"{raw['id']} version {number}" if name else name for locale, name in raw["name"].items()}
    raw["publicPrice"] = 100 + number % 5000
