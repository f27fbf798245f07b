"""``make kill``: tap and target killed at every single moment of a run, run again, and looked at; writes docs/kills.md.

Every kill is a SIGKILL of a real process (scripts/nursery.py). Afterwards the state file holds the last whole STATE
line that had left; a second run goes on from there, and its catalogue must be that of an undisturbed run. A third run
over the whole input must write nothing.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from scripts.nursery import MOMENTS, Ended, Kill, Nursery
from scripts.shop import Moment, Shop, Streams, boxed

PAGE = Path(__file__).resolve().parent.parent / "docs" / "kills.md"
TAP_MOMENTS = ("request", "line out")
MANY, FEW = 12, 6


@dataclass
class Tally:
    """What came of the kills of one kind."""

    points: int = 0
    lost: int = 0
    doubled: int = 0
    writes: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Sum up."""
        for name in ("points", "lost", "doubled", "writes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong


@dataclass(frozen=True)
class Scene:
    """A run to be killed: how it is carried out, where it begins, and what the catalogue is afterwards."""

    name: str
    shop: Shop
    begin: Moment
    run: Callable[[Kill | None], Ended]
    expected: Counter[str]

    def points(self, who: str, moment: str, *, step: int = 1) -> Iterator[Kill]:
        """Each moment of a kind, before and after; ends by itself when a run was no longer killed."""
        self.shop.put_back(self.begin)
        number = self.run(None).seen[who].get(moment, 0)
        for n in range(1, number + 1, step):
            yield Kill(who, moment, n, after=False)
            yield Kill(who, moment, n, after=True)

    def suffer(self, kill: Kill) -> Tally:
        """Kill, run again, compare; and once more, from the start."""
        shop = self.shop
        shop.put_back(self.begin)
        killed, again = self.run(kill), self.run(None)
        shop.writes()
        found = shop.facts()
        shop.state = None
        third = self.run(None)
        tally = Tally(1, (self.expected - found).total(), (found - self.expected).total(), shop.writes())
        codes = [code for ended in (again, third) for code in ended.codes.values()]
        if not killed.killed or any(codes) or tally.lost or tally.doubled or tally.writes:
            tally.wrong.append(f"{self.name}: {kill}")
        return tally


def undisturbed(name: str, shop: Shop, run: Callable[[Kill | None], Ended]) -> Scene:
    """A scene that begins with the shop as it is now; what an undisturbed run makes of it is looked at first."""
    begin = shop.save()
    ended = run(None)
    if any(ended.codes.values()):
        raise RuntimeError(f"{name}: the undisturbed run failed: {ended.codes}; see {shop.folder}/log.txt")
    expected = shop.facts()
    shop.put_back(begin)
    return Scene(name, shop, begin, run, expected)


def product(number: int, **fields: Any) -> dict[str, Any]:
    """A product of Medipim."""
    name = {"id": str(number), "status": "active", "updated_at": "2026-01-01T00:00:00Z", "name": {"en": f"P{number}"}}
    return {**name, "packageQuantity": number + 1, **fields}


def picture(key: int) -> dict[str, Any]:
    """A photo of Medipim."""
    return {"id": key, "formats": {"huge": f"https://m.example.test/{key}.jpg"}, "targetGroups": ["public"]}


def first_night(size: int) -> Streams:
    """Categories in an awkward order, products with pictures, one that is refused, a category that comes late."""
    parents = {1: None, 2: 1, 3: 2, 4: None, 5: 4}
    tree = [{"id": n, "name": {"en": f"C{n}"}, "parent": parents[n]} for n in (3, 2, 1, 4, 5)]
    products = [
        product(n, publicCategories=[{"id": n % 6 + 1}], photos=[picture(10 * n + k) for k in range((2, 1, 0)[n % 3])])
        for n in range(size)
    ]
    products[2]["name"] = None  # refused
    return [
        ("categories", tree),
        ("products", products),
        ("categories", [{"id": 6, "name": {"en": "C6"}, "parent": 5}]),
    ]


def second_night(size: int) -> Streams:
    """A name, a text gone, a picture more, two inactive, one new, another category; a category renamed and moved."""
    (_, tree), (_, products), late = first_night(size)
    tree[4] = {"id": 5, "name": {"en": "C5 renamed"}, "parent": 1}
    products[0]["name"] = {"en": "Another"}
    products[1]["photos"].append(picture(99))
    products[3]["status"] = products[4]["status"] = "inactive"
    products[5]["publicCategories"].append({"id": 1})
    return [("categories", tree), ("products", [*products, product(size, photos=[picture(7)])]), late]


def target_scenes(shops: "Shops", size: int, *, hands: int = 1) -> Iterator[Scene]:
    """The target alone, with one worker, so that each n is the same moment every time; the first and the next night."""
    for name, nights in (("first night", [first_night]), ("second night", [first_night, second_night])):
        shop = shops.open(max_in_flight=hands, attributes_mode="values", update_categories=True)
        *before, night = [make(size) for make in nights]
        for earlier in before:
            shop.feed(earlier)
            shop.state = None
        shop.writes()
        yield undisturbed(name, shop, lambda kill, shop=shop, night=night: shop.feed(night, kill))


def pair_scene(shops: "Shops", size: int) -> Scene:
    """Both, over a generated catalogue; its second night, so that most of the road is looking and little is making."""
    shop = shops.open(size, locale="nl", max_in_flight=1, attributes_mode="values")
    catalogue = shop.box.medipim.catalogue
    shop.pipe()
    ids = list(catalogue.products)
    for number, change in enumerate(({"name": {"nl": "Anders"}}, {"photos": []}, {"status": "inactive"})):
        catalogue.touch([ids[number]], **change)
    catalogue.add(2)
    shop.writes()
    return undisturbed("both, second night", shop, shop.pipe)


class Shops:
    """Opens shops, and closes them all at the end."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._stack = ExitStack()

    def open(self, products: int = 0, **settings: Any) -> Shop:
        """A new one, empty."""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        return Shop(self._stack.enter_context(boxed(products)), folder, self._nursery, **settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def all_kills(scene: Scene, who: str, moments: tuple[str, ...], *, step: int = 1) -> Iterator[tuple[str, Tally]]:
    """Every moment of a scene, a tally a kind of moment."""
    for moment in moments:
        tally = Tally()
        for kill in scene.points(who, moment, step=step):
            tally.add(scene.suffer(kill))
        yield moment, tally


def main() -> int:
    """Kill at every moment, print and write the table; 1 when anything was lost, doubled or written twice."""
    rows: list[tuple[str, str, str, Tally]] = []
    began = time.monotonic()

    def note(scene: Scene, who: str, moments: tuple[str, ...]) -> None:
        for moment, tally in all_kills(scene, who, moments):
            rows.append((scene.name, who, moment, tally))
            print(row(*rows[-1]), *tally.wrong, sep="\n", flush=True)

    print(HEAD, end="")
    with Nursery() as nursery, Shops(nursery) as shops:
        for scene in target_scenes(shops, MANY):
            note(scene, "target", MOMENTS)
        pair = pair_scene(shops, MANY)
        note(pair, "target", MOMENTS)
        note(pair, "tap", TAP_MOMENTS)
    total = Tally()
    for *_, tally in rows:
        total.add(tally)
    print(f"{total.points} kills in {time.monotonic() - began:.0f} s; wrong: {len(total.wrong)}")
    PAGE.write_text(WORDS + HEAD + "\n".join(row(*found) for found in rows) + "\n" + row("all", "", "", total) + "\n")
    return int(bool(total.wrong))


def row(scene: str, who: str, moment: str, tally: Tally) -> str:
    """One line of the table."""
    cells = (scene, who, moment, tally.points, tally.lost, tally.doubled, tally.writes)
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


HEAD = """| run | killed | at each | points | lost | doubled | writes of the third run |
| --- | --- | --- | --- | --- | --- | --- |
"""
WORDS = """# Killed anywhere

Made by `make kill` (scripts/kills.py). Real processes, killed by SIGKILL before and after every single moment of the
given kind; then run again from the last whole STATE line that had left, and compared fact by fact with an undisturbed
run; then run a third time over the whole input.

"""

if __name__ == "__main__":
    sys.exit(main())
