"""``make kill``: tap and target killed at every single moment of a run, run again, and looked at; writes docs/kills.md.

Every kill is a SIGKILL of a real process (trials/kills/nursery.py). Afterwards the state file holds the last whole
STATE line that had left; a second run goes on from there, and must end as an undisturbed one does; so must an ordinary
next night; and a run over everything must write nothing (trials/kills/scenes.py).

    python -m trials.kills [--size 6] [--every 1] [--scene NAME ...]

A part (``--scene``) renews its own rows of the page and leaves the others.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from trials import postgres
from trials.kills.nursery import MOMENTS, Kill, Nursery
from trials.kills.scenes import PairScene, Scene, TapScene, TargetScene, first_night, second_night
from trials.kills.shop import Shop, boxed

PAGE = Path(__file__).resolve().parent.parent / "docs" / "kills.md"
TAP_MOMENTS = ("request", "line out")
SIZE = 6  # products, enough for one of each kind
CATEGORIES = 8  # of Medipim's sixty: more of the same
BEGIN, END = "<!-- kills -->\n", "<!-- end of kills -->"
POSTGRES = ", ledger on PostgreSQL"


@dataclass
class Tally:
    """What came of the kills of one kind. ``missed``: the run was over before its n-th moment came."""

    points: int = 0
    lost: int = 0
    doubled: int = 0
    writes: int = 0
    missed: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: "Tally") -> None:
        """Sum up."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def suffer(scene: Scene, kill: Kill) -> Tally:
    """Kill, run again, compare; the next night, compare; and everything once more, from the start."""
    scene.put_back()
    killed, again = scene.tonight(kill), scene.tonight()
    if not killed.killed and not scene.exact:
        return Tally(missed=1)
    found = scene.found()
    tomorrow = scene.tomorrow()
    brought = scene.brought()
    anew = scene.anew()
    lost = scene.expected - found + (scene.expected_tomorrow - brought)
    doubled = found - scene.expected + (brought - scene.expected_tomorrow)
    tally = Tally(1, lost.total(), doubled.total(), scene.shop.writes().total())
    codes = [code for ended in (again, tomorrow, anew) for code in ended.codes.values()]
    if not killed.killed or any(codes) or tally.lost or tally.doubled or tally.writes:
        told = [f"- {fact}" for fact in lost] + [f"+ {fact}" for fact in doubled]
        tally.wrong.append("; ".join([f"{scene.name}: {kill}", f"codes {codes}", *told[:4]]))
    return tally


def all_kills(scene: Scene, who: str, moments: tuple[str, ...], *, step: int = 1) -> Iterator[tuple[str, Tally]]:
    """Every moment of a scene, a tally a kind of moment."""
    for moment in moments:
        tally, began = Tally(), time.monotonic()
        for kill in scene.kills(who, moment, step=step):
            tally.add(suffer(scene, kill))
        tally.seconds = time.monotonic() - began
        yield moment, tally


class Shops:
    """Opens shops, and closes them all at the end; with their ledgers in a PostgreSQL ``cluster`` if there is one."""

    def __init__(self, nursery: Nursery, cluster: str | None = None) -> None:
        self._nursery = nursery
        self._cluster = cluster
        self._opened = 0
        self._stack = ExitStack()

    def open(self, products: int = 0, world: Mapping[str, Any] = MappingProxyType({}), **settings: Any) -> Shop:
        """A new one, empty; ``world`` are options of its MicroPIM."""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        box = self._stack.enter_context(boxed(products, **world))
        shop = Shop(box, folder, self._nursery, self._ledger(), **settings)
        if products:
            shop.catalogue = box.medipim.catalogue
            del shop.catalogue.public_categories[CATEGORIES:]
        return shop

    def _ledger(self) -> postgres.PostgresLedger | None:
        if self._cluster is None:
            return None
        self._opened += 1
        ledger = postgres.PostgresLedger(self._cluster, f"shop{self._opened}")
        self._stack.callback(ledger.close)
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def target_scene(shops: Shops, name: str, size: int, *, second: bool = False, hands: int = 1) -> Scene:
    """The target alone; with one worker each n is the same moment every time."""
    shop = shops.open(max_in_flight=hands, attributes_mode="values", update_categories=True)
    if second:
        shop.feed(first_night(size))
        shop.state = None
    night = second_night(size) if second else first_night(size)
    return TargetScene(name, shop, night, exact=hands == 1).rehearse()


def pair_scene(shops: Shops, name: str, size: int, *, second: bool = False, hands: int = 1) -> Scene:
    """Both. The second night is mostly looking and little making."""
    attributes = "values" if second else "off"  # Medipim's products have twenty each: more of the same
    shop = shops.open(size, locale="nl", max_in_flight=hands, attributes_mode=attributes)
    if second:
        shop.pipe()
        ids = list(shop.catalogue.products)
        for number, change in enumerate(({"name": {"nl": "Anders"}}, {"photos": []}, {"status": "inactive"})):
            shop.catalogue.touch([ids[number]], **change)
        shop.catalogue.add(2)
    return PairScene(name, shop, exact=hands == 1).rehearse()


