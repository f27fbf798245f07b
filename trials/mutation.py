"""Mutation testing of the pure modules: ``python -m trials.mutation [--sample N] [MODULE ...]`` (docs/mutation.md).

cosmic-ray makes the changes; this file runs the tests for each in a fork that has all libraries imported already:
half a second instead of four. The changed module is handed to the import of the fork, so no file is ever touched.
"""

import argparse
import ast
import difflib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import hypothesis
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from typing_extensions import override

ROOT = Path(__file__).resolve().parents[1]
TARGET = "tests/target/test_"
WHOLE = f"{TARGET}mapping.py"
MEDIPIM = (f"{TARGET}mapping_medipim.py", WHOLE)
TESTS = {
    "tap_medipim/json_lines.py": ("tests/tap/test_json_lines.py",),
    "tap_medipim/row_decoder.py": ("tests/tap/test_row_decoder.py",),
    "tap_medipim/raw_rows.py": ("tests/tap/test_row_decoder.py", "tests/tap/test_raw_rows.py"),
    "tap_medipim/pagination.py": ("tests/tap/test_pagination.py",),
    "tap_medipim/records.py": ("tests/tap/test_records.py", "tests/tap/test_bookmark.py"),
    "pim_wire/pace.py": ("tests/wire/test_pace.py",),
    "target_micropim/plan/product.py": (f"{TARGET}plan_product.py",),
    "target_micropim/plan/values.py": (f"{TARGET}plan_values.py", f"{TARGET}plan_product.py"),
    "target_micropim/plan/write.py": (f"{TARGET}plan_write.py",),
    "target_micropim/plan/limit.py": (f"{TARGET}plan_limit.py",),
    "target_micropim/mapping/numbers.py": (f"{TARGET}mapping_numbers.py", *MEDIPIM),
    "target_micropim/mapping/public_url.py": (
        f"{TARGET}mapping_public_url.py",
        f"{TARGET}hostile_html_and_urls.py",
        WHOLE,
    ),
    "target_micropim/mapping/texts.py": (f"{TARGET}mapping_texts.py", *MEDIPIM),
    "target_micropim/mapping/lookup.py": (
        f"{TARGET}mapping_lookup.py",
        f"{TARGET}mapping_overrides.py",
        f"{TARGET}extra_fields.py",
        *MEDIPIM,
    ),
    "target_micropim/mapping/medipim.py": MEDIPIM,
    "target_micropim/mapping/field_rows.py": (f"{TARGET}fields.py", *MEDIPIM),
    "target_micropim/mapping/pictures.py": (f"{TARGET}mapping_pictures.py", WHOLE),
    "target_micropim/mapping/attributes.py": (
        f"{TARGET}mapping_attributes.py",
        f"{TARGET}attributes.py",
        f"{TARGET}description_table.py",
        *MEDIPIM,
    ),
    "target_micropim/mapping/overrides.py": (f"{TARGET}mapping_overrides.py", f"{TARGET}extra_fields.py", *MEDIPIM),
    "target_micropim/mapping/native.py": (f"{TARGET}mapping_native.py", f"{TARGET}mapping_profiles.py", WHOLE),
    "target_micropim/mapping/native_rows.py": (f"{TARGET}mapping_native.py", f"{TARGET}mapping_plain_values.py"),
    "target_micropim/mapping/native_categories.py": (f"{TARGET}mapping_plain_values.py", WHOLE),
    "target_micropim/mapping/plain_values.py": (f"{TARGET}mapping_plain_values.py", f"{TARGET}mapping_native.py"),
    "target_micropim/mapping/html.py": (f"{TARGET}mapping_html.py", f"{TARGET}hostile_html_and_urls.py"),
    "target_micropim/mapping/profiles.py": (f"{TARGET}mapping_profiles.py",),
}
PYTEST = ("-xq", "--noconftest", "--no-cov", "--assert=plain", "--tb=no", "-pno:cacheprovider", "-otimeout=120")
SEED = 20261124
EXAMPLES = 40
UNCHANGED_CPU_SECONDS = 60
MEMORY = 4 << 30
JUDGED = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}


class OnlyPure:
    """Leaves out what asks for a fixture of a conftest: those start a sandbox."""

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[Any]) -> None:
        """Keep the tests whose fixtures are all known."""
        pure = [item for item in items if _is_pure(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in pure])
        items[:] = pure


def _is_pure(item: Any) -> bool:
    fixtures = set(item._fixtureinfo.name2fixturedefs)  # noqa: SLF001 - pytest tells it in no other way
    return set(item.fixturenames) <= fixtures | {"request"} | set(
        item.callspec.params if hasattr(item, "callspec") else ()
    )


