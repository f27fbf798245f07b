"""Pure: whether what a client stored is what our tap sent. Forms may differ as the client documents; values may not."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Row = Mapping[str, Any]
Equal = Callable[[Any, Any], bool]
SHOWN = 80


def same(sent: Any, stored: Any) -> bool:
    """A value as a database or a file holds it: JSON as text, numbers of any type, times with or without a zone."""
    if sent is None or stored is None:
        return sent is stored
    if isinstance(sent, dict | list):
        return _same_tree(sent, stored)
    if isinstance(sent, bool):
        return str(stored).lower() in ({"true", "1"} if sent else {"false", "0"})
    if isinstance(sent, int | float | Decimal):
        return _same_number(sent, stored)
    return sent == stored or _same_time(sent, stored)


def _same_tree(sent: Any, stored: Any) -> bool:
    """Objects and lists, whole or as JSON text, at any depth."""
    if isinstance(stored, str | bytes):
        try:
            stored = json.loads(stored, parse_float=Decimal)
        except ValueError:
            return False
    if isinstance(sent, dict) and isinstance(stored, Mapping):
        return set(sent) == set(stored) and all(same(value, stored[name]) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(stored, list):
        return len(sent) == len(stored) and all(map(same, sent, stored))
    return False


def _same_number(sent: float | Decimal, stored: Any) -> bool:
    """Equal, or as near as a float of eight bytes can be."""
    if isinstance(stored, bool):
        return False
    try:
        return Decimal(str(sent)) == (found := Decimal(str(stored))) or float(sent) == float(found)
    except InvalidOperation:
        return False


def _same_time(sent: str, stored: Any) -> bool:
    """The same moment; without a zone it is meant as UTC."""
    found, wanted = _moment(stored), _moment(sent)
    return found is not None and found == wanted


def _moment(value: Any) -> datetime | None:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def same_cell(sent: Any, stored: Any) -> bool:
    """A value as a CSV file holds it: nothing is an empty cell, all else Python's word for it."""
    if sent is None:
        return stored in {"", None}
    return str(sent) == stored or (isinstance(sent, str) and _same_time(sent, stored))


def differences(
    sent: Iterable[tuple[Any, Row]], stored: Mapping[Any, Row], columns: Iterable[str], equal: Equal = same
) -> Iterator[str]:
    """A table: what is missing, what is too much, each other value. Columns are known by letters, not case."""
    names, rows = list(columns), dict(sent)
    yield from (f"{key}: is not there" for key in rows if key not in stored)
    yield from (f"{key}: was never sent" for key in stored if key not in rows)
    for key in (key for key in rows if key in stored):
        found = {name.lower(): value for name, value in stored[key].items()}
        yield from (f"{key}: there is no column {name}" for name in names if name.lower() not in found)
        there = [name for name in names if name.lower() in found]
        yield from _values(key, {name: (rows[key].get(name), found[name.lower()]) for name in there}, equal)


def line_differences(sent: Sequence[Row], stored: Sequence[Row], equal: Equal = same) -> Iterator[str]:
    """A file: every record a line, in order; what a record does not name is empty."""
    if len(sent) != len(stored):
        yield f"{len(sent)} records sent, {len(stored)} stored"
    for number, (row, found) in enumerate(zip(sent, stored, strict=False), 1):
        names = dict.fromkeys([*row, *found])
        yield from _values(f"line {number}", {name: (row.get(name), found.get(name)) for name in names}, equal)


def _values(place: object, pairs: Mapping[str, tuple[Any, Any]], equal: Equal) -> Iterator[str]:
    for name, (sent, stored) in pairs.items():
        if not equal(sent, stored):
            yield f"{place}: {name}: sent {_short(sent)}, stored {_short(stored)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
