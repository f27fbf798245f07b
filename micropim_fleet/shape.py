"""The shape of a fleet file, by schemas/fleet.schema.json: what jsonschema finds, in words without a secret."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from micropim_fleet.mistakes import Mistake, nearest
from micropim_fleet.variables import is_variable
from micropim_fleet.yaml_file import Document, Path_, owner_of
from pim_wire.schema_files import read_schema

SCHEMA = "fleet.schema"
_ELSEWHERE = {
    "api_key": "it stands beside settings, as api_key of the shop",
    "api_key_id": "it stands beside settings",
    "api_key_secret": "it stands beside settings",
    "market": "it stands beside settings",
    "locale": "it stands beside settings",
    "ledger_schema": "each shop has a schema of its own, by its name",
    "throttle_scope": "it is the shop's egress",
    "throttle_url": "it stands once, at the top of the file",
    "report_dir": "it is made of folder and the shop's name",
    "decisions_file": "it is made of folder and the shop's name",
    "max_rejects": "it stands under limits",
    "max_archive": "it stands under limits",
    "max_create": "it stands under limits",
    "reads_per_minute": "it stands under egresses",
    "writes_per_minute": "it stands under egresses",
    "pictures_per_minute": "it stands under egresses",
    "dry_run": "micropim-fleet run SHOP --dry-run asks for one",
    "profile": "a fleet carries records of tap-medipim",
}
_WORDS = {
    "integer": "a whole number", "number": "a number", "boolean": "true or false", "string": "a text",
    "array": "a list", "object": "a mapping", "null": "nothing",
}  # fmt: skip
_MOST_SHOWN = 60


def schema() -> dict[str, Any]:
    """The schema of a fleet file."""
    return read_schema(".", SCHEMA)


def mistakes_of_shape(document: Document) -> Iterator[Mistake]:
    """Everything that the schema does not allow."""
    if not isinstance(document.content, dict):
        yield Mistake(1, "", "a fleet is a mapping with store, markets and shops")
        return
    for error in Draft202012Validator(schema()).iter_errors(document.content):
        path = tuple(error.absolute_path)
        if not (error.validator in {"type", "enum", "pattern"} and is_variable(error.instance) and "settings" in path):
            yield from _in_words(document, path, error)


def _in_words(document: Document, path: Path_, error: ValidationError) -> Iterator[Mistake]:
    owner = owner_of(path)
    place = ".".join(map(str, path[2:] if owner else path))
    value: Any = error.instance
    asked: Any = error.schema
    if error.validator == "additionalProperties":
        known = asked.get("properties", {})
        for name in value.keys() - known.keys():
            where = _ELSEWHERE.get(name) if place.endswith("settings") else None
            advice = f" here: {where}" if where else nearest(name, known)
            what = f"{place}.{name}".lstrip(".")
            yield Mistake(document.line((*path, name)), owner, f"{what} does not exist{advice}")
    elif error.validator == "required":
        for name in asked["required"]:
            if name not in value:
                yield Mistake(document.line(path), owner, f"{place}.{name} is missing".lstrip("."))
    else:
        yield Mistake(document.line(path), owner, f"{place}: {_expected(error)}".removeprefix(": "))


def _expected(error: ValidationError) -> str:
    """What stands there, unless it may be a secret, and what should."""
    asked: Any = error.schema
    wanted: Any = error.validator_value
    if _is_secret(asked):
        return "stands as a variable only, ${NAME}: the value does not belong into this file"
    shown = _shown(error.instance)
    match error.validator:
        case "oneOf":
            told = _of_assortment(error.instance)
        case "anyOf":
            told = "is neither a value nor a list of values"
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            told = f"{shown} is not {' or '.join(_WORDS[kind] for kind in kinds if kind != 'null')}"
        case "enum":
            choices = [str(choice) for choice in wanted if choice is not None]
            told = f"{shown} is none of {', '.join(choices)}{nearest(str(error.instance), choices)}"
        case "pattern":
            told = f"{shown} does not look like {_LOOKS.get(wanted, wanted)}"
        case _:
            told = _BOUNDS.get(str(error.validator), "is wrong").replace("SHOWN", shown).replace("WANTED", str(wanted))
    return told


_BOUNDS = {
    "minLength": "is empty",
    "minItems": "is empty",
    "minProperties": "is empty",
    "uniqueItems": "has something twice",
    "minimum": "SHOWN is less than WANTED",
    "maximum": "SHOWN is more than WANTED",
    "exclusiveMinimum": "SHOWN is not more than WANTED",
}
_LOOKS = {
    "^\\S+(\\s+\\S+){4}$": "a schedule of cron: five fields, such as 0 23 * * *",
    "^[a-z_][a-z0-9_]{0,62}$": "a name of a schema: small letters, digits and _, no digit first",
    '^[^."\\s]+(\\.[^."\\s]+)?$': "schema.table",
    "^(https?://.+|[$][{][A-Za-z_][A-Za-z0-9_]*[}])$": "http://host:port or ${NAME}",
    "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$": "22:00-06:00",
}


def _is_secret(asked: Any) -> bool:
    """Whether a schema is that of a secret, which stands as a variable."""
    return str(asked.get("pattern", "")).startswith("^\\$")


def _shown(value: Any) -> str:
    """A value as it was written, cut; of a list or mapping only its kind."""
    if not isinstance(value, str | int | float | bool):
        return "nothing" if value is None else _WORDS["array" if isinstance(value, list) else "object"]
    shown = repr(value) if isinstance(value, str) else str(value).lower()
    return shown if len(shown) <= _MOST_SHOWN else shown[: _MOST_SHOWN - 1] + "…"


def _of_assortment(value: Any) -> str:
    known = ("csv", "table", "column", "codes", "match")
    strange = [str(name) for name in value if name not in known] if isinstance(value, dict) else []
    said = "".join(f"{name} does not exist{nearest(name, known)}; " for name in strange)
    return f"{said}it is all, a list of codes, or one of csv, codes, or table with column, each with match if need be"
