"""What a command must not import: nobody waits for a library that serves another one. No clock: names of modules.

``-X importtime`` lists every module that the real executable reads; what stands in ``sys.modules`` in the place of a
library (pim_wire/startup.py) is not read and not listed.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pim_wire.startup import PUT_OFF
from sandbox import MedipimOptions, MicroPimOptions, Sandbox

BIN = Path(sys.executable).parent
_MODULE = re.compile(r"^import time: [ \d]+\|[ \d]+\| *(\S+)$", re.MULTILINE)
NOT_OURS = {
    "joblib",
    "fsspec",
    "upath",
    "jsonpath_ng",
    "sqlalchemy.dialects.postgresql",
    "psycopg",
}
AT_WORK = {"pyrate_limiter", "msgspec", "pim_wire.throttle", "sqlalchemy", "sqlite3", "nh3"}
TAP = NOT_OURS | {"target_micropim", "sqlalchemy", "nh3", "tap_medipim.probe"}
TARGET = NOT_OURS | {"tap_medipim"}
CHECK, LEDGER = {"target_micropim.commands.check"}, {"target_micropim.commands.ledger"}
PROBE = {"target_micropim.commands.probe.probe", "target_micropim.commands.probe"}
RUN = {"target_micropim.run", "target_micropim.sync.products"}
MUST_NOT = {
    "tap-medipim --version": TAP | AT_WORK,
    "tap-medipim --help": TAP | AT_WORK | {"packaging"},
    "tap-medipim --about": TAP | AT_WORK,
    "tap-medipim --config tap.json --discover": TAP | AT_WORK | {"packaging"},
    "tap-medipim --config tap.json --test": TAP,
    "tap-medipim --config tap.json": TAP | {"packaging"},
    "target-micropim --version": TARGET | AT_WORK | CHECK | LEDGER | PROBE | RUN,
    "target-micropim --help": TARGET | AT_WORK | CHECK | LEDGER | PROBE | RUN | {"packaging"},
    "target-micropim --about": TARGET | AT_WORK | CHECK | LEDGER | PROBE | RUN,
    "target-micropim --config target.json --ledger=show": TARGET | PROBE | RUN,
    "target-micropim --config target.json --check": TARGET | PROBE | LEDGER | {"target_micropim.run"},
    "target-micropim --config target.json --dry-run --input lines.jsonl": TARGET | PROBE | CHECK | LEDGER,
    "target-micropim --config target.json --input lines.jsonl": TARGET | PROBE | CHECK | LEDGER | {"packaging"},
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
    found = imported(command, folder)

    assert "singer_sdk" in found  # the list is there
    assert found & MUST_NOT[command] == set()


def test_the_sdk_still_imports_what_is_put_off() -> None:
    """A release that imports one of these late itself, or never: take it off the list."""
    line = [sys.executable, "-X", "importtime", "-c", "import singer_sdk"]
    done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=60)

    assert set(PUT_OFF) <= set(_MODULE.findall(done.stderr))


CALLED = """
import sys
from pim_wire.startup import spared
with spared():
    import singer_sdk.about, singer_sdk.helpers._batch, singer_sdk.pagination, singer_sdk.target_base
assert not {"joblib", "upath", "fsspec", "packaging", "jsonpath_ng"} & set(sys.modules)
from singer_sdk.streams import rest
print(list(rest.extract_jsonpath("$.a[*]", {"a": [1, 2]})))
print(singer_sdk.helpers._batch.UPath("/tmp").name, singer_sdk.about.Version("1.2").minor)
print(singer_sdk.target_base.Parallel()(singer_sdk.target_base.delayed(len)(text) for text in ("a", "bc")))
import joblib, upath, packaging.version, singer_sdk.helpers.jsonpath
assert joblib.__spec__ and upath.__spec__ and singer_sdk.helpers.jsonpath.extract_jsonpath is not rest.extract_jsonpath
"""


def test_what_is_put_off_works_when_it_is_called() -> None:
    """The SDK's own features go on: each stand-in hands over to the library at its first call."""
    done = subprocess.run([sys.executable, "-c", CALLED], capture_output=True, text=True, check=False, timeout=60)

    assert done.stderr == ""
    assert done.stdout.splitlines() == ["[1, 2]", "tmp 2", "[1, 2]"]


UNFORESEEN = """
from pim_wire.startup import spared
with spared():
    from joblib import Memory, Parallel
import joblib
assert Memory is joblib.Memory and Parallel is not joblib.Parallel
"""


def test_a_name_that_is_not_listed_is_the_real_one() -> None:
    """Another release of the SDK may import more: it gets the library itself."""
    done = subprocess.run([sys.executable, "-c", UNFORESEEN], capture_output=True, text=True, check=False, timeout=60)

    assert done.stderr == ""


COLLECTOR = """
import gc
from pim_wire.startup import spared
with spared():
    assert not gc.isenabled()
assert gc.isenabled() and gc.get_threshold()[0] == 50_000 and gc.get_freeze_count() > 1000
"""


def test_the_collector_passes_by_what_was_imported_and_looks_less_often() -> None:
    """It cost a page of records a third of its time, and there is nothing for it to find."""
    done = subprocess.run([sys.executable, "-c", COLLECTOR], capture_output=True, text=True, check=False, timeout=60)

    assert done.stderr == ""
