"""No circle of imports: a module can be read, moved and tested with what stands below it, and with nothing above."""

import ast
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "pim_wire",
    "pim_airbyte",
    "tap_medipim",
    "target_micropim",
    "micropim_fleet",
    "sandbox",
    "trials",
    "scripts",
    "benchmarks",
)
Graph = Mapping[str, AbstractSet[str]]


def imports(root: Path, packages: tuple[str, ...]) -> Graph:
    """Which module imports which others of these packages, wherever in the file: in a function, for type checkers."""
    found = (file for package in packages for file in (root / package).rglob("*.py") if ".run" not in file.parts)
    files = {_name(file.relative_to(root)): file for file in found}  # .run has the environments of `make bench`
    return {name: set(_imported(file, files.keys())) - {name} for name, file in files.items()}


def _name(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(file: Path, modules: AbstractSet[str]) -> Iterator[str]:
    """Modules; ``from package import name`` means the module of that name, else the package's own ``__init__``."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield from {name if name in modules else str(node.module)} & modules


def circles(graph: Graph) -> list[set[str]]:
    """The strongly connected components of more than one module: each of its modules reaches all others."""
    reachable = {name: _reachable(graph, name) for name in graph}
    own = [
        frozenset(o for o in reached if name in reachable[o]) for name, reached in reachable.items() if name in reached
    ]
    return sorted(map(set, set(own)), key=sorted)


def _reachable(graph: Graph, start: str) -> set[str]:
    """Every module that can be reached by at least one import."""
    reached: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += graph.get(name, set())
    return reached


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside functions and under TYPE_CHECKING count: a reader has to know both sides all the same."""
    graph = imports(ROOT, PACKAGES)

    assert {name.partition(".")[0] for name in graph} == set(PACKAGES)
    assert list(circles(graph)) == []


FILES = {
    "house/__init__.py": "",
    "house/roof.py": "from house import wall\n",
    "house/wall.py": "from house.floor import plank\n",
    "house/floor.py": "from typing import TYPE_CHECKING\nplank = 1\n",
    "house/garden.py": "import house.roof\nimport json\n",
}


@pytest.mark.parametrize(
    "closing",
    [
        "import house.roof\n",
        "from house import roof\n",
        "if TYPE_CHECKING:\n    from house.roof import tile\n",
        "def plank():\n    from house import roof\n",
    ],
)
def test_a_circle_is_found(tmp_path: Path, closing: str) -> None:
    """Whatever the import that closes it looks like; a module beside the circle is not part of it."""
    (tmp_path / "house").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    assert circles(imports(tmp_path, ("house",))) == []

    (tmp_path / "house" / "floor.py").write_text(FILES["house/floor.py"] + closing)

    assert circles(imports(tmp_path, ("house",))) == [{"house.roof", "house.wall", "house.floor"}]


def test_circles_that_share_no_module_are_told_apart() -> None:
    """Two circles, one of which uses the other."""
    graph = {"a": {"b"}, "b": {"a", "c"}, "c": {"d"}, "d": {"c"}, "e": {"a"}}

    assert circles(graph) == [{"a", "b"}, {"c", "d"}]
