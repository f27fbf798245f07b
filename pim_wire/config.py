"""Settings as a command line gives them: files, and variables of the environment.

Stock singer-sdk 0.54.9 names neither the file nor the setting that it cannot read, reads no fractions from the
environment, and takes every word that it does not know for false: a dry run asked for with ``oui`` would write.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
import orjson
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.plugin_base import PluginBase, _ConfigInput

from pim_wire.errors import InvalidSettings

_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_INTEGER = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def environment_of(plugin: type[PluginBase]) -> dict[str, Any]:
    """What variables give to a plugin, the SDK's own settings included."""
    schema = plugin.config_jsonschema
    plugin.append_builtin_config(schema)
    return environment_settings(schema, plugin._env_var_prefix)  # noqa: SLF001 - the SDK has no other name for it


def environment_settings(schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """What variables give. What is not of its setting's kind stays a text, which the check then refuses by name."""
    parse_environment_config({}, prefix)  # reads an .env file, as every plugin of the SDK does
    return {
        name: _value(text.strip(), _kinds(of))
        for name, of in schema["properties"].items()
        if (text := os.environ.get(f"{prefix}{name.upper()}")) is not None
    }


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    """The types that a setting may have."""
    parts = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    found = (part.get("type", ()) for part in parts)
    return {kind for kinds in found for kind in ([kinds] if isinstance(kinds, str) else kinds)}


def _value(text: str, kinds: set[str]) -> Any:
    if "integer" in kinds and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in kinds and _NUMBER.fullmatch(text):
        return float(text)
    if "boolean" in kinds and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if kinds & {"object", "array"} and "string" not in kinds:
        return _json(text)
    return text  # lists and objects of our own settings are read where they are checked


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return text


def with_clear_files(command: click.Command) -> None:
    """Let ``--config`` say which file is wrong, and how."""
    (option,) = [param for param in command.params if param.name == "config"]
    option.callback = lambda _context, _param, paths: _settings_of(paths)


def _settings_of(paths: Iterable[str]) -> _ConfigInput:
    """All files merged, the last word counting. Raises InvalidSettings."""
    found = _ConfigInput()
    for path in paths:
        if path == "ENV":
            found.parse_env = True
        else:
            found.config |= _settings_in(Path(path))
    return found


def _settings_in(path: Path) -> dict[str, Any]:
    """What a file holds, which an error never shows: there is a key in it. Raises InvalidSettings."""
    try:
        settings = orjson.loads(path.read_bytes())
    except OSError as error:
        raise InvalidSettings(f"--config {path} cannot be read ({error.strerror}): give a file, or ENV") from None
    except orjson.JSONDecodeError as error:
        raise InvalidSettings(f"--config {path} is not JSON (line {error.lineno}, column {error.colno})") from None
    if not isinstance(settings, dict):
        raise InvalidSettings(f"--config {path} is not a JSON object of settings")
    return settings


def unknown_settings(given: Iterable[str], known: Iterable[str], tell: Callable[..., None]) -> None:
    """Say of each setting that there is none of that name: a typing mistake would else show in a shop."""
    names = list(known)
    for name in given:
        if name not in names:
            (alike, *_) = [*get_close_matches(name, names, 1), ""]
            tell("Setting %s does not exist and does nothing%s", name, f"; was {alike} meant?" if alike else "")
