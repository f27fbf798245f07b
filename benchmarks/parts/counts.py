"""Requests, counted: benchmarks/request_counts.py, which also writes docs/requests.md."""

import json
import subprocess
import sys
from typing import Any

from benchmarks.asked import Asked
from benchmarks.environments import PLACE
from benchmarks.measuring import ROOT


def measured(asked: Asked) -> dict[str, Any]:
    """The cases. In a process of its own: it holds a sandbox, and what is measured after it should not inherit that."""
    kept = PLACE / "requests.json"
    words = ["--products", str(asked.counted), "--write", "--json", str(kept)]
    subprocess.run([sys.executable, "-m", "benchmarks.request_counts", *words], cwd=ROOT, check=True)
    return {"cases": json.loads(kept.read_text(encoding="utf-8"))}
