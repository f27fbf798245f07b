"""Pure: how much reading some HTML would cost, and its text without the tags where that is too much.

A parser's time grows with the number of tags times their depth. A text of 20,000 line breaks costs nothing; one of
10,000 blocks inside each other would hold a run up for minutes, so its text alone is kept, line by line.
"""

import re
from collections import Counter
from collections.abc import Iterator

MAX_WEIGHT = 500_000  # tags times depth, which is what reading them costs
_FEW = 1000  # so many tags cost little, however they stand
_SMALL, _LONG_TAG = 20_000, 2_000  # characters
_TAG_START = re.compile(r"<[a-zA-Z/!?]")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)")
# A tag as browsers read it; a quotation mark that is never closed is part of a name.
_WHOLE_TAG = re.compile(
    r"<(/?)([a-zA-Z][^\s/>]*+)"
    r"""(?:[\s/=]++|[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+)*+>"""
)
# What no browser shows, and what it ends with.
_UNSEEN = re.compile(
    r"<(?:(!--)|(script|style|title|xml|template|noscript|svg|math|iframe|object)(?=[\s/>])|[!?])", re.IGNORECASE
)
# Closed by the next of their kind, or by what stands around them: they add no depth of their own.
_SELF_CLOSING = frozenset({
    "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "br", "hr", "img", "input", "wbr",
    "col", "meta", "link", "base", "area", "source", "track", "param", "embed",
})  # fmt: skip
_INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u",
    "var", "wbr",
})  # fmt: skip


def bounded(html: str) -> str:
    """HTML that can be read in bounded time: where tags stand too deep in each other, their text alone."""
    return html if html.count("<") <= _FEW or _weight(html) <= MAX_WEIGHT else flattened(html)


def _weight(html: str) -> int:
    """The tags times the deepest they may stand in each other."""
    tags, depth, deepest = 0, 0, 1
    opened: Counter[str] = Counter()
    for match in _TAG.finditer(html):
        tags += 1
        name = match[2].lower()
        if name in _SELF_CLOSING:
            continue
        if not match[1]:
            opened[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
    return tags * deepest


def lean(html: str) -> str:
    """HTML without the attributes of tags that are longer than any that says something: pictures, office data.

    A parser's time grows by the square of the attributes of one tag, too.
    """
    if len(html) <= _SMALL:
        return html
    end = html.rfind(">") + 1  # behind it no tag is complete, and browsers drop what is not
    kept = _WHOLE_TAG.sub(lambda tag: tag[0] if len(tag[0]) <= _LONG_TAG else f"<{tag[1]}{tag[2][:20]}>", html[:end])
    return kept + _TAG_START.split(html[end:], maxsplit=1)[0]


def flattened(html: str) -> str:
    """The text of HTML: a line break for each run of tags that holds a block, nothing for others."""
    seen = "".join(_seen(html))
    end = seen.rfind(">") + 1  # behind it no tag is complete, and looking for its end would take long
    text = _WHOLE_TAG.sub(lambda tag: "" if tag[2].lower() in _INLINE or ":" in tag[2] else "<br>", seen[:end])
    return re.sub(r"(?:<br>\s*+)++", "<br>", text).removeprefix("<br>").removesuffix("<br>") + seen[end:]


def _seen(html: str) -> Iterator[str]:
    """The parts of HTML that are no comment, no script and no data. What is never closed is not looked for again."""
    place, endless = 0, set()
    for match in _UNSEEN.finditer(html):
        name = (match[2] or "").lower()
        closing = "-->" if match[1] else f"</{name}" if name else ">"
        if match.start() < place or closing in endless:
            continue
        yield html[place : match.start()]
        place = _end_of(closing, html, match.end())
        if not place:
            endless.add(closing)
            place = match.start()
    yield html[place:]


def _end_of(closing: str, html: str, start: int) -> int:
    """The place behind what closes it, or 0."""
    found = re.compile(re.escape(closing), re.IGNORECASE).search(html, start)
    return html.find(">", found.start()) + 1 if found else 0
