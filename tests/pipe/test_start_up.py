"""What a command must not import: nobody waits for a library that another command needs. No clock: names of modules.

The real executable lists what it has imported at its end. Each runs in a fork of one process that has imported the SDK
and nothing of ours, as every command does first: that is half of a start. The table names only modules whose import is
ours to decide. singer-sdk 0.54.9 imports joblib, universal-pathlib with fsspec, jsonpath-ng and packaging for every
command; that is the SDK's to change (docs/decisions/0022).
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import MedipimOptions, MicroPimOptions, Sandbox

BIN = Path(sys.executable).parent
DRIVERS = {"sqlalchemy.dialects.postgresql", "psycopg"}
PAGES = {"jinja2", "babel", "markupsafe"}  # read when a run writes its page
AT_WORK = {"msgspec", "pim_wire.throttle", "sqlalchemy", "sqlite3", "nh3"}
TAP = DRIVERS | PAGES | {"target_micropim", "sqlalchemy", "nh3", "tap_medipim.probe"}
TARGET = DRIVERS | {"tap_medipim"}
CHECK, LEDGER = {"target_micropim.commands.check"}, {"target_micropim.commands.ledger"}
PROBE = {"target_micropim.commands.probe.probe", "target_micropim.commands.probe"}
RUN = {"target_micropim.run", "target_micropim.sync.products"}
MUST_NOT = {
    "tap-medipim --version": TAP | AT_WORK,
    "tap-medipim --help": TAP | AT_WORK,
    "tap-medipim --about": TAP | AT_WORK,
    "tap-medipim --config tap.json --discover": TAP | AT_WORK,
    "tap-medipim --config tap.json --test": TAP,
    "tap-medipim --config tap.json": TAP,
    "target-micropim --version": TARGET | PAGES | AT_WORK | CHECK | LEDGER | PROBE | RUN,
    "target-micropim --help": TARGET | PAGES | AT_WORK | CHECK | LEDGER | PROBE | RUN,
    "target-micropim --about": TARGET | PAGES | AT_WORK | CHECK | LEDGER | PROBE | RUN,
    "destination-micropim spec": TARGET | PAGES | AT_WORK | CHECK | LEDGER | PROBE | RUN,
    "target-micropim --config target.json --ledger=show": TARGET | PAGES | PROBE | RUN,
    "target-micropim --config target.json --check": TARGET | PAGES | PROBE | LEDGER | {"target_micropim.run"},
    "target-micropim --config target.json --dry-run --input lines.jsonl": TARGET | PROBE | CHECK | LEDGER,
    "target-micropim --config target.json --input lines.jsonl": TARGET | PROBE | CHECK | LEDGER,
}
LINES = (
    '{"type":"SCHEMA","stream":"products","schema":{"properties":{"id":{"type":"string"}}},"key_properties":["id"]}\n'
    '{"type":"RECORD","stream":"products","record":{"id":"M1","name":{"en":"One"}}}\n'
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with settings that reach a sandbox of both services."""
    place = tmp_path_factory.mktemp("start")
    with Sandbox(MedipimOptions(products=3, requests_per_minute=None), MicroPimOptions()) as box:
        medipim = box.medipim.options
        tap = {
            "api_url": box.medipim_url,
            "api_key_id": medipim.api_key_id,
            "api_key_secret": medipim.api_key_secret,
            "requests_per_minute": 6000,
        }
        target = {"api_url": box.micropim_url, "api_key": box.micropim.options.api_key, "reads_per_minute": 6000}
        target["locale"] = "en"
        (place / "tap.json").write_text(json.dumps(tap), encoding="utf-8")
        (place / "target.json").write_text(json.dumps(target), encoding="utf-8")
        (place / "lines.jsonl").write_text(LINES, encoding="utf-8")
        yield place


STARTER = """
import json, os, runpy, sys, traceback
import singer_sdk
for line in sys.stdin:
    argv, folder, answer = json.loads(line)
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        print(flush=True)
        continue
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(os.open(answer + ".log", os.O_CREAT | os.O_WRONLY), 1)
    os.dup2(1, 2)
    sys.argv, code = argv, 0
    try:
        runpy.run_path(argv[0], run_name="__main__")
    except SystemExit as stop:
        code = stop.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    with open(answer, "w") as file:
        json.dump([code, list(sys.modules)], file)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def imported(folder: Path) -> Iterator[Callable[[str], set[str]]]:
    """Every module that a command has imported, and the packages it lies in."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS")}  # imports too
    starter = [sys.executable, "-c", STARTER]
    with subprocess.Popen(starter, env=bare, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        pipe, done = process.stdin, process.stdout

        def run(command: str) -> set[str]:
            plugin, *arguments = command.split()
            answer = folder / "answer"
            print(json.dumps([[str(BIN / plugin), *arguments], str(folder), str(answer)]), file=pipe, flush=True)
            assert done.readline() == "\n"
            code, modules = json.loads(answer.read_text())
            answer.unlink()
            assert code == 0, Path(f"{answer}.log").read_text()[-2000:]
            return set(modules)

        yield run
        pipe.close()


@pytest.mark.parametrize("command", MUST_NOT)
def test_a_command_imports_nothing_for_others(command: str, imported: Callable[[str], set[str]]) -> None:
    """The table: a command, and the modules it has no use for."""
    modules = imported(command)

    assert {"tap_medipim", "target_micropim"} & modules == {"tap_medipim" if "tap-" in command else "target_micropim"}
    assert modules & MUST_NOT[command] == set()


COLLECTOR = """
import gc
from pim_wire.startup import less_garbage_collection
with less_garbage_collection():
    assert not gc.isenabled()
assert gc.isenabled() and gc.get_threshold()[0] == 50_000 and gc.get_freeze_count() > 1000
"""


def test_the_collector_skips_imported_modules_and_runs_less_often() -> None:
    """It cost a page of records a third of its time, and there is nothing for it to find."""
    done = subprocess.run([sys.executable, "-c", COLLECTOR], capture_output=True, text=True, check=False, timeout=60)

    assert done.stderr == ""
