"""Requests, counted: benchmarks/request_counts.py, which also writes docs/requests.md."""

import json
import subprocess
import sys
from typing import Any

from benchmarks.environments import PLACE
from benchmarks.measurement import ROOT
from benchmarks.options import Options


def measured(options: Options) -> dict[str, Any]:
    """The cases. In a process of its own: it holds a sandbox, and what is measured after it should not inherit that."""
    kept = PLACE / "requests.json"
    words = ["--products", str(options.counted), "--write", "--json", str(kept)]
    subprocess.run([sys.executable, "-m", "benchmarks.request_counts", *words], cwd=ROOT, check=True)
    return {"cases": json.loads(kept.read_text(encoding="utf-8"))}
