"""The examples of the how-tos that need a scheduler, a database or a project of Meltano: run, or at least read."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tap_medipim.tap import TapMedipim
from target_micropim.target import TargetMicroPim

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs" / "how-to"
BIN = Path(sys.executable).parent
FOLDERS = (
    "pim_wire|tap_medipim|target_micropim|micropim_fleet|sandbox|tests|scripts|schemas|trials|benchmarks|requirements|hub"
    "|examples"
)
FILE = re.compile(rf"`((?:{FOLDERS})/[\w/.-]+\.\w+)`")
NIGHTLY = ["--environment", "prod", "run", "tap-medipim", "target-micropim"]


def example(page: str, language: str, place: int = 0) -> str:
    """A block of a page."""
    return re.findall(rf"```{language}\n(.*?)```", (HOW_TO / page).read_text(encoding="utf-8"), re.DOTALL)[place]


@pytest.mark.parametrize("place", [0, 1], ids=["airflow", "dagster"])
def test_other_schedulers_run_the_same_command(place: int) -> None:
    """Python that parses, and the command of every night; both libraries were tried once, which the page tells."""
    tree = ast.parse(example("scheduling.md", "python", place))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert "15 2 * * *" in texts
    assert f"meltano {' '.join(NIGHTLY)}" in texts or ["meltano", *NIGHTLY] == [
        text for text in texts if text in {"meltano", *NIGHTLY}
    ]


def test_the_workflow_is_one_that_github_would_take(tmp_path: Path) -> None:
    """It is linted like our own, it runs the command of every night, and it gives settings that exist."""
    text = example("scheduling.md", "yaml")
    file = tmp_path / ".github" / "workflows" / "nightly.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    command = [str(BIN / "zizmor"), "--offline", "--quiet", "--persona=pedantic", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    steps = yaml.safe_load(text)["jobs"]["sync"]["steps"]
    (sync,) = [step for step in steps if "env" in step]
    assert sync["run"] == f"meltano {' '.join(NIGHTLY)}"
    known = {f"TAP_MEDIPIM_{name}".upper() for name in TapMedipim.config_jsonschema["properties"]}
    known |= {f"TARGET_MICROPIM_{name}".upper() for name in TargetMicroPim.config_jsonschema["properties"]}
    assert set(sync["env"]) <= known | {"MELTANO_DATABASE_URI"}


def test_what_the_pages_name_is_there() -> None:
    """Each target of make, each file of ours that the README or a page leads to by its whole path."""
    made = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        asked = set(re.findall(r"(?:`|^    )make ([a-z]+)", text, re.MULTILINE))
        assert asked <= made, page
        for path in FILE.findall(text):
            assert (ROOT / path).exists(), f"{page}: {path}"
