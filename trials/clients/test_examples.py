"""The examples of the how-to pages, tried for real: cron's line, two shops under Meltano, the ledger on PostgreSQL."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from sandbox.cli import QUICK, env_lines
from trials import postgres

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs" / "how-to"
BIN = Path(sys.executable).parent


def example(page: str, language: str, place: int = 0) -> str:
    """A block of a page."""
    return re.findall(rf"```{language}\n(.*?)```", (HOW_TO / page).read_text(encoding="utf-8"), re.DOTALL)[place]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """Small, and without limits."""
    micropim = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
    with Sandbox(MedipimOptions(products=12, requests_per_minute=None), micropim) as box:
        yield box


@pytest.fixture
def project(tmp_path: Path) -> dict[str, Any]:
    """meltano.yml as somebody has it, with the plugins that are installed here."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    for kind in ("extractors", "loaders"):
        del found["plugins"][kind][0]["pip_url"]
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(found), encoding="utf-8")
    return found


def shell(script: str, folder: Path, box: Sandbox, **more: str) -> "subprocess.CompletedProcess[str]":
    """A POSIX shell, as cron has it."""
    settings = dict(line.split("=", 1) for line in (*env_lines(box), *QUICK))
    env = {"PATH": f"{BIN}{os.pathsep}/usr/bin:/bin", "HOME": str(folder), **settings, **more}
    command = ["/bin/sh", "-c", script]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.timeout(400)
def test_the_line_of_cron_is_silent_when_all_is_well_and_says_why_when_not(
    project: dict[str, Any], box: Sandbox, tmp_path: Path
) -> None:
    """Cron mails what a command prints: nothing after a good night, the end of the log after a bad one."""
    assert project
    *_, line = example("scheduling.md", "cron").splitlines()
    when, command = line.split("  ", 1)
    assert re.fullmatch(r"[\d*/,-]+( [\d*/,-]+){4}", when)
    assert "%" not in command, "cron takes it for a line break"
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(BIN)
    command = command.replace("/srv/sync", str(tmp_path))
    good = shell(command, tmp_path, box)
    assert (good.stdout, good.stderr) == ("", "")
    assert len(box.micropim.products) > 5
    bad = shell(command, tmp_path, box, TARGET_MICROPIM_API_KEY="wrong")
    assert "/errors/#key-not-accepted)" in bad.stdout
    assert len(bad.stdout.splitlines()) < 10


@pytest.mark.timeout(400)
def test_two_shops_in_one_project(project: dict[str, Any], box: Sandbox, tmp_path: Path) -> None:
    """An inherited pair has its own settings, under names made from its own."""
    shop = yaml.safe_load(example("shops-and-markets.md", "yaml"))
    for kind, plugins in shop["plugins"].items():
        project["plugins"][kind] += plugins
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    (command,) = re.findall(r"^    (meltano run .*)$", (HOW_TO / "shops-and-markets.md").read_text(), re.MULTILINE)
    names = {"TAP_MEDIPIM_": "TAP_MEDIPIM_FR_", "TARGET_MICROPIM_": "TARGET_MICROPIM_PARIS_"}
    settings = dict(line.split("=", 1) for line in (*env_lines(box), *QUICK))
    own = {
        f"{long}{key.removeprefix(short)}": value
        for key, value in settings.items()
        for short, long in names.items()
        if key.startswith(short) and not key.endswith(("_MARKET", "_LOCALE"))  # those the page sets itself
    }
    done = shell(f"unset {' '.join(settings)}; {command}", tmp_path, box, **own)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(box.micropim.products) > 5
    assert (tmp_path / ".micropim" / "paris.db").exists()


def test_the_ledger_moves_to_postgresql(box: Sandbox, tmp_path: Path) -> None:
    """The block of the page, with a real database in place of the one it names."""
    if not postgres.is_here():
        pytest.skip(postgres.ABSENT)
    with postgres.cluster() as folder:
        url = postgres.new_database(folder, "moved")
        script = example("postgresql.md", "bash").replace("postgresql://sync@db.example/ledger", f"'{url}'")
        assert url in script
        done = shell(f"set -e\n{script}", tmp_path, box)
        assert done.returncode == 0, done.stderr[-2000:]
        made = len(box.micropim.products)
        assert f"Products known to the ledger: {made}," in done.stdout
        again = shell(f"set -e\n{script}", tmp_path, box)
        assert again.returncode == 0, again.stderr[-2000:]
        assert len(box.micropim.products) == made
    assert not (tmp_path / ".micropim" / "ledger.db").exists()
