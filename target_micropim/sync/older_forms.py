"""A record as the tap gave it before its fields had one type each: the same content is no change.

Numbers became texts, and one name got one spelling (docs/decisions/0041); texts in one language or in none got one form
(docs/decisions/0045). What the ledger remembers of an unchanged product is the digest of its older form; by that it is
known again, without a request.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import combinations
from typing import Any

from target_micropim.ledger import Known, Ledger
from target_micropim.mapping.texts import BY_LANGUAGE, NO_LANGUAGE

Record = dict[str, Any]
_CODES = ("ean", "eanGtin8", "eanGtin12", "eanGtin13", "eanGtin14")
_NUMBERS = ("packageQuantity", "packageContent", "hsCode", *_CODES)
_INNER_NUMBERS = {"gs1Category": ("code", "parent"), "ospCategory": ("parent",)}
_FACT, _COMING = "older forms until", "coming"


class OlderRows:
    """Which products a ledger may know by an older form: those settled before the last record in one was settled.

    A fact of the ledger holds that moment, or that such records came in its last run. Called by one thread.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._until: float | None = None  # until it was asked for
        self._is_coming = False

    def may_hold(self, known: Known) -> bool:
        """Whether this product may be known by an older form."""
        if self._until is None:
            self._until = self._moment()
        return known.settled_at is None or known.settled_at <= self._until

    def saw(self, record: Record) -> None:
        """A record is about to be dealt with: the ledger will know it in the form that it has."""
        if self._until is None:
            self._until = self._moment()
        if not self._is_coming and is_older(record):
            self._is_coming = True
            self._ledger.note(_FACT, _COMING)

    def _moment(self) -> float:
        noted = self._ledger.fact(_FACT)
        if noted is None or noted == _COMING:
            may_hold = noted == _COMING or self._ledger.knows_products()
            self._ledger.note(_FACT, noted := str(self._ledger.now() if may_hold else 0.0))
        return float(noted)


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


def is_older(record: Record) -> bool:
    """Whether the record shows by any sign that it comes in an older form; one record of a run that does is enough."""
    for name in _NUMBERS:
        value = record.get(name)
        if isinstance(value, int | float) or (isinstance(value, list) and any(map(_is_number, value))):
            return True
    for name, fields in _INNER_NUMBERS.items():
        inner = record.get(name)
        if isinstance(inner, dict) and any(map(_is_number, map(inner.get, fields))):
            return True
    return _is_mixed(record)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _is_mixed(record: Record) -> bool:
    """Whether a text stands where texts by language do, or these where a text does, or a name is spelled as before."""
    if isinstance(record.get("name"), str) or isinstance(record.get("conservationLabel"), str):
        return True
    for field in ("brands", "organizations"):
        items = record.get(field)
        for item in items if isinstance(items, list) else ():
            contact = item.get("contactInformation") if isinstance(item, dict) else None
            if isinstance(contact, dict) and "zipcode" in contact:
                return True
            if isinstance(item, dict) and isinstance(item.get("name"), dict):
                return True
    return False


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
    for name in _CODES:
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
    **{name: _inner_numbers(name, *fields) for name, fields in _INNER_NUMBERS.items()},
}
