"""``kill -9`` at every single request: run again, and the catalogue is that of an undisturbed run (laws 1 and 2)."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Imports once, then forks a target per order: a process that can be killed, without the second it takes to start.
NURSERY = """
import json, os, sys
from target_micropim.target import TargetMicroPim
for line in sys.stdin:
    order = json.loads(line)
    pid = os.fork()
    if not pid:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.dup2(os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        sys.stdout = os.fdopen(1, "w")
        with open(order["input"], "rb") as lines:
            TargetMicroPim(config=order["config"]).listen(lines)
        os._exit(0)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


class Nursery:
    """Starts targets."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([sys.executable, "-c", NURSERY], stdin=pipe, stdout=pipe, text=True)
        self.pid = 0

    def run(self, config: Any, given: list[bytes], folder: Path, number: int, world: Any, *, committed: bool) -> bool:
        """Run a target and kill it at its n-th request; whether it lived long enough for that."""
        (folder / "input").write_bytes(b"\n".join(given) + b"\n")
        order = {"config": config, "input": str(folder / "input"), "output": str(folder / "output")}
        born, struck = threading.Event(), threading.Event()
        seen = iter(range(1, 1_000_000))

        def strike(_call: Any) -> None:
            if not struck.is_set() and next(seen) == number and born.wait(10):
                struck.set()
                os.kill(self.pid, signal.SIGKILL)
                while is_running(self.pid):
                    pass

        (world.pim.on_committed if committed else world.pim.on_request)(strike)
        print(json.dumps(order), file=self._process.stdin, flush=True)
        self.pid = int(self._process.stdout.readline())
        born.set()
        status = int(self._process.stdout.readline())
        killed = struck.is_set()
        struck.set()
        assert killed == (status == signal.SIGKILL)
        assert killed or status == 0
        return killed

    def close(self) -> None:
        """No more targets."""
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def is_running(pid: int) -> bool:
    """Whether a process still does anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """One nursery for all."""
    made = Nursery()
    yield made
    made.close()


def with_states(singer: Any, stream: str, records: list[Any], start: int) -> list[bytes]:
    """Each record with a STATE behind it that counts the records of all streams."""
    made = [singer.schema(stream)]
    for number, record in enumerate(records, start=start + 1):
        made += [singer.record(stream, record), singer.state({"at": number})]
    return made


def first_input(singer: Any) -> dict[str, list[Any]]:
    """Six categories in an awkward order, eight products, ten pictures, a category that comes late."""
    parents = {1: None, 2: 1, 3: 2, 4: None, 5: 4}
    tree = [singer.category(n, f"C{n}", parents[n]) for n in (3, 2, 1, 4, 5)]
    products = [
        singer.product(
            n,
            publicCategories=[{"id": n % 6 + 1}],
            photos=[singer.picture(10 * n + k + 1) for k in range((2, 1, 2, 0, 2, 1, 1, 1)[n])],
            shortDescription={"en": f"Short {n}"},
        )
        for n in range(8)
    ]
    return {"categories": tree, "products": products, "late": [singer.category(6, "C6", 5)]}


def second_input(singer: Any) -> dict[str, list[Any]]:
    """The night after: a name, a picture more, two gone, one new, one in another category."""
    given = first_input(singer)
    products = given["products"]
    products[0]["name"] = {"en": "Another"}
    products[1]["photos"].append(singer.picture(99))
    products[2]["status"] = products[3]["status"] = "inactive"
    products[4]["publicCategories"].append({"id": 1})
    products.append(singer.product(8, photos=[singer.picture(80)]))
    return given


def lines_of(singer: Any, given: dict[str, list[Any]], after: int = 0) -> list[bytes]:
    """The input, or what a tap sends that goes on from a state."""
    made: list[bytes] = []
    start = 0
    for stream, records in given.items():
        rest = records[max(0, after - start) :]
        name = "categories" if stream == "late" else stream
        made += with_states(singer, name, rest, start + len(records) - len(rest))
        start += len(records)
    return made


def last_state(folder: Path) -> int:
    """How many records the killed run had vouched for."""
    lines = (folder / "output").read_text().splitlines() if (folder / "output").exists() else []
    return max((json.loads(line)["at"] for line in lines if line.endswith("}")), default=0)


def catalogue(world: Any) -> Any:
    """Snapshot and totals: neither doubles nor losses."""
    counts = world.pim.counts()
    return world.pim.snapshot(), [counts[kind] for kind in ("products", "categories", "pictures")]


def undisturbed(world: Any, singer: Any, *, night: int) -> Any:
    """What it should look like."""
    world.load(lines_of(singer, first_input(singer)))
    if night == 2:
        world.load(lines_of(singer, second_input(singer)))
    return catalogue(world)


@pytest.mark.parametrize("night", [1, 2])
@pytest.mark.parametrize("committed", [False, True], ids=["before", "after the commit"])
def test_a_kill_at_any_request_costs_nothing(
    make_world: Any, singer: Any, nursery: Nursery, night: int, *, committed: bool
) -> None:
    """For every n: kill at the n-th request, run again from the start or from the last state, and compare."""
    expected = undisturbed(make_world(), singer, night=night)
    given = first_input(singer) if night == 1 else second_input(singer)
    config = {"categories_mode": "add", "max_in_flight": 2}
    number, killed = 0, True
    while killed:
        number += 1
        world = make_world(config, sku_unique=False)
        if night == 2:
            world.load(lines_of(singer, first_input(singer)))
        killed = nursery.run(
            world.settings(), lines_of(singer, given), world.folder, number, world, committed=committed
        )
        after = last_state(world.folder) if number % 2 else 0
        world.load(lines_of(singer, given, after))
        assert catalogue(world) == expected, f"killed at request {number}, again from {after}"
    assert number > (20 if night == 1 else 6)


def test_a_kill_and_a_lost_ledger_make_no_double(make_world: Any, singer: Any, nursery: Nursery) -> None:
    """Even then every product and category is there once; pictures may be left to a person, never doubled."""
    expected = undisturbed(make_world(), singer, night=1)
    for number in range(4, 30, 5):
        world = make_world({"max_in_flight": 2}, sku_unique=False)
        given = lines_of(singer, first_input(singer))
        nursery.run(world.settings(), given, world.folder, number, world, committed=True)
        world.lose_ledger()
        world.load(given)
        shown, (products, categories, pictures) = catalogue(world)
        assert shown["categories"] == expected[0]["categories"]
        assert (products, categories) == (8, 6)
        assert pictures <= expected[1][2]
