"""``make simulate``: seeds, how many a minute, and which laws broke. See docs/simulate.md."""

import argparse
import gc
import os
import sys
import time
from collections import Counter

from trials.simulate.old_faults import OLD_FAULTS, put_back
from trials.simulate.shrink import shrunk
from trials.simulate.simulator import Life, Simulator


def parsed() -> argparse.Namespace:
    """The command line."""
    flags = argparse.ArgumentParser(prog="python -m trials.simulate", description=__doc__)
    flags.add_argument("--seeds", type=int, default=1000, help="how many")
    flags.add_argument("--from", dest="first", type=int, default=1, help="the first seed")
    flags.add_argument("--seed", type=int, help="this one alone")
    flags.add_argument("--keep", help="only these parts of it, by their numbers")
    flags.add_argument("--trace", action="store_true", help="every request, answer and event")
    flags.add_argument("--stop", action="store_true", help="stop at the first broken law, and shrink it")
    flags.add_argument("--shrink", action="store_true", help="the smallest scenario that breaks the same law")
    flags.add_argument("--without", default="", help="kinds of events or switches to leave out, between commas")
    flags.add_argument("--ignore", default="", help="laws to leave out, between commas")
    flags.add_argument("--fault", help="put back a fault of an earlier release, or several between commas, or all; "
                       f"tell when each is found: {', '.join(OLD_FAULTS)}")  # fmt: skip
    return flags.parse_args()


def words(text: str) -> list[str]:
    """A list between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def show(life: Life) -> None:
    """A scenario and what came of it."""
    print(*life.trace, sep="\n")
    for number, part in life.scenario.parts.items():
        print(f"  {number}: {part}")
    print(*[str(one) for one in life.broken] or ["every law holds"], sep="\n")


def one(simulator: Simulator, given: argparse.Namespace) -> int:
    """One seed, as it is or shrunk."""
    keep = [int(word) for word in words(given.keep)] if given.keep else None
    life = simulator.live(given.seed, keep, traced=given.trace)
    if given.shrink and life.broken:
        life = shrunk(simulator, life, traced=given.trace)
        print(f"python -m trials.simulate --seed {given.seed} --keep {','.join(map(str, life.scenario.parts))}")
    show(life)
    return int(bool(life.broken))


def many(simulator: Simulator, given: argparse.Namespace) -> int:
    """Seeds in a row."""
    began, nights = time.process_time(), 0
    found: Counter[str] = Counter()
    first: dict[str, int] = {}
    for seed in range(given.first, given.first + given.seeds):
        life = simulator.live(seed)
        nights += life.nights
        if life.broken:
            law = life.broken[0].law
            found[law] += 1
            first.setdefault(law, seed)
            print(f"seed {seed}: {life.broken[0]}", flush=True)
            if given.stop:
                show(shrunk(simulator, life, traced=False))
                break
    seconds = time.process_time() - began  # of this process: a busy machine says nothing
    done = seed - given.first + 1
    print(f"{done} seeds, {nights} nights in {seconds:.1f} s of CPU: {60 * done / seconds:.0f} seeds a minute, "
          f"{1000 * seconds / nights:.1f} ms a night")  # fmt: skip
    for law, number in found.most_common():
        print(f"  {number:6} {law}, first in seed {first[law]}")
    return int(bool(found))


def hunt(simulator: Simulator, given: argparse.Namespace) -> int:
    """Put a fault back, or each of them, and tell after how many seeds a law breaks that holds without it."""
    names = list(OLD_FAULTS) if given.fault == "all" else words(given.fault)
    missed = 0
    for name in names:
        began = time.process_time()
        for seed in range(given.first, given.first + given.seeds):
            life = simulator.live(seed, fault=put_back(name))
            if life.broken and not simulator.live(seed).broken:
                done = f"found after {seed - given.first + 1} seeds, {time.process_time() - began:.1f} s of CPU"
                print(f"{name}: {done}: {life.broken[0]}", flush=True)
                break
        else:
            missed += 1
            print(f"{name}: not found in {given.seeds} seeds, {time.process_time() - began:.1f} s of CPU", flush=True)
    return int(bool(missed))


def main() -> int:
    """Run what was asked for."""
    given = parsed()
    gc.freeze()  # what is imported stays
    gc.set_threshold(100_000, 50, 50)  # a life leaves many rings; collecting them seldom costs least
    simulator = Simulator(words(given.without), words(given.ignore))
    if given.fault:
        return hunt(simulator, given)
    return one(simulator, given) if given.seed is not None else many(simulator, given)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets is a choice too
        os.execve(  # noqa: S606 - ourselves
            sys.executable,
            [sys.executable, "-m", "trials.simulate", *sys.argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0"},
        )
    sys.exit(main())
