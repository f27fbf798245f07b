"""Whether a message is one of the protocol: read back into the models, with nothing left over."""

import types
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from airbyte_protocol_dataclasses.models import AirbyteMessage, AirbyteStateBlob

_NAMES = {"global": "global_"}


def problems(value: Any, kind: Any = AirbyteMessage, path: str = "$") -> list[str]:
    """What of a JSON value is not as the model has it."""
    if get_origin(kind) in (Union, types.UnionType):
        options = [problems(value, each, path) for each in get_args(kind) if each is not type(None)]
        return [] if value is None or [] in options else options[0]
    if get_origin(kind) is list:
        (item,) = get_args(kind)
        wrong = [] if isinstance(value, list) else [f"{path} is no list"]
        return wrong or [problem for at, each in enumerate(value) for problem in problems(each, item, f"{path}[{at}]")]
    if kind is AirbyteStateBlob or get_origin(kind) is dict:
        return [] if isinstance(value, dict) else [f"{path} is no object"]
    if is_dataclass(kind):
        return _of_model(value, kind, path)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [] if value in [each.value for each in kind] else [f"{path} is {value!r}"]
    expected = (int, float) if kind is float else kind
    is_right = kind is Any or (isinstance(value, expected) and not (kind is not bool and isinstance(value, bool)))
    return [] if is_right else [f"{path} is {value!r}, not {kind}"]


def _of_model(value: Any, kind: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path} is no object"]
    hints, given = _hints(kind), {_NAMES.get(name, name): inner for name, inner in value.items()}
    found = [f"{path}.{name} is not of the protocol" for name in given if name not in hints]
    found += [f"{path}.{name} is null" for name, inner in given.items() if inner is None]
    needed = [each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING]
    found += [f"{path}.{name} is missing" for name in needed if name not in given]
    known = {name: inner for name, inner in given.items() if name in hints}
    return found + [one for name, inner in known.items() for one in problems(inner, hints[name], f"{path}.{name}")]


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """What the model says of its fields; each message asks."""
    return get_type_hints(kind)
