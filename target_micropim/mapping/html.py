"""HTML from outside, reduced to a short list of tags: those that Medipim allows, and links.

See docs/api/medipim.md#allowed-html.
"""

import re
import unicodedata

import nh3

TAGS = frozenset({
    "b", "i", "em", "strong", "p", "br", "ul", "ol", "li", "table", "thead", "tbody", "tfoot", "tr", "th", "td",
    "h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "blockquote", "sup", "sub", "a", "div", "span",
})  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
MAX_PASSES = 10  # two are enough for anything seen; an end has to be
MAX_CHARACTERS, MAX_TAGS = 260_000, 10_000  # four times what MicroPIM takes; deep nesting costs time by its square
_LONE_WRAPPER = re.compile(r"^<(div|span)>(.*)</\1>$", re.DOTALL)
_LINK = re.compile(r"\s*(https?://|mailto:)", re.IGNORECASE)


def _attribute_value(tag: str, name: str, value: str) -> str | None:
    """An attribute's value, or None: a link without a host would lead into the shop it is shown in."""
    return None if (tag, name) == ("a", "href") and not _LINK.match(value) else value


_cleaner = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags={"script", "style", "iframe", "object", "embed", "template", "noscript", "svg", "math"},
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
    strip_comments=True,
    attribute_filter=_attribute_value,
)


def clean_html(html: str) -> str:
    """Safe HTML without a stray wrapper around the whole; "" when no text is left. Cleaning twice changes nothing.

    Raises ValueError for what is too long, has too many tags, or has no form that cleaning leaves as it is.
    """
    if len(html) > MAX_CHARACTERS or html.count("<") > MAX_TAGS:
        raise ValueError(f"HTML of {len(html)} characters and {html.count('<')} tags is more than is cleaned")
    cleaned, before = _cleaned(html), html
    for _ in range(MAX_PASSES):
        if cleaned == before:
            return cleaned if _has_text(cleaned) else ""
        cleaned, before = _cleaned(cleaned), cleaned
    raise ValueError("HTML that reads differently each time it is cleaned")


def _cleaned(html: str) -> str:
    """One pass. What a removed tag held together may be read in another way the next time."""
    cleaned = unicodedata.normalize("NFC", _cleaner.clean(html.replace("\x00", ""))).strip()
    while (match := _LONE_WRAPPER.match(cleaned)) and f"<{match[1]}" not in match[2]:
        cleaned = match[2].strip()
    return cleaned


def _has_text(html: str) -> bool:
    return bool(nh3.clean(html, tags=set()).replace("&nbsp;", " ").replace("\xa0", " ").strip())
