"""``python -m sandbox`` in a process of its own."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox import cli


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_settings_serves_and_ends_cleanly(tmp_path: Path, end: signal.Signals) -> None:
    """The printed lines are the settings of tap and target; both signals end it with code 0."""
    env_file = tmp_path / "sandbox.env"
    command = [sys.executable, "-m", "sandbox", "--products", "5", "--market", "fr", "--env-file", str(env_file)]
    command += ["--quick"] if end == signal.SIGTERM else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line.rstrip("\n"))
            if printed[-1] == "sandbox ready":
                break
        settings = dict(line.split("=", 1) for line in printed if "=" in line)
        assert ("TARGET_MICROPIM_WRITES_PER_MINUTE" in settings) is ("--quick" in command)
        url = settings["TAP_MEDIPIM_API_URL"]
        pair = (settings["TAP_MEDIPIM_API_KEY_ID"], settings["TAP_MEDIPIM_API_KEY_SECRET"])
        assert settings["TAP_MEDIPIM_MARKET"] == "fr"
        assert requests.post(url + "/v4/brands/query", auth=pair, timeout=5).status_code == 200
        key = {"X-API-KEY": settings["TARGET_MICROPIM_API_KEY"]}
        assert requests.get(settings["TARGET_MICROPIM_API_URL"] + "/api/channels", headers=key, timeout=5).ok
        process.send_signal(end)
        assert process.wait(timeout=10) == 0
    assert env_file.read_text(encoding="utf-8").splitlines() == [line for line in printed if "=" in line]


def test_its_ports_are_the_same_each_time_where_they_are_free() -> None:
    """A second sandbox beside the first takes others."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert cli.usual_port(taken) == 0
    assert cli.usual_port(taken) == taken


def test_a_new_sandbox_forgets_what_an_earlier_one_was_sent(tmp_path: Path) -> None:
    """Its own ledger, reports and state go; another shop's in the same folder, and what a person put there, stay."""
    folder = tmp_path / ".sandbox"
    for name in ("reports/run/report.json", "notes.txt", "../.micropim/ledger.db"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    for name in cli.OF_A_SANDBOX[:1] + cli.OF_A_SANDBOX[-1:]:
        (folder / name).write_text("{}")
    lines = cli.folder_lines(folder)
    assert lines == [
        f"TARGET_MICROPIM_LEDGER_URL=sqlite:///{folder}/ledger.db",
        f"TARGET_MICROPIM_REPORT_DIR={folder}/reports",
        f"TARGET_MICROPIM_DECISIONS_FILE={folder}/decisions.csv",
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt"]
    assert (tmp_path / ".micropim" / "ledger.db").exists()
    assert cli.folder_lines(None) == []
