"""From a seed to a scenario: a world, a source, and what happens in each night. Each part can be left out on its own.

The parts are numbered in the order in which they were drawn. What a part means does not depend on the others, so that
a scenario without some of them is a smaller scenario of the same kind (shrink.py).
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, fields
from functools import cache, partial
from random import Random
from typing import Any, Literal, get_args, get_origin, get_type_hints

from sandbox.micropim.options import MicroPimOptions

SOURCE = ("name", "description", "both", "back", "picture", "picture replaced", "category", "category left",
          "inactive", "replaced", "active", "succeeded", "new product", "new category", "category renamed")  # fmt: skip
HAND = ("type name", "type description", "empty description", "agree", "archive", "revive", "delete",
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
TAP = ("drop_before", "503", "429", "401", "404", "html", "empty", "truncate_json", "short_length", "cut_mid_line",
       "cut_at_line_end", "clean_end", "hang", "kill", "kill", "stop")  # fmt: skip
STATE = ("lost", "old")
MEANWHILE = ("type name", "type description", "archive", "take out")
SHARE_OF_TAPS = 0.2
# Nothing can ever be done in a world that is always like this: such a spell lasts for a night (SPELLS). ``no_images``
# is left to tests/cases: drawn, it would move what every seed is, and so the figures of docs/simulate.md.
NEVER_FOR_GOOD: dict[str, frozenset[Any]] = {
    "has_organization": frozenset({False}),
    "read_only": frozenset({"400", "403", "405", "409"}),
    "product_list": frozenset(
        {"null", "unpaged", "total_too_high", "one_page", "empty_page", "no_skus", "null_skus", "no_images"}
    ),
    "patch_kept": frozenset({"never"}),
    "archive_kept": frozenset({"never"}),
    "tree_shape": frozenset({"null", "nameless", "first_page"}),
    "assign": frozenset({"ignored"}),
}
MORE_SWITCHES: tuple[tuple[str, tuple[Any, ...]], ...] = (
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
TAP_SETTINGS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("products_endpoint", ("query",)),
    ("page_size", (10,)),
    ("full_read_every_days", (2,)),
)


BUSY: dict[str, tuple[float, ...]] = {  # how likely, in one night
    "source": (0.3, 0.6, 0.9),
    "hand": (0.0, 0.3, 0.7),
    "ledger": (0.0, 0.0, 0.3),
    "fault": (0.0, 0.3, 0.6),
    "spell": (0.0, 0.0, 0.4),
    "kill": (0.0, 0.3, 0.6),
    "writer": (0.0, 0.0, 0.3),
    "meanwhile": (0.0, 0.3),
    "stale": (0.0, 0.0, 0.3),
    "tap": (0.0, 0.3, 0.7),  # where a tap reads the source, as these two
    "state": (0.0, 0.0, 0.3),
}


# Stories that chance alone tells too seldom: switches, and by night what happens before the run or during it, to one
# product. Everything else goes on around them; in half of the lives no run is disturbed in which nothing else is told.
STORIES: tuple[tuple[dict[str, Any], tuple[tuple[int, bool, str, str, int], ...]], ...] = (
    ({}, ((1, True, "source", "name", 0), (1, True, "hand", "type name", 0),
          (2, True, "source", "name", 0), (2, True, "hand", "agree", 0))),  # what is named last comes first
    ({}, ((1, True, "source", "name", 0), (1, False, "fault", "503", 1), (1, False, "meanwhile", "type name", 0))),
    ({}, ((1, True, "source", "description", 0), (1, True, "hand", "empty description", 0))),
    ({}, ((1, True, "hand", "id given again", 0), (1, True, "source", "both", 0))),
    ({}, ((1, True, "hand", "delete category", 0), (1, True, "source", "both", 0))),
    ({"sku_unique": False, "show_after_seconds": 90}, ((0, False, "fault", "500 done", 0),)),
    ({"sku_unique": False}, ((1, True, "ledger", "lost", 0), (1, True, "source", "name", 0),
                             (1, False, "spell", "product_list=null", 0))),
    ({}, ((1, True, "source", "inactive", 0), (2, True, "source", "active", 0))),
    ({}, ((1, True, "source", "both", 0), (1, False, "fault", "404", 5))),
    ({}, ((1, True, "source", "both", 0), (1, False, "fault", "404 foreign", 5))),
    ({}, ((0, False, "fault", "404 foreign", 0),)),
)  # fmt: skip


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
    twins: int = 0
    tap: dict[str, Any] | None = None  # settings of the real tap, where it reads the source
    categories: int = 2
    nights: list[Night] = field(default_factory=list)
    parts: dict[int, str] = field(default_factory=dict)

    def one_more(self) -> None:
        """A product more."""
        self.products += 1


class _Drawer:
    """Draws parts, and takes those that are kept."""

    def __init__(self, seed: int, keep: Collection[int] | None, without: frozenset[str]) -> None:
        self._choose = Random(seed)
        self._keep = keep
        self._without = without
        self._number = -1
        self.scenario = Scenario(seed)

    def world(self) -> None:
        """Switches, settings, and what is there at the beginning."""
        choose, scenario = self._choose, self.scenario
        for name, value in _drawn_switches(choose):
            self._part(f"world {name}={value}", partial(scenario.options.__setitem__, name, value), name)
        for name, values in SETTINGS:
            if choose.random() < 0.2:
                value = choose.choice(values)
                self._part(f"setting {name}={value}", partial(scenario.settings.__setitem__, name, value), name)
        for _ in range(choose.choice((0, 1, 1, 2))):
            self._part("a product more", scenario.one_more)
        if choose.random() < 0.2:
            self._part("the shop has the first product already", partial(setattr, scenario, "adopted", 1))
        if choose.random() < 0.05:
            self._part("two records have the EAN of a product of the shop", partial(setattr, scenario, "twins", 2))

    def tap(self) -> None:
        """Whether the real tap reads the source: a night takes twice as long with it."""
        choose, scenario = self._choose, self.scenario
        if choose.random() < SHARE_OF_TAPS:
            settings = {name: choose.choice(values) for name, values in TAP_SETTINGS if choose.random() < 0.3}
            self._part(f"the tap reads the source, {settings}", partial(setattr, scenario, "tap", settings), "tap")

    def nights(self) -> None:
        """What happens in each."""
        choose, habits = self._choose, _habits(self._choose)
        switched, story = choose.choice(STORIES) if choose.random() < 0.4 else ({}, ())
        for name, value in switched.items():
            self._part(f"world {name}={value}", partial(self.scenario.options.__setitem__, name, value), name)
        which, begins = choose.randrange(1000), choose.randrange(2)
        for number in range(choose.randint(2, 5)):
            night, drawn = Night(), list(_drawn_events(choose, habits, number))
            told = [row for row in story if row[0] + (begins if story[0][0] else 0) == number]
            if told and which % 2 and all(is_before for _number, is_before, *_event in told):
                drawn = [row for row in drawn if row[0]]  # told undisturbed: else nobody knows what the run has seen
            for _number, is_before, kind, what, route in told:
                event = Event(kind, what, route if kind == "fault" else which, 0, 0)
                drawn.insert(0 if is_before else len(drawn), (is_before, event))
            self._part(f"night {number + 1}", partial(self.scenario.nights.append, night))
            for is_before, event in drawn:
                into = night.before if is_before else night.during
                self._part(f"night {number + 1}, {event}", partial(into.append, event), event.kind, event.what)

    def _part(self, words: str, take: Callable[[], None], *names: str) -> None:
        """The next part, if it is kept."""
        self._number += 1
        if (self._keep is None or self._number in self._keep) and self._without.isdisjoint(names):
            self.scenario.parts[self._number] = words
            take()


def draw(seed: int, keep: Collection[int] | None = None, without: frozenset[str] = frozenset()) -> Scenario:
    """The scenario of a seed; of its parts only those that are kept, and none of the kinds left out."""
    drawer = _Drawer(seed, keep, without)
    drawer.world()
    drawer.tap()
    drawer.nights()
    return drawer.scenario


def _drawn_switches(choose: Random) -> Iterator[tuple[str, Any]]:
    if choose.random() < 0.5:
        yield "sku_unique", False  # most doubles need it
    share = choose.choice((0.0, 0.03, 0.1))
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
    return (*(row for row in found if row[0] != "sku_unique"), *MORE_SWITCHES)


@cache
def spells() -> tuple[str, ...]:
    """What may be so for a night, as ``name=value``."""
    return tuple(f"{name}={value}" for name, values in NEVER_FOR_GOOD.items() for value in sorted(values, key=str))


@dataclass(frozen=True)
class _Habits:
    """What one seed is about: a few kinds of each thing, often, find more than all of them, seldom (swarm testing)."""

    source: tuple[str, ...]
    hand: tuple[str, ...]
    faults: tuple[str, ...]
    routes: tuple[int, ...]
    busy: dict[str, float]


def _habits(choose: Random) -> _Habits:
    def some(words: tuple[Any, ...], *counts: int) -> tuple[Any, ...]:
        return tuple(choose.sample(words, choose.choice(counts)))

    busy = {kind: choose.choice(shares) for kind, shares in BUSY.items()}
    numbers = tuple(range(len(ROUTES)))
    return _Habits(some(SOURCE, 2, 4, 8), some(HAND, 1, 3, 6), some(FAULTS, 1, 2, 5), some(numbers, 1, 2, 4), busy)


def _drawn_events(choose: Random, habits: _Habits, number: int) -> Iterator[tuple[bool, Event]]:
    """The events of one night: whether each is before the run, and what it is."""

    def events(kind: str, words: tuple[str, ...], most: int = 1) -> Iterator[Event]:
        for _ in range(most):
            if choose.random() < habits.busy[kind]:
                yield Event(kind, choose.choice(words), *(choose.randrange(1000) for _ in range(3)))

    if number:
        for kind, words, most in (("source", habits.source, 3), ("hand", habits.hand, 2), ("ledger", LEDGER, 1),
                                  ("state", STATE, 1)):  # fmt: skip
            yield from ((True, event) for event in events(kind, words, most))
    for event in events("fault", habits.faults, 2):
        yield False, Event("fault", event.what, choose.choice(habits.routes), event.b, event.c)
    for kind, words in (("spell", spells()), ("kill", KILLS), ("writer", WRITERS), ("meanwhile", MEANWHILE),
                        ("tap", TAP)):  # fmt: skip
        yield from ((False, event) for event in events(kind, words))
    if number:
        yield from ((False, event) for event in events("stale", ("an older version",)))
