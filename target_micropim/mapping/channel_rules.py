"""Pure: the rules by which a new product gets its channels and its status, from what the source says of it.

A table of rows, the first of which that fits decides, for channels and for status apart:

    [{"when": {"prescription": true}, "publishing_channels": []},
     {"when": {"status": "no_selection"}, "status": "draft"}]

or the same by field: {"publishing_channels": {"when": {"prescription": true}, "value": []}}. ``when`` names fields of
Medipim as in field_map, each with one value or a list of them; all must fit. An empty ``when`` fits every product.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from target_micropim.mapping.headings import KINDS
from target_micropim.mapping.lookup import leaves
from target_micropim.mapping.numbers import decimal_of
from target_micropim.mapping.source_names import misspelt

CHANNELS, STATUS = "publishing_channels", "status"
OFFERED = ("web", "mobile", "api", "marketplace", "social", "email")  # docs/api/micropim.md#channels
NEW_STATUSES = ("draft", "active")
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*", re.ASCII)


@dataclass(frozen=True)
class ChannelRule:
    """One row: what must fit, and what a new product gets then; None leaves it to the next row."""

    when: Mapping[str, tuple[Any, ...]]
    publishing_channels: tuple[str, ...] | None = None
    status: str | None = None

    def fits(self, record: dict[str, Any], locales: tuple[str, ...]) -> bool:
        """Whether every field has one of the values that are asked for; null asks for an empty field."""
        return all(_fits(list(leaves(record, path, locales)), wanted) for path, wanted in self.when.items())


def _fits(found: list[Any], wanted: Collection[Any]) -> bool:
    return any((one is None and not found) or any(_is_same(value, one) for value in found) for one in wanted)


def _is_same(value: Any, wanted: Any) -> bool:
    """Equal as people see it: true is no 1, but true as a text is true; 6 is 6.0; case does not count."""
    if not (isinstance(value, str) and isinstance(wanted, str)) and (number := decimal_of(value)) is not None:
        return number == decimal_of(wanted)
    return str(value).strip().casefold() == str(wanted).strip().casefold()


def channels_of(
    rules: Iterable[ChannelRule], record: dict[str, Any], locales: tuple[str, ...], otherwise: tuple[str, ...]
) -> tuple[str, ...]:
    """The channels of a new product."""
    of_rules = (
        rule.publishing_channels
        for rule in rules
        if rule.publishing_channels is not None and rule.fits(record, locales)
    )
    return next(of_rules, otherwise)


def status_of(rules: Iterable[ChannelRule], record: dict[str, Any], locales: tuple[str, ...], otherwise: str) -> str:
    """The status of a new product."""
    return next((rule.status for rule in rules if rule.status is not None and rule.fits(record, locales)), otherwise)


# What the setting may say


def checked_channel_rules(setting: Any, source_fields: Collection[str]) -> tuple[ChannelRule, ...]:
    """The rules. Raises ValueError with everything that is wrong, by the number of the row."""
    rows = list(_rows(setting))
    problems = [
        f"row {number}: {problem}" for number, row in enumerate(rows, 1) for problem in _problems(row, source_fields)
    ]
    problems = problems or list(_never_reached(rows))
    if problems:
        raise ValueError("; ".join(problems))
    return tuple(_rule(row) for row in rows)


def _rows(setting: Any) -> Iterable[Any]:
    """The rows of a table, or of rules by field. Raises ValueError for another shape."""
    if setting in (None, "", [], {}):
        return []
    if isinstance(setting, dict) and "when" in setting:
        return [setting]
    if isinstance(setting, dict):
        return [row for field, rules in setting.items() for row in _rows_of(field, rules)]
    if not isinstance(setting, list):
        raise ValueError('must be a list of rows like {"when": {"prescription": true}, "publishing_channels": []}')
    return setting


def _rows_of(field: str, rules: Any) -> list[Any]:
    """The rows of one field: ``value`` is what it gets."""
    rows = rules if isinstance(rules, list) else [rules]
    return [
        {field if name == "value" else name: value for name, value in row.items()} if isinstance(row, dict) else row
        for row in rows
    ]


def _rule(row: Mapping[str, Any]) -> ChannelRule:
    when = {path: tuple(value) if isinstance(value, list) else (value,) for path, value in row["when"].items()}
    channels = row.get(CHANNELS)
    channels = [channels] if isinstance(channels, str) else channels
    return ChannelRule(when, None if channels is None else tuple(channels), row.get(STATUS))


def _problems(row: Any, source_fields: Collection[str]) -> Iterable[str]:
    if not isinstance(row, dict) or not isinstance(row.get("when"), dict):
        yield 'must be {"when": {field: value}, ...} with publishing_channels, status or both'
        return
    if unknown := [name for name in row if name not in {"when", CHANNELS, STATUS}]:
        yield f"{', '.join(map(str, unknown))} is none of when, {CHANNELS}, {STATUS}"
    elif not row.keys() & {CHANNELS, STATUS}:
        yield f"says nothing: {CHANNELS} or {STATUS} is missing"
    channels = row.get(CHANNELS, [])
    channels = [channels] if isinstance(channels, str) else channels
    if not isinstance(channels, list) or any(name not in OFFERED for name in channels):
        yield f"{CHANNELS} is a list of {', '.join(OFFERED)}; an empty one is none"
    if row.get(STATUS, NEW_STATUSES[0]) not in NEW_STATUSES:
        yield f"{STATUS} of a new product is {' or '.join(NEW_STATUSES)}"
    for path, wanted in row["when"].items():
        yield from _condition_problems(path, wanted, source_fields)


def _condition_problems(path: Any, wanted: Any, source_fields: Collection[str]) -> Iterable[str]:
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        yield f"{path!r} is no field of Medipim"
        return
    first, _, rest = path.partition(".")
    if first == "descriptions" and rest not in KINDS:
        yield f"{path}: {rest or 'nothing'} is no type of description; there are {', '.join(KINDS)}"
    if close := misspelt(first, source_fields):
        yield f"Medipim has no field {first}; is {close} meant?"
    values = wanted if isinstance(wanted, list) else [wanted]
    if not values or any(isinstance(value, list | dict) for value in values):
        yield f"{path} must be one value or a list of them"


def _never_reached(rows: list[Any]) -> Iterable[str]:
    """A row behind one that fits every product and says the same things."""
    decided: set[str] = set()
    for number, row in enumerate(rows, 1):
        says = row.keys() & {CHANNELS, STATUS}
        if says <= decided:
            yield f"row {number}: is never reached, since a row before it fits every product"
        if not row["when"]:
            decided |= says
