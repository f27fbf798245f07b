"""The filter and sorting settings: read, checked before the first request, and split into questions.

- ``read_filter`` and ``shape_errors`` need no schema: is it an object, and does its shape make sense
(docs/api/medipim.md#query-grammar)?
- ``refusals`` and ``sorting_refusals`` ask schemas/medipim/filters whether a version and market of Medipim know it
  (docs/api/medipim.md#product-filters, docs/api/medipim.md#v3).
- ``split`` makes several questions of one list of over 1,000 identifiers, where that means the same: at the top, or in
  an ``and`` at the top. Elsewhere, and for two such lists, the filter is refused.
"""

import math
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from pim_wire.schema_files import read_schema
from pim_wire.settings_json import TwiceNamed, read_json

Filter = dict[str, Any]
LISTS = ("and", "or")
LEAST_NUMBER, MOST_NUMBER = -(2**63), 2**64 - 1  # the range that every reader of JSON takes
MAX_LEVELS = 64  # far beyond any filter in use; what checks it calls itself once a level
MAX_CODES = 1000


def read_filter(value: Any) -> Filter | None:
    """The filter setting as an object; JSON text is read. Raises ValueError with a sentence when it is neither.

    Refused too: a name that stands twice, since one would be dropped, and numbers that not every reader of JSON takes.
    """
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = read_json(value)
        except TwiceNamed:
            raise
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


def _check_values(value: Any) -> None:
    """Level by level, so that no depth is too deep for the check itself."""
    level = [value]
    for _ in range(MAX_LEVELS):
        if any(isinstance(item, float) and not math.isfinite(item) for item in level):
            raise ValueError("holds a number that is none")
        if any(isinstance(item, int) and not LEAST_NUMBER <= item <= MOST_NUMBER for item in level):
            raise ValueError("holds a number of more than 64 bits")
        if not all(_is_text(text) for item in level for text in _texts(item)):
            raise ValueError("holds half a surrogate pair, which is no character")
        level = [inner for item in level if isinstance(item, dict | list) for inner in _inside(item)]
        if not level:
            return
    raise ValueError(f"is nested more than {MAX_LEVELS} levels deep")


def _texts(item: Any) -> list[str]:
    return [item] if isinstance(item, str) else list(item) if isinstance(item, dict) else []


def _is_text(text: str) -> bool:
    """Whether a text can travel as UTF-8."""
    return text.isascii() or text.encode(errors="replace").decode() == text


def _inside(item: dict[str, Any] | list[Any]) -> list[Any]:
    return list(item.values()) if isinstance(item, dict) else item


def both(first: Filter | None, second: Filter) -> Filter:
    """A filter that matches what both match."""
    return {"and": [first, second]} if first else second


def shape_errors(value: Any, path: str = "filter") -> Iterator[str]:
    """All that is wrong with the shape of a filter, each with its place."""
    if not isinstance(value, dict) or not value:
        yield f'{path}: must be an object with a filter\'s name and value, like {{"brand": [21]}}'
        return
    for name, operand in value.items():
        if name in LISTS:
            yield from _list_errors(operand, f"{path}.{name}")
        elif name == "not":
            yield from shape_errors(operand, f"{path}.not")
        elif operand is None:
            yield f"{path}.{name}: has no value"


