"""The filter grammar: parsed and checked first, evaluated later.

See docs/api/medipim.md#query-grammar and docs/api/medipim.md#product-filters.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from sandbox.exchange import JsonValue
from sandbox.medipim.rows import Row
from sandbox.medipim.violations import MAX_CODES, Violation

Predicate = Callable[[Row], bool]
Maker = Callable[[Any, str], Predicate]


@dataclass(frozen=True)
class FilterGrammar:
    """The filters of one resource, and whether several keys in one object mean ``and``."""

    makers: Mapping[str, Maker]
    several_keys: bool = True

    def compile(self, body: JsonValue, path: str = "filter") -> Predicate:
        """Turn a filter object into a predicate, or refuse it."""
        if not isinstance(body, dict):
            if body == []:  # The official PHP example posts [] for "nothing".
                return _everything
            raise Violation(path, "must be an object")
        if len(body) > 1 and not self.several_keys:
            raise Violation(path, "must have exactly one key")
        parts = [self._one(name, value, f"{path}.{name}") for name, value in body.items()]
        return parts[0] if len(parts) == 1 else _all(parts)

    def _one(self, name: str, value: JsonValue, path: str) -> Predicate:
        if name in {"and", "or"}:
            if not isinstance(value, list) or not value:
                raise Violation(path, "must be a non-empty list of filters")
            parts = [self.compile(item, f"{path}[{i}]") for i, item in enumerate(value)]
            return _all(parts) if name == "and" else _any(parts)
        if name == "not":
            inner = self.compile(value, path)
            return lambda row: not inner(row)
        if name not in self.makers:
            raise Violation(path, "unknown filter")
        return self.makers[name](value, path)


def members(read: Callable[[Row], Iterable[Any]], allowed: frozenset[str] | None = None) -> Maker:
    """Any of the given values occurs; integers are tolerated for strings (docs/api/medipim.md#product-filters)."""

    def make(value: JsonValue, path: str) -> Predicate:
        values = value if isinstance(value, list) else [value]
        if not values or any(isinstance(item, bool) or not isinstance(item, str | int) for item in values):
            raise Violation(path, "must be one or more values")
        if len(values) > MAX_CODES:
            raise Violation(path, f"at most {MAX_CODES} values")
        values_as_text = frozenset(str(item) for item in values)
        if allowed is not None and not values_as_text <= allowed:
            raise Violation(path, f"must be one of: {', '.join(sorted(allowed))}")
        return lambda row: any(str(item) in values_as_text for item in read(row) if item is not None)

    return make


def of_length(maker: Maker, length: int) -> Maker:
    """Codes of exactly this length (docs/api/medipim.md#code-lengths)."""

    def make(value: JsonValue, path: str) -> Predicate:
        for item in value if isinstance(value, list) else [value]:
            if len(str(item)) != length:
                raise Violation(path, f"must be exactly {length} characters")
        return maker(value, path)

    return make


def flag(read: Callable[[Row], Any]) -> Maker:
    """True or false."""

    def make(value: JsonValue, path: str) -> Predicate:
        if not isinstance(value, bool):
            raise Violation(path, "must be a boolean")
        return lambda row: bool(read(row)) is value

    return make


def since(read: Callable[[Row], int | None], *, inclusive: bool = True) -> Maker:
    """Unix seconds, or ``{from, until}``; ``until`` is inclusive (A)."""

    def make(value: JsonValue, path: str) -> Predicate:
        first, last = _bounds(value, path)
        least, most = -inf if first is None else first, inf if last is None else last

        def within(row: Row) -> bool:
            at = read(row)
            return at is not None and least <= at <= most

        def behind(row: Row) -> bool:
            at = read(row)
            return at is not None and least < at <= most

        return within if inclusive else behind

    return make


def single(maker: Maker) -> Maker:
    """One value, not a list of them."""

    def make(value: JsonValue, path: str) -> Predicate:
        if isinstance(value, list):
            raise Violation(path, "must be one value")
        return maker(value, path)

    return make


def without_type(maker: Maker) -> Maker:
    """A search of v3: query and locale alone (docs/api/medipim.md#v3)."""

    def make(value: JsonValue, path: str) -> Predicate:
        if isinstance(value, dict) and set(value) - {"query", "locale"}:
            raise Violation(path, "must have a query and a locale")
        return maker(value, path)

    return make


def limit_codes(body: JsonValue, names: frozenset[str]) -> None:
    """No filter holds more codes than that in all, in however many lists (docs/api/medipim.md#code-lists)."""
    if _count_codes(body, names) > MAX_CODES:
        raise Violation("filter", f"at most {MAX_CODES} identifier codes")


def _count_codes(body: JsonValue, names: frozenset[str]) -> int:
    if isinstance(body, list):
        return sum(_count_codes(item, names) for item in body)
    if not isinstance(body, dict):
        return 0
    return sum(
        (len(value) if isinstance(value, list) else 1) if name in names else _count_codes(value, names)
        for name, value in body.items()
    )


def search(read: Callable[[Row, str | None], Iterable[str]]) -> Maker:
    """``{query, locale, type?}`` or a plain string; without a type every word has to occur."""

    def make(value: JsonValue, path: str) -> Predicate:
        term = {"query": value} if isinstance(value, str) else value
        if not isinstance(term, dict) or not isinstance(term.get("query"), str):
            raise Violation(path, "must have a query")
        query, locale = term["query"].casefold(), term.get("locale")
        needles = [query] if term.get("type") == "contains" else query.split()
        return lambda row: _occur(needles, read(row, locale))

    return make


def _occur(needles: list[str], texts: Iterable[str]) -> bool:
    haystack = "\n".join(texts).casefold()
    return all(needle in haystack for needle in needles)


def _bounds(value: JsonValue, path: str) -> tuple[float | None, float | None]:
    if isinstance(value, dict):
        bounds = (value.get("from"), value.get("until"))
        if set(value) - {"from", "until"} or bounds == (None, None):
            raise Violation(path, "must be a timestamp or {from, until}")
    else:
        bounds = (value, None)
        if value is None:
            raise Violation(path, "must be a timestamp or {from, until}")
    if any(isinstance(bound, bool) or not isinstance(bound, int | float | None) for bound in bounds):
        raise Violation(path, "must be a timestamp or {from, until}")
    return bounds


def _everything(row: Row) -> bool:
    del row
    return True


def _all(parts: list[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]

    def test(row: Row) -> bool:
        for part in parts:  # noqa: SIM110 - asked for every row of a large catalogue; a generator takes twice as long
            if not part(row):
                return False
        return True

    return test


def _any(parts: list[Predicate]) -> Predicate:
    return lambda row: any(part(row) for part in parts)
