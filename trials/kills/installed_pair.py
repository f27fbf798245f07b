"""``tap-medipim | target-micropim``: the installed commands in a pipe, with the state kept as a host keeps it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox import MedipimOptions, MicroPimOptions, Sandbox

BIN = Path(sys.executable).parent
PRODUCTS = 24


def options() -> tuple[MedipimOptions, MicroPimOptions]:
    """The same small catalogue each time, without limits."""
    medipim = MedipimOptions(products=PRODUCTS, seed=7, requests_per_minute=None)
    return medipim, MicroPimOptions(reads_per_minute=None, writes_per_minute=None)


class Pair:
    """The two executables with a pipe between them, and the last state the target wrote, as a host keeps it."""

    def __init__(self, box: Sandbox, folder: Path, popen: type["subprocess.Popen[bytes]"] = subprocess.Popen) -> None:
        self.folder = folder
        self._popen = popen
        self.state: dict[str, Any] | None = None
        tap = {
            "api_url": box.medipim_url,
            "api_key_id": "1",
            "api_key_secret": box.medipim.options.api_key_secret,
            "requests_per_minute": 100_000,
        }
        target = {
            "api_url": box.micropim_url,
            "api_key": box.micropim.options.api_key,
            "locale": "nl",
            "reads_per_minute": 100_000,
            "writes_per_minute": 100_000,
            "state_interval_seconds": 0,
            "on_archived": "error",
        }
        (folder / "tap.json").write_text(json.dumps(tap), encoding="utf-8")
        (folder / "target.json").write_text(json.dumps(target), encoding="utf-8")
        self.tap: subprocess.Popen[bytes] | None = None
        self.target: subprocess.Popen[bytes] | None = None

    def run(self) -> tuple[int, int]:
        """Run both to their end; their exit codes. Keeps the last whole state line."""
        command = [str(BIN / "tap-medipim"), "--config", "tap.json"]
        if self.state is not None:
            (self.folder / "state.json").write_text(json.dumps(self.state), encoding="utf-8")
            command += ["--state", "state.json"]
        with (self.folder / "log.txt").open("ab") as log:
            self.tap = self._popen(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=log)
            with self.tap:
                self.target = self._popen(
                    [str(BIN / "target-micropim"), "--config", "target.json"],
                    cwd=self.folder, stdin=self.tap.stdout, stdout=subprocess.PIPE, stderr=log,
                )  # fmt: skip
                assert self.tap.stdout is not None
                self.tap.stdout.close()
                states = self.target.communicate()[0]
        for line in states.splitlines():
            self.state = json.loads(line)
        return self.tap.returncode, self.target.returncode


def kill_at(pair: Pair, victim: str, number: int) -> Callable[..., None]:
    """A callback for the sandbox that kills one side at the n-th request."""
    seen = [0]

    def callback(*_: object) -> None:
        seen[0] += 1
        process = getattr(pair, victim)
        if seen[0] == number and process is not None:
            os.kill(process.pid, signal.SIGKILL)

    return callback
