"""One seed, one life: draw the scenario, run it, say what broke. The same seed always does the same."""

import logging
import random
import sys
import tempfile
import traceback
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from trials.simulate.laws import Broken
from trials.simulate.ledgers import empty_ledger
from trials.simulate.process import Endless, Machine
from trials.simulate.scenario import Scenario, draw
from trials.simulate.seams import installed
from trials.simulate.world import ENGINES, World, choices_of

SHM = Path("/dev/shm")  # noqa: S108 - memory, where there is some; a folder of our own within it


@dataclass
class Life:
    """What came of a scenario."""

    scenario: Scenario
    broken: list[Broken]
    nights: int
    trace: list[str]


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing is logged: a simulated life speaks to nobody."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(before)


class Simulator:
    """Runs scenarios one after another. ``without``: kinds of events, or switches, that are left out."""

    def __init__(self, without: Collection[str] = (), ignored: Collection[str] = ()) -> None:
        self._without = frozenset(without)
        self._ignored = frozenset(ignored)
        self._folder = Path(tempfile.mkdtemp(prefix="simulate-", dir=SHM if SHM.is_dir() else None))
        empty_ledger()  # before the tables count as made

    def live(
        self,
        seed: int,
        keep: Collection[int] | None = None,
        *,
        traced: bool = False,
        fault: AbstractContextManager[object] | None = None,
    ) -> Life:
        """The life of one seed, or of some of its parts."""
        scenario = draw(seed, keep, self._without)
        trace: list[str] = []
        machine = Machine(ENGINES, choices_of(seed), trace if traced else None)
        random.seed(seed)  # jitter of waits, and the order of lists in a world without one
        with _quiet(), installed(machine), fault or nullcontext():
            world = World(scenario, machine, self._folder, self._ignored)
            broken = self._lived(world)
        return Life(scenario, broken, world.nights, trace)

    @staticmethod
    def _lived(world: World) -> list[Broken]:
        try:
            return world.live()
        except Endless as endless:
            return [Broken("endless", str(endless))]
        except Exception as failure:  # noqa: BLE001 - whatever the program raises is a finding
            frames = traceback.extract_tb(sys.exc_info()[2])[-1:]
            where = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
            world.machine.log(traceback.format_exc())
            return [Broken("crash", f"{type(failure).__name__} at {where}: {failure}"[:300])]
