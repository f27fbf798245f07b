"""Pure: texts of a Medipim record: their language, their form (one line or HTML), their length.

See docs/api/medipim.md#product.

A text that is longer than MicroPIM takes is refused, or cut with a warning; nothing is cut silently
(docs/api/micropim.md#text-limits).
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from target_micropim.errors import Reason

Record = dict[str, Any]

CONSUMER_GROUPS = frozenset({"public", "webshop"})


def text_in(value: Any, locales: tuple[str, ...]) -> str | None:
    """A localized map, or a plain text, in the first language that has it.

    See docs/api/medipim.md#localized and docs/api/medipim.md#names-as-text.
    """
    if isinstance(value, str):
        return plain(value)
    if not isinstance(value, dict):
        return None
    for locale in locales:
        content = value.get(locale)
        if isinstance(content, str) and (text := plain(content)):
            return text
    return None


def plain(text: str) -> str | None:
    """One line, composed characters, no outer or doubled white space; None when nothing is left."""
    return " ".join(unicodedata.normalize("NFC", text).split()) or None


def without_tags(html: str) -> str | None:
    """The text of HTML that was cleaned before, as one line."""
    collector = _Text()
    collector.feed(html)
    collector.close()
    return plain(" ".join(collector.parts))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def objects(value: Any) -> list[Record]:
    """The objects of a list; whatever else is there counts as nothing."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def is_for(item: Record, groups: frozenset[str]) -> bool:
    """Whether an item is meant for one of the groups; an item that names no group is meant for all."""
    targets = item.get("targetGroups")
    return not isinstance(targets, list) or not targets or not groups or bool(set(map(str, targets)) & groups)


def consumer_texts(record: Record, kinds: Iterable[str], locales: tuple[str, ...]) -> Iterator[str]:
    """The HTML texts for consumers of these types: language by language, then type by type."""
    texts = [text for text in objects(record.get("descriptions")) if is_for(text, CONSUMER_GROUPS)]
    kinds = tuple(kinds)
    for locale in locales:
        for kind in kinds:
            for text in texts:
                content = text.get("content")
                html = content.get(locale) if text.get("type") == kind and isinstance(content, dict) else None
                if isinstance(html, str) and html.strip():
                    yield html


def languages_in(value: Any) -> set[str]:
    """The languages in which a localized map holds a text."""
    texts = value.items() if isinstance(value, dict) else ()
    return {str(locale) for locale, text in texts if isinstance(text, str) and text.strip()}


# Which language a text is taken in when the first one is missing. Medipim documents an order for three languages (v3
# page, tip under photos): NL: fr, en, others; FR: nl, en, others; EN: nl, others. For the others nothing is documented:
# English first, since every market has it.
LANGUAGES = ("nl", "fr", "en", "de", "es")
DOCUMENTED = {"nl": ("fr", "en"), "fr": ("nl", "en"), "en": ("nl",)}
_UNDOCUMENTED = ("en",)


def languages(locale: str, fallbacks: Iterable[str] | None) -> tuple[str, ...]:
    """The language, then exactly its fall-backs; where these are None, the documented order and then the rest."""
    if fallbacks is None:
        fallbacks = (*DOCUMENTED.get(locale, _UNDOCUMENTED), *LANGUAGES)
    return tuple(dict.fromkeys([locale, *fallbacks]))


# limits are unknown (docs/api/micropim.md#text-limits); schemas/micropim goes no further
MOST_NAME, MOST_TEXT = 255, 65_000


@dataclass(frozen=True)
class TextLimits:
    """The most characters of a name and of the two texts; ``cut`` or ``reject`` beyond them."""

    name: int = MOST_NAME
    text: int = MOST_TEXT
    on_too_long: str = "reject"

    def apply(
        self, fields: dict[str, Any], clean_html: Callable[[str], str], reasons: list[Reason], warnings: list[str]
    ) -> None:
        """Shorten what is too long in ``fields``, or add the reason why the record is refused."""
        for name, most in (("name", self.name), ("description", self.text), ("short_description", self.text)):
            value = fields.get(name)
            if not isinstance(value, str) or len(value) <= most:
                continue
            message = f"has {len(value)} characters, {most} are allowed (on_too_long: {self.on_too_long})"
            if self.on_too_long == "cut":
                fields[name] = _cut_html(value, most, clean_html) if name == "description" else value[:most].rstrip()
                warnings.append(f"{name}: {message}")
                if not fields[name]:
                    del fields[name]
            else:
                reasons.append(Reason(name, message))


def _cut_html(html: str, most: int, clean_html: Callable[[str], str]) -> str:
    """The beginning of a text with its open tags closed again, which makes it longer: so cut until it fits."""
    keep = most
    while keep > 0:
        cut = html[:keep]
        if cut.rfind("<") > cut.rfind(">"):
            cut = cut[: cut.rfind("<")]
        try:
            cleaned = clean_html(cut)
        except ValueError:
            return ""
        if len(cleaned) <= most:
            return cleaned
        keep = min(keep, len(cut)) - max(1, len(cleaned) - most)
    return ""
