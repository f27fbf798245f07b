"""The options of a run of the benchmark."""

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import PLACE
from benchmarks.measurement import ROOT

PARTS = ("start", "tap", "pages", "target", "airbyte", "pair", "growth", "requests")
ON_REQUEST = ("writing",)  # in real time: ten minutes


@dataclass(frozen=True)
class Options:
    """Sizes and rounds; which parts, in their order."""

    parts: tuple[str, ...]
    products: int
    rounds: int
    ledger: int
    pair: int
    growth: tuple[int, ...]
    memory: tuple[int, ...]
    load: tuple[int, ...]
    counted: int

    def catalogue(self) -> Path:
        """A generated catalogue. In a process of its own: a child counts the memory of none but itself."""
        command = [sys.executable, "-m", "benchmarks.catalogue", str(PLACE), str(self.products)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        return Path(done.stdout.strip())


def parsed(arguments: list[str]) -> Options:
    """From the command line."""
    flags = argparse.ArgumentParser(prog="make bench", description="Ours beside its peers and floors.")
    flags.add_argument("--products", type=int, default=10_000, help="of the catalogue that every contender reads")
    flags.add_argument(
        "--rounds", type=int, default=3, help="runs of each contender (fewer of those that take minutes)"
    )
    every = (*PARTS, *ON_REQUEST)
    flags.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(every)}")
    flags.add_argument("--ledger", type=int, default=1_000_000, help="rows of the larger ledger")
    flags.add_argument("--pair", type=int, default=30_000, help="products at most of the pair under Meltano")
    flags.add_argument("--growth", type=int, nargs="*", default=[1_000, 10_000, 100_000], help="sizes of the plot")
    flags.add_argument("--memory", type=int, nargs="*", default=[10_000, 300_000], help="sizes for the tap's peak")
    flags.add_argument("--load", type=int, nargs="*", default=[300, 1_000, 3_000], help="sizes of the first load")
    flags.add_argument("--counted", type=int, default=2_000, help="products of the part that counts requests")
    chosen = flags.parse_args(arguments)
    parts = tuple(part for part in every if part in chosen.only.split(","))
    if unknown := set(chosen.only.split(",")) - set(every):
        flags.error(f"unknown parts: {', '.join(sorted(unknown))}")
    growth, memory, load = (tuple(sorted(set(some))) for some in (chosen.growth, chosen.memory, chosen.load))
    pair = min(chosen.pair, chosen.products)
    return Options(parts, chosen.products, chosen.rounds, chosen.ledger, pair, growth, memory, load, chosen.counted)
