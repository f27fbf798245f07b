"""A record as the tap gave it before its fields had one type each: the same content is no change. Pure.

Numbers became texts, and one name got one spelling (docs/decisions/0041); texts in one language or in none got one form
(docs/decisions/0045). What the ledger remembers of an unchanged product is the digest of its older form; by that it is
known again, without a request.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import combinations
from typing import Any

from target_micropim.mapping.texts import BY_LANGUAGE, NO_LANGUAGE

Record = dict[str, Any]


class OlderForms:
    """Tries the forms that a record may have had, first the one that fitted last: a source is consistent."""

    def __init__(self) -> None:
        self._last: tuple[str, ...] = ()

    def has(self, record: Record, digest: str, digest_of: Callable[[Record], str]) -> bool:
        """Whether an older form of the record has this digest."""
        parts = tuple(name for name, make in _PARTS.items() if make(record) is not None)
        for names in self._tries(parts):
            older = dict(record)
            for name in names:
                older |= _PARTS[name](older) or {}
            if digest_of(older) == digest:
                self._last = names
                return True
        return False

    def _tries(self, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        likely = tuple(name for name in self._last if name in names)
        if likely:
            yield likely
        for size in range(1, len(names) + 1):
            yield from (each for each in combinations(names, size) if each != likely)


def _number(value: Any) -> Any:
    """The number whose own digits a text is; the value itself where it is none."""
    if not isinstance(value, str) or len(value) > 18 or not value.lstrip("-")[:1].isdigit():  # noqa: PLR2004 - 64 bits
        return value
    for kind in (int, float):
        try:
            number = kind(value)
        except ValueError:
            continue
        return number if str(number) == value else value
    return value


def _as_numbers(*names: str) -> Callable[[Record], Record | None]:
    def make(record: Record) -> Record | None:
        older: Record = {}
        for name in names:
            value = record.get(name)
            before = [_number(item) for item in value] if isinstance(value, list) else _number(value)
            if name in record and before != value:
                older[name] = before
        return older or None

    return make


def _codes(record: Record) -> Record | None:
    """Codes as numbers, which lose the zeros in front."""
    older: Record = {}
    for name in ("ean", "eanGtin8", "eanGtin12", "eanGtin13", "eanGtin14"):
        value = record.get(name)
        before = [_digits(item) for item in value] if isinstance(value, list) else _digits(value)
        if before != value:
            older[name] = before
    return older or None


def _digits(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value


def _inner_numbers(name: str, *fields: str) -> Callable[[Record], Record | None]:
    def make(record: Record) -> Record | None:
        inner = record.get(name)
        older = _as_numbers(*fields)(inner) if isinstance(inner, dict) else None
        return {name: inner | older} if older and isinstance(inner, dict) else None

    return make


def _zipcode(record: Record) -> Record | None:
    """docs/api/medipim.md#contact-spellings."""
    organizations = record.get("organizations")
    if not isinstance(organizations, list):
        return None
    older = [_other_spelling(item) for item in organizations]
    return {"organizations": older} if older != organizations else None


def _other_spelling(item: Any) -> Any:
    contact = item.get("contactInformation") if isinstance(item, dict) else None
    if not isinstance(contact, dict) or "zipCode" not in contact:
        return item
    rest = {name: value for name, value in contact.items() if name != "zipCode"}
    return {**item, "contactInformation": {**rest, "zipcode": contact["zipCode"]}}


def _rounded(record: Record) -> Record | None:
    """Numbers beyond 64 bits, and decimals, as fractions: digits were lost."""
    older: Record = _as_fractions(record)
    return older if older != record else None


def _as_fractions(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_fractions(item) for item in value]
    if isinstance(value, dict):
        return {name: _as_fractions(inner) for name, inner in value.items()}
    return float(value) if isinstance(value, Decimal) else value


def _mixed(record: Record) -> Record | None:
    """Texts as the source has them: plain, or by language (docs/api/medipim.md#names-as-text)."""
    older = _as_it_came(record)
    changed = {name: value for name, value in older.items() if record[name] != value}
    return changed or None


def _as_it_came(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_it_came(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(plain := value.get(NO_LANGUAGE, value.get("value")), str):
        return plain
    by_language = {name: value.get(name + BY_LANGUAGE) for name in value}
    return {
        name: found if isinstance(found := by_language[name], dict) else _as_it_came(inner)
        for name, inner in value.items()
        if not (name.endswith(BY_LANGUAGE) and name.removesuffix(BY_LANGUAGE) in value)
    }


_PARTS: dict[str, Callable[[Record], Record | None]] = {
    "mixed": _mixed,
    "rounded": _rounded,
    "packageQuantity": _as_numbers("packageQuantity"),
    "zipcode": _zipcode,
    "packageContent": _as_numbers("packageContent"),
    "codes": _codes,
    "hsCode": _as_numbers("hsCode"),
    "gs1Category": _inner_numbers("gs1Category", "code", "parent"),
    "ospCategory": _inner_numbers("ospCategory", "parent"),
}
