"""The documentation: its site builds without a warning, and it has a section for each error of the code."""

import ast
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

import micropim_fleet
import pim_airbyte
import pim_wire
import tap_medipim
import target_micropim
from pim_wire.cli import section_of
from pim_wire.docs_site import ERRORS, SITE, docs_page
from pim_wire.errors import Interrupted, StopRun
from scripts.docs.architecture_page import main as compare_architecture

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
PACKAGES = (pim_wire, pim_airbyte, tap_medipim, target_micropim)


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """No dead link, no page that is missing, no anchor that leads nowhere."""
    command = [str(Path(sys.executable).with_name("mkdocs")), "build", "--strict", "--site-dir", str(tmp_path)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tutorial" / "index.html").exists()
    entries = json.loads((tmp_path / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    page = next(entry for entry in entries if entry["location"] == "install/")
    headings = " ".join(entry["title"] for entry in entries if entry["location"].startswith("install/")).lower()
    for word in ("install", "configure", "upgrade"):
        assert word in page["tags"], "the search weighs tags most"
        assert word in headings.split()
    assert page["boost"] > 1


@dataclass
class Code:
    """What stands in the code of the plugins, and of the fleet."""

    texts: list[str] = field(default_factory=list)  # the holes of an f-string are a mark that nobody writes
    docstrings: set[str | None] = field(default_factory=set)
    calls: list[tuple[str, list[Any]]] = field(default_factory=list)  # of a plain name, with its constant arguments


@cache
def code() -> Code:
    """Read once."""
    found = Code()
    for package in (*PACKAGES, micropim_fleet):
        for file in (ROOT / package.__name__).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                note(node, found)
    return found


def note(node: ast.AST, found: Code) -> None:
    """Keep what is looked for, since the trees themselves are large."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found.texts.append(node.value)
    elif isinstance(node, ast.JoinedStr):
        found.texts.append("".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values))
    elif isinstance(node, DOCUMENTED):
        found.docstrings.add(ast.get_docstring(node, clean=False))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        found.calls.append((node.func.id, [part.value for part in node.args if isinstance(part, ast.Constant)]))


@cache
def kinds() -> tuple[type[StopRun], ...]:
    """Every class of failure that ends a run."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return tuple(subclasses(StopRun))


def subclasses(of: type[StopRun]) -> Iterator[type[StopRun]]:
    """At any depth."""
    for kind in of.__subclasses__():
        yield kind
        yield from subclasses(kind)


def test_every_error_of_the_page_is_one_of_the_code() -> None:
    """A row whose line nobody says any more would mislead at night."""
    said = code().texts
    rows = re.findall(r"^\| `(.+?)` \|", (ROOT / "docs" / "errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) > 15
    for row in rows:
        for part in filter(None, (part.strip() for part in row.split("…"))):
            assert any(part in text for text in said), f"nobody says: {part}"


def test_each_failure_that_ends_a_run_has_its_section_in_the_page_of_errors() -> None:
    """The last line names a page: it must be there, and say something of that kind of failure."""
    headings = re.findall(r"^## (.+)$", (ROOT / "docs" / f"{ERRORS}.md").read_text(encoding="utf-8"), re.MULTILINE)
    sections = {heading.lower().replace(" ", "-") for heading in headings}
    assert len(kinds()) > 10
    assert all("section" in vars(kind) for kind in kinds())
    named = {kind.section for kind in kinds()} | {Interrupted.section}
    by_library = {section_of(kind) for kind in (BrokenPipeError(), ValueError(), click.UsageError(""))}
    assert named | by_library == sections
    raised = {name for name, _ in code().calls}
    assert "InvalidSettings" in raised
    assert "StopRun" not in raised, "a kind of it has a section, it has none"


def test_the_address_of_the_site_has_one_owner() -> None:
    """What messages name is what the site is built for; no message names a file of the checkout."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["urls"] == {"Documentation": SITE, "Changelog": docs_page("changes")}
    assert f"\nsite_url: {SITE}\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = {text for text in code().texts if re.search(r"docs/[\w/-]+\.md", text)}
    assert named - code().docstrings == set()


def test_each_page_that_a_message_names_is_there() -> None:
    """By its path and its section, as ``docs_page`` is called with them."""
    named = [given for name, given in code().calls if name == "docs_page"]
    assert len(named) > 3
    for page, *anchor in filter(None, named):
        text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert set(anchor) <= {heading.lower().replace(" ", "-") for heading in headings}, (page, anchor)


def test_the_drawing_of_the_architecture_is_that_of_the_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    """``make generate`` would change nothing."""
    monkeypatch.setattr(sys, "argv", ["architecture_page"])
    assert compare_architecture() == 0


def test_each_room_of_the_target_has_its_subject_on_the_page() -> None:
    """A new folder or module needs its line, a gone one must lose it."""
    _, rooms, subjects = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8").rsplit("generated: rooms", 2)
    drawn, told = (re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) for part in (rooms, subjects))
    others = {"tap_medipim", "micropim_fleet", "pim_airbyte", "pim_wire", "sandbox"}
    assert sorted(told) == sorted(set(drawn) - others)
