"""What a command must not import: nobody waits for a library that another command needs. No clock: names of modules.

``-X importtime`` lists every module that the real executable imports. The table names only modules whose import is ours
to decide. singer-sdk 0.54.9 imports joblib, universal-pathlib with fsspec, jsonpath-ng and packaging for every command;
that is the SDK's to change (docs/decisions/0022).
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import MedipimOptions, MicroPimOptions, Sandbox

BIN = Path(sys.executable).parent
_MODULE = re.compile(r"^import time: [ \d]+\|[ \d]+\| *(\S+)$", re.MULTILINE)
DRIVERS = {"sqlalchemy.dialects.postgresql", "psycopg"}
PAGES = {"jinja2", "babel", "markupsafe"}  # read when a run writes its page
AT_WORK = {"pyrate_limiter", "msgspec", "pim_wire.throttle", "sqlalchemy", "sqlite3", "nh3"}
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


def imported(command: str, folder: Path) -> set[str]:
    """Every module that a command reads, and the packages it lies in."""
    plugin, *arguments = command.split()
    line = [sys.executable, "-X", "importtime", str(BIN / plugin), *arguments]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS")}  # imports too
    done = subprocess.run(line, cwd=folder, env=bare, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return set(_MODULE.findall(done.stderr))


@pytest.mark.parametrize("command", MUST_NOT)
def test_a_command_imports_nothing_for_others(command: str, folder: Path) -> None:
    """The table: a command, and the modules it has no use for."""
    modules = imported(command, folder)

    assert "singer_sdk" in modules  # the list is there
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
