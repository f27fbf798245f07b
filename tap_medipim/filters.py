"""The shape of a Medipim filter, checked before the first request (medipim.md 2.4). Pure."""

import json
import math
from collections.abc import Iterator
from typing import Any

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
