"""What the project ships to start the pair keeps a state whatever strikes, and ends when it is told to.

The scripts run as they stand, in a shell, with two small programs in the place of the plugins; the plugins themselves
go through them in trials/clients (test_container.py, test_pages.py).
"""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMAGE = re.findall(r"^CMD (\[.*\])$", (ROOT / "Containerfile").read_text(encoding="utf-8"), re.MULTILINE)
PAGE = re.findall(r"```bash\n(set -o pipefail\n.*?)```", (ROOT / "docs" / "install.md").read_text("utf-8"), re.DOTALL)
SCRIPTS = {"container": json.loads(IMAGE[0]), "page": ["bash", "-c", PAGE[0]], "page -e": ["bash", "-ec", PAGE[0]]}
OLD, NEW = '{"bookmarks": {"old": {}}}\n', '{"bookmarks": {"new": {}}}\n'
NEWER = '{"bookmarks": {"newer": {}}}\n'
FULL = "echo half > /dev/full"
OVERTAKEN = rf": > states.jsonl; printf '%s\n' '{NEW.strip()}'"
STEADY = 'trap "exit 130" TERM; while :; do sleep 0.05; done'


def pair(folder: Path, tap: str, target: str) -> dict[str, str]:
    """The environment in which these two scripts are the plugins."""
    for name, script in (("tap-medipim", tap), ("target-micropim", target)):
        file = folder / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        file.chmod(0o755)
    return {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def says(text: str) -> str:
    """A target that takes all and writes this."""
    return f"cat > /dev/null; printf '%s' '{text}'"


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    ("tap", "target", "code", "kept"),
    [
        ("echo {}", says(NEW), 0, NEW),
        ("echo {}", says(NEW + NEWER), 0, NEWER),
        ("exit 1", says(NEW), 1, NEW),
        ("echo {}", f"{says(NEW)}; exit 1", 1, NEW),
        ("echo {}", "exit 1", 1, OLD),
        ("echo {}", "cat > /dev/null", 0, OLD),
        ("echo {}", f"{says(NEW + NEWER[:20])}; kill -KILL $$", 137, NEW),
        ("echo {}", f"{says(NEW[:-1])}; exit 1", 1, OLD),
        ("echo {}", f"{says(NEW)}; {FULL}; exit 1", 1, NEW),
        ("echo {}", f"{says(NEWER)}; {OVERTAKEN}", 0, NEW),
    ],
    ids=[
        "a night", "several states", "the tap fails", "the target fails late", "no state", "a dry run",
        "killed in a line", "only half a line", "a full disk", "another night began",
    ],
)  # fmt: skip
def test_a_night_keeps_the_last_whole_state(
    script: str, tap: str, target: str, code: int, kept: str, tmp_path: Path
) -> None:
    """And its exit code is that of the pair."""
    (tmp_path / "state.json").write_text(OLD, encoding="utf-8")
    env = pair(tmp_path, tap, target)
    done = subprocess.run(SCRIPTS[script], cwd=tmp_path, env=env, capture_output=True, timeout=20, check=False)
    assert done.returncode == code or (script != "container" and bool(code) is bool(done.returncode)), done.stderr
    assert (tmp_path / "state.json").read_text(encoding="utf-8") == kept
    assert not (tmp_path / "state.new").exists()


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_first_night_needs_no_state(script: str, tmp_path: Path) -> None:
    """The tap gets an empty file, which is no state."""
    env = pair(tmp_path, 'while [ "$1" != --state ]; do shift; done; cat "$2"', says(NEW))
    subprocess.run(SCRIPTS[script], cwd=tmp_path, env=env, timeout=20, check=True)
    assert (tmp_path / "state.json").read_text(encoding="utf-8") == NEW


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_container_hands_a_stop_on_and_keeps_the_state(number: signal.Signals, tmp_path: Path) -> None:
    """An engine tells its first process alone, and kills all of them ten seconds later."""
    env = pair(tmp_path, STEADY, f"printf '%s' '{NEW}'; {STEADY}")
    with subprocess.Popen(SCRIPTS["container"], cwd=tmp_path, env=env, stderr=subprocess.PIPE) as process:
        states = tmp_path / "states.jsonl"
        while not (states.exists() and states.read_text(encoding="utf-8") == NEW):
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(10) == 130
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert (tmp_path / "state.json").read_text(encoding="utf-8") == NEW
