"""The form of a connector's settings: made from their one declaration, and read back into settings.

Airbyte's forms know one type a field: a setting that may be an object or a list is a text that holds JSON. Messages
name the field by its title, as the person sees it, with the setting's name, by which the documentation has it.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from jsonschema import Draft202012Validator, ValidationError

from pim_wire.errors import InvalidSettings
from pim_wire.redaction import Redactor, passwords_in, proxy_credentials
from pim_wire.stray_settings import stray_settings

_OF_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_NOT_OF_A_FORM = frozenset({"type", "secret", "writeOnly", "items", "default", "title", "description"})
_TEXTS_OF_JSON = frozenset({"object", "array"})
_TIME = {
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9:]+)?)?$",
    "pattern_descriptor": "YYYY-MM-DDTHH:MM:SSZ",
}
_OF_THE_PLATFORM = "__"  # Airbyte puts fields of its own into a configuration
_SETTING = re.compile(r"\bSettings? (\w+)")
_VARIABLE = re.compile(r"\b(?:TAP_MEDIPIM|TARGET_MICROPIM)_([A-Z_]+)\b")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Group:
    """Fields that stand together in the form, under one heading."""

    id: str
    title: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """The settings of a connector as Airbyte asks for them.

    ``declared`` is the JSON schema of all settings. Each of them is in one of the ``groups``, the first of which is
    always shown, or is ``left_out``. ``locations`` are addresses that may hold a password.
    """

    title: str
    declared: Mapping[str, Any]
    groups: tuple[Group, ...]
    locations: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    examples: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        """The fields, in the order of the groups."""
        return [name for group in self.groups for name in group.names]

    def specification(self) -> dict[str, Any]:
        """The ``connectionSpecification``. Raises ValueError for a setting without its place."""
        properties = self.declared["properties"]
        if sorted([*self.names, *self.left_out]) != sorted(properties):
            odd = sorted(set(properties) ^ {*self.names, *self.left_out}) or "twice"
            raise ValueError(f"Groups and settings of {self.title} do not agree: {odd}")
        groups = {name: group for group in self.groups for name in group.names}
        return {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": self.title,
            "type": "object",
            "required": list(self.declared.get("required", [])),
            "additionalProperties": True,
            "groups": [{"id": group.id, "title": group.title} for group in self.groups],
            "properties": {
                name: self._field(name, properties[name], groups[name], order) for order, name in enumerate(self.names)
            },
        }

    def _field(self, name: str, setting: Mapping[str, Any], group: Group, order: int) -> dict[str, Any]:
        kind = kind_of(setting)
        description = setting["description"]
        if _TEXTS_OF_JSON & _types(setting):
            description = f"{description} An object or a list is written as JSON."
        made: dict[str, Any] = {
            "type": kind,
            "title": setting["title"],
            "description": description,
            "order": order,
            "group": group.id,
        }
        if (default := setting.get("default")) is not None:
            is_written = kind == "string" and not isinstance(default, str)
            made["default"] = orjson.dumps(default).decode() if is_written else default
        left_out = _NOT_OF_A_FORM | _OF_NUMBERS if kind == "string" else _NOT_OF_A_FORM
        made |= {word: value for word, value in setting.items() if word not in left_out}
        if setting.get("format") == "date-time":
            made |= _TIME
        if name in self.examples:
            made["examples"] = [self.examples[name]]
        if self.is_secret(name):
            made["airbyte_secret"] = True
        if group is self.groups[0] and name not in self.declared.get("required", []):
            made["always_show"] = True
        return made

    def is_secret(self, name: str) -> bool:
        """Whether a field holds a secret, or an address that may hold one."""
        return bool(self.declared["properties"][name].get("secret")) or name in self.locations

    def settings(self, values: Any) -> dict[str, Any]:
        """The settings that a filled-in form means, defaults included. Raises InvalidSettings, without a secret."""
        if not isinstance(values, dict):
            raise InvalidSettings("The configuration is no JSON object: it holds one field for each setting")
        given = {name: value for name, value in values.items() if value is not None and value != ""}
        errors = list(self._strays(given))
        known = {name: value for name, value in given.items() if name in self.declared["properties"]}
        validator = Draft202012Validator(dict(self.declared))
        errors += [self._words(error) for error in validator.iter_errors(known)]
        for name, value in known.items():
            if self._is_json(name, value):
                try:
                    known[name] = orjson.loads(value)  # as elsewhere: what is made of it must not depend on the host
                except orjson.JSONDecodeError as error:
                    errors.append(f"{self.called(name)}: is not JSON (line {error.lineno}, column {error.colno})")
        if errors:
            raise InvalidSettings(self.redactor(values).clean("; ".join(errors)))
        properties = self.declared["properties"].items()
        return {name: setting["default"] for name, setting in properties if setting.get("default") is not None} | known

    def _strays(self, given: Mapping[str, Any]) -> Iterator[str]:
        """Fields that do not exist: told, or refused where they may have been meant to protect."""
        names = [name for name in given if not name.startswith(_OF_THE_PLATFORM)]
        for stray in stray_settings(names, self.declared["properties"]):
            if stray.protects:
                yield str(stray)
            else:
                logger.warning("%s", stray)

    def _is_json(self, name: str, value: Any) -> bool:
        """Whether this is a text that begins like an object or a list, where one is possible."""
        begins = isinstance(value, str) and value.lstrip().startswith(("{", "["))
        return begins and bool(_TEXTS_OF_JSON & _types(self.declared["properties"][name]))

    def _words(self, error: ValidationError) -> str:
        if not error.absolute_path:
            missing = [name for name in self.declared.get("required", []) if repr(name) in error.message]
            return "; ".join(f"{self.called(name)} is missing" for name in missing)
        name = str(error.absolute_path[0])
        if self.is_secret(name):
            return f"{self.called(name)}: must be a text (value not shown)"
        return f"{self.called(name)}: {error.message[:200]}"

    def called(self, name: str) -> str:
        """A field by its title and the name of its setting."""
        return f"{self.declared['properties'][name]['title']} ({name})"

    def in_its_words(self, message: str) -> str:
        """A message about settings in the words of the form: it knows no variables and no command line."""

        def setting(found: re.Match[str]) -> str:
            name = found[1]
            return self.called(name) if name in self.declared["properties"] else found[0]

        def variable(found: re.Match[str]) -> str:
            name = found[1].lower()
            return self.called(name) if name in self.declared["properties"] else found[0]

        return _SETTING.sub(setting, _VARIABLE.sub(variable, message))

    def redactor(self, values: Any) -> Redactor:
        """Masks every secret of a configuration, whatever else is wrong with it."""
        given = values if isinstance(values, dict) else {}
        secrets: set[str] = set()
        for name in filter(self.is_secret, self.declared["properties"]):
            for text in _texts(given.get(name)):
                secrets |= {text.strip(), *passwords_in(text)} if name not in self.locations else passwords_in(text)
        return Redactor(secrets, proxy_credentials())


def kind_of(setting: Mapping[str, Any]) -> str:
    """The one type of a field: a text where a text is possible, as it is for everything that is JSON."""
    types = _types(setting)
    if "string" in types or types & _TEXTS_OF_JSON:
        return "string"
    return next(kind for kind in ("boolean", "integer", "number") if kind in types)


def _types(setting: Mapping[str, Any]) -> set[str]:
    types = setting.get("type", [])
    return {types} if isinstance(types, str) else set(types) - {"null"}


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
