"""Variables in a fleet file: ``${NAME}``, named in messages, their values never."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from micropim_fleet.yaml_file import Path_

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PASSWORD = re.compile(r"://[^/?#@\s]*:([^@\s]*)@|[?&][^=&]*pass[^=&]*=([^&\s]*)", re.IGNORECASE)


def environment_of(folder: Path) -> dict[str, str]:
    """The variables of the process, and of ``.env`` beside the fleet file where the process has none."""
    beside = {name: value for name, value in dotenv_values(folder / ".env").items() if value is not None}
    return beside | dict(os.environ)


def variables_in(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    """Each variable in a value, with the path of the text it stands in."""
    if isinstance(value, str):
        yield from ((path, name) for name in VARIABLE.findall(value))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from variables_in(each, (*path, str(key)))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from variables_in(each, (*path, number))


def is_variable(value: Any) -> bool:
    """Whether the whole value is one variable."""
    return isinstance(value, str) and VARIABLE.fullmatch(value) is not None


def has_password(address: str) -> bool:
    """Whether an address holds a password in plain text."""
    found = _PASSWORD.search(address)
    return found is not None and not VARIABLE.fullmatch(found[1] or found[2] or "${NONE}")


def filled(text: str, environment: Mapping[str, str]) -> str:
    """The text with the values of its variables."""
    return VARIABLE.sub(lambda found: environment.get(found[1], ""), text)
