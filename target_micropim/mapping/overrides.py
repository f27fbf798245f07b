"""Pure: what the setting field_map may say, checked before the first record.

Pure: fields that MicroPIM does not document, sent only because the setting extra_fields says so (row 27).

``{"product_condition": {"value": "new"}, "manufacturer_code": "supplierReference"}``: a text is a dotted path into the
record, as in field_map; an object with ``value`` is that value for every product.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from target_micropim.mapping.field_rows import FIELDS, LONG_TEXTS
from target_micropim.mapping.lookup import leaves
from target_micropim.plan.values import extra_field

NAMED = ("brand", "supplier")
MAPPABLE = (*(name for name, row in FIELDS.items() if row.take is not None), *NAMED)
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*", re.ASCII)
_TEXT_TYPES = (
    *(kind for kind, _why in LONG_TEXTS), "faq", "measurements", "legal_text", "contra_indication", "usage_extended",
    "side_effects", "nutritional_value", "usage_type", "pregnancy_description", "pregnancy_description_extended",
    "breastfeeding_description", "breastfeeding_description_extended", "interactions", "warnings", "keywords",
)  # fmt: skip


def checked_field_map(given: Mapping[str, Any], known: Collection[str]) -> dict[str, str | None]:
    """The map, when it makes sense. Raises ValueError with everything that does not.

    ``known`` are Medipim's fields. Others pass too, since a stream map may add its own, unless they look misspelt.
    """
    wrong = [problem for name, path in given.items() if (problem := _map_problem(name, path, known))]
    if wrong:
        raise ValueError("; ".join(wrong))
    return dict(given)


def _map_problem(name: str, path: Any, known: Collection[str]) -> str | None:
    if name not in MAPPABLE:
        return f"{name} is no field that can be mapped; there are {', '.join(MAPPABLE)}"
    if path is None:
        return "name cannot be left out: MicroPIM requires it" if name == "name" else None
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        return f"{name}: must be a field of Medipim, like seoName or descriptions.indication, or null"
    first, _, rest = path.partition(".")
    if first not in known and (close := get_close_matches(first, known, 1, 0.8)):
        return f"{name}: Medipim has no field {first}; is {close[0]} meant?"
    if first == "descriptions" and rest not in _TEXT_TYPES:
        return f"{name}: {rest or 'nothing'} is no type of description; there are {', '.join(_TEXT_TYPES)}"
    return None


VALUE = "value"
# Documented in answers and made by MicroPIM itself or under another name: sending them could only mislead.
NOT_OURS = frozenset({
    "id", "slug", "in_stock", "vat_rate", "brand", "supplier", "categories", "images", "available_translations",
})  # fmt: skip
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*", re.ASCII)


@dataclass(frozen=True)
class ExtraField:
    """One field: where its value comes from; ``path`` None: ``constant`` for every product."""

    path: str | None = None
    constant: Any = None


def checked_extra_fields(
    given: Mapping[str, Any], documented: Collection[str], known: Collection[str]
) -> dict[str, ExtraField]:
    """The map, when it makes sense. Raises ValueError with everything that does not.

    ``documented`` are the write fields of schemas/micropim/product.json, ``known`` the fields of the source; empty
    for the native profile, whose records may hold anything.
    """
    found = {name: _read(value) for name, value in given.items()}
    wrong = [told for name, value in given.items() if (told := _extra_problem(name, value, documented, known))]
    if wrong:
        raise ValueError("; ".join(wrong))
    return found


def extra_values(record: dict[str, Any], extras: Mapping[str, ExtraField], locales: tuple[str, ...]) -> dict[str, Any]:
    """The extra fields that have a value, under the names in which they are compared."""
    found = {name: _value(record, extra, locales) for name, extra in extras.items()}
    return {extra_field(name): value for name, value in found.items() if value not in (None, "", [], {})}


def _value(record: dict[str, Any], extra: ExtraField, locales: tuple[str, ...]) -> Any:
    if extra.path is None:
        return extra.constant
    return next(leaves(record, extra.path, locales), None)


def _read(value: Any) -> ExtraField:
    return ExtraField(constant=value.get(VALUE)) if isinstance(value, dict) else ExtraField(path=str(value))


def _extra_problem(name: str, value: Any, documented: Collection[str], known: Collection[str]) -> str | None:
    if name in documented or name in NOT_OURS:
        other = "it has its own settings" if name in documented else "MicroPIM makes it"
        return f"{name} is a documented field: {other}"
    if not _NAME.fullmatch(name):
        return f"{name!r} is no name of a field"
    if isinstance(value, dict):
        is_constant = set(value) == {VALUE} and value[VALUE] not in (None, "", [], {})
        return None if is_constant else f'{name}: a value for every product is written {{"value": ...}}'
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        return f'{name}: must be a path like supplierReference, or {{"value": ...}}'
    first = value.partition(".")[0]
    if first not in known and (close := get_close_matches(first, known, 1, 0.8)):
        return f"{name}: there is no field {first} in the source; is {close[0]} meant?"
    return None
