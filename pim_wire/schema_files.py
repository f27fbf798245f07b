"""The JSON Schemas, read from a wheel or from a checkout."""

import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any


def schema_dir(side: str) -> Traversable:
    """The folder ``schemas/<side>`` of the wheel, else of the checkout (docs/decisions/0002)."""
    packed = files("pim_wire") / "_schemas" / side
    if packed.is_dir():
        return packed
    return Path(__file__).resolve().parent.parent / "schemas" / side


@cache
def read_schema(side: str, name: str) -> dict[str, Any]:
    """One schema by name, read once. Callers must not modify it."""
    schema: dict[str, Any] = json.loads((schema_dir(side) / f"{name}.json").read_text(encoding="utf-8"))
    return schema
