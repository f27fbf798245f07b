"""Pure: whose a product's categories are where nobody saw the end of a change that sent some of them.

MicroPIM takes all categories of a change, or none. So one that was sent and shows, or that was dropped and is gone,
proves the others: what is missing was taken out by a person since, and what is back was put in. Where nothing proves
it, nobody can tell, and the source's word goes once more.
"""

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from target_micropim.plan.ownership import EXISTENCE, Ours
from target_micropim.plan.values import EMPTY


class SentCategories(NamedTuple):
    """The categories that a change puts a product into, and those that it takes it out of, by their external ids."""

    put_in: list[str]
    taken_out: list[str]

    @property
    def text(self) -> str:
        """As the ledger keeps it."""
        return json.dumps(self)

    @classmethod
    def read(cls, text: str) -> "SentCategories":
        """What the ledger has kept."""
        return cls(*json.loads(text))


def with_proven(
    ours: tuple[str, ...], sent: SentCategories, known: Mapping[str, int], present: Iterable[int]
) -> tuple[str, ...]:
    """The categories that are ours by what a product shows; ``known`` are the ids of those that were sent."""
    numbers = frozenset(present)
    is_gone = any(key in known and known[key] not in numbers for key in sent.taken_out)
    if not is_gone and not any(known.get(key) in numbers for key in sent.put_in):
        return ours
    kept = [key for key in ours if not (is_gone and key in sent.taken_out)]
    return tuple(dict.fromkeys([*kept, *sent.put_in]))


def was_not_done(on_its_way: Mapping[str, str], ours: Mapping[str, Ours], server: Mapping[str, str]) -> bool:
    """Whether a field that was sent along still shows an older value of ours: then nothing of it was carried out."""
    shown = {name: server.get(name, EMPTY) for name in on_its_way.keys() - {EXISTENCE}}
    return any(value != on_its_way[name] and value in ours.get(name, ()) for name, value in shown.items())
