"""The nights: night.json sums a run up in its folder, index.html lists them all, and old folders are cleared away.

Nothing here may end a run: what it was for is done.
"""

import json
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from target_micropim.report.parts import rejected_in
from target_micropim.report.render import render
from target_micropim.report.sheet import table_of
from target_micropim.report.shown import MAX_VALUE, Link, Table
from target_micropim.report.words import Words, duration, marked

INDEX = "index.html"
TABLE = "nights.csv"
NIGHT = "night.json"
MOST_NIGHTS = 400
OURS = (
    NIGHT,
    "report.json",
    "report.html",
    "products.csv",
    "details.jsonl",
    "rejects.jsonl",
    "plan.jsonl",
    "changes.jsonl",
)
_RUN = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{6}", re.ASCII)
_COUNTED = {
    "created": marked("created"),
    "updated": marked("updated"),
    "archived": marked("archived"),
    "skipped": marked("skipped"),
    "rejected": marked("rejected"),
}
_TASKS = ("conflicts", "unsure", "unmapped")

logger = logging.getLogger("target-micropim")


def tasks_in(content: Mapping[str, Any]) -> int:
    """How many things of a report need a person."""
    totals = content.get("totals", {})
    by_hand: Mapping[str, int] = content.get("for_a_person", {})
    return rejected_in(content) + sum(int(totals.get(kind, 0)) for kind in _TASKS) + sum(by_hand.values())


def summary_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The few facts of report.json by which a night is told from another."""
    products = content.get("streams", {}).get("products", {})
    stopped_by = content.get("stopped_by")
    return {
        **{name: content.get(name) for name in ("run_id", "started_at", "duration_seconds", "complete", "dry_run")},
        "stopped_by": None if stopped_by is None else str(stopped_by)[:MAX_VALUE],
        "products": {action: products[action] for action in _COUNTED if products.get(action)},
        "for_a_person": tasks_in(content),
    }


def list_nights(folder: Path, words: Words) -> None:
    """Write index.html and the table beside it anew. A failure is told and ends nothing."""
    nights = [(run, _night(run)) for run in runs_in(folder)[:MOST_NIGHTS]]
    for name, text in ((INDEX, _index(nights, words)), (TABLE, _table(nights))):
        draft = folder / f".{name}.{os.getpid()}.tmp"  # several shops may share the folder
        try:
            draft.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
            draft.replace(folder / name)
        except OSError as error:
            logger.warning("%s could not be written: %s", folder / name, error.strerror or error)


def clear_away(folder: Path, days: int | None, now: float) -> None:
    """Delete the folders of runs that began so many days ago; never the newest, and nothing that no run has left."""
    if days is None:
        return
    oldest = datetime.fromtimestamp(now, UTC) - timedelta(days=days)
    for run in runs_in(folder)[1:]:
        if _began(run) < oldest and _is_ours(run):
            try:
                shutil.rmtree(run)
            except OSError as error:
                logger.warning("keep_reports_days: %s could not be deleted: %s", run, error.strerror or error)


def runs_in(folder: Path) -> list[Path]:
    """The folders of runs, the newest first."""
    if not folder.is_dir():
        return []
    runs = (place for place in folder.iterdir() if _RUN.fullmatch(place.name) and not place.is_symlink())
    found = [place for place in runs if place.is_dir() and _has_moment(place)]
    return sorted(found, key=lambda run: (_began(run), run.stat().st_mtime_ns), reverse=True)


def _has_moment(run: Path) -> bool:
    try:
        _began(run)
    except ValueError:
        return False
    return True


def _began(run: Path) -> datetime:
    return datetime.fromisoformat(run.name.partition("-")[0])  # its Z says UTC


def _is_ours(run: Path) -> bool:
    """A folder of a run holds a file of a run, and no folder; one that was killed at once holds nothing."""
    places = list(run.iterdir())
    has_file = not places or any((run / name).is_file() for name in OURS)
    return has_file and not any(place.is_dir() for place in places)


def _night(run: Path) -> Mapping[str, Any]:
    """The summary of a run; of an older program from its report; nothing where there is none."""
    for name, read in ((NIGHT, _checked), ("report.json", summary_of)):
        try:
            return _checked(read(json.loads((run / name).read_text(encoding="utf-8"))))
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            continue
    return {}


def _checked(night: Any) -> Mapping[str, Any]:
    """A summary of the right shape. Raises ValueError for any other: the file may be anybody's."""
    if not isinstance(night, dict):
        raise ValueError("no summary of a run")
    numbers = [night.get("duration_seconds") or 0, night.get("for_a_person") or 0]
    products = night.get("products") or {}
    if not isinstance(products, dict) or not all(isinstance(number, int | float) for number in numbers):
        raise ValueError("no summary of a run")
    return night


def _index(nights: list[tuple[Path, Mapping[str, Any]]], words: Words) -> str:
    heads = [words("night"), words("outcome"), *map(words, _COUNTED.values()), words("for a person")]
    rows = [(_link(run, words), *_cells(night, words)) for run, night in nights]
    title = words("The nights")
    return render("nights.html", words, title=title, nights=Table(heads, rows, title, len(rows), TABLE))


def _table(nights: list[tuple[Path, Mapping[str, Any]]]) -> str:
    """The same for programs: one outcome in one word, times as in report.json."""
    rows = [(run.name, *_facts(night)) for run, night in nights]
    return table_of(("run", "started_at", "outcome", "seconds", *_COUNTED, "for_a_person", "stopped_by"), rows)


def _facts(night: Mapping[str, Any]) -> Iterator[Any]:
    products = night.get("products") or {}
    yield night.get("started_at")
    yield _end(night)
    yield night.get("duration_seconds")
    yield from (products.get(action) for action in _COUNTED)
    yield night.get("for_a_person")
    yield night.get("stopped_by")


def _link(run: Path, words: Words) -> Link | str:
    """The night as a link to its report, where it has one."""
    when = words.moment(_began(run))
    return Link(f"{run.name}/report.html", when) if (run / "report.html").is_file() else when


def _cells(night: Mapping[str, Any], words: Words) -> Iterator[Any]:
    yield _outcome(night, words)
    products = night.get("products") or {}
    yield from (products.get(action) for action in _COUNTED)
    yield night.get("for_a_person") or None


def _end(night: Mapping[str, Any]) -> str:
    """How a night ended, in one word; one that is unknown left no summary."""
    if not night:
        return "unknown"
    if not night.get("complete"):
        return "stopped"
    return "plan" if night.get("dry_run") else "done"


def _outcome(night: Mapping[str, Any], words: Words) -> str:
    lasted = duration(night.get("duration_seconds") or 0, words)
    match _end(night):
        case "unknown":
            return words("no report: still running, or killed")
        case "stopped":
            return words("stopped") + f": {night.get('stopped_by') or ''}"
        case "plan":
            return words("plan") + f", {lasted}"
    well = words("well, with tasks") if night.get("for_a_person") else words("well")
    return f"{well}, {lasted}"
