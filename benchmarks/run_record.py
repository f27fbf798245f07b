"""What was measured, kept with its circumstances: benchmarks/figures, the page and the picture made from it."""

import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.environments import WANTED
from benchmarks.measurement import ROOT
from benchmarks.page import FIGURES, PAGE, TABLES, kept_figures, rendered

OF_OURS = ("singer-sdk", "orjson", "requests", "sqlalchemy")
OF_OTHERS = ("dlt", "airbyte", "jsonl", "meltano")


class Run:
    """One part, from its start."""

    def __init__(self, part: str, arguments: list[str]) -> None:
        self._part = part
        self._command = f'make bench BENCH="{" ".join(arguments)}"' if arguments else "make bench"
        self._began, self._load = time.monotonic(), _load()
        print(f"\n{part}", file=sys.stderr, flush=True)

    def keep(self, figures: dict[str, Any]) -> None:
        """Write the figures, renew the page; print the table."""
        run = {"command": self._command, **_circumstances(), "load": [self._load, _load()]}
        run["seconds"] = round(time.monotonic() - self._began)
        kept = json.dumps({"run": run, "figures": figures}, indent=1, ensure_ascii=False)
        FIGURES.mkdir(exist_ok=True)
        (FIGURES / f"{self._part}.json").write_text(kept + "\n", encoding="utf-8")
        PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8"), kept_figures()), encoding="utf-8")
        if self._part == "growth":
            subprocess.run([sys.executable, "-m", "benchmarks.plot"], cwd=ROOT, check=True)
        lines = TABLES[self._part](figures) if self._part in TABLES else []
        print("\n".join([f"\n{self._part}, {run['seconds']} s\n", *lines]), flush=True)


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def _circumstances() -> dict[str, Any]:
    """Date, commit, machine, versions."""
    describe = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(describe, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    theirs = [word for name in OF_OTHERS for word in (WANTED / f"{name}.txt").read_text(encoding="utf-8").split()]
    versions = [f"{name} {version(name)}" for name in OF_OURS] + [word.replace("==", " ") for word in theirs]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "commit": commit or "unknown",
        "machine": f"{os.cpu_count()} CPUs, {_model()}",
        "python": platform.python_version(),
        "versions": ", ".join(versions),
    }


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
