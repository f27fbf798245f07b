"""Settings from config files and from environment variables.

Stock singer-sdk 0.54.9 names neither the file nor the setting that it cannot read, reads no fractions from the
environment, and takes every unknown word for false: a dry run requested with ``oui`` would write.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import click
import orjson
from dotenv import load_dotenv
from singer_sdk.plugin_base import PluginBase, _ConfigInput

from pim_wire.env_file import text_of
from pim_wire.errors import InvalidSettings
from pim_wire.settings_json import TwiceNamed, read_json

_BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_LATIN_1 = 0xFF
_INTEGER = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def environment_of(plugin: type[PluginBase]) -> dict[str, Any]:
    """A plugin's settings from environment variables, including the SDK's own settings."""
    schema = plugin.config_jsonschema
    plugin.append_builtin_config(schema)
    return environment_settings(schema, plugin._env_var_prefix)  # noqa: SLF001 - the SDK has no public name for it


def environment_settings(schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Settings from environment variables. A value of the wrong type stays a text, which validation then reports."""
    # The SDK looks where its own files lie, and lets a file win over a variable.
    load_dotenv(stream=StringIO(text_of(Path(".env"), prefix)), override=False)
    return {
        name: _value(text.strip(), types_of(setting))
        for name, setting in schema["properties"].items()
        if (text := os.environ.get(f"{prefix}{name.upper()}")) is not None
    }


def types_of(schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that a setting may have."""
    parts = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    declared = (part.get("type", ()) for part in parts)
    return {name for names in declared for name in ([names] if isinstance(names, str) else names)}


def _value(text: str, types: set[str]) -> Any:
    if "integer" in types and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in types and _NUMBER.fullmatch(text):
        return float(text)
    if "boolean" in types and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if types & {"object", "array"} and "string" not in types:
        return _json(text)
    return text  # lists and objects in our own settings are parsed where they are validated


def read_booleans(config: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Yes and no as texts are read; another word stays, so that validation refuses it.

    Meltano takes each word that it does not know for no, so our definitions let it hand on the text of ``dry_run``.
    """
    for name, setting in schema["properties"].items():
        if isinstance(value := config.get(name), str):
            types = types_of(setting)
            if "boolean" in types and "string" not in types:
                config[name] = _value(value.strip(), types)


def key_errors(config: Mapping[str, Any], *names: str) -> Iterator[str]:
    """What is wrong with keys, without their values: a container's ``--env-file`` hands quotation marks on."""
    for name in names:
        key = config[name].strip()
        if not key:
            yield f"Setting {name}: is empty"
        elif key[0] == key[-1] and key[0] in "\"'`":
            yield f"Setting {name}: stands in quotation marks that would be sent: take them away (value not shown)"


def header_errors(config: Mapping[str, Any], name: str) -> Iterator[str]:
    """What is wrong with a text that goes into a header as it is."""
    text = str(config.get(name) or "")
    if not (text.isprintable() and all(ord(letter) <= _LATIN_1 for letter in text)):
        yield f"Setting {name}: holds characters that cannot travel in a header; give one line of Latin letters"


def _json(text: str) -> Any:
    try:
        return read_json(text)
    except (ValueError, RecursionError):
        return text


def set_config_reader(command: click.Command) -> None:
    """Let ``--config`` name the file that cannot be read, and why."""
    (option,) = [param for param in command.params if param.name == "config"]
    option.callback = lambda _context, _param, paths: _read_files(paths)


def _read_files(paths: Iterable[str]) -> _ConfigInput:
    """All files merged; the last value of a setting wins. Raises InvalidSettings."""
    merged = _ConfigInput()
    for path in paths:
        if path == "ENV":
            merged.parse_env = True
        else:
            merged.config |= _read_file(Path(path))
    return merged


def _read_file(path: Path) -> dict[str, Any]:
    """The settings in a file. Raises InvalidSettings, whose message quotes nothing of the file: it holds a key."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        settings = orjson.loads(text)
        with suppress(RecursionError):
            read_json(text)
    except OSError as error:
        raise InvalidSettings(f"--config {path} cannot be read ({error.strerror}): give a file, or ENV") from None
    except UnicodeDecodeError:
        raise InvalidSettings(f"--config {path} is not in UTF-8: save it as UTF-8") from None
    except TwiceNamed as error:
        raise InvalidSettings(f"--config {path}: {error}") from None
    except orjson.JSONDecodeError as error:
        raise InvalidSettings(
            f"--config {path} is not JSON (line {error.lineno}, column {error.colno}); --config=ENV reads .env"
        ) from None
    if not isinstance(settings, dict):
        raise InvalidSettings(f"--config {path} is not a JSON object of settings")
    return settings
