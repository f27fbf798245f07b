"""Markdown of our docs as text for a terminal: what wraps is wrapped, a row of a table becomes a short list.

Pure. It knows the forms that our pages have, which tests/wire/test_pages.py holds them to, not all of Markdown.
"""

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from textwrap import fill

Link = Callable[[str], str]

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^(#+) (.+)$")
_ITEM = re.compile(r"^( *)([-*]|\d+\.) ")
_LINKED = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_CELL = re.compile(r"(?<!\\)\|")
_STEP = "    "


def plain(markdown: str, width: int, link: Link) -> str:
    """The text of a page or a section; ``link`` says where a link leads, in the words of a reader without a browser."""
    text = _COMMENT.sub("", _FRONT_MATTER.sub("", markdown))
    parts: list[str] = []
    end = 0
    for block in _FENCED.finditer(text):
        parts += _prose(text[end : block.start()], width, link)
        parts.append("\n".join(_STEP + line for line in block[0].splitlines()[1:-1]))
        end = block.end()
    parts += _prose(text[end:], width, link)
    return "\n\n".join(parts) + "\n"


def _prose(text: str, width: int, link: Link) -> Iterator[str]:
    """Paragraphs, lists and tables, as they stand between blocks of code."""
    for is_table, lines in groupby(text.splitlines(), key=lambda line: line.startswith("|")):
        if is_table:
            yield from _rows(list(lines), width, link)
            continue
        for is_blank, paragraph in groupby(lines, key=lambda line: not line.strip()):
            if not is_blank:
                yield from _paragraph(list(paragraph), width, link)


def _paragraph(lines: list[str], width: int, link: Link) -> Iterator[str]:
    """A heading, a list, an indented block, or a text that wraps."""
    if heading := _HEADING.match(lines[0]):
        title = _inline(heading[2], link)
        yield f"{title}\n{'=' * len(title)}" if len(heading[1]) == 1 else f"{title}\n{'-' * len(title)}"
        lines = lines[1:]
    if lines and lines[0].startswith(_STEP):
        yield "\n".join(lines)
    elif lines:
        yield "\n".join(_wrapped(item, width, link) for item in _items(lines))


def _items(lines: list[str]) -> list[str]:
    """The items of a list, each on one line; what is no list is one item."""
    items: list[str] = []
    for line in lines:
        if items and not _ITEM.match(line):
            items[-1] += f" {line.strip()}"
        else:
            items.append(line.rstrip())
    return items


def _wrapped(item: str, width: int, link: Link) -> str:
    bullet = _ITEM.match(item)
    return _fill(_inline(item, link), width, "", " " * len(bullet[0]) if bullet else "")


def _rows(lines: list[str], width: int, link: Link) -> Iterator[str]:
    """Each row of a table: its first cell, and below it the others, each under the head of its column."""
    head, _, *rows = ([_inline(cell.strip(), link) for cell in _CELL.split(line.strip()[1:-1])] for line in lines)
    for first, *others in rows:
        told = [_fill(first, width, "", _STEP)]
        for name, cell in zip(head[1:], others, strict=False):
            if cell:
                told.append(_fill(f"{name}: {cell}" if name else cell, width, _STEP, _STEP * 2))
        yield "\n".join(told)


def _fill(text: str, width: int, first: str, others: str) -> str:
    return fill(
        text, width, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )


def _inline(text: str, link: Link) -> str:
    """Links in words, no marks of bold; a name in backticks keeps them."""
    return _LINKED.sub(lambda found: _told(found, link), text).replace("**", "").replace("\\|", "|")


def _told(found: re.Match[str], link: Link) -> str:
    if found[1]:
        return f"(picture: {found[2]})"
    return f"{_inline(found[2], link)} ({link(found[3])})"
