"""``python -m sandbox`` in a process of its own."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests


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
