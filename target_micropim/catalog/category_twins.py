"""Source categories that share one category in MicroPIM: their paths are equal as people see them.

It follows the source where all of them want the same; where they differ, it stays for all, and that is told. So no
night takes back what the night before did.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from target_micropim.catalog.category_updates import question_of
from target_micropim.mapping.characters import folded
from target_micropim.mapping.desired import DesiredCategory
from target_micropim.plan.question import Question

Wish = tuple[str, int | None]


@dataclass(frozen=True)
class Twin:
    """One of several that share a category, and the parent that it wants in MicroPIM."""

    desired: DesiredCategory
    parent: int | None

    @property
    def wish(self) -> Wish:
        """Name and place, as people see them."""
        return folded(self.desired.name), self.parent


class CategoryTwins:
    """Gathers what each of those that share a category wants. Called by one thread."""

    def __init__(self) -> None:
        self._sharers: dict[int, set[str]] = {}
        self._came: dict[int, list[Twin]] = {}

    def shares(self, external_id: str, number: int) -> None:
        """A source category has this category in MicroPIM."""
        self._sharers.setdefault(number, set()).add(external_id)

    def is_now(self, earlier: str, external_id: str, number: int) -> None:
        """A source category has another key than before."""
        self._sharers.setdefault(number, set()).discard(earlier)
        self.shares(external_id, number)

    def is_shared(self, number: int) -> bool:
        """Whether several have it."""
        return len(self._sharers.get(number, ())) > 1

    def came(self, number: int, twin: Twin) -> None:
        """One of them came; what is to be done is known when all have come."""
        self._came.setdefault(number, []).append(twin)

    def take(self) -> Iterator[tuple[int, list[Twin], bool]]:
        """Each shared category with those that came, and whether they all want the same."""
        came, self._came = self._came, {}
        for number, twins in came.items():
            yield number, twins, len({twin.wish for twin in twins}) == 1


def question(twin: Twin, others: list[Twin], path: str) -> Question:
    """What a person has to decide about one of them, which has not what it wants."""
    with_whom = ", ".join(other.desired.external_id for other in others if other is not twin)
    reason = f"shares its category in MicroPIM with {with_whom} of the source, so it is not changed for all"
    return question_of(twin.desired, "name", ("manual_actions", reason), twin.desired.name, path)
