"""Every fuzz target takes its seeds, without the fuzzer; what the fuzzer finds becomes a seed, and so stays found."""

import importlib.util
import sys
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "trials" / "fuzz"
SEEDS = sorted(path for path in (FOLDER / "seeds").rglob("*") if path.is_file())


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The harness, with imports that are not instrumented: atheris is there for ``make fuzz`` alone."""
    plain: Any = SimpleNamespace(instrument_imports=lambda **_what: nullcontext())
    monkeypatch.setitem(sys.modules, "atheris", plain)
    spec = importlib.util.spec_from_file_location("fuzz_harness", FOLDER / "harness.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_seed_ends_in_words(harness: ModuleType, seed: Path) -> None:
    """Nothing but the failures that have words."""
    harness.TARGETS[seed.parent.name](seed.read_bytes())


def test_every_target_has_seeds(harness: ModuleType) -> None:
    """A fuzzer without a seed finds the first brace in an hour."""
    assert {path.parent.name for path in SEEDS} == set(harness.TARGETS)
