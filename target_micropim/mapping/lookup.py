"""Pure: what a dotted path names in a Medipim record, localized maps and amounts with units resolved.

``seoName``, ``bcfiCategory.name``, ``descriptions.indication`` (the texts of that type), ``leaflets.pil`` (their
addresses), ``organizations.supplier`` (their names), ``weightWithUnit`` ("0.37 kg").
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from target_micropim.mapping.characters import decoded, fit, is_visible
from target_micropim.mapping.numbers import decimal_of, decimal_text
from target_micropim.mapping.texts import (
    CONSUMER_GROUPS,
    consumer_texts,
    first_language,
    in_order,
    is_numbered,
    member,
    objects,
    text_in,
    without_language,
)

_TYPES = ("type", "linkType")
_CONTENTS = ("content", "url", "name")


def leaves(
    record: dict[str, Any],
    path: str,
    locales: tuple[str, ...],
    groups: frozenset[str] = CONSUMER_GROUPS,
    *,
    as_html: bool = False,
) -> Iterator[Any]:
    """Every filled value at the path, in the record's order: texts, numbers or booleans.

    Texts are plain, with their entities as characters, except descriptions and what is asked for ``as_html``.
    """
    first, *rest = path.split(".")
    if first == "descriptions" and len(rest) == 1:
        yield from consumer_texts(record, rest[0], locales, groups)
        return
    values: list[Any] = [member(record, first)]
    for step in rest:
        values = [inner for value in values for inner in _inside(value, step)]
    for value in values:
        if value is not None:
            yield from _leaf(value, locales, as_html=as_html)


def language_of(
    value: Any,
    record: dict[str, Any],
    path: str,
    locales: tuple[str, ...],
    groups: frozenset[str] = CONSUMER_GROUPS,
    *,
    as_html: bool = False,
) -> str:
    """The language in which a value stands at a path; the first of all where it is in none, as a code or a number."""
    return first_language(locales, lambda locale: value in leaves(record, path, (locale,), groups, as_html=as_html))


def _inside(value: Any, step: str) -> list[Any]:
    if isinstance(value, dict) and step in value:
        return [member(value, step)]
    items = objects(value)
    of_type = [item for item in items if step in {item.get(name) for name in _TYPES if isinstance(item.get(name), str)}]
    return of_type or [member(item, step) for item in items]


def _leaf(value: Any, locales: tuple[str, ...], *, as_html: bool) -> Iterator[Any]:
    if isinstance(value, dict) and is_numbered(value):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _leaf(item, locales, as_html=as_html)
    elif isinstance(value, dict):
        yield from _of_object(value, locales, as_html=as_html)
    elif isinstance(value, str):
        if is_visible(text := value if as_html else fit(decoded(value))):
            yield text.strip()
    elif value is not None:
        yield f"{value:f}" if isinstance(value, Decimal) else value  # no number of ours holds its digits


def _of_object(value: dict[str, Any], locales: tuple[str, ...], *, as_html: bool) -> Iterator[Any]:
    if "value" in value:
        amount, unit = decimal_of(value["value"]), value.get("unit")
        if amount is not None:
            yield f"{decimal_text(amount)} {unit}" if isinstance(unit, str) and unit.strip() else decimal_text(amount)
        elif len(value) == 1 and isinstance(value["value"], str):  # a plain text where an object was meant
            yield from _leaf(value["value"], locales, as_html=as_html)
        return
    if (text := _localized(value, locales, as_html=as_html)) is not None:
        yield text
        return
    content = next((without_language(member(value, name)) for name in _CONTENTS if name in value), None)
    if isinstance(content, dict):
        if (text := _localized(content, locales, as_html=as_html)) is not None:
            yield text
        return
    yield from _leaf(content if isinstance(content, str) else None, locales, as_html=as_html)


def _localized(value: dict[str, Any], locales: tuple[str, ...], *, as_html: bool) -> str | None:
    if not as_html:
        return text_in(value, locales)
    if isinstance(text := without_language(value), str):
        return text if is_visible(text) else None
    texts = (value.get(locale) for locale in in_order(locales, [value]))
    return next((text for text in texts if isinstance(text, str) and is_visible(text)), None)
