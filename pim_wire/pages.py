"""``--docs``: the pages that messages name, as the installed version has them, without a network.

A wheel holds them as files (``force-include`` in pyproject.toml), a checkout in docs/ (docs/decisions/0048).
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import NoReturn

from pim_wire.docs_site import ERRORS, docs_page
from pim_wire.plain_text import plain

# What a reader of a message needs: the page of errors, each page that it or a message names, and those beside them.
PAGES = (
    "bounds", "errors", "how-to", "install", "mapping", "native", "outputs", "ownership", "settings", "streams",
    "unknowns",
)  # fmt: skip
_ADDRESS = re.compile(r"https?://[^\s/]+/[^\s/]+/[^\s/]+/([^\s)]*)")  # of any version of the site
_HEADING = re.compile(r"^(#{2,}) (.+)$", re.MULTILINE)


def shown(asked: str, width: int) -> str:
    """The page or section that is asked for, as text; without a name, what there is.

    ``asked`` is the address at the end of a message, or the whole message; a page, with ``#`` and a section; or a
    section of the page of errors. Raises LookupError, which says what is near.
    """
    if not asked.strip():
        return _contents()
    page, anchor = _place(asked)
    text = _page(page)
    if anchor:
        there = _sections(text)
        text = there[anchor] if anchor in there else _nothing(asked, anchor, there, f"{page}#")
    return plain(text, width, partial(_linked, page))


def sections(page: str) -> list[str]:
    """The anchors of a page."""
    return list(_sections(_page(page)))


def _folder() -> Traversable:
    packed = files("pim_wire") / "_docs"
    return packed if packed.is_dir() else Path(__file__).resolve().parent.parent / "docs"


def _pages() -> list[str]:
    """The paths of all pages, without the ending, as in the site's addresses."""
    found = []
    for name in PAGES:
        if (folder := _folder() / name).is_dir():
            pages = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".md"))
            found += [f"{name}/{page.removesuffix('.md')}" for page in pages]
        else:
            found.append(name)
    return found


def _page(path: str) -> str:
    """The text of one of ``_pages``."""
    return _folder().joinpath(f"{path}.md").read_text(encoding="utf-8")


def _place(asked: str) -> tuple[str, str]:
    """The page and the section that are meant. A name alone is a page, by its last word too, or a section of errors."""
    address = _ADDRESS.search(asked)
    name, _, anchor = (address[1] if address else asked.strip(" ()").removeprefix("docs/")).partition("#")
    name = name.strip("/").removesuffix(".md")
    if anchor and not name:
        name = ERRORS
    by_name = {page.rpartition("/")[2]: page for page in _pages()} | {page: page for page in _pages()}
    if name in by_name:
        return by_name[name], _slug(anchor)
    if not anchor and _slug(name) in sections(ERRORS):
        return ERRORS, _slug(name)
    return _nothing(asked, name, [*sections(ERRORS), *by_name])


def _sections(text: str) -> dict[str, str]:
    """Each section by its anchor, with those below it."""
    heads = list(_HEADING.finditer(text))
    found = {}
    for number, head in enumerate(heads):
        above = (later.start() for later in heads[number + 1 :] if len(later[1]) <= len(head[1]))
        found[_slug(head[2])] = text[head.start() : next(above, len(text))]
    return found


def _slug(heading: str) -> str:
    """A heading as an anchor, as the site makes it."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())


def _nothing(asked: str, name: str, there: Iterable[str], before: str = "") -> NoReturn:
    """Raises LookupError with the names that are like the one that was asked for."""
    alike = [f"{before}{one}" for one in get_close_matches(name.lower(), set(there), 2)]
    meant = f"; was {' or '.join(alike)} meant?" if alike else ""
    raise LookupError(f"{' '.join(asked.split())[:80]!r} is no page or section{meant}")


def _linked(page: str, target: str) -> str:
    """Where a link of a page leads: to a page that is here by its name, else to its address."""
    if ":" in target.partition("#")[0]:
        return target
    path, _, anchor = target.partition("#")
    name = normpath(join(dirname(page), path)).removesuffix(".md") if path else page
    if name in _pages():
        return f"--docs {name}" + (f"#{anchor}" if anchor else "")
    return docs_page(name, anchor)


def _contents() -> str:
    """Names to choose from."""
    pages = "\n".join(f"  {one}" for one in _pages())
    of_errors = "\n".join(f"  {ERRORS}#{one}" for one in sections(ERRORS))
    return f"Pages:\n{pages}\n\nSections of {ERRORS}, which the last line of a run names:\n{of_errors}\n"
