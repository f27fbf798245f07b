"""From a seed to a scenario: a world, a source, and what happens in each night. Each part can be left out on its own.

The parts are numbered in the order in which they were drawn. What a part means does not depend on the others, so that
a scenario without some of them is a smaller scenario of the same kind (shrink.py).
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, fields
from functools import cache
from random import Random
from typing import Any, Literal, get_args, get_origin, get_type_hints

from sandbox.micropim.options import MicroPimOptions

SOURCE = ("name", "name", "description", "both", "back", "picture", "picture replaced", "category", "category left",
          "inactive", "replaced", "active", "active", "new product", "new category", "category renamed")  # fmt: skip
HAND = ("type name", "type name", "type description", "empty description", "agree", "archive", "revive", "delete",
        "take out", "assign", "add picture", "remove picture", "change SKU", "type price",
        "rename category", "move category", "delete category", "shop product", "id given again")  # fmt: skip
LEDGER = ("lost", "old", "copied")
FAULTS = ("drop_before", "drop_after", "503", "429", "500", "500 done", "400", "422", "html", "html done", "empty",
          "truncate_json", "short_length", "status_zero", "401", "404 foreign", "404", "hang", "hang done")  # fmt: skip
ROUTES = ("POST /api/products$", "PATCH /api/products", "POST /api/products/{id}/media", "DELETE /api/products",
          "POST /api/categories", "GET /api/products/{id}$", "GET /api/products$", "GET /api/categories", "GET /api",
          None)  # fmt: skip
KILLS = ("kill request", "kill write", "kill write", "kill commit", "stop")
WRITERS = ("second writer, no ledger", "second writer, copied ledger", "second writer, same ledger", "stands still")
MEANWHILE = ("type name", "type description", "archive", "take out")
# Nothing can ever be done in a world that is always like this: such a spell lasts for a night (SPELLS).
NEVER_FOR_GOOD: dict[str, frozenset[Any]] = {
    "has_organization": frozenset({False}),
    "read_only": frozenset({"400", "403", "405", "409"}),
    "product_list": frozenset({"null", "unpaged", "total_too_high", "one_page", "empty_page"}),
    "patch_kept": frozenset({"never"}),
    "archive_kept": frozenset({"never"}),
    "tree_shape": frozenset({"null"}),
    "assign": frozenset({"ignored"}),
}
MORE_SWITCHES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("sku_unique", (False,)),  # twice: most doubles need it
    ("show_after_seconds", (5, 90)),
    ("pictures_after_seconds", (5, 90)),
    ("categories_after_seconds", (5, 90)),
    ("text_forms", (("capitalised",), ("single_spaces",), ("void_tags", "entities"), ("paragraphs",), ("decomposed",))),
    ("ids_as_text", tuple(frozenset({place}) for place in ("list", "product", "category", "tree"))),
)
SETTINGS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("lookup", ("index", "search")),
    ("categories_mode", ("managed",)),
    ("create_status", ("active",)),
    ("max_in_flight", (2, 4)),
    ("state_interval_seconds", (5,)),
    ("max_wait_seconds", (15,)),
    ("update_categories", (True,)),
)


@dataclass(frozen=True)
class Event:
    """One thing that happens; ``a``, ``b``, ``c`` choose what it happens to, modulo what is there."""

    kind: str
    what: str
    a: int = 0
    b: int = 0
    c: int = 0

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} ({self.a}, {self.b}, {self.c})"


@dataclass
class Night:
    """What happens by day, then what happens while the writer runs."""

    before: list[Event] = field(default_factory=list)
    during: list[Event] = field(default_factory=list)


@dataclass
class Scenario:
    """A whole life of one shop. ``parts`` says in words what each number stands for."""

    seed: int
    options: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    products: int = 1
    adopted: int = 0
    categories: int = 2
    nights: list[Night] = field(default_factory=list)
    parts: dict[int, str] = field(default_factory=dict)


class _Drawer:
    """Draws parts, and takes those that are kept."""

    def __init__(self, seed: int, keep: Collection[int] | None) -> None:
        self._keep = keep
        self._number = -1
        self.scenario = Scenario(seed)

    def part(self, words: str, take: Callable[[], None]) -> bool:
        """The next part: whether it is kept."""
        self._number += 1
        if self._keep is not None and self._number not in self._keep:
            return False
        self.scenario.parts[self._number] = words
        take()
        return True


def draw(seed: int, keep: Collection[int] | None = None, without: Collection[str] = ()) -> Scenario:
    """The scenario of a seed; of its parts only those that are kept, and no event of the kinds left out."""
    choose, drawer = Random(seed), _Drawer(seed, keep)
    scenario = drawer.scenario
    for name, value in _drawn_switches(choose):
        if name not in without:
            drawer.part(f"world {name}={value}", lambda name=name, value=value: scenario.options.update({name: value}))
    for name, values in SETTINGS:
        if choose.random() < 0.2:
            value = choose.choice(values)
            drawer.part(f"setting {name}={value}", lambda n=name, v=value: scenario.settings.update({n: v}))
    for _ in range(choose.choice((0, 1, 1, 2))):
        drawer.part("a product more", lambda: setattr(scenario, "products", scenario.products + 1))
    if choose.random() < 0.2:
        drawer.part("the shop has the first product already", lambda: setattr(scenario, "adopted", 1))
    for number in range(choose.randint(2, 5)):
        night = Night()
        drawn = list(_drawn_events(choose, number))
        if drawer.part(f"night {number + 1}", lambda night=night: scenario.nights.append(night)):
            pass
        for is_before, event in drawn:
            if event.kind not in without and event.what not in without:
                into = night.before if is_before else night.during
                drawer.part(f"night {number + 1}, {event}", lambda into=into, event=event: into.append(event))
    return scenario


def _drawn_switches(choose: Random) -> Iterator[tuple[str, Any]]:
    share = choose.choice((0.0, 0.05, 0.15))
    for name, values in switches():
        value = choose.choice(values)
        if choose.random() < share:
            yield name, value


@cache
def switches() -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """Every switch of the sandbox with a few words or two sides, and its values that are not the default."""
    hints = get_type_hints(MicroPimOptions)
    found = []
    for one in fields(MicroPimOptions):
        hint = hints[one.name]
        values = get_args(hint) if get_origin(hint) is Literal else (False, True) if hint is bool else ()
        never = NEVER_FOR_GOOD.get(one.name, frozenset())
        if others := tuple(value for value in values if value != one.default and value not in never):
            found.append((one.name, others))
    known = {one.name for one in fields(MicroPimOptions)}
    return (*found, *(row for row in MORE_SWITCHES if row[0] in known))


@cache
def spells() -> tuple[str, ...]:
    """What may be so for a night, as ``name=value``."""
    return tuple(f"{name}={value}" for name, values in NEVER_FOR_GOOD.items() for value in sorted(values, key=str))


def _drawn_events(choose: Random, number: int) -> Iterator[tuple[bool, Event]]:
    """Mostly calm: a night in which everything happens at once shows little."""

    def event(kind: str, words: tuple[Any, ...]) -> Event:
        return Event(kind, str(choose.choice(words)), *(choose.randrange(1000) for _ in range(3)))

    for _ in range(choose.choice((0, 1, 1, 2)) if number else 0):
        yield True, event("source", SOURCE)
    for _ in range(choose.choice((0, 0, 1, 1, 2)) if number else 0):
        yield True, event("hand", HAND)
    if number and choose.random() < 0.15:
        yield True, event("ledger", LEDGER)
    for _ in range(choose.choice((0, 0, 0, 1, 1, 2))):
        yield False, event("fault", FAULTS)
    if choose.random() < 0.12:
        yield False, event("spell", spells())
    if choose.random() < 0.3:
        yield False, event("kill", KILLS)
    if choose.random() < 0.1:
        yield False, event("writer", WRITERS)
    if choose.random() < 0.2:
        yield False, event("meanwhile", MEANWHILE)
    if number and choose.random() < 0.1:
        yield False, event("stale", ("an older version",))
