"""Pure: what the ledger knows of a product after a look or a write: which values are ours, and what was dealt with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from target_micropim.plan.ownership import EXISTENCE, NOBODY_KNOWS, Ours, with_ours, with_wish, without_emptiness
from target_micropim.plan.values import EMPTY, fingerprints

Fingerprints = Mapping[str, str]


@dataclass(frozen=True)
class Memory:
    """By field: the values that are ours, and the source's value as it was last dealt with."""

    ours: Mapping[str, Ours]
    handled: Fingerprints


@dataclass(frozen=True)
class Seen:
    """One pass over a product: ``fields`` the source wants, ``sent`` those that went out, null or "" to empty one.

    ``shown`` is what MicroPIM showed since, oldest first: without a write the look before, after one its answer and a
    look. ``ignored`` did not take; ``theirs`` and ``unsure`` are the fields that were left to a person. What a policy
    ``held`` back is not dealt with: another policy may let it through later.
    """

    fields: Mapping[str, Any]
    sent: Mapping[str, Any]
    shown: Sequence[Fingerprints]
    ignored: Collection[str] = ()
    theirs: Collection[str] = ()
    unsure: Collection[str] = ()
    held: Collection[str] = ()


def after(before: Memory, seen: Seen) -> Memory:
    """The memory after a pass. A field that did not take, and one that a person has to decide, is not dealt with."""
    ours, handled = dict(before.ours), dict(before.handled)
    last = seen.shown[-1]
    wanted = seen.fields
    if None in seen.sent.values() or "" in seen.sent.values():
        wanted = {**wanted, **{name: None for name, value in seen.sent.items() if value in (None, "")}}
    for name, source in fingerprints(wanted).items():
        shown = last.get(name, EMPTY)
        if name in seen.sent:
            answers = [answer.get(name, EMPTY) for answer in reversed(seen.shown)]
            ours[name] = with_ours(ours.get(name), *answers, source)
        elif name in seen.theirs or (name in seen.unsure and ours.get(name)):
            ours[name] = with_wish(ours.get(name, ()), source)
            continue
        elif name in seen.held:
            continue
        elif shown == source and name not in seen.unsure and ours.get(name, ())[:1] != (source,):
            ours[name] = with_ours(ours.get(name), source)
        if shown != EMPTY and (name in seen.sent or shown == source) and EMPTY in ours.get(name, ()):
            ours[name] = without_emptiness(ours[name])
        if name not in seen.ignored:
            handled[name] = source
    _settle_others(seen, last, ours, handled)
    return Memory(ours, handled)


def _settle_others(seen: Seen, shown: Fingerprints, ours: dict[str, Ours], handled: dict[str, str]) -> None:
    """What shows and nobody knows is nobody's.

    What neither side has any more is settled: should the source have it again, it is new.
    """
    for name in seen.unsure:
        if name not in ours and shown.get(name, EMPTY) != EMPTY:
            ours[name] = NOBODY_KNOWS
    for name in ours.keys() - seen.fields.keys() - seen.sent.keys() - {EXISTENCE}:
        if shown.get(name, EMPTY) == EMPTY:
            ours[name] = (EMPTY,)
            handled.pop(name, None)
