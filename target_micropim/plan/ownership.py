"""Pure: whose is what MicroPIM shows now, and what follows from it. The one place of this rule.

A fact is a field's value, its emptiness, whether a product is live or archived, a category's name and place, a
product's membership in a category. For each fact the ledger keeps a few values that count as *ours*: what was sent,
what MicroPIM showed after it (the answer and a later look may differ), and any value at which both sides agreed. What
MicroPIM shows now is ours if it is among them, and theirs otherwise.

Law: ours follows the source. Theirs stands, until both sides agree or a person decides (docs/decisions/0006, 0026).
"""

from collections.abc import Mapping
from enum import Enum

from target_micropim.plan.values import EMPTY

MOST_OURS = 6  # values of one fact; an older one of ours can only come back by a person's hand
EXISTENCE = "existence"  # the fact whether a product is live or archived
LIVE, ARCHIVED = "live", "archived"
# Taken back by --undo: of an existence, it stays in the archive until the source has something new; among the values
# that are ours, it stands behind the one that was put back.
UNDONE = "undone"

Ours = tuple[str, ...]
NOBODY_KNOWS: Ours = ()  # a field was seen to hold something: whose is not known, but empty it was not
_BEFORE: Mapping[str, Ours] = {EXISTENCE: (LIVE,)}  # what was there before the first write of a fact


class Verdict(Enum):
    """What follows from source, MicroPIM and what is ours."""

    AGREED = "both sides have the same value"
    KEEP = "nothing new from the source"
    SEND = "ours follows the source"
    THEIRS = "a person's value stands"
    UNSURE = "nobody can tell whose value it is"


def judge(source: str, server: str, ours: Ours | None, handled: str | None) -> Verdict:
    """One fact. All are fingerprints, EMPTY for nothing; ``ours`` is None where nothing is known.

    An empty field is free for the source as long as nobody has seen something in it: from then on a person emptied it.
    ``handled`` is the source's value as it was last dealt with: while it stays, nothing is to be done, whatever
    MicroPIM shows. A value that counts as dealt with and was never ours was held back by a policy, by an older program:
    over a value of ours it may go.
    """
    if source == server:
        return Verdict.AGREED
    if not ours:
        is_free = server == handled or (ours is None and server == EMPTY)  # typed what the source wanted: agreement
        return Verdict.SEND if is_free else Verdict.UNSURE
    if source == handled and (source in ours or server not in ours):
        return Verdict.KEEP
    return Verdict.SEND if server in ours else Verdict.THEIRS


def with_ours(before: Ours | None, *values: str) -> Ours:
    """The values that count as ours, with newer ones in front."""
    return tuple(dict.fromkeys([*values, *(before or ())]))[:MOST_OURS]


def without_emptiness(ours: Ours) -> Ours:
    """The values that are ours of a field that shows one of them: who empties it from now on is a person.

    That it was emptied by ``--undo`` is over as well.
    """
    kept = [value for before, value in zip(("", *ours), ours, strict=False) if (before, value) != (EMPTY, UNDONE)]
    return tuple(value for value in kept if value != EMPTY)


def is_put_back(server: str, ours: Ours | None) -> bool:
    """Whether MicroPIM shows what ``--undo`` has put back, and nothing was written since."""
    return ours is not None and ours[:2] == (server, UNDONE)


def with_pending(ours: Mapping[str, Ours], on_its_way: Mapping[str, str]) -> Mapping[str, Ours]:
    """The values that count as ours while the end of a write is not known: what it sent, and what was there before.

    Where nothing is known of a field, it was empty before; a product that is on its way to the archive was live.
    """
    if not on_its_way:
        return ours
    pending = {name: with_ours(ours.get(name, _BEFORE.get(name, (EMPTY,))), sent) for name, sent in on_its_way.items()}
    return {**ours, **pending}


def with_sent(ours: Mapping[str, Ours], sent: Mapping[str, str], server: Mapping[str, str]) -> Mapping[str, Ours]:
    """The values that are ours for good once another write follows one whose end is not known, which ``sent`` these.

    They stand behind what shows: of many writes without an end, the one that was carried out is not pushed out. Where
    nothing was known of a field, what was sent counts only if it shows; else the field is still as empty as it was.
    """
    if not sent:
        return ours
    known = dict(ours)
    for name, value in sent.items():
        before, shown = ours.get(name), server.get(name, EMPTY)
        if before is not None or shown == value:
            known[name] = with_ours(before, *((shown, value) if shown in (before or ()) else (value,)))
    return known


def with_decided(ours: Mapping[str, Ours], decided: Mapping[str, str]) -> Mapping[str, Ours]:
    """The values that count as ours where a person lets the source's go over these of MicroPIM."""
    return {**ours, **{fact: with_ours(ours.get(fact), shown) for fact, shown in decided.items()}}


def without_decided(handled: Mapping[str, str], decided: Mapping[str, str]) -> Mapping[str, str]:
    """What was dealt with; what a person has decided is to be dealt with again."""
    return {fact: print_ for fact, print_ in handled.items() if fact not in decided}


def with_wish(before: Ours, wish: str) -> Ours:
    """As before, and what the source wants instead of a person's value: when the person types it, both sides agree."""
    return tuple(dict.fromkeys([*before[: MOST_OURS - 1], wish]))


def is_made_by_us(sent: Mapping[str, str], server: Mapping[str, str]) -> bool:
    """Whether a product shows something that a write of ours, whose end is not known, has sent."""
    return any(value != EMPTY and server.get(name) == value for name, value in sent.items())


# Fields by which a product is recognised when its SKU has changed: what says little is not among them.
_TELLING = ("name", "description", "short_description", "ean")


def is_recognised(ours: Mapping[str, Ours], server: Mapping[str, str]) -> bool:
    """Whether a product that shows another SKU than before still shows something of ours that is telling."""
    return any(server.get(name, EMPTY) in ours.get(name, ()) for name in _TELLING if server.get(name, EMPTY) != EMPTY)
