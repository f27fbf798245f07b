"""docs/gaps.md is whole: every row of the facts, real settings, every switch in each of its worlds, real tests.

See docs/api/micropim.md#gaps.
"""

import ast
import dataclasses
import re
import typing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.micropim.options import MicroPimOptions
from target_micropim.plan.product import DEFAULT_POLICIES, POLICIES
from target_micropim.settings.schema import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^\| (\d+|shapes) \|(.*)\|$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
TYPES = typing.get_type_hints(MicroPimOptions)
# Not a behaviour that nobody documents, or none that the target could meet: it never asks for the list of categories.
NO_SWITCHES = frozenset({
    "api_key", "has_organization", "reads_per_minute", "writes_per_minute", "pictures_per_minute", "limit_by", "clock",
    "latency",
    "brands", "suppliers", "vat_rates", "channels", "currency", "default_language", "media_reads", "unreachable_urls",
    "categories_shape",
})  # fmt: skip


@cache
def rows() -> dict[str, list[str]]:
    """The cells behind each row's number."""
    text = (ROOT / "docs" / "gaps.md").read_text(encoding="utf-8")
    return {number: [cell.strip() for cell in rest.split("|")] for number, rest in LINE.findall(text)}


@cache
def written_in(file: str) -> dict[str, str]:
    """The source of each test of a file, its decorators and the module's constants that it names included."""
    path = ROOT / file if "/" in file else ROOT / "tests" / "target" / file
    text = path.read_text(encoding="utf-8")
    lines, body = text.split("\n"), ast.parse(text).body
    constants = {
        target.id: written(lines, node)
        for node in body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    found = {}
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            whole = "\n".join(written(lines, part) for part in (*node.decorator_list, node))
            found[node.name] = "\n".join([whole, *(told for name, told in constants.items() if name in whole)])
    return found


def written(lines: list[str], node: ast.stmt | ast.expr) -> str:
    """The lines of a node; ``ast.get_source_segment`` splits the whole file for each, which takes seconds."""
    return "\n".join(lines[node.lineno - 1 : node.end_lineno])


@cache
def source_of(row: str) -> str:
    """The source of all tests of a row."""
    return "\n".join(written_in(file)[name] for file, name in references(row))


def references(row: str) -> list[tuple[str, str]]:
    """File and function of each test of a row."""
    return [(found.partition("::")[0], found.partition("::")[2]) for found in CODE.findall(rows()[row][3])]


def worlds(switch: str) -> list[Any]:
    """The values of a switch beside its default."""
    default = next(field.default for field in dataclasses.fields(MicroPimOptions) if field.name == switch)
    kind = TYPES[switch]
    values: tuple[Any, ...] = (True, False) if kind is bool else ()
    if typing.get_origin(kind) is typing.Literal:
        values = typing.get_args(kind)
    return [value for value in values if value is not default]


def test_every_row_stands_there_once() -> None:
    """1 to 38, and the shapes."""
    assert list(rows()) == [*(str(number) for number in range(1, 39)), "shapes"]


@pytest.mark.parametrize("row", rows())
def test_settings_switches_and_tests_of_a_row_exist(row: str) -> None:
    """A default in words, at least one test that is there, and a test that tries each world of each switch."""
    default, settings, switches, _tests = rows()[row]
    assert default
    assert set(CODE.findall(settings)) <= SETTINGS.to_dict()["properties"].keys()
    assert references(row)
    for file, name in references(row):
        assert name in written_in(file), f"{file} has no {name}"
    for switch in CODE.findall(switches):
        assert switch in TYPES
        assert re.search(rf"\b{switch}\b", source_of(row)), f"no test of row {row} sets {switch}"
        for value in worlds(switch):
            shown = re.escape(str(value))
            said = rf"\b{shown}\b" if isinstance(value, bool) else rf"[\"']{shown}[\"']"
            assert re.search(said, source_of(row)), f"row {row}: {switch}={value!r} is not tried"


def test_every_switch_of_the_sandbox_stands_in_a_row() -> None:
    """Nothing that nobody documents is simulated without being tried."""
    told = {switch for cells in rows().values() for switch in CODE.findall(cells[2])}
    assert told == TYPES.keys() - NO_SWITCHES


def test_the_policies_are_those_of_the_page() -> None:
    """Field by field."""
    text = (ROOT / "docs" / "gaps.md").read_text(encoding="utf-8").partition("## What field policies")[2]
    shown = {
        policy: set(CODE.findall(cell)) for policy, cell in re.findall(r"^\| `(\w+)` \|(.*)\|$", text, re.MULTILINE)
    }
    assert shown == {policy: {name for name, own in DEFAULT_POLICIES.items() if own == policy} for policy in POLICIES}
