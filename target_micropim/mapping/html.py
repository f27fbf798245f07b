"""HTML from outside, reduced to a short list of tags: those that Medipim allows, links, and the mark of a struck text.

See docs/api/medipim.md#allowed-html.

Law: what a browser shows of a text stays, word for word and line for line; what it does not show goes, and its size
does not count. A tag that is not kept leaves a line break where it ended a line, and nothing where it did not. Whatever
is wrong with one part of a text costs that part.
"""

import re
import unicodedata
from functools import lru_cache
from html import unescape

import nh3

from target_micropim.mapping.breaks import BLOCKS, LINES, MARKS, STRUCK, UNSEEN, with_breaks
from target_micropim.mapping.characters import fit, is_visible
from target_micropim.mapping.flat_html import bounded, lean

TAGS = frozenset({
    "b", "i", "em", "strong", "p", "br", "ul", "ol", "li", "table", "thead", "tbody", "tfoot", "tr", "th", "td",
    "h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "blockquote", "sup", "sub", "a", "div", "span", "s",
})  # fmt: skip
_TRANSLATED = BLOCKS | LINES | MARKS | STRUCK | UNSEEN  # read by with_breaks, which leaves none of them
_ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
# Of these a browser shows no text, or a drawing. What a page is named by is a case of its own: UNSEEN.
_WITHOUT_CONTENT = {
    "script", "style", "iframe", "object", "embed", "template", "noscript", "svg", "math", "video", "audio", "canvas",
    "noembed", "noframes", "datalist",
}  # fmt: skip
MAX_PASSES = 10  # two are enough for anything seen; an end has to be
MAX_CHARACTERS = 260_000  # of what is left: four times what MicroPIM takes
MAX_SOURCE = 4_000_000  # of what came: pictures and office data inside a text
_SHORT = 4_000  # characters of a text that is worth remembering
_LONE_WRAPPER = re.compile(r"^<(div|span)>(.*)</\1>$", re.DOTALL)
_FORMULA = re.compile(r"<math(?=[\s>])[^<>]*>(.{0,2000}?)</math>", re.IGNORECASE | re.DOTALL)
_ANNOTATION = re.compile(r"<(annotation(?:-xml)?)(?=[\s>])[^<>]*>.*?</\1>", re.IGNORECASE | re.DOTALL)
_IN_A_LINE = re.compile(r"</?(?:m(?:row|i|n|o|text|s|space|style|padded)|semantics)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_LINK = re.compile(r"\s*(https?://|mailto:)", re.IGNORECASE)


def _attribute_value(tag: str, name: str, value: str) -> str | None:
    """An attribute's value, or None: a link without a host would lead into the shop it is shown in."""
    return None if (tag, name) == ("a", "href") and not _LINK.match(value) else value


def _cleaner(tags: frozenset[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(tags),
        clean_content_tags=_WITHOUT_CONTENT,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
        attribute_filter=_attribute_value,
    )


_READER, _CLEANER = _cleaner(TAGS | _TRANSLATED), _cleaner(TAGS)


def clean_html(html: str) -> str:
    """Safe HTML without a stray wrapper around the whole; "" when no text is left. Cleaning twice changes nothing.

    Raises ValueError for what is too long, or has no form that cleaning leaves as it is.
    """
    return _short_cleaned(html) if len(html) <= _SHORT else _any_cleaned(html)


def _any_cleaned(html: str) -> str:
    if len(html) > MAX_SOURCE:
        raise ValueError(f"HTML of {len(html)} characters is more than is read")
    source = _FORMULA.sub(_words_of_a_formula, lean(fit(html)))
    before, cleaned = "", _tidy(with_breaks(_READER.clean(bounded(source)), source))
    if len(cleaned) > MAX_CHARACTERS:
        raise ValueError(f"HTML of {len(cleaned)} characters is more than is cleaned")
    for _ in range(MAX_PASSES):
        before, cleaned = cleaned, _tidy(_CLEANER.clean(bounded(cleaned)))
        if cleaned == before:
            return cleaned if has_text(cleaned) else ""
    raise ValueError("HTML that reads differently each time it is cleaned")


# legal texts are the same in many products, and a short text is taken from a long one
_short_cleaned = lru_cache(maxsize=256)(_any_cleaned)


def _words_of_a_formula(formula: re.Match[str]) -> str:
    """The words of one that a browser shows in a line, such as 5 %; the parser would drop it whole.

    One with powers, roots or fractions is a drawing: in a line its numbers would say something else.
    """
    words = _IN_A_LINE.sub("", _ANNOTATION.sub("", formula[1]))
    return formula[0] if "<" in words else words


def _tidy(html: str) -> str:
    """What a pass leaves, made fit: entities may have brought control characters back."""
    cleaned = unicodedata.normalize("NFC", fit(html)).strip()
    while (match := _LONE_WRAPPER.match(cleaned)) and f"<{match[1]}" not in match[2]:
        cleaned = match[2].strip()
    return cleaned


def has_text(html: str) -> bool:
    """Whether a reader sees any text of it."""
    return is_visible(unescape(nh3.clean(html, tags=set())))
