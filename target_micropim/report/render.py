"""Pages from the templates beside this file: escaped, every name in them defined, the whole of a page in one file.

Jinja2 and the templates are read when the first page of a process is written: no command waits for them.
"""

from functools import cache
from pathlib import Path
from typing import Any

from target_micropim.report.shown import Link, visible
from target_micropim.report.words import Words

TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, words: Words, **values: Any) -> str:
    """A page, which speaks by ``_`` and writes numbers by ``words.number``."""
    page: str = _environment().get_template(template).render(_=words, words=words, **values)
    return page


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["outside"] = _outside
    environment.filters["plain"] = _plain
    environment.tests["numeral"] = _is_numeral
    environment.tests["link"] = lambda value: isinstance(value, Link)
    environment.globals["zip"] = zip
    return environment


def _outside(value: Any, words: Words) -> str:
    """What comes from outside: a number, or text in a direction of its own; nothing for nothing.

    A filter rather than a macro: a page has thousands of them.
    """
    from markupsafe import Markup

    if value is None or value == "":
        return ""
    if _is_numeral(value):
        return words.number(value)
    return Markup(f"<bdi>{_plain(str(value))}</bdi>")  # noqa: S704 - it has just been escaped


def _plain(text: str) -> str:
    """Text that is escaped once and printed often."""
    from markupsafe import escape

    return escape(visible(text))


def _is_numeral(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finalize(value: Any) -> Any:
    """Whatever a template prints shows its invisible characters; what a template has made stands as it is."""
    return visible(value) if type(value) is str else value
