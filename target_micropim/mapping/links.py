"""Pure: which links of a Medipim record count: those of now, for the shop's visitors, in one language of each type.

Window, target group and language count as they do for pictures (docs/api/medipim.md#product-collections). Leaflets are
chosen in the same way.
"""

from collections.abc import Callable, Iterator
from typing import Any

from target_micropim.mapping.numbers import decimal_of
from target_micropim.mapping.texts import in_order, is_for, languages_in, objects

Record = dict[str, Any]
Now = Callable[[], float]


def links_that_count(links: Any, groups: frozenset[str], locales: tuple[str, ...], now: Now) -> list[Record]:
    """The links to show, in the record's order; of those of one type only the first language that has any."""
    items = [item for item in objects(links) if is_for(item, groups) and _is_current(item, now)]
    by_type: dict[str, list[Record]] = {}
    for item in items:
        by_type.setdefault(link_type(item), []).append(item)
    return [item for same in by_type.values() for item in _in_language(same, locales)]


def windows(record: Record, now: Now) -> str:
    """The links that are not of now, as a text: it changes when a window opens or closes, the record does not."""
    links = objects(record.get("links"))
    return ",".join(str(item.get("id")) for item in links if not _is_current(item, now)) if links else ""


def link_type(item: Record) -> str:
    """v3 calls it ``type`` (docs/api/medipim.md#product-collections)."""
    return str(item.get("linkType") or item.get("type"))


def _is_current(item: Record, now: Now) -> bool:
    window = item.get("available")
    if not isinstance(window, dict):
        return True
    begins, ends = decimal_of(window.get("from")), decimal_of(window.get("until"))
    return (begins is None or begins <= now()) and (ends is None or now() <= ends)


def _in_language(items: list[Record], locales: tuple[str, ...]) -> Iterator[Record]:
    languages = [_languages(item) for item in items]
    tied = set[str]().union(*languages)
    first = next((locale for locale in in_order(locales, [tied]) if locale in tied), None)
    return (item for item, each in zip(items, languages, strict=True) if not each or first in each)


def _languages(item: Record) -> set[str]:
    """The languages that an item is tied to: those that it names, else those of its address; none: for all."""
    named = item.get("locales")
    named = [named] if isinstance(named, str) and named else named
    return set(map(str, named)) if isinstance(named, list) and named else languages_in(item.get("url"))
