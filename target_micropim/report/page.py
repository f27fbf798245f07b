"""report.html: one file for people, readable on a phone, without a single resource from outside.

First what needs a person, then what became of the products, then everything else. Each part is cut to what a phone
opens at once, and names the file that holds the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from target_micropim.report.parts import Parts, Rows
from target_micropim.report.render import render
from target_micropim.report.words import Words, duration


@dataclass(frozen=True)
class State:
    """How the run ended: its class in the style, what to read first, and what to read then."""

    kind: str
    headline: str
    more: str | None


def page(content: Mapping[str, Any], rows: Rows, words: Words) -> str:
    """The whole page, of the content of report.json and the rows beside it."""
    parts = Parts(content, rows, words)
    tasks = [part for part in parts.tasks() if part.total]
    return render(
        "report.html",
        words,
        title=_title(content, words),
        state=_state(content, sum(part.total for part in tasks), words),
        run=content.get("run_id"),
        api_url=content.get("api_url"),
        when=_when(content.get("started_at"), content.get("finished_at"), words),
        lasted=duration(content.get("duration_seconds") or 0, words),
        language=content.get("language") or {},
        tasks=tasks,
        rest=[part for part in (*parts.products(), *parts.others()) if not part.is_empty],
    )


def _title(content: Mapping[str, Any], words: Words) -> str:
    if content.get("undoes"):
        return words("What was taken back in MicroPIM")
    if content.get("dry_run"):
        return words("What would come over to MicroPIM")
    return words("What came over to MicroPIM")


def _state(content: Mapping[str, Any], todo: int, words: Words) -> State:
    if not content.get("complete"):
        return State("stopped", words("Stopped before the end."), content.get("stopped_by"))
    if content.get("dry_run"):
        return State("dry", words("Only a plan."), _of_plan(content, words))
    if undoes := content.get("undoes"):
        note = words("What run {run} wrote, as far as it still showed.", run=undoes)
        return State("done", words("Taken back."), note)
    more = words("Nothing is left to do.")
    if todo:
        more = words.ngettext("1 thing needs a person.", "{number} things need a person.", todo)
    return State("done", words("Ended well."), more)


def _of_plan(content: Mapping[str, Any], words: Words) -> str:
    note = words("Nothing was written. plan.csv lists every action that a real run would take.")
    if writes := content.get("planned_writes"):
        time = duration(content.get("planned_seconds") or 0, words)
        note += " " + words("It would be {number} writes, at least {time}.", number=words.number(writes), time=time)
    return note


def _when(started: Any, finished: Any, words: Words) -> str:
    """Two moments in RFC 3339 as people read them, in local time."""
    try:
        since, until = (datetime.fromisoformat(str(moment)).astimezone() for moment in (started, finished))
    except (ValueError, OverflowError, OSError):
        return words("{since} to {until}", since=started, until=finished)
    end = words.moment(until, with_day=since.date() != until.date())
    return words("{since} to {until}", since=words.moment(since), until=f"{end} {until:%Z}")
