"""Who may import whom (design: one record, one road; nothing calls backwards)."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PURE = {
    "tap_medipim/records.py": set(),
    "tap_medipim/drift.py": set(),
    "tap_medipim/v3.py": set(),
    "tap_medipim/bookmark.py": {"tap_medipim"},
    "target_micropim/mapping/attributes.py": {"target_micropim"},
    "target_micropim/mapping/desired.py": {"target_micropim"},
    "target_micropim/mapping/overrides.py": {"target_micropim"},
    "target_micropim/mapping/numbers.py": {"target_micropim"},
    "target_micropim/mapping/texts.py": {"target_micropim"},
    "target_micropim/mapping/medipim.py": {"target_micropim"},
    "target_micropim/mapping/native.py": {"target_micropim"},
    "target_micropim/mapping/field_rows.py": {"target_micropim"},
    "target_micropim/mapping/lookup.py": {"target_micropim"},
    "target_micropim/mapping/pictures.py": {"target_micropim"},
    "target_micropim/mapping/public_url.py": {"target_micropim"},
    "target_micropim/plan/write.py": {"target_micropim"},
    "target_micropim/plan/limit.py": {"target_micropim"},
    "target_micropim/plan/options.py": {"target_micropim"},
    "target_micropim/plan/product.py": {"target_micropim"},
    "target_micropim/plan/values.py": {"target_micropim"},
    "target_micropim/api/tree.py": {"target_micropim"},
    "target_micropim/dry_run/tree.py": set(),
}
IMPURE_STANDARD_MODULES = {"time", "os", "pathlib", "socket", "subprocess", "threading", "logging", "sqlite3", "random"}
WITH_THE_SDK = {
    "pim_wire/config.py",
    "pim_wire/cli.py",
    "tap_medipim/tap.py",
    "tap_medipim/streams.py",
    "tap_medipim/settings.py",
    "tap_medipim/writer.py",
    "target_micropim/target.py",
    "target_micropim/sinks.py",
    "target_micropim/settings/schema.py",
    "target_micropim/settings/content.py",
    "target_micropim/reader.py",
}
# The target's folders in the order of the road; each may use only those behind it.
FOLDERS = ("commands", "sync", "dry_run", "catalog", "api", "report", "ledger", "settings", "mapping", "plan")
WIRE_MODULES = {
    "__init__", "cli", "clock", "config", "deadline", "errors", "limits", "pace", "pace_stores", "redaction", "retry",
    "schema_files", "session", "startup", "stdout", "throttle", "timeline", "urls", "wire",
}  # fmt: skip


def sources(*packages: str) -> list[str]:
    """Python files of packages, relative to the checkout."""
    return sorted(str(path.relative_to(ROOT)) for package in packages for path in (ROOT / package).rglob("*.py"))


def imported(file: str) -> set[str]:
    """Full names of the modules a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            found.add(node.module or "")
    return found


def tops(file: str) -> set[str]:
    """Top-level names of what a file imports."""
    return {name.split(".")[0] for name in imported(file)}


@pytest.mark.parametrize("file", sources("tap_medipim"))
def test_the_tap_does_not_know_the_target(file: str) -> None:
    """Tap and target share schema files, never code."""
    assert not tops(file) & {"target_micropim", "sandbox"}


@pytest.mark.parametrize("file", sources("target_micropim"))
def test_the_target_does_not_know_the_tap(file: str) -> None:
    """Tap and target share schema files, never code."""
    assert not tops(file) & {"tap_medipim", "sandbox"}


@pytest.mark.parametrize("file", sources("pim_wire", "sandbox"))
def test_what_is_shared_knows_neither_plugin(file: str) -> None:
    """A bug shared by plugin and sandbox would agree with itself."""
    own = file.split("/", maxsplit=1)[0]
    assert not tops(file) & ({"tap_medipim", "target_micropim", "pim_wire", "sandbox"} - {own})


@pytest.mark.parametrize("file", [file for file in sources("target_micropim") if file.count("/") > 1])
def test_no_folder_of_the_target_calls_backwards(file: str) -> None:
    """One record, one road."""
    allowed = set(FOLDERS[FOLDERS.index(file.split("/")[1]) :]) | {"errors"}
    rooms = {name.split(".")[1] for name in imported(file) if name.startswith("target_micropim.")}
    assert rooms <= allowed


def test_the_shared_package_is_a_closed_list() -> None:
    """Shared packages attract clutter: a new module here needs a reason, and this test."""
    assert {Path(file).stem for file in sources("pim_wire")} == WIRE_MODULES


@pytest.mark.parametrize(("file", "ours"), PURE.items())
def test_pure_modules_import_the_standard_library_only(file: str, ours: set[str]) -> None:
    """Mapping and planning know no clock, file, network or framework."""
    assert tops(file) - ours <= set(sys.stdlib_module_names)
    assert not tops(file) & IMPURE_STANDARD_MODULES


@pytest.mark.parametrize("file", sources("pim_wire", "tap_medipim", "target_micropim"))
def test_the_sdk_stays_at_the_edge(file: str) -> None:
    """The same engine must serve other hosts."""
    assert ("singer_sdk" in tops(file)) <= (file in WITH_THE_SDK)


@pytest.mark.parametrize("file", sources("tap_medipim", "target_micropim"))
def test_only_the_wire_waits_and_only_the_ledger_talks_sql(file: str) -> None:
    """One owner each for waiting, retrying and SQL."""
    found = tops(file)
    assert not found & {"backoff", "pyrate_limiter"}
    assert ("sqlalchemy" in found) <= file.startswith("target_micropim/ledger/")
    assert ".sleep(" not in (ROOT / file).read_text(encoding="utf-8")
