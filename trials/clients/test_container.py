"""The commands of the container, tried without one: health, a first run, a second one, a stop."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from sandbox.cli import QUICK, env_lines

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "Containerfile").read_text(encoding="utf-8")


def command_after(word: str) -> list[str]:
    """The JSON list of an instruction."""
    (found,) = re.findall(rf"^{word}.*?(\[.*\])$", TEXT, re.MULTILINE)
    command: list[str] = json.loads(found)
    return command


def bookmark(folder: Path) -> str:
    """Up to where products were read."""
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return str(state["bookmarks"]["products"]["replication_key_value"])


def test_its_commands_work(tmp_path: Path) -> None:
    """Healthy with the key, not without; a first run and a second one that only brings what changed."""
    micropim = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
    with Sandbox(MedipimOptions(products=12, requests_per_minute=None), micropim) as box:
        settings = dict(line.split("=", 1) for line in env_lines(box))
        quick = dict(line.split("=", 1) for line in QUICK)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

        def code_of(command: list[str], **more: str) -> int:
            env = {**os.environ, **settings, **quick, "PATH": path, **more}
            return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False).returncode

        assert code_of(command_after("HEALTHCHECK")) == 0
        assert code_of(command_after("HEALTHCHECK"), TARGET_MICROPIM_API_KEY="wrong") == 1
        assert code_of(command_after("CMD")) == 0
        made, before = len(box.micropim.products), bookmark(tmp_path)
        assert before
        assert code_of(command_after("CMD"), TAP_MEDIPIM_API_KEY_SECRET="wrong") == 1
        assert bookmark(tmp_path) == before
        assert code_of(command_after("CMD")) == 0
        assert len(box.micropim.products) == made > 0


def test_a_stop_reaches_both_plugins_and_the_state_is_kept(tmp_path: Path) -> None:
    """As ``podman stop`` does it: SIGTERM to the first process alone, and all are killed ten seconds later."""
    micropim = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
    with Sandbox(MedipimOptions(products=200, requests_per_minute=None), micropim) as box:
        settings = dict(line.split("=", 1) for line in [*env_lines(box), *QUICK])
        settings |= {"TARGET_MICROPIM_WRITES_PER_MINUTE": "120", "TARGET_MICROPIM_STATE_INTERVAL_SECONDS": "0"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, **settings, "PATH": path}
        with subprocess.Popen(command_after("CMD"), cwd=tmp_path, env=env, stderr=subprocess.PIPE) as process:
            states = tmp_path / "states.jsonl"
            while not (states.exists() and states.stat().st_size):
                time.sleep(0.05)
            process.terminate()
            assert process.stderr is not None
            lines = process.stderr.read().decode().splitlines()  # to the end of all three
            assert process.wait(10) == 130
    assert sum("Stopped on request" in line for line in lines) == 2, lines
    assert json.loads((tmp_path / "state.json").read_text(encoding="utf-8"))["bookmarks"]
