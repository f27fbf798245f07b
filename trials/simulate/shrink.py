"""The smallest scenario that still breaks the same law: leave parts out, many at first, one by one in the end."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from trials.simulate.simulator import Life, Simulator

Faulty = Callable[[], AbstractContextManager[object]]


def shrunk(simulator: Simulator, life: Life, *, traced: bool = False, fault: Faulty = nullcontext) -> Life:
    """A life of fewer parts with the same first broken law; ``fault`` puts back what the life was found with."""
    law, seed = life.broken[0].law, life.scenario.seed
    keep = list(life.scenario.parts)
    step = max(1, len(keep) // 2)
    while step:
        at = 0
        while at < len(keep):
            fewer = keep[:at] + keep[at + step :]
            broken = simulator.live(seed, fewer, fault=fault()).broken
            if broken and broken[0].law == law:
                keep = fewer
            else:
                at += step
        step //= 2
    return simulator.live(seed, keep, traced=traced, fault=fault())