def tap_scene(shops: Shops, name: str, size: int, *, products: int | None = None, **settings: Any) -> Scene:
    """The tap alone; beyond 250 products a STATE leaves in the middle of them."""
    shop = shops.open(products or size)
    shop.tap_settings = {"page_size": 10, **settings}
    shop.streams = {"products", "categories"} | (set() if products else {"media"})
    return TapScene(name, shop).rehearse()


Build = Callable[[Shops, str, int], Scene]
Victims = dict[str, tuple[str, ...]]
TARGET: Victims = {"target": MOMENTS}
TAP: Victims = {"tap": TAP_MOMENTS}
SCENES: dict[str, tuple[Build, Victims, int]] = {  # how it is made, who is killed at what, every how many moments
    "target, first night": (target_scene, TARGET, 1),
    "target, second night": (partial(target_scene, second=True), TARGET, 1),
    "target, first night, four workers": (partial(target_scene, hands=4), TARGET, 1),
    "pair, first night": (pair_scene, TARGET | TAP, 1),
    "pair, second night": (partial(pair_scene, second=True), TARGET | TAP, 1),
    "pair, second night, four workers": (partial(pair_scene, second=True, hands=4), TARGET | TAP, 1),
    "tap, stream": (tap_scene, TAP, 1),
    "tap, stream, 300 products, every 9th": (partial(tap_scene, products=300), TAP, 9),
    "tap, pages": (partial(tap_scene, products_endpoint="query"), TAP, 1),
}
ON_POSTGRES = [name for name in SCENES if not name.startswith("tap") and "four" not in name]
NAMES = [*SCENES, *(name + POSTGRES for name in ON_POSTGRES)]


def play(name: str, size: int, every: int) -> tuple[list[str], list[str]]:
    """Every kill of a scene, or every n-th, in processes of its own: the rows of the table, and what was wrong."""
    build, victims, step = SCENES[name.removesuffix(POSTGRES)]
    rows: list[str] = []
    wrong: list[str] = []
    on_postgres = postgres.cluster() if name.endswith(POSTGRES) else nullcontext()
    with on_postgres as cluster, Nursery() as nursery, Shops(nursery, cluster) as shops:
        scene = build(shops, name, size)
        for who, moments in victims.items():
            for moment, tally in all_kills(scene, who, moments, step=step * every):
                rows.append(row(name, who, moment if every == 1 else f"{moment}, every {every}th", tally))
                wrong += tally.wrong
    return rows, wrong


def row(name: str, who: str, moment: str, tally: Tally) -> str:
    """One line of the table."""
    numbers = (tally.points, tally.lost, tally.doubled, tally.writes, tally.missed, round(tally.seconds))
    return "| " + " | ".join(map(str, (name, who, moment, *numbers, f"{datetime.now(UTC):%Y-%m-%d}"))) + " |"


def renew(rows: list[str]) -> None:
    """Put rows into the page in place of those of the same scenes, and sum up."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    played = {name_of(row) for row in rows}
    kept = [line for line in table.splitlines()[2:] if name_of(line) in NAMES and name_of(line) not in played]
    rows = sorted(kept + rows, key=lambda row: NAMES.index(name_of(row)))
    sums = [sum(int(row.split(" | ")[column]) for row in rows) for column in range(3, 9)]
    total = "| " + " | ".join(map(str, ("all", "", "", *sums, ""))) + " |"
    PAGE.write_text(before + BEGIN + HEAD + "\n".join([*rows, total]) + "\n" + END + after, encoding="utf-8")


def name_of(row: str) -> str:
    """The scene of a line of the table."""
    return row.removeprefix("| ").partition(" | ")[0]


def main() -> int:
    """Kill at every moment, print and write the table; 1 when anything was lost, doubled or written twice."""
    asked = argparse.ArgumentParser(prog="trials.kills", description=__doc__.splitlines()[0])
    asked.add_argument("--scene", action="append", choices=NAMES, metavar="NAME", help="; ".join(NAMES))
    asked.add_argument("--size", type=int, default=SIZE, help=f"products, at least {SIZE}")
    asked.add_argument("--every", type=int, default=1, help="take only every n-th moment")
    asked.add_argument("--jobs", type=int, default=2, help="scenes at the same time")
    given = asked.parse_args()
    names = given.scene or NAMES
    if not postgres.is_here():
        print(f"without those on PostgreSQL: {postgres.ABSENT}")
        names = [name for name in names if not name.endswith(POSTGRES)]
    began, is_wrong = time.monotonic(), False
    print(HEAD, end="")
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(play, name, given.size, given.every) for name in names]):
            rows, wrong = done.result()
            is_wrong = is_wrong or bool(wrong)
            print(*rows, *wrong, sep="\n", flush=True)
            renew(rows)
    print(
        f"{time.monotonic() - began:.0f} s; " + ("something was wrong" if is_wrong else "nothing lost, nothing doubled")
    )
    return int(is_wrong)


HEAD = """| run | killed | at each | kills | lost | doubled | written again | missed | seconds | date |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
