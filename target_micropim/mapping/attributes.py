"""Pure: product attributes: what they are made of, and how a definition is sent.

The code of an attribute is what a definition in MicroPIM is matched by, before its name; both can be changed there, one
at a time. Values are texts: a number could come back in another form and would look like a change. No page shows the
body of a definition, so it is made by the setting attribute_template (docs/api/micropim.md#attribute-values,
docs/api/micropim.md#attribute-definitions).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from string import Formatter
from typing import Any

from target_micropim.mapping.attribute_rows import ATTRIBUTES, CODES, AttributeRow
from target_micropim.mapping.desired import AttributeValue
from target_micropim.mapping.links import links_that_count
from target_micropim.mapping.lookup import leaves
from target_micropim.mapping.numbers import decimal_of, decimal_text, money, truth_of
from target_micropim.mapping.texts import ANY, first_language, objects, text_in

MAX_VALUE = 2000
LINK_PLACES = ("links", "leaflets")
DEFAULT_CODES, ALL_CODES = "default", "all"
UNTYPED = "attributes"  # v3 names no type of an attribute (docs/api/medipim.md#v3)
UNTYPED_NAMES = {
    "en": "Characteristics", "nl": "Kenmerken", "fr": "Caractéristiques", "de": "Merkmale", "es": "Características",
}  # fmt: skip
MAX_SECONDS = 10**11  # beyond the year 5000
_MIDDAY, _DAY = 43_200, 86_400


def _now_is_never() -> float:
    return 0.0


@dataclass(frozen=True)
class AttributeRules:
    """Which attributes are made: ``codes`` by name, ``default`` or ``all``; links as pictures are chosen.

    ``names`` are those of Medipim's own attributes by code, ``options`` their options by id, as its streams tell.
    """

    locales: tuple[str, ...]
    codes: tuple[str, ...] = (DEFAULT_CODES,)
    link_groups: frozenset[str] = frozenset()
    now: Callable[[], float] = _now_is_never
    names: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def takes(self, code: str, *, by_default: bool) -> bool:
        """Whether an attribute is wanted."""
        return code in self.codes or ALL_CODES in self.codes or (by_default and DEFAULT_CODES in self.codes)


def attribute_values(record: dict[str, Any], rules: AttributeRules) -> tuple[AttributeValue, ...]:
    """The attributes a record holds a value for: those of the table, then Medipim's own."""
    record = _of_now(record, rules)
    wanted = (row for row in ATTRIBUTES if rules.takes(row.code, by_default=row.by_default))
    values = ((row, _attribute_value(row, record, rules.locales)) for row in wanted)
    language = rules.locales[0]
    fixed = (_value(row, value, language) for row, value in values if value is not None)
    return (*fixed, *_own_attributes(record, rules))


def other_languages(values: Iterable[AttributeValue], record: dict[str, Any], rules: AttributeRules) -> dict[str, str]:
    """The language of each attribute that is not in the one asked for, by code."""

    def at(locale: str) -> dict[str, Any]:
        found = attribute_values(record, replace(rules, locales=(locale,)))
        return {value.code: value.value for value in found}

    asked = at(rules.locales[0])
    others = [value for value in values if asked.get(value.code) != value.value]
    by_language = {locale: at(locale) for locale in rules.locales[1:] if locale != ANY} if others else {}

    def language(one: AttributeValue) -> str:
        return first_language(tuple(by_language), lambda locale: by_language[locale].get(one.code) == one.value)

    return {one.code: language(one) for one in others}


def ended_links(record: dict[str, Any], rules: AttributeRules) -> tuple[AttributeValue, ...]:
    """The attributes whose links are all over, or for others: nothing is left to show there, and the source says so."""
    if not any(record.get(place) for place in LINK_PLACES):
        return ()
    now, language = _of_now(record, rules), rules.locales[0]
    rows = (row for row in ATTRIBUTES if row.paths[0].partition(".")[0] in LINK_PLACES)
    wanted = (row for row in rows if rules.takes(row.code, by_default=row.by_default))
    return tuple(
        _value(row, "", language)
        for row in wanted
        if _attribute_value(row, now, rules.locales) is None and _attribute_value(row, record, rules.locales)
    )


def _of_now(record: dict[str, Any], rules: AttributeRules) -> dict[str, Any]:
    """The record with those links and leaflets that count."""
    for place in LINK_PLACES:
        if found := record.get(place):
            record = {**record, place: links_that_count(found, rules.link_groups, rules.locales, rules.now)}
    return record


def _value(row: AttributeRow, value: Any, language: str) -> AttributeValue:
    kind = "text" if row.kind == "money" else row.kind
    return AttributeValue(row.code, row.name(language), kind, value, tuple(dict.fromkeys(row.names.values())))


