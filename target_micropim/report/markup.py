"""HTML for the report: what comes from outside is text, isolated in its direction, its invisible characters visible."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from target_micropim.report.words import Words

Rows = Iterable[Sequence[Any]]
OPEN_ROWS = 20  # of each table, at first sight
SHOWN_ROWS = 200  # in all: a page that a phone opens at once; the files beside it hold the rest
MAX_VALUE = 200  # characters of one value
_SHOWN_BLANKS = frozenset("\n\t ")


def visible(text: str) -> str:
    """Characters that are not seen but turn, hide or break text, as their number instead."""
    return "".join(
        character if character in _SHOWN_BLANKS or unicodedata.category(character)[0] != "C"
        else f"[U+{ord(character):04X}]"
        for character in text
    )  # fmt: skip


def cut(value: Any) -> Any:
    """Short values as they are, long ones as the beginning of their text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    whole = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return whole if len(whole) <= MAX_VALUE else whole[: MAX_VALUE - 1] + "…"


class Markup(str):
    """Markup that this program has made: it stands as it is."""

    __slots__ = ()


def text(value: Any) -> str:
    """Text from outside, in a direction of its own; nothing for nothing."""
    if isinstance(value, Markup):
        return value
    if value is None or value == "":
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    return f"<bdi>{escape(visible(str(value)))}</bdi>"


def number(value: float) -> str:
    """A number as people read it: thousands apart, no needless decimals."""
    return f"{value:,.1f}".removesuffix(".0").replace(",", "\u202f")


def section(key: str, title: str, body: str, note: str = "") -> str:
    """A part of the page that can be linked to. ``key``, ``title`` and ``note`` come from this program."""
    paragraph = f"\n<p>{escape(note)}</p>" if note else ""
    head = f'<h2 id="{key}-title">{escape(title)}</h2>{paragraph}'
    return f'<section id="{key}" aria-labelledby="{key}-title">\n{head}\n{body}\n</section>'


def table(
    words: Words, heads: Sequence[str], rows: Sequence[Sequence[Any]], caption: str, total: int, rest_in: str
) -> str:
    """A table, on a phone a list of cards; roles say so where CSS takes the table away. Nothing when there is no row.

    The first rows stand open, more of them behind a click, and the rest in a file that is named.
    """
    if not rows:
        return ""
    shown, total = rows[:SHOWN_ROWS], max(total, len(rows))
    parts = [_table(heads, shown[:OPEN_ROWS], caption)]
    if closed := shown[OPEN_ROWS:]:
        more = _table(heads, closed, words("continued", caption=caption))
        label = escape(words("more", number=number(len(closed))))
        parts.append(f"<details>\n<summary>{label}</summary>\n{more}\n</details>")
    if total > len(shown):
        rest = words("rest", shown=number(len(shown)), total=number(total), file=rest_in)
        parts.append(f'<p class="more">{escape(rest)}</p>')
    return "\n".join(parts)


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]], caption: str) -> str:
    heads = [visible(name) for name in heads]
    head = "".join(f'<th scope="col" role="columnheader">{escape(name)}</th>' for name in heads)
    body = "\n".join(_row(heads, row) for row in rows)
    return (
        f'<table role="table">\n<caption>{escape(caption)}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{body}\n</tbody>\n</table>'
    )


def _row(heads: Sequence[str], row: Sequence[Any]) -> str:
    cells = "".join(_cell(head, value) for head, value in zip(heads, row, strict=True))
    return f'<tr role="row">{cells}</tr>'


def _cell(head: str, value: Any) -> str:
    kind = ' class="number"' if isinstance(value, int | float) and not isinstance(value, bool) else ""
    return f'<td role="cell" data-head="{escape(head)}"{kind}>{text(value)}</td>'
