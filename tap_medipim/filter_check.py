"""Whether Medipim knows a filter, asked of schemas/medipim/filters before the first request (medipim.md 4.1 and 9).

One identifier list over 1,000 codes is split into several questions where that means the same: at the top, or in an
``and`` at the top. Elsewhere, and for two such lists, it is refused.
"""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from pim_wire.schema_files import read_schema
from tap_medipim.filters import LISTS, problems

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
    for name, path in _names(found, "filter"):
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


def _names(found: Filter, path: str) -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        if name in LISTS:
            for place, item in enumerate(value):
                yield from _names(item, f"{path}.{name}[{place}]")
        elif name == "not":
            yield from _names(value, f"{path}.not")
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
