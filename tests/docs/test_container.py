"""The image's own commands, run as they stand in the Containerfile; building it needs a container engine."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from sandbox.cli import QUICK, env_lines

ROOT = Path(__file__).resolve().parents[2]
DEBIAN_USERS = "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats _apt nobody"
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


def test_it_does_not_run_as_root_and_trusts_no_floating_image() -> None:
    """A number, so that a cluster can see that it is not root; a version in each FROM; hashes for what is installed."""
    assert re.findall(r"^USER (\S+)$", TEXT, re.MULTILINE) == ["10001:10001"]
    assert re.findall(r"^FROM (\S+)", TEXT, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert re.findall(r"^ARG BASE=\S+:3\.\d+-slim$", TEXT, re.MULTILINE)
    assert "--require-hashes -r requirements/run.txt" in TEXT
    assert "ENV" not in re.findall(r"^ARG .*", TEXT, re.MULTILINE)


def test_its_user_is_none_that_the_base_has() -> None:
    """Debian brings a dozen users along, one of them called ``sync``; making it again would end the build."""
    (name,) = re.findall(r"^RUN useradd .* (\S+)$", TEXT, re.MULTILINE)
    assert not re.search(rf"\b{name}\b", DEBIAN_USERS)


def test_no_secret_of_the_checkout_gets_into_a_build() -> None:
    """Docker reads only this file, podman and buildah read it too."""
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".env", ".git", ".venv", ".micropim", ".meltano"} <= set(ignored)
    assert not (ROOT / ".containerignore").exists()


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
