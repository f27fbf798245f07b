"""The documentation: its site builds without a warning, the errors it names are those of the code."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """No dead link, no page that is missing, no anchor that leads nowhere."""
    command = [str(Path(sys.executable).with_name("mkdocs")), "build", "--strict", "--site-dir", str(tmp_path)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tutorial" / "index.html").exists()


def sayings() -> Iterator[str]:
    """Every text that stands in the code of the plugins; the holes of an f-string are a mark that nobody writes."""
    for package in ("pim_wire", "tap_medipim", "target_micropim"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
                elif isinstance(node, ast.JoinedStr):
                    yield "".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)


def test_every_error_of_the_page_is_one_of_the_code() -> None:
    """A row whose line nobody says any more would mislead at night."""
    said = list(sayings())
    rows = re.findall(r"^\| `(.+?)` \|", (ROOT / "docs" / "errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) > 15
    for row in rows:
        for part in filter(None, (part.strip() for part in row.split("…"))):
            assert any(part in text for text in said), f"nobody says: {part}"


def test_the_drawing_of_the_architecture_is_that_of_the_imports() -> None:
    """``make generate`` would change nothing."""
    command = [sys.executable, "scripts/architecture_page.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
