"""What the runs of a shop left behind: report.json of a night, night.json of many. Nothing in them is trusted."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_RUN = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{6}", re.ASCII)
_ACTIONS = ("created", "updated", "archived", "skipped", "rejected")
_QUESTIONS = ("conflicts", "unsure")
_MOST_SAID = 300


@dataclass(frozen=True)
class Night:
    """One run of a shop, in the numbers that a fleet looks at."""

    run_id: str
    began: datetime
    ended: datetime
    seconds: float
    complete: bool
    dry_run: bool
    stopped_by: str
    products: Mapping[str, int]
    questions: int
    unmapped: int
    by_hand: int
    reads: int
    writes: int
    pictures: int
    refused: int
    planned_writes: int
    planned_reads: int
    found_per_minute: float

    @property
    def tasks(self) -> int:
        """How many things need a person."""
        return self.products.get("rejected", 0) + self.questions + self.unmapped + self.by_hand


@dataclass(frozen=True)
class Summary:
    """The few facts of night.json."""

    began: datetime
    complete: bool
    dry_run: bool
    products: Mapping[str, int]
    tasks: int


def runs_in(folder: Path) -> list[tuple[datetime, Path]]:
    """The folders of runs and when they began, the newest first."""
    try:
        places = list(folder.iterdir())
    except OSError:
        return []
    found = [(began, place) for place in places if (began := _began(place.name)) is not None]
    return sorted(found, reverse=True)


def _began(name: str) -> datetime | None:
    found = _RUN.fullmatch(name)
    try:
        return datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def night_of(began: datetime, run: Path) -> Night | None:
    """What report.json says; None where there is none that can be read: still running, or killed."""
    content = _object(run / "report.json")
    if not content:
        return None
    requests, totals = _mapping(content.get("requests")), _mapping(content.get("totals"))
    tallies = {kind: _mapping(requests.get(kind)) for kind in ("reads", "writes", "pictures")}
    products = _mapping(_mapping(content.get("streams")).get("products"))
    return Night(
        run_id=run.name,
        began=began,
        ended=_moment(content.get("finished_at")) or began,
        seconds=_number(content.get("duration_seconds")),
        complete=content.get("complete") is True,
        dry_run=content.get("dry_run") is True,
        stopped_by=" ".join(str(content.get("stopped_by") or "").split())[:_MOST_SAID],
        products={action: int(_number(products.get(action))) for action in _ACTIONS}
        | {"rejected": int(_number(totals.get("rejected")))},
        questions=sum(int(_number(totals.get(kind))) for kind in _QUESTIONS),
        unmapped=int(_number(totals.get("unmapped"))),
        by_hand=sum(int(_number(number)) for number in _mapping(content.get("for_a_person")).values()),
        reads=int(_number(tallies["reads"].get("turns"))),
        writes=int(_number(tallies["writes"].get("turns"))),
        pictures=int(_number(tallies["pictures"].get("turns"))),
        refused=sum(int(_number(tally.get("refused"))) for tally in tallies.values()),
        planned_writes=int(_number(content.get("planned_writes"))),
        planned_reads=int(_number(content.get("planned_reads", tallies["reads"].get("turns")))),
        found_per_minute=_number(tallies["writes"].get("found_per_minute")),
    )


def nights_in(folder: Path, most: int) -> Iterator[Night]:
    """The newest runs that have a report, at most so many."""
    found = 0
    for began, run in runs_in(folder):
        if found < most and (night := night_of(began, run)) is not None:
            found += 1
            yield night


def summaries_in(folder: Path, since: datetime) -> Iterator[Summary]:
    """The runs that began since then, by night.json."""
    for began, run in runs_in(folder):
        if began < since:
            return
        content = _object(run / "night.json")
        products = _mapping(content.get("products"))
        if content:
            yield Summary(
                began,
                content.get("complete") is True,
                content.get("dry_run") is True,
                {action: int(_number(products.get(action))) for action in _ACTIONS},
                int(_number(content.get("for_a_person"))),
            )


def _object(file: Path) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
