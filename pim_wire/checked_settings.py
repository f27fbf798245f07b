"""Settings as any host gives them, checked against their declaration: all that is wrong in one go, no secret in it.

A host is what runs a plugin: the Singer SDK, Airbyte, anybody's program. Each gives settings as a mapping and says in
its own words where a missing one goes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from pim_wire.config import read_booleans, types_of
from pim_wire.redaction import Redactor
from pim_wire.stray_settings import Stray

IS_MISSING = " is missing: give it as"
_properties = Draft202012Validator.VALIDATORS["properties"]


def _with_defaults(
    validator: Any, properties: Mapping[str, Any], settings: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """Fill in the defaults of a level before it is judged; a plain one needs no judging: a test does that once."""
    judged = dict(properties)
    if isinstance(settings, dict):
        for name, setting in properties.items():
            if "default" in setting and name not in settings:
                settings[name] = default = setting["default"]
                if not isinstance(default, dict | list):  # which hold a level of their own
                    del judged[name]
    yield from _properties(validator, judged, settings, schema)


_Validator = validators.extend(Draft202012Validator, {"properties": _with_defaults})  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class HostWords:
    """How a host speaks of settings: where a missing one goes, and where warnings go."""

    how_to_give: Callable[[str], str]
    warn: Callable[[str], None]


def checked_settings(
    config: dict[str, Any],
    schema: Mapping[str, Any],
    check: Callable[[dict[str, Any]], Iterable[str]],
    redactor: Redactor,
    strays: Iterable[Stray],
    words: HostWords,
) -> list[str]:
    """Every error in ``config``, without secret values. Fills in the defaults; ``check`` judges what a schema cannot.

    A setting that is null or empty counts as unset: hosts pass unset settings that way.
    """
    errors = []
    for stray in strays:
        if stray.protects:
            errors.append(str(stray))
        else:
            words.warn(str(stray))
    _tidy(config, schema)
    errors += [
        redactor.clean(_message(error, schema, words.how_to_give)) for error in _Validator(schema).iter_errors(config)
    ]
    return errors or [redactor.clean(error) for error in check(config)]


def _tidy(config: dict[str, Any], schema: Mapping[str, Any]) -> None:
    for name in [name for name, value in config.items() if value is None or value == ""]:
        del config[name]
    for name, value in config.items():
        setting = schema["properties"].get(name, {})
        if isinstance(value, Decimal | float):
            config[name] = _number(float(value), setting)
        elif type(value) is int and types_of(setting) - {"null"} == {"string"} and not _is_secret(setting):
            config[name] = str(value)  # as YAML reads the number of an API key; what hides secrets saw them before
    read_booleans(config, schema)


def _is_secret(setting: Mapping[str, Any]) -> bool:
    return bool(setting.get("secret") or setting.get("writeOnly"))


def _number(value: float, setting: Mapping[str, Any]) -> float:
    """8.0, which JSON Schema takes for a whole number, as 8; a socket's timeout must be a float."""
    return int(value) if value.is_integer() and "integer" in types_of(setting) else value


def _message(error: ValidationError, schema: Mapping[str, Any], how_to_give: Callable[[str], str]) -> str:
    name = ".".join(str(part) for part in error.absolute_path)
    if not name:
        missing = [name for name in schema.get("required", []) if repr(name) in error.message]
        return " and ".join(f"Setting {name}{IS_MISSING} {how_to_give(name)}" for name in missing)
    setting = schema["properties"].get(str(error.absolute_path[0]), {})
    if _is_secret(setting):
        return f"Setting {name}: must be a text (value not shown)"
    if error.validator == "type" and "boolean" in str(error.validator_value):
        return f"Setting {name}: {error.instance!r} is neither true nor false"
    return f"Setting {name}: {error.message}"
