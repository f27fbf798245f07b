"""The page of a morning: one file, escaped, that loads nothing from elsewhere."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from micropim_fleet.morning import Morning

_NUMBERS = frozenset((
    "shops", "bad", "writes", "reads", "refused", "runs", "stopped", "created", "updated", "archived", "rejected",
    "questions", "tasks", "seconds",
))  # fmt: skip


def page(found: Morning) -> str:
    """The whole page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("morning.html").render(
        at=found.at,
        lines=found.lines,
        bad=found.bad,
        worst=found.worst,
        egresses=[{"report": None, **row} for row in found.egresses],
        trend=[{"report": None, **row} for row in found.trend],
        totals=found.totals,
        numbers=_NUMBERS,
    )
