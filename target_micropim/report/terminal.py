"""The end of a run as one small table: raw and in colour on a terminal, else as lines of the log.

Law: the program's own text is plain ASCII, and control characters in what comes from outside are made visible. This is
own code rather than a library: the library at hand costs 55 ms at every start and knows nothing of logs.
"""

import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from target_micropim.report.shown import visible
from target_micropim.report.words import duration

MOST_STREAMS = 12
MOST_LETTERS = 30
_BOLD, _RED, _GREEN, _YELLOW, _PLAIN = "\033[1m", "\033[31m", "\033[32m", "\033[33m", "\033[0m"
_LEFT_OUT = {"received", "acknowledged"}
_ORDER = ("received", "created", "updated", "archived", "unchanged", "skipped", "rejected")


def show(content: Mapping[str, Any], folder: Path, logger: logging.Logger, out: IO[str] | None = None) -> None:
    """Print the table to stderr when that is a terminal, else log it line by line."""
    out = out or sys.stderr
    if not out.isatty():
        for line, _colour in lines(content, folder):
            logger.info("%s", line)
        return
    coloured = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    for line, colour in lines(content, folder):
        out.write(f"{colour}{line}{_PLAIN}\n" if coloured and colour else f"{line}\n")
    out.flush()


def lines(content: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, str]]:
    """Each line with its colour, which may be none."""
    lasted = duration(content.get("duration_seconds") or 0)
    if not content.get("complete"):
        yield f"STOPPED after {lasted}: {_one_line(content.get('stopped_by'))[:300]}", _RED
    elif content.get("dry_run"):
        yield f"PLAN made in {lasted}: nothing was written to MicroPIM, the ledger or the state", _BOLD
        if writes := content.get("planned_writes"):
            yield f"  a real run    {writes} writes, at least {duration(content.get('planned_seconds') or 0)}", ""
    elif undoes := content.get("undoes"):
        yield f"UNDONE in {lasted}: what run {_one_line(undoes)} wrote, as far as it still showed", _GREEN
    else:
        yield f"DONE in {lasted}", _GREEN
    yield from _streams(content.get("streams", {}))
    person = list(for_a_person(content))
    if pictures := _pictures(content):
        yield f"  pictures      {pictures}", ""
    if language := content.get("language"):
        yield f"  language      {_language(language)}", ""
    if texts := content.get("totals", {}).get("other_languages"):
        yield f"  texts         {texts} in another language than the one asked for", ""
    yield f"  requests      {_requests(content.get('requests', {}))}", ""
    yield f"  waited        {_waits(content.get('requests', {}).get('waits', {}))}", ""
    yield f"  for a person  {', '.join(person) or 'nothing'}", _YELLOW if person else ""
    yield f"  report        {folder / 'report.html'}", ""


def _streams(streams: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, str]]:
    """Stream by action; actions that did not occur have no column, streams that were only left out no row."""
    taken = [(stream, ends) for stream, ends in streams.items() if set(ends) != _LEFT_OUT]
    shown = dict(taken[:MOST_STREAMS])
    occurred = dict.fromkeys(action for ends in shown.values() for action in ends)
    actions = [action for action in _ORDER if action in occurred]
    actions += [action for action in occurred if action not in _ORDER]
    rows = [["stream", *(_one_line(action)[:MOST_LETTERS] for action in actions)]]
    for stream, ends in shown.items():
        rows.append([_one_line(stream)[:MOST_LETTERS], *(str(ends.get(action, "")) for action in actions)])
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    widths[0] = max(widths[0], 12)
    for place, row in enumerate(rows if shown else ()):
        yield "  " + _aligned(row, widths), "" if place else _BOLD
    if len(taken) > len(shown):
        yield f"  and {len(taken) - len(shown)} more streams: see the report", ""
    if len(streams) > len(taken):
        yield f"  left out      {len(streams) - len(taken)} streams that MicroPIM has no place for", ""


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """The first cell to the left, numbers to the right."""
    numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return "  ".join([row[0].ljust(widths[0]), *numbers]).rstrip()


def _pictures(content: Mapping[str, Any]) -> str:
    """Each state with its number; a plan has sent nothing."""
    labels = {"sent": "to send"} if content.get("dry_run") else {}
    return ", ".join(f"{number} {labels.get(state, state)}" for state, number in content.get("pictures", {}).items())


def _language(language: Mapping[str, Any]) -> str:
    """The language that was written, who has decided it, and in how many products of the input it was found."""
    if language.get("locale") is None:
        return "not set"
    said = f"{_one_line(language['locale'])} (by {_one_line(language.get('decided_by'))})"
    products = language.get("products")
    return f"{said}, in {language.get('found_in')} of {products} products" if products else said


def needs(content: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """What needs a person: how much of each kind, and its words."""
    totals, topics = content.get("totals", {}), content.get("for_a_person", {})
    return {
        "rejected": (totals.get("rejected", 0), "rejected"),
        "conflicts": (totals.get("conflicts", 0), "changed on both sides"),
        "unsure": (totals.get("unsure", 0), "of unknown origin"),
        "pictures": (topics.get("picture", 0), "with pictures to look at"),
        "other": (topics.get("product", 0), "other"),
        "unmapped": (totals.get("unmapped", 0), "names without an id"),
    }


def for_a_person(content: Mapping[str, Any]) -> Iterator[str]:
    """The same, as far as there is any."""
    yield from (f"{number} {words}" for number, words in needs(content).values() if number)


def _requests(requests: Mapping[str, Any]) -> str:
    tallies = {kind: requests.get(kind, {}) for kind in ("reads", "writes")}
    sent = ", ".join(f"{tally.get('turns', 0)} {kind}" for kind, tally in tallies.items())
    refused = sum(requests.get(kind, {}).get("refused", 0) for kind in (*tallies, "pictures"))
    return f"{sent}, {refused} refused (429), {requests.get('retries', 0)} sent again"


def _waits(waits: Mapping[str, float]) -> str:
    labels = {"pace": "for its turn", "asked": "as MicroPIM asked", "failing": "after failures"}
    parts = ", ".join(f"{duration(waits[kind])} {label}" for kind, label in labels.items() if waits.get(kind))
    return f"{parts}; all requests together" if parts else "not at all"  # several wait at once: longer than the run


def _one_line(value: Any) -> str:
    """Text from outside on one line, without anything a terminal would obey."""
    return visible(" ".join(str(value).split()))
