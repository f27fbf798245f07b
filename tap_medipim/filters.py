"""The shape of a Medipim filter, checked before the first request (medipim.md 2.4). Pure.

Whether Medipim knows a filter, asked of schemas/medipim/filters before the first request (medipim.md 4.1 and 9).

One identifier list over 1,000 codes is split into several questions where that means the same: at the top, or in an
``and`` at the top. Elsewhere, and for two such lists, it is refused.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from pim_wire.schema_files import read_schema

LISTS = ("and", "or")
LEAST_NUMBER, MOST_NUMBER = -(2**63), 2**64 - 1  # what every reader of JSON takes
MAX_LEVELS = 64  # nobody's filter; what checks it calls itself once a level


def read_filter(value: Any) -> dict[str, Any] | None:
    """The filter setting as an object; JSON text is read. Raises ValueError with a sentence when it is neither.

    Refused too: a name given twice, of which one would be dropped, and numbers that not every reader of JSON can hold.
    """
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = json.loads(value, object_pairs_hook=_object)
        except ValueError as error:
            raise ValueError(f"is not JSON: {error}") from None
        except RecursionError:
            raise ValueError(f"is nested more than {MAX_LEVELS} levels deep") from None
    if not value:
        return None
    if not isinstance(value, dict):
        raise ValueError('must be an object like {"brand": [21]}')
    _check_values(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object names something twice")
    return found


def _check_values(value: Any) -> None:
    """Level by level, so that no depth is too deep for the check itself."""
    level = [value]
    for _ in range(MAX_LEVELS):
        if any(isinstance(item, float) and not math.isfinite(item) for item in level):
            raise ValueError("holds a number that is none")
        if any(isinstance(item, int) and not LEAST_NUMBER <= item <= MOST_NUMBER for item in level):
            raise ValueError("holds a number of more than 64 bits")
        level = [inner for item in level if isinstance(item, dict | list) for inner in _inside(item)]
        if not level:
            return
    raise ValueError(f"is nested more than {MAX_LEVELS} levels deep")


def _inside(item: dict[str, Any] | list[Any]) -> list[Any]:
    return list(item.values()) if isinstance(item, dict) else item


def problems(found: Any, path: str = "filter") -> Iterator[str]:
    """All that is wrong with the shape of a filter, each with its place."""
    if not isinstance(found, dict) or not found:
        yield f'{path}: must be an object with a filter\'s name and value, like {{"brand": [21]}}'
        return
    for name, value in found.items():
        if name in LISTS:
            yield from _list_problems(value, f"{path}.{name}")
        elif name == "not":
            yield from problems(value, f"{path}.not")
        elif value is None:
            yield f"{path}.{name}: has no value"


def _list_problems(value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield f"{path}: must be a list of filters"
        return
    for position, item in enumerate(value):
        yield from problems(item, f"{path}[{position}]")


def both(first: dict[str, Any] | None, second: dict[str, Any]) -> dict[str, Any]:
    """A filter that matches what both match."""
    return {"and": [first, second]} if first else second


MAX_CODES = 1000

Filter = dict[str, Any]


def refusals(found: Filter, version: str, market: str) -> Iterator[str]:
    """All that is wrong with a filter for this version and market, each with its place."""
    wrong_shape = list(problems(found))
    if wrong_shape:
        yield from wrong_shape
        return
    schema = read_schema("medipim/filters", version)
    for error in Draft202012Validator(schema).iter_errors(found):
        yield _in_words(error, version)
    known = _known(version)
    for name, path in _filter_names(found, "filter"):
        only = known.get(name, {}).get("x-markets")
        if only is not None and market not in only:
            yield f"{path}: the filter {name} exists in {', '.join(only)} only, not in {market}"
    yield from _too_many(found, version)


def sorting_refusals(found: Filter, version: str, market: str) -> Iterator[str]:
    """All that is wrong with a sorting for this version and market (medipim.md 4.2)."""
    schema = {"$ref": "#/$defs/sorting", "$defs": read_schema("medipim/filters", version)["$defs"]}
    if not isinstance(found, dict) or any(Draft202012Validator(schema).iter_errors(found)):
        known = ", ".join(schema["$defs"]["sorting"]["properties"])
        yield f"must be one of {known} with ASC or DESC; name with direction and locale"
        return
    for name in found:
        only = schema["$defs"]["sorting"]["properties"][name].get("x-markets")
        if only is not None and market not in only:
            yield f"the sorting {name} exists in {', '.join(only)} only, not in {market}"


def split(found: Filter | None, version: str) -> list[Filter | None]:
    """The questions that together mean the filter: one, or several when a list of codes is too long for one."""
    parts = _and_ed(found) if found else []
    for place, part in enumerate(parts):
        for name, value in part.items():
            if _is_codes(name, version) and isinstance(value, list) and len(value) > MAX_CODES:
                room = max(1, MAX_CODES - (_count(found, version) - len(value)))
                chunks = (value[start : start + room] for start in range(0, len(value), room))
                return [_with(parts, place, {**part, name: chunk}) for chunk in chunks]
    return [found]


def _with(parts: list[Filter], place: int, part: Filter) -> Filter:
    changed = [*parts[:place], part, *parts[place + 1 :]]
    return changed[0] if len(changed) == 1 else {"and": changed}


def _and_ed(found: Filter) -> list[Filter]:
    return list(found["and"]) if set(found) == {"and"} else [found]


def _too_many(found: Filter, version: str) -> Iterator[str]:
    if _count(found, version) <= MAX_CODES:
        return
    long = [len(value) for part in _and_ed(found) for name, value in part.items() if _is_long(name, value, version)]
    rest = _count(found, version) - sum(long)
    if len(long) != 1 or rest >= MAX_CODES:
        yield (
            f"filter: holds {_count(found, version)} codes; Medipim takes {MAX_CODES} in one request. One list can be "
            "split when it stands at the top or in an and at the top; two lists, or one within or / not, cannot"
        )


def _is_long(name: str, value: Any, version: str) -> bool:
    return _is_codes(name, version) and isinstance(value, list) and len(value) > MAX_CODES


def _count(found: Any, version: str) -> int:
    """Identifier codes in the whole filter."""
    total = 0
    for name, value in found.items():
        if name in LISTS:
            total += sum(_count(item, version) for item in value)
        elif name == "not":
            total += _count(value, version)
        elif _is_codes(name, version):
            total += len(value) if isinstance(value, list) else 1
    return total


def _filter_names(found: Filter, path: str) -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        if name in LISTS:
            for place, item in enumerate(value):
                yield from _filter_names(item, f"{path}.{name}[{place}]")
        elif name == "not":
            yield from _filter_names(value, f"{path}.not")
        else:
            yield name, f"{path}.{name}"


def _known(version: str) -> dict[str, Any]:
    known: dict[str, Any] = read_schema("medipim/filters", version)["$defs"]["filter"]["properties"]
    return known


def _is_codes(name: str, version: str) -> bool:
    return bool(_known(version).get(name, {}).get("x-codes"))


def _in_words(error: ValidationError, version: str) -> str:
    path = ".".join(["filter", *(str(part) for part in error.absolute_path)])
    rule: Any = error.schema
    value: Any = error.instance
    if error.validator == "additionalProperties":
        names = sorted(name for name in value if name not in rule["properties"])
        return f"{path}: {version} has no filter {', '.join(names)}"
    wanted = rule.get("description") if isinstance(rule, dict) else None
    return f"{path}: has a value of the wrong type or form" + (f" ({wanted})" if wanted else "")
