"""Pure: what becomes of a product's pictures: which are new, changed or withdrawn, and for how many there is room.

A picture is its address: one that was sent is never sent again, whatever ids it has had in the source. ``max_images``
is the number that a product has from us, over all nights. MicroPIM can neither replace nor delete a picture
(docs/api/micropim.md#picture-change), so what the source has changed or withdrawn stays, keeps its place among them,
and is told to a person (docs/decisions/0031).

    intent     is being sent
    sent       MicroPIM has accepted it
    assumed    it was found after an answer that was lost
    replaced   it changed in the source, and the new one was appended
    withdrawn  the source does not have it for this shop any more, and a person knows
    removed    it was withdrawn, and a person has taken it out
    refused    MicroPIM did not take it
    left       it was left out, since the product had pictures of unknown origin
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

SENT = frozenset({"sent", "assumed"})
IN_SHOP = SENT | {"replaced", "withdrawn"}
HANDLED = IN_SHOP | {"left"}


class Offered(Protocol):
    """A picture that the source wants there."""

    @property
    def key(self) -> str:
        """Its name in the source."""

    @property
    def url(self) -> str:
        """The address that would be sent."""

    @property
    def addresses(self) -> frozenset[str]:
        """Those of all its formats."""


class Remembered(Protocol):
    """A picture of the ledger."""

    @property
    def url(self) -> str:
        """The address that was sent."""

    @property
    def state(self) -> str:
        """One of those above."""


@dataclass(frozen=True)
class PicturePlan:
    """Keys of the source: ``fresh`` ones go, ``changed`` ones have another address.

    ``withdrawn`` and ``returned`` are names of the ledger: gone from the source, and there again.
    """

    fresh: tuple[str, ...]
    changed: tuple[str, ...]
    withdrawn: tuple[str, ...]
    returned: tuple[str, ...]


def plan_pictures(
    offered: Iterable[Offered], source: frozenset[str] | None, rows: Mapping[str, Remembered]
) -> PicturePlan:
    """What is to be done. ``source``: all addresses of the record for this shop; None where it says nothing."""
    fresh, changed, withdrawn, returned = list[str](), list[str](), list[str](), list[str]()
    there, handled = set(source or ()), {row.url for row in rows.values() if row.state in HANDLED}
    unknown: list[Offered] = []
    for one in offered:
        there.add(one.url)
        there.update(one.addresses)
        if one.url not in handled and handled.isdisjoint(one.addresses):
            unknown.append(one)
    for one in unknown:  # another picture under a name that we know, in place of the one that was sent?
        row = rows.get(one.key)
        is_other = row is not None and row.state in HANDLED and row.url not in there
        (changed if is_other else fresh).append(one.key)
    for name, row in rows.items():
        if row.state == "withdrawn" and row.url in there:
            returned.append(name)
        elif source is not None and row.state in SENT and row.url not in there and name not in changed:
            withdrawn.append(name)
    return PicturePlan(tuple(fresh), tuple(changed), tuple(withdrawn), tuple(returned))


def room(rows: Iterable[Remembered], most: int) -> int:
    """How many more pictures of ours the product may get."""
    return max(0, most - in_shop(rows))


def in_shop(rows: Iterable[Remembered]) -> int:
    """How many pictures the product has from us."""
    return len([row for row in rows if row.state in IN_SHOP])


def taken_out(rows: Mapping[str, Remembered], images: int) -> tuple[str, ...]:
    """Withdrawn pictures that a person has taken out as asked: so many as the product shows too few, first ones first.

    Which one is missing nobody can tell, since MicroPIM shows addresses of its own.
    """
    withdrawn = [name for name, row in rows.items() if row.state == "withdrawn"]
    return tuple(withdrawn[: max(0, in_shop(rows.values()) - images)]) if withdrawn else ()
