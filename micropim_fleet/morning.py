"""The morning after: how each market and shop ended, what needs a person, what each egress carried, and the trend."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from micropim_fleet.attempts import Attempt, attempts_in
from micropim_fleet.fleet import Fleet, Market, Shop
from micropim_fleet.nights import Night, night_of, nights_in, runs_in, summaries_in
from micropim_fleet.run import notes_of

WELL, FAILED, LATE, UNFINISHED, NEVER = "well", "failed", "late", "unfinished", "never run"
BAD = (FAILED, UNFINISHED, LATE)
TREND_DAYS = 14
MOST_WORST = 20
_LOOKED_AT = 8  # of a shop's newest runs, for its last real one and its last good one


@dataclass(frozen=True)
class Line:
    """One market or shop on the page."""

    name: str
    kind: str
    status: str
    why: str = ""
    egress: str = ""
    market: str = ""
    last_good: str | None = None
    report: str | None = None
    seconds: float = 0
    created: int = 0
    updated: int = 0
    archived: int = 0
    rejected: int = 0
    questions: int = 0
    tasks: int = 0
    writes: int = 0
    reads: int = 0
    refused: int = 0


@dataclass
class Morning:
    """Everything that the page and the JSON tell."""

    at: str
    lines: list[Line]
    egresses: list[dict[str, Any]]
    trend: list[dict[str, Any]]
    totals: dict[str, int] = field(default_factory=dict)

    @property
    def bad(self) -> list[Line]:
        """Those that failed, were killed, or are late."""
        return [line for line in self.lines if line.status in BAD]

    @property
    def worst(self) -> list[Line]:
        """Those with most to do for a person, the most first."""
        ranked = sorted(self.lines, key=lambda line: (-line.tasks, line.name))
        return [line for line in ranked if line.tasks][:MOST_WORST]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "at": self.at,
            "totals": self.totals,
            **{status.replace(" ", "_"): self._names(status) for status in (FAILED, UNFINISHED, LATE, NEVER)},
            "worst": [line.name for line in self.worst],
            "egresses": self.egresses,
            "trend": self.trend,
            "markets": [asdict(line) for line in self.lines if line.kind == "market"],
            "shops": [asdict(line) for line in self.lines if line.kind == "shop"],
        }

    def _names(self, status: str) -> list[str]:
        return [line.name for line in self.lines if line.status == status]


def morning(fleet: Fleet, now: datetime) -> Morning:
    """Look at everything that the runs have left."""
    lines = [market_line(fleet, market, now) for market in fleet.markets.values()]
    lines += [shop_line(fleet, shop, now) for shop in fleet.shops.values()]
    totals = Counter(dict.fromkeys((WELL, *BAD, NEVER), 0))
    for line in lines:
        totals[line.status] += 1
        for name in ("created", "updated", "archived", "rejected", "questions", "tasks", "writes", "reads", "refused"):
            totals[name] += getattr(line, name)
    return Morning(now.isoformat(timespec="seconds"), lines, _by_egress(fleet, lines), _trend(fleet, now), dict(totals))


def market_line(fleet: Fleet, market: Market, now: datetime) -> Line:
    """A market is known by its attempts alone."""
    attempts = attempts_in(notes_of(fleet, market))
    good = [moment for each in attempts if not each.exit_code and (moment := _moment(each.finished_at))]
    last = attempts[-1] if attempts else None
    status, why = _status(fleet, last, None, good[-1] if good else None, now)
    return Line(market.name, "market", status, why, market=market.name, last_good=_shown(good[-1] if good else None))


def shop_line(fleet: Fleet, shop: Shop, now: datetime) -> Line:
    """A shop is known by its reports, and by attempts that ended before there was one."""
    folder = fleet.reports(shop)
    real = [night for night in nights_in(folder, _LOOKED_AT) if not night.dry_run]
    attempts = [each for each in attempts_in(folder) if not each.dry_run]
    ends = [night.ended for night in real if night.complete]
    good = max(ends, default=None)
    newest = real[0] if real else None
    status, why = _status(fleet, attempts[-1] if attempts else None, newest, good, now)
    if status == WELL and (began := _without_report(folder)) is not None:
        status, why = UNFINISHED, f"the run that began at {_shown(began)} has no report: still running, or killed"
    numbers = _numbers(newest) if newest is not None else {}
    place = folder / newest.run_id / "report.html" if newest is not None else None
    return Line(
        shop.name,
        "shop",
        status,
        why,
        egress=shop.egress.name,
        market=shop.market.name,
        last_good=_shown(good),
        report=_beside(fleet, place) if place is not None and place.is_file() else None,
        **numbers,
    )


def _numbers(night: Night) -> dict[str, Any]:
    return {
        "seconds": night.seconds,
        **{action: night.products[action] for action in ("created", "updated", "archived", "rejected")},
        "questions": night.questions,
        "tasks": night.tasks,
        "writes": night.writes,
        "reads": night.reads,
        "refused": night.refused,
    }


def _status(
    fleet: Fleet, attempt: Attempt | None, night: Night | None, good: datetime | None, now: datetime
) -> tuple[str, str]:
    """How it stands, and why: the newer of the last attempt and the last report decides."""
    tried = _moment(attempt.started_at) if attempt is not None else None
    if attempt is not None and tried is not None and (night is None or _is_of(attempt, night, tried)):
        if attempt.exit_code:
            why = night.stopped_by if night is not None and night.began >= tried and night.stopped_by else attempt.said
            return FAILED, why or f"exit code {attempt.exit_code}"
    elif night is not None and not night.complete:
        return FAILED, night.stopped_by or "stopped before the end"
    if good is None:
        return NEVER, ""
    if now - good > timedelta(hours=fleet.late_after_hours):
        return LATE, f"no good run since {_shown(good)}"
    return WELL, ""


def _is_of(attempt: Attempt, night: Night, tried: datetime) -> bool:
    """Whether the last report is of the last attempt, or older: runs that somebody started by hand have none."""
    ended = _moment(attempt.finished_at) or tried
    return night.began <= ended


def _without_report(folder: Path) -> datetime | None:
    """When the newest run began, if it has left no report."""
    runs = runs_in(folder)
    return runs[0][0] if runs and night_of(*runs[0]) is None else None


def _by_egress(fleet: Fleet, lines: list[Line]) -> list[dict[str, Any]]:
    rows = []
    for egress in fleet.egresses.values():
        own = [line for line in lines if line.egress == egress.name]
        sums = {name: sum(getattr(line, name) for line in own) for name in ("writes", "reads", "refused")}
        rows.append({"egress": egress.name, "shops": len(own), "bad": sum(line.status in BAD for line in own), **sums})
    return rows


def _trend(fleet: Fleet, now: datetime) -> list[dict[str, Any]]:
    """The last days: a night belongs to the day on which it began, in the fleet's time zone."""
    zone = ZoneInfo(fleet.timezone)
    days: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for shop in fleet.shops.values():
        for night in summaries_in(fleet.reports(shop), now - timedelta(days=TREND_DAYS)):
            if not night.dry_run:
                day = days[night.began.astimezone(zone).date().isoformat()]
                day.update(night.products)
                day.update({"runs": 1, "stopped": not night.complete, "tasks": night.tasks})
    names = ("runs", "stopped", "created", "updated", "archived", "rejected", "tasks")
    return [{"day": day, **{name: int(counted[name]) for name in names}} for day, counted in sorted(days.items())]


def _beside(fleet: Fleet, place: Path) -> str:
    """The way from the fleet's page to another one."""
    return "../" + place.relative_to(fleet.root / fleet.folder).as_posix()


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _shown(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def in_short(found: Morning) -> Iterator[str]:
    """A few lines for a log or a notice; names and counts, nothing of a product."""
    totals = found.totals
    counts = ", ".join(f"{totals[status]} {status}" for status in (WELL, *BAD, NEVER) if totals[status])
    yield f"Fleet: {counts}"
    for line in found.bad[:MOST_WORST]:
        yield f"{line.status}: {line.kind} {line.name}: {line.why}"
    if len(found.bad) > MOST_WORST:
        yield f"and {len(found.bad) - MOST_WORST} more"
    yield f"Needs a person: {totals['tasks']} things, {totals['rejected']} of them rejects"
    for row in found.egresses:
        yield f"Egress {row['egress']}: {row['writes']} writes, {row['reads']} reads, {row['refused']} refused"
