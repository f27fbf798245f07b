"""Pure: fields that MicroPIM does not document, sent only because the setting extra_fields says so (row 27).

``{"product_condition": {"value": "new"}, "manufacturer_code": "supplierReference"}``: a text is a dotted path into the
record, as in field_map; an object with ``value`` is that value for every product.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from target_micropim.mapping.lookup import leaves
from target_micropim.plan.values import extra_field

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
    wrong = [told for name, value in given.items() if (told := _problem(name, value, documented, known))]
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


def _problem(name: str, value: Any, documented: Collection[str], known: Collection[str]) -> str | None:
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
