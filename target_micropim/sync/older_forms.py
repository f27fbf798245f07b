"""A record as the tap gave it before its fields had one type each: the same content is no change. Pure.

Numbers became texts, and one name got one spelling (docs/decisions/0041). What the ledger remembers of an unchanged
product is the digest of its older form; by that it is known again, without a request.
"""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

Record = dict[str, Any]


class OlderForms:
    """Tries the forms that a record may have had, first the one that fitted last: a source is consistent."""

    def __init__(self) -> None:
        self._last: tuple[str, ...] = ()

    def has(self, record: Record, digest: str, digest_of: Callable[[Record], str]) -> bool:
        """Whether an older form of the record has this digest."""
        parts = {name: older for name, make in _PARTS.items() if (older := make(record)) is not None}
        for names in self._tries(tuple(parts)):
            older = dict(record)
            for name in names:
                older |= parts[name]
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


_PARTS: dict[str, Callable[[Record], Record | None]] = {
    "packageQuantity": _as_numbers("packageQuantity"),
    "zipcode": _zipcode,
    "packageContent": _as_numbers("packageContent"),
    "codes": _codes,
    "hsCode": _as_numbers("hsCode"),
    "gs1Category": _inner_numbers("gs1Category", "code", "parent"),
    "ospCategory": _inner_numbers("ospCategory", "parent"),
}
