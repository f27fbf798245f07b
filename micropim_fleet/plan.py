"""The night before: what each egress has to carry, how long that takes, and what does not fit into its window.

MicroPIM counts requests by address, so all shops of an egress share one limit; the sum is what decides. Writes bind;
reads run beside them. While the programs of a run begin and end, only other runs of the egress write.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from micropim_fleet.attempts import Attempt, attempts_in
from micropim_fleet.fleet import Egress, Fleet, Shop
from micropim_fleet.makespan import Work, ends_of
from micropim_fleet.nights import Night, nights_in

MOST_NIGHTS = 7
USUAL_WRITES, USUAL_READS = 60, 120
USUAL_START_SECONDS = 10.0
BY_PLAN, BY_NIGHTS, UNKNOWN = "dry run", "last nights", "unknown"
_MINUTES_OF_A_DAY = 24 * 60


@dataclass(frozen=True)
class Expected:
    """What a shop will ask of its egress, and by what that is known."""

    shop: str
    basis: str
    products: int
    writes: int
    reads: int
    pictures: int
    start_seconds: float = USUAL_START_SECONDS


@dataclass(frozen=True)
class Load:
    """What an egress has to carry in its window."""

    egress: str
    shops: int
    products: int
    writes: int
    reads: int
    writes_per_minute: float
    hours: float
    window_hours: float
    addresses: int
    left_over: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether all of it fits."""
        return not self.left_over


def expected_of(fleet: Fleet, shop: Shop) -> Expected:
    """By a dry run that is newer than the last real one, else by the median of the last nights that ended well."""
    nights = list(nights_in(fleet.reports(shop), MOST_NIGHTS + 1))
    start = start_seconds(attempts_in(fleet.reports(shop)), nights)
    if nights and nights[0].dry_run and nights[0].complete:
        plan = nights[0]
        return Expected(shop.name, BY_PLAN, _changed(plan), plan.planned_writes, plan.planned_reads, 0, start)
    real = [night for night in nights if night.complete and not night.dry_run][:MOST_NIGHTS]
    if not real:
        return Expected(shop.name, UNKNOWN, 0, 0, 0, 0, start_seconds=0)
    numbers = [(_changed(night), night.writes, night.reads, night.pictures) for night in real]
    products, writes, reads, pictures = (math.ceil(median(column)) for column in zip(*numbers, strict=True))
    return Expected(shop.name, BY_NIGHTS, products, writes, reads, pictures, start)


def start_seconds(attempts: Sequence[Attempt], nights: Sequence[Night]) -> float:
    """What the programs around a run take: an attempt's seconds beyond the run's own, the median of those known."""
    beyond = [
        seconds - night.seconds
        for attempt in attempts
        for night in nights
        if attempt.exit_code == 0 and (seconds := _seconds_around(attempt, night)) >= night.seconds > 0
    ]
    return median(beyond) if beyond else USUAL_START_SECONDS


def _seconds_around(attempt: Attempt, night: Night) -> float:
    """How long an attempt took that this run was part of; 0 for another one."""
    try:
        began, ended = (datetime.fromisoformat(moment) for moment in (attempt.started_at, attempt.finished_at))
        return (ended - began).total_seconds() if began <= night.began <= ended else 0.0
    except (TypeError, ValueError):  # a line that somebody has changed
        return 0.0


def _changed(night: Night) -> int:
    return sum(night.products[action] for action in ("created", "updated", "archived"))


def loads(fleet: Fleet) -> tuple[list[Load], list[Expected]]:
    """Of each egress that has shops, and of each shop."""
    expected = {shop.name: expected_of(fleet, shop) for shop in fleet.shops.values()}
    found = []
    for egress in fleet.egresses.values():
        shops = sorted((shop for shop in fleet.shops.values() if shop.egress is egress), key=_begins)
        if shops:
            pace = writes_per_minute(fleet, egress, shops)
            found.append(load_of(egress, [expected[shop.name] for shop in shops], pace))
    return found, list(expected.values())


def _begins(shop: Shop) -> tuple[int, str]:
    """Shops in the order of their schedules, as far as these name a time of day."""
    minute, hour = (part if part.isdigit() else "0" for part in shop.schedule.split()[:2])
    since_noon = (int(hour) * 60 + int(minute) - _MINUTES_OF_A_DAY // 2) % _MINUTES_OF_A_DAY
    return since_noon, shop.name


def load_of(egress: Egress, shops: list[Expected], pace: float) -> Load:
    """The sum of an egress, and which of its shops come after the window has closed."""
    window, even = window_minutes(egress.window), even_pace(pace)
    works = [Work(shop.start_seconds / 60, minutes_of(shop, egress.rates, even)) for shop in shops]
    ends = ends_of(works, egress.concurrent_runs)
    minutes = max(ends)
    return Load(
        egress=egress.name,
        shops=len(shops),
        products=sum(shop.products for shop in shops),
        writes=sum(shop.writes for shop in shops),
        reads=sum(shop.reads for shop in shops),
        writes_per_minute=pace,
        hours=round(minutes / 60, 3),
        window_hours=round(window / 60, 2),
        addresses=max(1, math.ceil(minutes / window)),
        left_over=tuple(shop.shop for shop, end in zip(shops, ends, strict=True) if end > window),
        unknown=tuple(shop.shop for shop in shops if shop.basis == UNKNOWN),
    )


def minutes_of(shop: Expected, rates: Mapping[str, Any], pace: float) -> float:
    """How long one shop needs its egress."""
    reads = rates.get("reads_per_minute")
    pictures = rates.get("pictures_per_minute")
    bounds = [shop.writes / pace, shop.reads / (reads if isinstance(reads, int) else USUAL_READS)]
    if isinstance(pictures, int):
        bounds.append(shop.pictures / pictures)
    return max(bounds)


def even_pace(per_minute: float) -> float:
    """What is written in a minute on which so much is allowed: a part is left out, so that no minute gets too much."""
    from pim_wire.pace import even_rate  # noqa: PLC0415 - brings a library that no other command needs

    return float(even_rate(per_minute).limit)


def window_minutes(window: str) -> int:
    """The length of a window such as 22:00-06:00; from a time to the same time is a day."""
    begin, end = (int(time[:2]) * 60 + int(time[3:]) for time in window.split("-"))
    return (end - begin) % _MINUTES_OF_A_DAY or _MINUTES_OF_A_DAY


def writes_per_minute(fleet: Fleet, egress: Egress, shops: list[Shop]) -> float:
    """The egress's number; where the number is searched for (auto), what its shops have found last."""
    number = egress.rates["writes_per_minute"]
    if isinstance(number, int):
        return float(number)
    newest = [night for shop in shops for night in nights_in(fleet.reports(shop), 1) if night.found_per_minute]
    return max(newest, key=lambda night: night.ended).found_per_minute if newest else float(USUAL_WRITES)


def as_text(found: list[Load]) -> Iterator[str]:
    """A plan for people, a line for each egress and each thing to do."""
    for load in found:
        yield (
            f"egress {load.egress}: {load.shops} shops, {load.products} products, {load.writes} writes, {load.reads} "
            f"reads: {load.hours:.1f} of {load.window_hours:.1f} hours at {load.writes_per_minute:.0f} writes a minute"
        )
        if not load.fits:
            yield f"  does not fit: {_some(load.left_over)}; it would take {load.addresses} addresses"
        if load.unknown:
            yield f"  not counted, since they have no run yet: {_some(load.unknown)}; plan --look asks them"


def _some(names: tuple[str, ...], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
