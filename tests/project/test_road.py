"""What `make road` counts, on a program of two files."""

import importlib.util
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from trials.road.__main__ import table, typical
from trials.road.tracer import Figures, Trace, Tracer

PLUGIN = """
import json
import shared

def road():
    step()
    step()
    json.dumps({}, indent=1)  # a library: not counted, whatever it calls
    return [shared.half(number) for number in rows()]

def step():
    pass

def rows():
    yield 2
    yield 4
"""
SHARED = """
def half(number):
    return divided(number)

def divided(number):
    return number // 2
"""


def loaded(file: Path) -> ModuleType:
    """A module of a file."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program; its folders are `plugin` and `others`."""
    for folder, name, text in (("plugin", "program", PLUGIN), ("others", "shared", SHARED)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "shared", loaded(tmp_path / "others" / "shared.py"))
    return loaded(tmp_path / "plugin" / "program.py")


def traced(plugin: ModuleType, threads: int = 0) -> Trace:
    """The road once in this thread, and once in each of others."""
    folder = Path(str(plugin.__file__)).parent
    tracer, before = Tracer(folder, folder.parent / "others"), sys.getprofile()
    tracer.install()
    plugin.road()  # not started: not seen
    tracer.start()
    plugin.road()
    for _ in range(threads):
        thread = threading.Thread(target=plugin.road)
        thread.start()
        thread.join()
    trace = tracer.stop()
    assert not tracer.others_at_work()
    tracer.remove()
    sys.setprofile(before)
    return trace


def lists_are_calls() -> int:
    """Up to Python 3.11 a list comprehension is a function."""
    return int(sys.version_info < (3, 12))


def test_calls_functions_files_and_changes(plugin: ModuleType) -> None:
    """road, step twice, rows three times (begun, resumed twice), half and divided twice each."""
    listed = lists_are_calls()
    figures = traced(plugin).figures()
    assert figures == Figures(calls=10 + listed, functions=5 + listed, files=2, plugin_files=1, changes=4)


def test_each_thread_has_its_own_changes(plugin: ModuleType) -> None:
    """Going from one thread to another is no change of file."""
    alone, figures = traced(plugin).figures(), traced(plugin, threads=2).figures()
    assert figures == Figures(3 * alone.calls, alone.functions, 2, 1, 3 * alone.changes)


def test_the_road_in_words(plugin: ModuleType) -> None:
    """A file stands where it changes, a call stands under its caller."""
    lines = list(traced(plugin).lines())
    assert lines[0] == "thread 1"
    assert [line.split() for line in lines[1:4]] == [["plugin/program.py", "road"], ["step"], ["step"]]
    assert lines[2].index("step") == lines[1].index("road") + 2
    half = next(line for line in lines if "half" in line)
    after = lines[lines.index(half) + 1]
    assert half.startswith("others/shared.py")
    assert after.index("divided") == half.index("half") + 2


def test_a_thread_with_its_own_rhythm_is_left_out(plugin: ModuleType) -> None:
    """A thread that was inside the program before the record began has nothing to do with it."""
    folder = Path(str(plugin.__file__)).parent
    tracer, before = Tracer(folder), sys.getprofile()
    begun, go_on = threading.Event(), threading.Event()

    def wait_between(number: int) -> int:
        begun.set()
        go_on.wait(10)
        return number

    plugin.__dict__["shared"] = ModuleType("shared")
    plugin.__dict__["shared"].half = wait_between  # type: ignore[attr-defined]
    tracer.install()
    ticker = threading.Thread(target=plugin.road)
    ticker.start()
    assert begun.wait(10)
    tracer.start()
    go_on.set()
    ticker.join()
    plugin.step()
    trace = tracer.stop()
    tracer.remove()
    sys.setprofile(before)
    assert trace.figures() == Figures(calls=1, functions=1, files=1, plugin_files=1, changes=0)


def test_the_most_frequent_trace_is_told(plugin: ModuleType) -> None:
    """One with something rare in it is not."""
    rare, usual = traced(plugin, threads=1), traced(plugin)
    assert typical([rare, usual, traced(plugin)]) is usual


def test_the_table_says_what_changed() -> None:
    """Published, last release, now, and the difference between the last two."""
    kept = {
        "commit": "abc1234",
        "figures": {"row": Figures(10, 9, 4, 3, 5).as_json()},
        "published": {"row": Figures(11, 9, 4, 3, 5).as_json()},
    }
    cells = [line.split()[-5:] for line in table({"row": Figures(8, 9, 5, 3, 2)}, kept)[1:]]
    assert cells == [
        ["11", "9", "4", "(3)", "5"],
        ["10", "9", "4", "(3)", "5"],
        ["8", "9", "5", "(3)", "2"],
        ["-2", "+0", "+1", "(+0)", "-3"],
    ]
