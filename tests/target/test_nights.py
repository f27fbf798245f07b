"""index.html lists the nights; keep_reports_days clears old ones away, and nothing else."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from target_micropim.report.nights import clear_away, list_nights
from target_micropim.report.words import LANGUAGES, Words
from tests.target.test_report_page import seen

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
Json = dict[str, Any]


def night(folder: Path, days: float, name: str = "report.json", **facts: Any) -> Path:
    """The folder of a run so many days ago."""
    run = folder / f"{NOW - timedelta(days=days):%Y%m%dT%H%M%SZ}-0a1b2c"
    run.mkdir(parents=True)
    (run / name).write_text(json.dumps(facts))
    return run


def cleared(folder: Path, days: int | None) -> list[str]:
    """What is left."""
    clear_away(folder, days, NOW.timestamp())
    return sorted(place.name for place in folder.iterdir())


def test_old_folders_go_and_the_newest_stays(tmp_path: Path) -> None:
    """However old it is; without the setting all stay."""
    for days in (40, 31, 20):
        night(tmp_path, days)
    assert len(cleared(tmp_path, None)) == 3
    assert cleared(tmp_path, 30) == [f"{NOW - timedelta(days=20):%Y%m%dT%H%M%SZ}-0a1b2c"]
    assert len(cleared(tmp_path, 1)) == 1


def test_what_no_run_has_left_is_never_deleted(tmp_path: Path) -> None:
    """Other names, files, links, folders of runs with something of a person's in them, a date that is none."""
    night(tmp_path, 1)
    kept = [tmp_path / name for name in ("notes", "20200101", "20200101T000000Z-0a1b2c.old", "20201399T000000Z-0a1b2c")]
    for place in kept:
        place.mkdir()
        (place / "report.json").write_text("{}")
    kept += [night(tmp_path, 50, name="my notes.txt"), tmp_path / "20200101T000000Z-0a1b2d"]
    kept[-1].write_text("a file")
    (with_folder := night(tmp_path, 51)).joinpath("mine").mkdir()
    elsewhere = night(tmp_path / "elsewhere", 60)
    (tmp_path / "20200101T000000Z-0a1b2e").symlink_to(elsewhere)
    before = sorted(place.name for place in tmp_path.iterdir())
    assert cleared(tmp_path, 1) == before
    assert (elsewhere / "report.json").exists()
    assert with_folder.exists()


def test_a_run_clears_away_and_a_plan_does_not(world: Any, singer: Any) -> None:
    """By the wall clock of the run."""
    reports = world.folder / "reports"
    old = reports / "20200101T000000Z-0a1b2c"
    old.mkdir(parents=True)
    (old / "report.json").write_text("{}")
    world.load(singer.lines(products=[singer.product(1)]), keep_reports_days=30, dry_run=True)
    assert old.exists()
    world.load(singer.lines(products=[singer.product(1)]), keep_reports_days=30)
    assert not old.exists()
    assert len(list(reports.glob("*/report.json"))) == 2


def test_the_index_tells_the_outcome_of_each_night(world: Any, singer: Any) -> None:
    """Newest first; one that stopped, one that a person must see, a plan, one that was killed, one of before."""
    old = night(world.folder / "reports", 900, complete=True, duration_seconds=5, totals={"conflicts": 7})
    night(world.folder / "reports", 800, name="details.jsonl")
    world.run(singer.lines(products=[singer.product(1)]), api_key="wrong")
    world.load(singer.lines(products=[singer.product(1), {"id": "2"}]))
    world.load(singer.lines(products=[singer.product(1)]), dry_run=True)
    html = (world.folder / "reports" / "index.html").read_text()
    for words in ("well, with tasks", "stopped: ", "plan, ", "no report: still running, or killed"):
        assert html.count(words) == (2 if words.startswith("well") else 1)
    assert f'<a href="{old.name}/report.html">' not in html  # it has none
    assert html.count('/report.html">') == 3
    assert "wrong" not in html
    with (world.folder / "reports" / "nights.csv").open(newline="", encoding="utf-8") as file:
        nights = list(csv.DictReader(file))
    assert [one["outcome"] for one in nights] == ["plan", "done", "stopped", "unknown", "done"]
    assert nights[-1]["for_a_person"] == "7"
    assert nights[1]["created"] == "1"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_night_stays_text(tmp_path: Path, language: str) -> None:
    """Whatever stands in the folder's files; in every language."""
    evil = "</td><script>alert(1)</script>\u202e"
    night(tmp_path, 1, complete=False, stopped_by=evil)
    night(tmp_path, 2, name="night.json", products=[evil], complete=True)
    (night(tmp_path, 3) / "night.json").write_text("[1]")
    list_nights(tmp_path, Words(language))
    html = (tmp_path / "index.html").read_text()
    assert "<script>" not in html
    assert "\u202e" not in html
    seen(html)


def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The run is over, and was good."""
    (tmp_path / "index.html").mkdir()
    list_nights(tmp_path, Words())
    assert "could not be written" in caplog.text
    assert (tmp_path / "index.html").is_dir()