def _own_attributes(record: dict[str, Any], rules: AttributeRules) -> Iterator[AttributeValue]:
    """Medipim's ``attributes[]``: the options of each type, joined (docs/api/medipim.md#product-collections)."""
    options: dict[str, list[str]] = {}
    for item in objects(record.get("attributes")):
        told = rules.options.get(str(item.get("id")), {})
        code = _type_code(item.get("type")) or _type_code(told.get("type")) or UNTYPED
        name = text_in(item.get("name"), rules.locales) or text_in(told.get("name"), rules.locales)
        if code and name and rules.takes(own_code(code), by_default=True):
            options.setdefault(code, []).append(name)
    for code, names in options.items():
        known = rules.names.get(code, UNTYPED_NAMES if code == UNTYPED else None)
        name = text_in(known, rules.locales) or code.replace("_", " ").capitalize()
        aliases = tuple(str(text) for text in known.values() if text) if isinstance(known, dict) else ()
        joined = ", ".join(dict.fromkeys(names))[:MAX_VALUE]
        yield AttributeValue(own_code(code), name, "text", joined, aliases)


def _type_code(kind: Any) -> str:
    """The code of a type, which may be told as an object; nothing for what is none."""
    kind = (kind.get("code") or kind.get("id")) if isinstance(kind, dict) else kind
    return str(kind).strip() if isinstance(kind, str | int) and not isinstance(kind, bool) else ""


def own_code(code: str) -> str:
    """The code of an attribute of Medipim's own; one that the table has already is another attribute."""
    return f"medipim_{code}" if code in CODES else code


def _attribute_value(row: AttributeRow, record: dict[str, Any], locales: tuple[str, ...]) -> str | bool | None:
    for path in row.paths:
        values = list(leaves(record, path, locales))
        unit = row.unit if path == row.paths[-1] else ""
        if row.kind == "boolean":
            return next((truth for value in values if (truth := truth_of(value)) is not None), None)
        read = _READERS.get(row.kind, _text)
        if texts := list(dict.fromkeys(text for value in values if (text := read(value, unit)))):
            return ", ".join(texts if row.is_list else texts[:1])[:MAX_VALUE]
    return None


def _text(value: Any, unit: str) -> str | None:
    """A value as text; a bare number gets the unit that Medipim documents for it."""
    if isinstance(value, str):
        return value if not unit or not value.isdigit() else f"{value} {unit}"
    number = decimal_of(value)
    if number is None:
        return None
    return f"{decimal_text(number)} {unit}".rstrip()


def _amount(value: Any, unit: str) -> str | None:
    """Minor units as an amount; None for what is no price."""
    try:
        amount = money(value)
    except ValueError:
        return None
    return None if amount is None else f"{amount} {unit}".rstrip()


def _date(value: Any, _unit: str) -> str | None:
    """Unix seconds as a date. A whole hour is the midnight of a time zone: the day that begins next to it.

    A date that is written as one stands; 0 is what no date may come as.
    """
    number = decimal_of(value)
    if number is None:
        return _written_date(value)
    if not 0 < number <= MAX_SECONDS:
        return None
    seconds = int(number)
    if seconds % 3600 == 0:
        seconds += _MIDDAY - (seconds + _MIDDAY) % _DAY
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _written_date(value: Any) -> str | None:
    try:
        return date.fromisoformat(str(value)[: len("2026-11-30")]).isoformat()
    except ValueError:
        return None


_READERS: Mapping[str, Callable[[Any, str], str | None]] = {"money": _amount, "date": _date}


# The body of a definition

PLACEHOLDERS = ("name", "code", "type")
DEFAULT_TEMPLATE: Mapping[str, Any] = {"name": "{name}", "code": "{code}", "type": "{type}"}  # the fewest fields


def checked_attribute_template(setting: Mapping[str, Any]) -> dict[str, Any]:
    """The template. Raises ValueError with everything that is wrong; an empty one is the default."""
    template = dict(setting) or dict(DEFAULT_TEMPLATE)
    problems = [problem for name, value in template.items() if (problem := _template_problem(name, value))]
    if "name" not in _placeholders(template.get("name")):
        problems.append("name: must hold {name}, or all attributes would be one")
    if "code" in template and "code" not in _placeholders(template["code"]):
        problems.append("code: must hold {code}, or all attributes would be one")
    if problems:
        raise ValueError("; ".join(problems))
    return template


def attribute_body(template: Mapping[str, Any], *, name: str, code: str, kind: str) -> dict[str, Any]:
    """The body for one attribute: texts with their placeholders filled in, everything else as it stands."""
    texts = {"name": name, "code": code, "type": kind}
    return {key: value.format(**texts) if isinstance(value, str) else value for key, value in template.items()}


def _placeholders(value: Any) -> set[str]:
    try:
        return {name for _text, name, _spec, _conversion in Formatter().parse(value) if name is not None}
    except (TypeError, ValueError):
        return set()


def _template_problem(key: str, value: Any) -> str | None:
    if not key.strip():
        return "a field without a name"
    if not isinstance(value, str):
        return None
    try:
        parts = [(name, spec, conversion) for _text, name, spec, conversion in Formatter().parse(value)]
    except ValueError as error:
        return f"{key}: {error}"
    if any(name is not None and (name not in PLACEHOLDERS or spec or conversion) for name, spec, conversion in parts):
        return f"{key}: only the placeholders {{{'}, {'.join(PLACEHOLDERS)}}} can be filled in"
    return None
