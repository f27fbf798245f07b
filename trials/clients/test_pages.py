"""The commands of the documentation run: every block under a ``<!-- run -->`` line, page by page, under Meltano."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from sandbox.cli import QUICK, env_lines, folder_lines

ROOT = Path(__file__).resolve().parents[2]
RUNNABLE = re.compile(r"<!-- run -->\n```bash\n(.*?)\n```", re.DOTALL)
SHOWN = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
LOAD = "set -a; . ./.sandbox.env; set +a"  # a terminal that is open stays as it is; here each run has its own
RUN_BELOW = {"tutorial.md", "install.md"}  # all of the first in a test of its own, of the second before the upgrade
BEGUN_BY = {"upgrade.md": [ROOT / "docs" / "install.md"]}  # an upgrade is one of something that runs already
PAGES = [path for path in SHOWN if RUNNABLE.search(path.read_text())]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in RUN_BELOW], ids=lambda page: page.stem)
def test_the_commands_of_a_page_run(page: Path, tmp_path: Path) -> None:
    """All of a page's marked blocks, one after the other, in a folder with the project's settings."""
    shutil.copy(ROOT / ".env.example", tmp_path)
    project = (ROOT / "meltano.yml").read_text(encoding="utf-8")
    with_ours = re.sub(r"^ *pip_url: .*\n", "", project, flags=re.MULTILINE)  # `make demo` installs from there
    (tmp_path / "meltano.yml").write_text(with_ours, encoding="utf-8")
    with sandbox() as box:
        write_configs(box, tmp_path)
        pages = [*BEGUN_BY.get(page.name, ()), page]
        run([block for one in pages for block in RUNNABLE.findall(one.read_text(encoding="utf-8"))], box, tmp_path)


def test_what_a_newcomer_changes_by_hand_arrives(tmp_path: Path) -> None:
    """The tutorial, with the step that has no command: a product renamed in the form."""
    *before, change, conflict, decision = RUNNABLE.findall((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"))
    with sandbox() as box:
        run(before, box, tmp_path)
        made = {product["sku"]: product for product in box.micropim.products.values()}
        key = next(key for key in box.medipim.catalogue.products if key in made)
        product = made[key]
        rename(box.page("medipim"), key, "Renamed in the tutorial")
        run([LOAD, change], box, tmp_path)
        assert product["name"] == "Renamed in the tutorial"
        rename(box.page("micropim"), product["id"], "A name of my own")
        rename(box.page("medipim"), key, "Renamed once more")
        run([LOAD, conflict], box, tmp_path)
        assert product["name"] == "A name of my own"
        file = tmp_path / ".sandbox" / "decisions.csv"
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = list(csv.DictReader(text))
        with file.open("w", encoding="utf-8", newline="") as text:
            table = csv.DictWriter(text, list(rows[0]))
            table.writeheader()
            table.writerows({**row, **({"decision": "source"} if row["kind"] == "conflict" else {})} for row in rows)
        run([LOAD, decision], box, tmp_path)
        assert product["name"] == "Renamed once more"
        assert "conflict" not in file.read_text(encoding="utf-8")


def rename(page: str, key: object, name: str) -> None:
    """The form of one of the sandbox's pages, as a browser sends it."""
    form = {"name": name, "status": "active"}
    requests.post(f"{page}products/{key}", data=form, timeout=10).raise_for_status()


def sandbox() -> Sandbox:
    """Small, and without limits."""
    micropim = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
    return Sandbox(MedipimOptions(products=15, requests_per_minute=None), micropim)


def write_configs(box: Sandbox, folder: Path) -> None:
    """The files that a page calls tap.json and target.json."""
    for name, prefix in (("tap", "TAP_MEDIPIM_"), ("target", "TARGET_MICROPIM_")):
        given = {k.removeprefix(prefix).lower(): v for k, v in settings_of(box).items() if k.startswith(prefix)}
        kinds = ("requests",) if name == "tap" else ("reads", "writes")
        pace = {f"{kind}_per_minute": 6000 for kind in kinds}
        (folder / f"{name}.json").write_text(json.dumps({**given, **pace}), encoding="utf-8")


def settings_of(box: Sandbox) -> dict[str, str]:
    """As the sandbox prints them."""
    return dict(line.split("=", 1) for line in env_lines(box))


def run(blocks: list[str], box: Sandbox, folder: Path) -> None:
    """One shell, as somebody types them."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if not (file := folder / ".sandbox.env").exists():
        file.write_text("\n".join([*env_lines(box), *QUICK, *folder_lines(folder / ".sandbox")]), encoding="utf-8")
    quick = dict(line.split("=", 1) for line in QUICK)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)], cwd=folder,
        env={**os.environ, **settings_of(box), **quick, "PATH": path},
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
