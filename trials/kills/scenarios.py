"""The runs that are killed: how each is carried out, and what an undisturbed run leaves.

A scenario has a night that is killed and run again, and a next night, for which the source changes two products. Both
must end as they do undisturbed: every fact of the catalogue, and every write of the next night, is compared. Then a run
from the start must write nothing.
"""

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from typing import Any

from trials.kills.deployment import Deployment, Streams
from trials.kills.fork_server import Ended, Kill

Facts = Counter[str]


class Scenario(ABC):
    """``exact``: the n-th moment is the same one in every run, as it is with one worker."""

    def __init__(self, name: str, deployment: Deployment, *, exact: bool = True) -> None:
        self.name = name
        self.deployment = deployment
        self.exact = exact

    def run_undisturbed(self) -> "Scenario":
        """Save the start, run both nights undisturbed and keep their facts. Raises RuntimeError when a run fails."""
        self.deployment.writes()
        self.begin = self.deployment.save()
        self.seen = self._well(self.run_night())
        self.expected = self.facts_after_night()
        self._well(self.run_next_night())
        self.expected_next = self.facts_after_next_night()
        return self

    def _well(self, ended: Ended) -> dict[str, dict[str, int]]:
        if any(ended.codes.values()):
            raise RuntimeError(
                f"{self.name}: undisturbed it failed: {ended.codes}; see {self.deployment.folder}/log.txt"
            )
        return ended.seen

    def kills(self, plugin: str, moment: str, *, step: int = 1) -> Iterator[Kill]:
        """A kill before and one after each moment of a kind."""
        for n in range(1, self.seen[plugin].get(moment, 0) + 1, step):
            yield Kill(plugin, moment, n, after=False)
            yield Kill(plugin, moment, n, after=True)

    def restore(self) -> None:
        """Restore the start."""
        self.deployment.restore(self.begin)

    @abstractmethod
    def run_night(self, kill: Kill | None = None) -> Ended:
        """A run from the last state: the one that is killed, and the one after it."""

    @abstractmethod
    def run_next_night(self) -> Ended:
        """A run from the last state, after the source has changed two products."""

    @abstractmethod
    def run_from_start(self) -> Ended:
        """A run without a state over everything that the source has now."""

    def facts_after_night(self) -> Facts:
        """The facts of the catalogue after the night."""
        self.deployment.writes()
        return self.deployment.facts()

    def facts_after_next_night(self) -> Facts:
        """The facts of the catalogue after the next night, and the writes of that night."""
        return self.deployment.facts() + self.deployment.writes()


class TargetScenario(Scenario):
    """The target alone, over lines that a tap could have sent."""

    def __init__(self, name: str, deployment: Deployment, night: Streams, *, exact: bool = True) -> None:
        super().__init__(name, deployment, exact=exact)
        self._night = night
        products = next(rows for stream, rows in night if stream == "products")
        first, second = products[:2]
        first = {**first, "name": {"en": "Tomorrow"}}
        second = {**second, "photos": [*second["photos"], picture(98)]}
        self._changed: Streams = [("products", [first, second])]
        now = [first, second, *products[2:]]
        self._everything: Streams = [(stream, now if rows is products else rows) for stream, rows in night]

    def run_night(self, kill: Kill | None = None) -> Ended:
        """The lines after the last state."""
        return self.deployment.feed(self._night, kill)

    def run_next_night(self) -> Ended:
        """Two more lines."""
        return self.deployment.feed([*self._night, *self._changed])

    def run_from_start(self) -> Ended:
        """All lines as the source would send them now."""
        self.deployment.state = None
        return self.deployment.feed(self._everything)


class PairScenario(Scenario):
    """Both, with a pipe between them, over a generated catalogue."""

    def run_night(self, kill: Kill | None = None) -> Ended:
        """From the last state."""
        return self.deployment.pipe(kill)

    def run_next_night(self) -> Ended:
        """Two new names."""
        change_two(self.deployment.catalogue, "nl")
        return self.deployment.pipe()

    def run_from_start(self) -> Ended:
        """The same source, read from the start."""
        self.deployment.state = None
        return self.deployment.pipe()


class TapScenario(Scenario):
    """The tap alone. A loader keeps what came before the last whole STATE; all else it may have lost.

    What a run that went on could not prove to have read is read once more by the next one (docs/decisions/0025): so its
    night sends at least what it sends undisturbed.
    """

    _sent_undisturbed: frozenset[str] | None = None

    def restore(self) -> None:
        """Also forget what was loaded."""
        super().restore()
        self._loaded: set[str] = set()

    def run_undisturbed(self) -> Scenario:
        """Start with nothing loaded."""
        self._loaded = set()
        return super().run_undisturbed()

    def run_night(self, kill: Kill | None = None) -> Ended:
        """Both runs fill one and the same store."""
        ended = self.deployment.tap(kill)
        messages = self.deployment.output()
        if kill is not None:
            states = [at for at, message in enumerate(messages) if message["type"] == "STATE"]
            messages = messages[: states[-1] if states else 0]
        self._loaded |= set(versions(messages))
        return ended

    def run_next_night(self) -> Ended:
        """Two new names."""
        change_two(self.deployment.catalogue, "nl")
        return self.deployment.tap()

    def facts_after_night(self) -> Facts:
        """Each record and version that was loaded, and the state."""
        return Counter([*self._loaded, bookmarks(self.deployment.state)])

    def facts_after_next_night(self) -> Facts:
        """What the next night sent of what it sends undisturbed, and the state."""
        sent = frozenset(versions(self.deployment.output()))
        if self._sent_undisturbed is None:
            self._sent_undisturbed = sent
        return Counter([*(sent & self._sent_undisturbed), bookmarks(self.deployment.state)])

    def run_from_start(self) -> Ended:
        """A tap writes nothing that could be doubled."""
        return Ended({}, {}, killed=False)


def versions(messages: list[dict[str, Any]]) -> Iterator[str]:
    """The records among messages, with all that they hold."""
    for message in messages:
        if message["type"] == "RECORD":
            yield json.dumps([message["stream"], message["record"]], sort_keys=True)


def bookmarks(state: Any) -> str:
    """The streams of which a state says how far they were read; whether it says too much, the next night shows."""
    streams = (state or {}).get("bookmarks", {})
    return json.dumps({name: "replication_key_value" in entry for name, entry in streams.items()}, sort_keys=True)


def change_two(catalogue: Any, language: str) -> None:
    """Rename two active products."""
    sold = [key for key, entry in catalogue.entries.items() if entry.head.status == "active"]
    for number, key in enumerate(sold[-4:-2]):
        catalogue.touch([key], name={language: f"Tomorrow {number}"})


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
