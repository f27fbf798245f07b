"""Taps that others wrote, into target-micropim with profile native: a small shop, two nights, values compared."""

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import MicroPimOptions, Sandbox
from trials.singer_clients import shop
from trials.singer_clients.environments import Client
from trials.singer_clients.results import Result, Verdict

RUN_SECONDS = 120
ROLE = "tap before target-micropim, profile native"


@dataclass(frozen=True)
class Setting:
    """Where a tap reads: a folder, its own interpreter, the port of a database where it wants one."""

    folder: Path
    python: Path
    port: int


@dataclass(frozen=True)
class Extractor:
    """How a tap is set up: what it reads is laid out anew for each night."""

    client: Client
    lay_out: Callable[[Setting, tuple[shop.Product, ...]], None]
    config: Callable[[Setting], Mapping[str, Any]]
    form: str
    """In what form the shop's list lies there."""
    streams: Mapping[str, str] = field(default_factory=dict)
    """The target's setting."""
    needs_database: bool = False
    selects: bool = False
    """Its catalog selects nothing by itself."""

    def try_nights(self, binaries: Path, ours: Path, folder: Path, port: int) -> Result:
        """Both nights; the first wrong things of each."""
        place = folder / self.client.distribution
        place.mkdir()
        setting = Setting(place, binaries / "python", port)
        options = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
        notes: list[str] = []
        with Sandbox(None, options) as box:
            self._write_settings(setting, box)
            for number, products in enumerate(shop.NIGHTS, 1):
                self.lay_out(setting, products)
                problem = self._run(binaries, ours, setting)
                wrong = [problem] if problem else list(shop.wrong_in(box.micropim.store, products))
                notes += [f"night {number}: {one}" for one in wrong[:5]]
        ran = f"{self.form}: two nights, 7 records"
        verdict = Verdict.FAILED if notes else Verdict.PASSED
        return Result(self.client.distribution, self.client.version, ROLE, ran, verdict, tuple(notes))

    def _write_settings(self, setting: Setting, box: Sandbox) -> None:
        target: dict[str, Any] = {
            "api_url": box.micropim_url, "api_key": box.micropim.options.api_key, "profile": "native",
            "categories_mode": "managed",
            "reads_per_minute": 100_000, "writes_per_minute": 100_000,
        }  # fmt: skip
        if self.streams:
            target["streams"] = self.streams
        (setting.folder / "target.json").write_text(json.dumps(target), encoding="utf-8")

    def _run(self, binaries: Path, ours: Path, setting: Setting) -> str:
        """The two in a pipe; what went wrong, or nothing. The state is kept as a host keeps it."""
        (setting.folder / "tap.json").write_text(json.dumps(self.config(setting)), encoding="utf-8")
        command = [str(binaries / self.client.executable), "--config", "tap.json"]
        if self.selects:
            self._select(command, setting.folder)
            command += ["--catalog", "catalog.json"]
        if (setting.folder / "state.json").exists():
            command += ["--state", "state.json"]
        sent = subprocess.run(command, cwd=setting.folder, capture_output=True, check=False, timeout=RUN_SECONDS)
        if sent.returncode:
            return f"the tap ended with {sent.returncode}: {_last(sent.stderr)}"
        target = [str(ours / "target-micropim"), "--config", "target.json"]
        done = subprocess.run(
            target, cwd=setting.folder, input=sent.stdout, capture_output=True, check=False, timeout=RUN_SECONDS
        )
        if done.returncode:
            return f"the target ended with {done.returncode}: {_last(done.stderr)}"
        states = done.stdout.splitlines()
        if states:
            (setting.folder / "state.json").write_bytes(states[-1])
        return ""

    @staticmethod
    def _select(command: list[str], folder: Path) -> None:
        """Everything that it discovers."""
        found = subprocess.run([*command, "--discover"], cwd=folder, capture_output=True, check=True, timeout=60)
        catalog = json.loads(found.stdout)
        for stream in catalog["streams"]:
            next(item for item in stream["metadata"] if not item["breadcrumb"])["metadata"]["selected"] = True
        (folder / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")


def _last(lines: bytes) -> str:
    return " / ".join(lines.decode(errors="replace").strip().splitlines()[-3:])
