"""Every command that a page shows has something that runs it; trials/clients/test_pages.py runs the marked blocks."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNNABLE = re.compile(r"<!-- run -->\n```bash\n(.*?)\n```", re.DOTALL)
SHOWN = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
PAGES = [path for path in SHOWN if RUNNABLE.search(path.read_text())]
PROGRAMS = r"meltano |tap-medipim |target-micropim |pip |pipx |uv |python|podman |docker |\.venv/|export |set -|\. "
RUN_ELSEWHERE = {
    "micropim-fleet check": "tests/fleet/test_check.py",
    "micropim-fleet render": "tests/fleet/test_render.py",
    "micropim-fleet run be gent brugge namur": "tests/fleet/test_run.py",
    "micropim-fleet plan": "tests/fleet/test_plan_and_report.py",
    "micropim-fleet report": "tests/fleet/test_plan_and_report.py",
    "python3 -m venv .venv": "scripts/release/package.py",
    "podman build -t medipim-micropim .": "trials/clients/test_container.py",
    "podman build --target source-medipim -t registry.example/medipim-micropim/source-medipim:0.1.0 .": (
        "tests/docs/test_container.py"
    ),
    "meltano run tap-medipim-fr target-micropim-paris": "trials/clients/test_examples.py",
    "target-micropim --config=ENV --explain 3612173": "tests/target/test_explain.py",
    "target-micropim --config target.json --probe capabilities.json": "tests/target/test_probe.py",
    '.venv/bin/python -m trials.kills --scenario "tap, stream"': "trials/kills/test_target_killed.py",
    ".venv/bin/python -m trials.kills --every 7": "trials/kills/test_target_killed.py",
    ".venv/bin/python -m trials.simulate --seed 42 --shrink": "tests/trials/test_simulate.py",
    ".venv/bin/python -m trials.simulate --seed 42 --keep 3,11 --trace": "tests/trials/test_simulate.py",
}


def test_enough_pages_have_commands_to_run() -> None:
    """The marker is not lost."""
    assert {"README.md", "tutorial.md", "install.md", "rejects.md", "mapping.md", "alerts.md"} <= {
        page.name for page in PAGES
    }


def test_each_command_of_a_page_has_something_that_runs_it() -> None:
    """A block of a shell without the mark, or an indented command that is no target of make, needs its line here."""
    bare = {line for page in SHOWN for line in commands_without_a_mark(page)}
    assert bare == set(RUN_ELSEWHERE)
    for command, place in RUN_ELSEWHERE.items():
        assert (ROOT / place).exists(), command


def test_what_the_readme_and_the_page_say_of_installing_is_the_same() -> None:
    """Only the README's block is run, by scripts/release/package.py."""
    pages = (ROOT / "README.md", ROOT / "docs" / "install.md")
    blocks = [re.findall(r"```bash\n(python3 -m venv .*?)```", page.read_text("utf-8"), re.DOTALL) for page in pages]
    assert blocks[0] == blocks[1] != []


def commands_without_a_mark(page: Path) -> Iterator[str]:
    """The first line of each block, and each indented line that begins like a command."""
    text = re.sub(r"<!-- run.*? -->\n```bash\n.*?\n```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    yield from re.findall(r"```(?:bash|sh|console)\n(.*)\n", text)
    yield from re.findall(rf"^    ((?:{PROGRAMS}).*?)(?:  +#.*)?$", text, re.MULTILINE)
