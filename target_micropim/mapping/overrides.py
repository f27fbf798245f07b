"""Pure: what the settings field_map and extra_fields may say, checked before the first record, and the extra values.

``field_map`` names the place in a Medipim record where a documented field comes from: a dotted path, or null to leave
the field out. ``extra_fields`` sends fields that MicroPIM does not document, only because it says so
(docs/api/micropim.md#unknown-fields): ``{"product_condition": {"value": "new"}, "manufacturer_code":
"supplierReference"}``. There a text is such a path as well; an object with ``value`` is that value for every product.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from target_micropim.mapping.characters import all_fit
from target_micropim.mapping.field_rows import MAPPABLE_FIELDS, NAMED_FIELDS
from target_micropim.mapping.headings import KINDS
from target_micropim.mapping.lookup import language_of, leaves
from target_micropim.mapping.source_names import misspelt
from target_micropim.mapping.texts import CONSUMER_GROUPS
from target_micropim.plan.fields import READ_ONLY
from target_micropim.plan.values import REFERENCES, extra_field

MAPPABLE = (*MAPPABLE_FIELDS, *NAMED_FIELDS)
VALUE = "value"
# Documented in answers and made by MicroPIM itself or under another name: sending them could only mislead.
NOT_WRITABLE = frozenset({*READ_ONLY, *REFERENCES.values()})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*", re.ASCII)


def checked_field_map(paths: Mapping[str, Any], source_fields: Collection[str]) -> dict[str, str | None]:
    """The map, when it makes sense. Raises ValueError with everything that does not.

    ``source_fields`` are Medipim's. Others pass too, since a stream map may add its own, unless they look misspelt.
    """
    problems = [problem for name, path in paths.items() if (problem := _map_problem(name, path, source_fields))]
    if problems:
        raise ValueError("; ".join(problems))
    return dict(paths)


def _map_problem(name: str, path: Any, source_fields: Collection[str]) -> str | None:
    if name not in MAPPABLE:
        return f"{name} is no field that can be mapped; there are {', '.join(MAPPABLE)}"
    if path is None:
        return "name cannot be left out: MicroPIM requires it" if name == "name" else None
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        return f"{name}: must be a field of Medipim, like seoName or descriptions.indication, or null"
    first, _, rest = path.partition(".")
    if close := misspelt(first, source_fields):
        return f"{name}: Medipim has no field {first}; is {close} meant?"
    if first == "descriptions" and rest not in KINDS:
        return f"{name}: {rest or 'nothing'} is no type of description; there are {', '.join(KINDS)}"
    return None


@dataclass(frozen=True)
class ExtraField:
    """One field: where its value comes from; ``path`` None: ``constant`` for every product."""

    path: str | None = None
    constant: Any = None


def checked_extra_fields(
    values: Mapping[str, Any], documented: Collection[str], source_fields: Collection[str]
) -> dict[str, ExtraField]:
    """The map, when it makes sense. Raises ValueError with everything that does not.

    ``documented`` are the write fields of schemas/micropim/product.json, ``source_fields`` those of the source; empty
    for the native profile, whose records may hold anything.
    """
    problems = [
        problem for name, value in values.items() if (problem := _extra_problem(name, value, documented, source_fields))
    ]
    if problems:
        raise ValueError("; ".join(problems))
    return {name: _read(value) for name, value in values.items()}


def _read(value: Any) -> ExtraField:
    return ExtraField(constant=value.get(VALUE)) if isinstance(value, dict) else ExtraField(path=str(value))


def _extra_problem(name: str, value: Any, documented: Collection[str], source_fields: Collection[str]) -> str | None:
    if name in documented or name in NOT_WRITABLE:
        reason = "it has its own settings" if name in documented else "MicroPIM makes it"
        return f"{name} is a documented field: {reason}"
    if not _NAME.fullmatch(name):
        return f"{name!r} is no name of a field"
    if isinstance(value, dict):
        is_constant = set(value) == {VALUE} and value[VALUE] not in (None, "", [], {})
        return None if is_constant else f'{name}: a value for every product is written {{"value": ...}}'
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        return f'{name}: must be a path like supplierReference, or {{"value": ...}}'
    first = value.partition(".")[0]
    if close := misspelt(first, source_fields):
        return f"{name}: there is no field {first} in the source; is {close} meant?"
    return None


def extra_values(
    record: dict[str, Any],
    extras: Mapping[str, ExtraField],
    locales: tuple[str, ...],
    groups: frozenset[str] = CONSUMER_GROUPS,
) -> dict[str, Any]:
    """The extra fields that have a value, under the names in which they are compared."""
    values = {name: _value(record, extra, locales, groups) for name, extra in extras.items()}
    return {extra_field(name): value for name, value in values.items() if value not in (None, "", [], {})}


def extra_languages(
    record: dict[str, Any], extras: Mapping[str, ExtraField], locales: tuple[str, ...], groups: frozenset[str]
) -> dict[str, str]:
    """The language of each extra field that is taken from the record."""
    paths = {name: extra.path for name, extra in extras.items() if extra.path is not None}
    found = {name: next(leaves(record, path, locales, groups), None) for name, path in paths.items()}
    return {
        extra_field(name): language_of(value, record, paths[name], locales, groups)
        for name, value in found.items()
        if isinstance(value, str)
    }


def _value(record: dict[str, Any], extra: ExtraField, locales: tuple[str, ...], groups: frozenset[str]) -> Any:
    if extra.path is None:
        return extra.constant
    return all_fit(next(leaves(record, extra.path, locales, groups), None))