def _list_errors(value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield f"{path}: must be a list of filters"
        return
    for place, item in enumerate(value):
        yield from shape_errors(item, f"{path}[{place}]")


def refusals(row_filter: Filter, version: str, market: str) -> Iterator[str]:
    """All that is wrong with a filter for this version and market, each with its place."""
    errors = list(shape_errors(row_filter))
    if errors:
        yield from errors
        return
    schema = read_schema("medipim/filters", version)
    for error in Draft202012Validator(schema).iter_errors(row_filter):
        yield _in_words(error, version)
    rules = _rules(version)
    for path, name, _ in _conditions(row_filter, "filter"):
        markets = rules.get(name, {}).get("x-markets")
        if markets is not None and market not in markets:
            yield f"{path}: the filter {name} exists in {', '.join(markets)} only, not in {market}"
    yield from _too_many_codes(row_filter, version)


def _in_words(error: ValidationError, version: str) -> str:
    path = ".".join(["filter", *(str(part) for part in error.absolute_path)])
    rule: Any = error.schema
    value: Any = error.instance
    if error.validator == "additionalProperties":
        names = sorted(name for name in value if name not in rule["properties"])
        return f"{path}: {version} has no filter {', '.join(names)}"
    description = rule.get("description") if isinstance(rule, dict) else None
    return f"{path}: has a value of the wrong type or form" + (f" ({description})" if description else "")


def sorting_refusals(sorting: Any, version: str, market: str) -> Iterator[str]:
    """All that is wrong with a sorting for this version and market (docs/api/medipim.md#product-sortings)."""
    schema = {"$ref": "#/$defs/sorting", "$defs": read_schema("medipim/filters", version)["$defs"]}
    rules = schema["$defs"]["sorting"]["properties"]
    if not isinstance(sorting, dict) or any(Draft202012Validator(schema).iter_errors(sorting)):
        yield f"must be one of {', '.join(rules)} with ASC or DESC; name with direction and locale"
        return
    for name in sorting:
        markets = rules[name].get("x-markets")
        if markets is not None and market not in markets:
            yield f"the sorting {name} exists in {', '.join(markets)} only, not in {market}"


def split(row_filter: Filter | None, version: str) -> list[Filter | None]:
    """The questions that together mean the filter: one, or several when a list of codes is too long for one."""
    parts = _top_parts(row_filter) if row_filter else []
    for place, part in enumerate(parts):
        for name, value in part.items():
            if _is_too_long(name, value, version):
                room = max(1, MAX_CODES - (_code_count(row_filter, version) - len(value)))
                chunks = (value[start : start + room] for start in range(0, len(value), room))
                return [_with(parts, place, {**part, name: chunk}) for chunk in chunks]
    return [row_filter]


def _with(parts: list[Filter], place: int, part: Filter) -> Filter:
    parts = [*parts[:place], part, *parts[place + 1 :]]
    return parts[0] if len(parts) == 1 else {"and": parts}


def _top_parts(row_filter: Filter) -> list[Filter]:
    """The filters of an ``and`` at the top, else the filter itself."""
    return list(row_filter["and"]) if set(row_filter) == {"and"} else [row_filter]


def _too_many_codes(row_filter: Filter, version: str) -> Iterator[str]:
    """In words, when there are more codes than fit and ``split`` cannot help."""
    count = _code_count(row_filter, version)
    if count <= MAX_CODES:
        return
    fields = [field for part in _top_parts(row_filter) for field in part.items()]
    lengths = [len(value) for name, value in fields if _is_too_long(name, value, version)]
    if len(lengths) != 1 or count - lengths[0] >= MAX_CODES:
        yield (
            f"filter: holds {count} codes; Medipim takes {MAX_CODES} in one request. One list can be "
            "split when it stands at the top or in an and at the top; two lists, or one within or / not, cannot"
        )


def _is_too_long(name: str, value: Any, version: str) -> bool:
    return _is_codes(name, version) and isinstance(value, list) and len(value) > MAX_CODES


def _code_count(row_filter: Any, version: str) -> int:
    """How many identifiers the whole filter holds."""
    values = [value for _, name, value in _conditions(row_filter, "") if _is_codes(name, version)]
    return sum(len(value) if isinstance(value, list) else 1 for value in values)


def _conditions(row_filter: Filter, path: str) -> Iterator[tuple[str, str, Any]]:
    """Place, name and value of each condition, however deep it stands within and, or, not."""
    for name, value in row_filter.items():
        if name in LISTS:
            for place, item in enumerate(value):
                yield from _conditions(item, f"{path}.{name}[{place}]")
        elif name == "not":
            yield from _conditions(value, f"{path}.not")
        else:
            yield f"{path}.{name}", name, value


def _rules(version: str) -> dict[str, Any]:
    rules: dict[str, Any] = read_schema("medipim/filters", version)["$defs"]["filter"]["properties"]
    return rules


def _is_codes(name: str, version: str) -> bool:
    return bool(_rules(version).get(name, {}).get("x-codes"))