class Changed(importlib.machinery.SourceFileLoader, importlib.abc.MetaPathFinder):
    """Finds one module, with other source than its file has."""

    def __init__(self, module: str, source: str) -> None:
        super().__init__(module.removesuffix(".py").replace("/", "."), str(ROOT / module))
        self._source = source

    @override
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        return (
            importlib.util.spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None
        )

    @override
    def get_code(self, fullname: str) -> CodeType:
        return compile(self._source, self.path, "exec", dont_inherit=True)


def main() -> None:
    """Judge every change of each module, print survivors with their changes and one row for the table of the docs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--sample", type=int, default=0, help="a seeded sample of this many changes per module")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    os.environ["EXAMPLES"] = "all"
    hypothesis.settings.register_profile(
        "mutate", max_examples=EXAMPLES, derandomize=True, database=None, deadline=None
    )
    hypothesis.settings.load_profile("mutate")
    for module in options.modules:
        print(_judged(module, options.sample), flush=True)


def _judged(module: str, sample: int) -> str:
    tests, source = TESTS[module], (ROOT / module).read_text(encoding="utf-8")
    _import_libraries(tests)
    unchanged = _run(module, source, tests, UNCHANGED_CPU_SECONDS)
    if not unchanged.passed:
        raise SystemExit(f"the tests of {module} fail without any change")
    bound = 2 + int(3 * unchanged.cpu_seconds)
    changes = sorted(set(_changes(source)))
    random.Random(SEED).shuffle(changes)
    chosen, began, survivors = changes[: sample or None], time.monotonic(), 0
    for changed in chosen:
        if _run(module, changed, tests, bound).passed:
            survivors += 1
            print("\n".join(difflib.unified_diff(source.splitlines(), changed.splitlines(), module, "", "", "", 0, "")))
    pace = (time.monotonic() - began) / len(chosen)
    score = 100 - 100 * survivors / len(chosen)
    return f"| `{module}` | {len(changes)} | {len(chosen)} | {survivors} | {score:.0f}% | {pace:.2f} s |"


def _changes(source: str) -> Iterator[str]:
    """The source with one change each; annotations are left alone, since nothing reads them when the module runs."""
    annotations = list(_annotations(source))
    tree = get_ast(source)
    for name in operator_names():
        operator_class = get_operator(name)
        if operator_class.arguments():
            continue
        operator = operator_class()
        places = [place for node in ast_nodes(tree) for place in operator.mutation_positions(node)]
        for number, (start, end) in enumerate(places):
            changed = None if _within(start, end, annotations) else mutate_code(source, operator, number)
            if changed is not None and changed != source:
                yield changed


def _annotations(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for node in ast.walk(ast.parse(source)):
        for name in ("annotation", "returns"):
            annotation = getattr(node, name, None)
            if annotation is not None:
                yield (annotation.lineno, annotation.col_offset), (annotation.end_lineno, annotation.end_col_offset)


def _within(start: Any, end: Any, ranges: list[Any]) -> bool:
    return any(first <= tuple(start) and tuple(end) <= last for first, last in ranges)


def _import_libraries(tests: tuple[str, ...]) -> None:
    """Collect once, so that every fork finds the libraries imported; what is ours is forgotten again."""
    with Path(os.devnull).open("w") as nowhere:
        keep = os.dup(1)
        os.dup2(nowhere.fileno(), 1)
        pytest.main(["--collect-only", *PYTEST, *tests])
        os.dup2(keep, 1)
        os.close(keep)
    for name, module in list(sys.modules.items()):
        file = Path(getattr(module, "__file__", None) or "/")
        if name != "__main__" and file.is_relative_to(ROOT) and not file.is_relative_to(sys.prefix):
            del sys.modules[name]


@dataclass(frozen=True)
class Run:
    """How pytest ended, and the processor time it took: a bound in it holds on a busy machine too."""

    end: int
    cpu_seconds: float

    @property
    def passed(self) -> bool:
        """Whether no test noticed anything."""
        return self.end == pytest.ExitCode.OK


def _run(module: str, source: str, tests: tuple[str, ...], cpu_seconds: int) -> Run:
    """Run the tests in a fork that sees this source; a fork that is ended by its bounds counts as failed."""
    child = os.fork()
    if not child:
        os._exit(_run_here(module, source, tests, cpu_seconds))
    _, status, used = os.wait4(child, 0)
    end = os.waitstatus_to_exitcode(status)
    if end >= 0 and end not in JUDGED:
        raise SystemExit(f"pytest ended with {end}, which judges nothing")
    return Run(pytest.ExitCode.TESTS_FAILED if end < 0 else end, used.ru_utime + used.ru_stime)


def _run_here(module: str, source: str, tests: tuple[str, ...], cpu_seconds: int) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.meta_path.insert(0, Changed(module, source))
    return int(pytest.main([*PYTEST, *tests], plugins=[OnlyPure()]))


if __name__ == "__main__":
    main()
