"""Pure: which pictures of a Medipim record, in which order.

See docs/api/micropim.md#picture-identity and docs/api/micropim.md#picture-position.

Frontal pictures first, then the others, both in their display order where they have one, else in Medipim's. Of the
pictures that are tied to languages only those of one language are taken: the first that has any which can be used. So
a language whose pictures have no usable format does not hide the next one's (docs/decisions/0031).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from target_micropim.mapping.desired import Picture
from target_micropim.mapping.numbers import decimal_of
from target_micropim.mapping.picture_formats import formats_of
from target_micropim.mapping.public_url import is_public_url
from target_micropim.mapping.texts import is_for, objects

Record = dict[str, Any]
MAX_ALT_TEXT = 255
FIELDS = ("frontals", "photos")
_LAST = Decimal("Infinity")


@dataclass(frozen=True)
class PictureRules:
    """The settings that choose pictures; ``any_language``: one that no fall-back names is better than none."""

    formats: tuple[str, ...]
    allow_private_hosts: bool
    any_language: bool = False


class Media:
    """The pictures of a record, read once: the items for the groups in the order of display, each with its formats."""

    def __init__(self, record: Record, groups: frozenset[str]) -> None:
        self.items: list[tuple[Record, dict[str, str]]] = []
        self.unread: list[str] = []  # fields in which something stands, and none of it is a picture
        self._addresses: set[str] = set()
        self.addresses_for_others: set[str] = set()  # of pictures that the source has for other groups only
        self._is_told = False
        for name in FIELDS:
            self._is_told |= name in record
            if value := record.get(name):
                self._read(name, value, groups)

    def _read(self, name: str, value: Any, groups: frozenset[str]) -> None:
        items = objects(value)
        if not items and (not isinstance(value, list) or any(value)):
            self.unread.append(name)
        for item in sorted(items, key=_display_order) if len(items) > 1 else items:
            formats = formats_of(item.get("formats"))
            if is_for(item, groups):
                self.items.append((item, formats))
                self._addresses.update(formats.values())
            else:
                self.addresses_for_others.update(formats.values())

    @property
    def addresses(self) -> frozenset[str] | None:
        """Every address of a picture that the source has for these groups; None where the record does not say.

        See docs/api/medipim.md#pictures: a picture that is not among them is unlinked, removed, or for others now. What
        cannot be read says nothing.
        """
        if self.unread or not self._is_told:
            return None
        return frozenset(self._addresses)


@dataclass(frozen=True)
class _Shot:
    """One media item; ``url`` is None where none of its addresses can be used, ``languages`` those it is tied to."""

    key: str
    languages: tuple[str, ...]
    url: str | None
    formats: dict[str, str]


def pictures(
    media: Media, rules: PictureRules, locales: tuple[str, ...], alt: str, warnings: list[str]
) -> list[Picture]:
    """Each picture once, in one format, whatever its ids; one without a usable address is named in the warnings."""
    if media.unread:
        warnings += [f"{name}: holds no picture that can be read" for name in media.unread]
    shots = [_shot(item, formats, rules) for item, formats in media.items]
    language = _language(shots, locales, rules)
    looked_at = locales[: locales.index(language) + 1] if language in locales else None
    keys: set[str] = set()
    addresses: set[str] = set()
    found: list[Picture] = []
    for shot in shots:
        if shot.url is None:
            if shot.key not in keys and _is_missed(shot, looked_at):
                warnings.append(_unusable(shot, rules))
            continue
        if (shot.languages and language not in shot.languages) or shot.key in keys or shot.url in addresses:
            continue
        keys.add(shot.key)
        addresses.update(shot.formats.values())
        found.append(Picture(shot.key, shot.url, alt[:MAX_ALT_TEXT], frozenset(shot.formats.values())))
    return found


def _shot(item: Record, formats: dict[str, str], rules: PictureRules) -> _Shot:
    url = None
    for name in rules.formats:
        if url := formats.get(name):
            break
    if url is not None and not is_public_url(url, allow_private=rules.allow_private_hosts):
        url = None
    number = item.get("id")
    is_id = isinstance(number, int | str | Decimal) and not isinstance(number, bool) and str(number).strip() != ""
    key = str(number).strip() if is_id else url or ""  # a picture is its address, with an id or without
    tied_to = item.get("locales")
    return _Shot(key, _locales(tied_to) if tied_to else (), url, formats)


def _locales(value: Any) -> tuple[str, ...]:
    """The languages that a picture is tied to, in a list or as the one text."""
    value = [value] if isinstance(value, str) and value.strip() else value
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _language(shots: list[_Shot], locales: tuple[str, ...], rules: PictureRules) -> str | None:
    """The first language with a usable picture: of those wanted in their order, else any; None where no one has."""
    usable: dict[str, None] = {}
    for shot in shots:
        if shot.url is not None:
            usable.update(dict.fromkeys(shot.languages))
    for locale in locales:
        if locale in usable:
            return locale
    return next(iter(usable), None) if rules.any_language else None


def _is_missed(shot: _Shot, looked_at: tuple[str, ...] | None) -> bool:
    """Whether the picture would have gone, had it an address; None: every language was looked at."""
    return looked_at is None or not shot.languages or any(locale in looked_at for locale in shot.languages)


def _unusable(shot: _Shot, rules: PictureRules) -> str:
    named = f"picture {shot.key}" if shot.key else "a picture without an id"
    has = f" (it has {', '.join(shot.formats)}; see media_formats)" if shot.formats else ""
    return f"{named}: no usable address in {', '.join(rules.formats)}{has}"


def _display_order(item: Record) -> Decimal:
    order = decimal_of(item.get("displayOrder"))
    return _LAST if order is None else order
