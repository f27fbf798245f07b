"""Pure: which pictures of a Medipim record, in which order.

See docs/api/micropim.md#picture-identity and docs/api/micropim.md#picture-position.

Frontal pictures first, in their display order, then the others in Medipim's. Of the pictures that are tied to
languages only those of the first language that has any are taken: Medipim's documented fall-back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from target_micropim.mapping.desired import Picture
from target_micropim.mapping.public_url import is_public_url
from target_micropim.mapping.texts import is_for, objects

Record = dict[str, Any]
MAX_ALT_TEXT = 255


@dataclass(frozen=True)
class PictureRules:
    """The settings that choose pictures."""

    formats: tuple[str, ...]
    target_groups: frozenset[str]
    most: int
    allow_private_hosts: bool


def pictures(
    record: Record, rules: PictureRules, locales: tuple[str, ...], alt: str, warnings: list[str]
) -> Iterator[Picture]:
    """Each media item once, in one format; one without a usable address is named in the warnings."""
    seen: set[str] = set()
    for item in _in_language(_candidates(record, rules), locales):
        key = str(item.get("id") or "")
        if not key or key in seen or len(seen) >= rules.most:
            continue
        url = _format_url(item.get("formats"), rules.formats)
        if url is None or not is_public_url(url, allow_private=rules.allow_private_hosts):
            warnings.append(f"picture {key}: no usable address in {', '.join(rules.formats)}")
            continue
        seen.add(key)
        yield Picture(key, url, alt[:MAX_ALT_TEXT])


def _candidates(record: Record, rules: PictureRules) -> list[Record]:
    frontals = sorted(objects(record.get("frontals")), key=_display_order)
    return [item for item in [*frontals, *objects(record.get("photos"))] if is_for(item, rules.target_groups)]


def _in_language(items: list[Record], locales: tuple[str, ...]) -> list[Record]:
    languages = [_languages(item) for item in items]
    tied = frozenset().union(*languages)
    first = next((locale for locale in locales if locale in tied), None)
    return [item for item, each in zip(items, languages, strict=True) if not each or first in each]


def _languages(item: Record) -> frozenset[str]:
    """The languages a picture is tied to; none: it suits all."""
    locales = item.get("locales")
    return frozenset(map(str, locales)) if isinstance(locales, list) else frozenset()


def _display_order(item: Record) -> float:
    order = item.get("displayOrder")
    return order if isinstance(order, int | float) else float("inf")


def _format_url(formats: Any, names: tuple[str, ...]) -> str | None:
    if not isinstance(formats, dict):
        return None
    for name in names:
        url = formats.get(name)
        if isinstance(url, str) and url:
            return url
    return None
