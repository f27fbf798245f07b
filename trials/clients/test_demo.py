"""``make demo`` as a person uses it, Ctrl-C included; the whole of it runs in .ci/run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def processes_of(group: int) -> list[str]:
    """Command lines of a process group that are still there."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    return [row[2] for row in rows if int(row[0]) == group and not row[1].startswith("Z")]


def wait_for(log: Path, text: str) -> None:
    """Until a log says something; the test's own time limit ends a wait that is in vain."""
    while not log.exists() or text not in log.read_text(encoding="utf-8", errors="replace"):
        time.sleep(0.05)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["", "Beginning sync of 'products'"])
def test_a_stopped_demo_leaves_nothing_running(sign: signal.Signals, moment: str) -> None:
    """Ctrl-C or SIGTERM, as ``meltano run`` starts or in the middle of it, ends everything the demo started."""
    demo = subprocess.Popen(
        [sys.executable, "scripts/demo.py"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with demo:
        assert demo.stdout is not None
        next(line for line in demo.stdout if "$ meltano" in line)
        wait_for(ROOT / ".demo" / "run-1.log", moment)
        children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children")
        groups = [int(pid) for pid in children.read_text().split()]

        os.kill(demo.pid, sign)
        rest = demo.stdout.read()

        assert demo.wait(timeout=60) == 130
    assert "Stopped" in rest
    assert [process for group in groups for process in processes_of(group)] == []
