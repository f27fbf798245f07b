"""Pure: texts of a Medipim record, in one language, as one line or as cleaned HTML (medipim.md 5)."""

import unicodedata
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

Record = dict[str, Any]

CONSUMER_GROUPS = frozenset({"public", "webshop"})


def text_in(value: Any, locales: tuple[str, ...]) -> str | None:
    """A localized map, or a plain text, in the first language that has it (medipim.md 5: both forms occur)."""
    if isinstance(value, str):
        return plain(value)
    if not isinstance(value, dict):
        return None
    for locale in locales:
        found = value.get(locale)
        if isinstance(found, str) and (text := plain(found)):
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
    meant = item.get("targetGroups")
    return not isinstance(meant, list) or not meant or not groups or bool(set(map(str, meant)) & groups)


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
    held = value.items() if isinstance(value, dict) else ()
    return {str(locale) for locale, text in held if isinstance(text, str) and text.strip()}
