"""The commands of the documentation run: every block under a ``<!-- run -->`` line, page by page."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from sandbox.cli import env_lines

ROOT = Path(__file__).resolve().parents[2]
RUNNABLE = re.compile(r"<!-- run -->\n```bash\n(.*?)\n```", re.DOTALL)
PAGES = [
    path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if RUNNABLE.search(path.read_text())
]


def test_enough_pages_have_commands_to_run() -> None:
    """The marker is not lost."""
    assert {"README.md", "tutorial.md", "rejects.md", "mapping.md", "alerts.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_run(page: Path, tmp_path: Path) -> None:
    """All of a page's marked blocks, one after the other, in an empty folder against a fresh sandbox."""
    script = "set -euo pipefail\n" + "\n".join(RUNNABLE.findall(page.read_text(encoding="utf-8")))
    micropim = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
    with Sandbox(MedipimOptions(products=15, requests_per_minute=None), micropim) as box:
        settings = dict(line.split("=", 1) for line in env_lines(box))
        quick = {"TAP_MEDIPIM_REQUESTS_PER_MINUTE": "6000", "TARGET_MICROPIM_WRITES_PER_MINUTE": "6000"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        for name, prefix in (("tap", "TAP_MEDIPIM_"), ("target", "TARGET_MICROPIM_")):
            given = {k.removeprefix(prefix).lower(): v for k, v in settings.items() if k.startswith(prefix)}
            pace = {"requests_per_minute": 6000} if name == "tap" else {"writes_per_minute": 6000}
            (tmp_path / f"{name}.json").write_text(repr({**given, **pace}).replace("'", '"'))
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env={**os.environ, **settings, **quick, "PATH": path},
            capture_output=True, text=True, timeout=150, check=False,
        )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
