"""Pure: what of a write that an earlier run made can be put back, and what stays since somebody has touched it.

Law: only what MicroPIM still shows as that run wrote it is put back. What it shows otherwise is a person's, or a later
run's, and stays. What it shows as it was before needs nothing (docs/ownership.md).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from target_micropim.plan.ownership import UNDONE, Ours, with_ours
from target_micropim.plan.values import EMPTY, fingerprint, fingerprints

ARCHIVED = "archived"  # the status of a product that is in the archive
CATEGORIES = "category_ids"
STATUS = "status"
_NOT_COMPARED = frozenset({CATEGORIES, "sku"})
_LISTS = frozenset({"publishing_channels"})  # emptied by an empty list


@dataclass(frozen=True)
class Noted:
    """One write of a run, as it was noted before it went out.

    ``created``: it made the product; then there is no ``before``. ``after`` was sent. ``shown`` is what MicroPIM showed
    afterwards, where that is another form, and of a product that was made also what nobody sent. ``withheld`` are
    fields of which no value was noted.
    """

    external_id: str
    sku: str | None
    remote_id: int | None
    created: bool
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    shown: Mapping[str, Any] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True)
class Now:
    """A product as it is now: fingerprints of what MicroPIM shows, its categories, and what is ours of its fields.

    ``own_categories`` are those that the ledger knows as ours; ``extra_pictures``: it shows more than were sent;
    ``other_sku``: its SKU is neither ours nor what MicroPIM made of it.
    """

    server: Mapping[str, str]
    categories: tuple[int, ...]
    ours: Mapping[str, Ours]
    own_categories: frozenset[int] = frozenset()
    extra_pictures: bool = False
    other_sku: bool = False


@dataclass(frozen=True)
class Left:
    """A field that is not put back, and why; ``before`` is what it was before that run."""

    field: str
    reason: str
    before: Any = None


@dataclass(frozen=True)
class PutBack:
    """What to do: the fields to send, whether to archive, and what stays."""

    fields: dict[str, Any]
    archive: bool
    left: tuple[Left, ...]


BY_HAND = "changed by hand since that run"
BY_A_RUN = "a later run has written it: undo that one first"
NOT_NOTED = "its value was not noted, since it held a secret"


def plan_undo(noted: Noted, now: Now) -> PutBack:
    """One write of a run against the product as it is now."""
    return _unmake(noted, now) if noted.created else _put_back(noted, now)


def _unmake(noted: Noted, now: Now) -> PutBack:
    """A product that the run has made goes into the archive, unless somebody works with it."""
    if now.server.get(STATUS) == fingerprint(STATUS, ARCHIVED):
        return PutBack({}, archive=False, left=())
    names = [name for name in {**noted.after, **noted.shown} if name not in _NOT_COMPARED]
    left = [
        Left(name, _reason(name, now)) for name in names if now.server.get(name, EMPTY) not in _written(noted, name)
    ]
    if noted.shown:  # else nobody saw what MicroPIM adds by itself
        added = (name for name, value in now.server.items() if value != EMPTY and name not in names)
        left += [Left(name, _reason(name, now)) for name in added if not name.startswith("extra_fields.")]
    own = now.own_categories.union(noted.after.get(CATEGORIES) or ())
    if not own.issuperset(now.categories):
        left.append(Left(CATEGORIES, BY_HAND))
    if now.other_sku:
        left.append(Left("sku", BY_HAND))
    if now.extra_pictures:
        left.append(Left("images", BY_HAND))
    return PutBack({}, archive=not left, left=tuple(left))


def _put_back(noted: Noted, now: Now) -> PutBack:
    fields: dict[str, Any] = {}
    left = [Left(name, NOT_NOTED) for name in noted.withheld]
    archive = False
    for name in noted.after:
        before, shown = noted.before.get(name), now.server.get(name, EMPTY)
        if name in _NOT_COMPARED or name in noted.withheld or shown == fingerprint(name, before):
            continue
        if shown not in _written(noted, name):
            left.append(Left(name, _reason(name, now), before))
        elif name == STATUS and before == ARCHIVED:
            archive = True
        else:
            fields[name] = [] if name in _LISTS and before is None else before
    if CATEGORIES in noted.after and (ids := _categories(noted, now.categories)) is not None:
        fields[CATEGORIES] = ids
    return PutBack(fields, archive, tuple(left))


def not_kept(noted: Noted, server: Mapping[str, str], on_its_way: Mapping[str, str]) -> dict[str, Any]:
    """What the run has sent, and what MicroPIM shows as it was before: those values of before, by field."""
    if noted.created:
        return {}
    sent = fingerprints({name: value for name, value in noted.after.items() if name not in _NOT_COMPARED})
    waiting = [name for name, print_ in sent.items() if on_its_way.get(name) == print_]
    before = {name: noted.before.get(name) for name in waiting}
    return {name: value for name, value in before.items() if server.get(name, EMPTY) == fingerprint(name, value)}


def _written(noted: Noted, name: str) -> Collection[str]:
    """What MicroPIM shows while it shows what the run wrote."""
    return {fingerprint(name, values[name]) for values in (noted.after, noted.shown) if name in values}


def _reason(name: str, now: Now) -> str:
    shown = now.server.get(name, EMPTY)
    return BY_A_RUN if shown != EMPTY and shown in now.ours.get(name, ()) else BY_HAND


def _categories(noted: Noted, present: Sequence[int]) -> list[int] | None:
    """Without those that the run put it into, and with those that it took it out of; None where all is as before."""
    before, after = noted.before.get(CATEGORIES) or (), noted.after[CATEGORIES] or ()
    kept = [number for number in present if number not in after or number in before]
    ids = [*kept, *(number for number in before if number not in after and number not in present)]
    return None if ids == list(present) else ids


def with_undone(ours: Mapping[str, Ours], back: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Ours]:
    """The values that count as ours once ``back`` is there again: what the source has next may replace it.

    What the run had written stays among them: so the source's value counts as dealt with.
    """
    names = back.keys() - _NOT_COMPARED
    first, second = fingerprints(back), fingerprints({name: written.get(name) for name in names})
    return {**ours, **{name: with_ours(ours.get(name), first[name], UNDONE, second[name]) for name in names}}


def has_news(
    fields: Mapping[str, Any], categories: Collection[str], dealt: Mapping[str, str], own: Collection[str]
) -> bool:
    """Whether the source has anything that was not dealt with: a value, by its fingerprint, or a category.

    ``dealt`` has the fingerprints of the source's values as they were dealt with, ``own`` the categories that are ours.
    """
    prints = fingerprints(fields).items()
    return any(dealt.get(name) != value for name, value in prints if value != EMPTY) or not set(own).issuperset(
        categories
    )
