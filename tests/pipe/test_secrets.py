"""Marked keys must appear nowhere: not on stdout or stderr, in logs, states, ledgers, reports or rejects (law 9)."""

import base64
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from sandbox import Fault, MedipimOptions, MicroPimOptions, Sandbox
from tests.support.forked import run_forked

BIN = Path(sys.executable).parent
SECRET = "canary/TAP+secret=77"
KEY = "canary/TARGET+key=88"

FAULTS = {
    "none": None,
    "401": Fault("status", status=401, times=None),
    "403": Fault("status", status=403, times=None),
    "400 that echoes": Fault("status", status=400, times=None, body="you sent KEY"),
    "html": Fault("html", times=1),
    "redirect": Fault("redirect", times=None),
    "drop": Fault("drop_before", times=2),
    "status zero": Fault("status_zero", times=None),
    "truncated": Fault("truncate_json", times=1),
}


def forms(secret: str, user: str = "") -> set[bytes]:
    """A secret as it might be written: plain, quoted, and in base64 alone or as Basic credentials."""
    plain = {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    pairs = {secret, f"{user}:{secret}"} if user else {secret}
    encoded = {base64.b64encode(text.encode()).decode().rstrip("=") for text in pairs}
    return {form.encode() for form in plain | encoded}


def echoing(fault: Fault, secret: str) -> Fault:
    """The fault, quoting the key it was sent as a careless server might."""
    return replace(fault, body=f"you sent {secret}") if fault.body else fault


def written(folder: Path) -> bytes:
    """Everything in a folder, but for the settings the test put there itself."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".secret")
    return b"\n".join(path.read_bytes() for path in files)


def run(command: list[str], folder: Path, name: str, level: str, stdin: Path | None = None) -> bytes:
    """One executable, its outputs kept in files."""
    env = {**os.environ, "LOGLEVEL": level}
    with (folder / f"{name}.out").open("wb") as out, (folder / f"{name}.err").open("wb") as err:
        source = stdin.open("rb") if stdin else subprocess.DEVNULL
        run_forked(command, cwd=folder, env=env, stdin=source, stdout=out, stderr=err, check=False, timeout=120)
        if stdin and not isinstance(source, int):
            source.close()
    return (folder / f"{name}.err").read_bytes()


def settings(folder: Path, name: str, values: dict[str, Any]) -> str:
    """A settings file, which is the only place where a secret may stand."""
    path = folder / f"{name}.secret"
    path.write_text(json.dumps(values), encoding="utf-8")
    return str(path)


OPTIONS = MedipimOptions(products=8, api_key_id="4711", api_key_secret=SECRET, requests_per_minute=None)


def tap_command(box: Sandbox, folder: Path) -> list[str]:
    """The tap with its marked key."""
    tap = {"api_url": box.medipim_url, "api_key_id": "4711", "api_key_secret": SECRET}
    tap |= {"requests_per_minute": 100_000, "max_wait_seconds": 3}
    return [str(BIN / "tap-medipim"), "--config", settings(folder, "tap", tap)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that a tap wrote whom nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    with Sandbox(OPTIONS, None) as box:
        run(tap_command(box, folder), folder, "whole", "DEBUG")
    return folder


@pytest.mark.parametrize("fault", FAULTS)
def test_no_key_is_written_anywhere(fault: str, undisturbed: Path, tmp_path: Path) -> None:
    """Whatever goes wrong, even at the log level that shows everything, no key is in any output of both plugins."""
    micropim = MicroPimOptions(api_key=KEY, reads_per_minute=None, writes_per_minute=None)
    with Sandbox(OPTIONS, micropim) as box:
        target = {"api_url": box.micropim_url, "api_key": KEY, "locale": "nl", "max_wait_seconds": 3}
        target |= {"reads_per_minute": 100_000, "writes_per_minute": 100_000}
        if (planned := FAULTS[fault]) is not None:
            box.medipim.faults.add(echoing(planned, SECRET))
            box.micropim.faults.add(echoing(planned, KEY))
            run(tap_command(box, tmp_path), tmp_path, "tap", "DEBUG")
        target_command = [str(BIN / "target-micropim"), "--config", settings(tmp_path, "target", target)]
        log = run(target_command, tmp_path, "target", "DEBUG", undisturbed / "whole.out")

    everything = written(tmp_path) + written(undisturbed)
    assert b"target-micropim" in log
    assert b"RECORD" in everything
    for form in forms(SECRET, "4711") | forms(KEY):
        assert form not in everything, form


@pytest.mark.parametrize("wrong", [["a", SECRET], 12])
@pytest.mark.parametrize(("plugin", "name"), [("tap-medipim", "api_key_secret"), ("target-micropim", "api_key")])
def test_a_secret_of_the_wrong_type_is_not_shown(plugin: str, name: str, wrong: Any, tmp_path: Path) -> None:
    """The stock SDK prints the offending value of a setting; ours names the setting."""
    path = settings(tmp_path, "wrong", {"api_key_id": "1", name: wrong})

    log = run([str(BIN / plugin), "--config", path], tmp_path, "wrong", "INFO")

    assert f"Setting {name}".encode() in log
    assert b"Traceback" not in log
    assert SECRET.encode() not in written(tmp_path)
