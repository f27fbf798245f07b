"""The night before and the morning after: sums over what the runs of all shops have left."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from micropim_fleet.attempts import Attempt, note
from micropim_fleet.cli import carry_out
from micropim_fleet.fleet import Fleet, load
from micropim_fleet.morning import morning
from micropim_fleet.page import page
from micropim_fleet.plan import BY_NIGHTS, BY_PLAN, UNKNOWN, expected_of, loads, window_minutes
from tests.fleet.conftest import FLEET, Written

NOW = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)


def left(fleet: Fleet, shop: str, hours_ago: float, writes: int = 0, **facts: Any) -> Path:
    """The folder of a run of a shop, as target-micropim leaves it."""
    began = NOW - timedelta(hours=hours_ago)
    run = fleet.reports(fleet.shops[shop]) / f"{began:%Y%m%dT%H%M%SZ}-abcdef"
    run.mkdir(parents=True)
    updated = facts.pop("updated", 0)
    content = {
        "run_id": run.name,
        "dry_run": False,
        "started_at": began.isoformat(),
        "finished_at": (began + timedelta(minutes=30)).isoformat(),
        "duration_seconds": 1800.0,
        "complete": True,
        "stopped_by": None,
        "requests": {"reads": {"turns": 2 * writes, "refused": 0}, "writes": {"turns": writes, "refused": 1}},
        "streams": {"products": {"received": 100, "updated": updated}},
        "totals": {"rejected": 0, "unmapped": 0},
        "for_a_person": {},
        **facts,
    }
    (run / "report.json").write_text(json.dumps(content))
    (run / "report.html").write_text("<html>")
    names = ("run_id", "started_at", "duration_seconds", "complete", "dry_run", "stopped_by")
    night = {name: content[name] for name in names} | {"products": {"updated": updated}, "for_a_person": 0}
    (run / "night.json").write_text(json.dumps(night))
    return run


def attempt(fleet: Fleet, shop: str, hours_ago: float, code: int, said: str = "") -> None:
    """A run that micropim-fleet started."""
    began = NOW - timedelta(hours=hours_ago)
    note(
        fleet.reports(fleet.shops[shop]),
        Attempt(began.isoformat(), (began + timedelta(minutes=31)).isoformat(), code, said=said),
    )


@pytest.fixture
def fleet(written: Written) -> Fleet:
    """Two shops of one egress with 60 writes a minute, from 22 to 6 o'clock."""
    return load(written())


@pytest.mark.parametrize(
    ("window", "minutes"), [("22:00-06:00", 480), ("01:30-02:00", 30), ("00:00-00:00", 1440), ("23:59-00:00", 1)]
)
def test_a_window_may_pass_midnight(window: str, minutes: int) -> None:
    """From a time to the same time is a day."""
    assert window_minutes(window) == minutes


def test_what_a_shop_will_want_is_known_by_a_plan_or_by_its_nights(fleet: Fleet) -> None:
    """A first load among the last nights is not what the next one looks like; a stopped one says nothing."""
    gent = fleet.shops["gent"]
    assert expected_of(fleet, gent).basis == UNKNOWN
    left(fleet, "gent", 96, 50_000)
    for hours, writes in ((72, 100), (48, 110), (24, 120)):
        left(fleet, "gent", hours, writes, updated=writes)
    left(fleet, "gent", 20, 9, complete=False)
    found = expected_of(fleet, gent)
    assert (found.basis, found.writes, found.products) == (BY_NIGHTS, 115, 105)
    left(fleet, "gent", 2, 0, dry_run=True, planned_writes=777)
    found = expected_of(fleet, gent)
    assert (found.basis, found.writes) == (BY_PLAN, 777)
    assert found.reads == 0
    left(fleet, "gent", 1.5, 0, dry_run=True, planned_writes=777, planned_reads=900)
    assert expected_of(fleet, gent).reads == 900
    left(fleet, "gent", 1, 130)
    assert expected_of(fleet, gent).basis == BY_NIGHTS


def test_what_does_not_fit_is_named_with_the_addresses_that_it_would_take(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    """One address carries 28,320 writes in eight hours; the shop that comes last is the one that is left over."""
    left(fleet, "gent", 24, 20_000)
    left(fleet, "brugge", 24, 28_000)
    ((load_,), expected) = loads(fleet)
    assert (load_.writes, load_.hours, load_.window_hours, load_.addresses) == (48_000, 13.565, 8.0, 2)
    assert load_.left_over == ("gent",)
    assert [each.shop for each in expected] == ["gent", "brugge"]
    assert carry_out(["plan", "-f", str(fleet.file)]) == 1
    assert "13.6 of 8.0 hours at 60 writes a minute\n  does not fit: gent; it would take 2 addresses\n" in (
        capsys.readouterr().out
    )
    assert carry_out(["plan", "--json", "-f", str(fleet.file)]) == 1
    assert json.loads(capsys.readouterr().out)["egresses"][0]["fits"] is False


@pytest.mark.parametrize("at_once", [1, 2])
def test_programs_that_begin_take_their_time_where_no_other_run_writes(written: Written, at_once: int) -> None:
    """59 writes are one minute of an even pace of 60; a run of 30 minutes was known to take 31 with its programs."""
    text = FLEET.replace("writes_per_minute: 60", f"writes_per_minute: 60, concurrent_runs: {at_once}")
    fleet = load(written(text=f"throttle_url: sqlite:////tmp/throttle.db\n{text}"))
    left(fleet, "gent", 24, 59)
    assert loads(fleet)[0][0].hours == round((1 + 10 / 60) / 60, 3)
    attempt(fleet, "gent", 24, code=0)
    attempt(fleet, "gent", 20, code=1)
    ((load_,), (gent, _)) = loads(fleet)
    assert (gent.start_seconds, load_.hours) == (60.0, round((1 + 1) / 60, 3))


def test_a_fleet_without_a_run_is_told_so(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    """Not counted is not nothing."""
    assert carry_out(["plan", "-f", str(fleet.file)]) == 0
    assert "not counted, since they have no run yet: brugge, gent; plan --look asks them" in capsys.readouterr().out


def test_a_pace_that_is_searched_for_is_what_was_found_last(written: Written) -> None:
    """``auto``: the shops of an egress have found one limit; the usual number until then."""
    fleet = load(written(text=FLEET.replace("writes_per_minute: 60", "writes_per_minute: auto")))
    left(fleet, "gent", 24, 30)
    assert loads(fleet)[0][0].writes_per_minute == 60
    for shop, hours, rate in (("gent", 20, 300), ("brugge", 19, 240)):
        left(fleet, shop, hours, requests={"writes": {"turns": 5, "found_per_minute": rate}})
    assert loads(fleet)[0][0].writes_per_minute == 240


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("well", ""),
        ("failed", "MicroPIM does not accept the key"),
        ("failed", "not set: GENT_KEY"),
        ("late", "no good run since 2026-11-28T07:30:00Z"),
        ("unfinished", "the run that began at 2026-11-30T05:00:00Z has no report: still running, or killed"),
        ("never run", ""),
    ],
)
def test_each_end_of_a_shop_is_told_apart(fleet: Fleet, status: str, why: str) -> None:
    """With a report or without one; a run that was killed has none."""
    if status not in {"never run", "late"}:
        left(fleet, "gent", 6)
    if status == "late":
        left(fleet, "gent", 48)
    if why.startswith("MicroPIM"):
        left(fleet, "gent", 1, complete=False, stopped_by=why)
        attempt(fleet, "gent", 1.01, 1, "[error] something of Meltano")
    if why.startswith("not set"):
        attempt(fleet, "gent", 1, 1, why)
    if status == "unfinished":
        (fleet.reports(fleet.shops["gent"]) / "20261130T050000Z-0a1b2c").mkdir(parents=True)
    (line,) = [line for line in morning(fleet, NOW).lines if line.name == "gent"]
    assert (line.status, line.why) == (status, why)


def test_a_good_night_by_hand_ends_a_failure(fleet: Fleet) -> None:
    """A report that is newer than the last attempt counts."""
    attempt(fleet, "gent", 5, 1, "broke")
    left(fleet, "gent", 2)
    (line,) = [line for line in morning(fleet, NOW).lines if line.name == "gent"]
    assert line.status == "well"


def test_a_plan_is_no_night(fleet: Fleet) -> None:
    """A dry run that failed or succeeded says nothing of how a shop stands."""
    left(fleet, "gent", 6, 12)
    left(fleet, "gent", 1, dry_run=True, complete=False, planned_writes=5)
    (line,) = [line for line in morning(fleet, NOW).lines if line.name == "gent"]
    assert (line.status, line.writes) == ("well", 12)


def test_a_morning_adds_up(fleet: Fleet) -> None:
    """Totals, egresses, the shops with most to do, and the days, of which a night belongs to the one it began on."""
    rejected = {"totals": {"rejected": 3, "conflicts": 2, "unsure": 1, "unmapped": 4}, "for_a_person": {"picture": 5}}
    left(fleet, "gent", 8, 10, updated=10, **rejected)
    left(fleet, "brugge", 7, 20, updated=20)
    left(fleet, "brugge", 31, 7, updated=7)
    found = morning(fleet, NOW)
    content = found.as_json()
    assert content["totals"]["tasks"] == 15
    assert content["totals"]["writes"] == 30
    assert content["worst"] == ["gent"]
    assert content["egresses"] == [{"egress": "north", "shops": 2, "bad": 0, "writes": 30, "reads": 60, "refused": 2}]
    assert [(day["day"], day["runs"], day["updated"]) for day in content["trend"]] == [
        ("2026-11-29", 1, 7),
        ("2026-11-30", 2, 30),
    ]
    assert content["never_run"] == ["be"]


def test_the_page_escapes_and_links(fleet: Fleet) -> None:
    """A reason comes from a server; a name leads to the shop's own report."""
    run = left(fleet, "gent", 3, complete=False, stopped_by="<script>x</script>")
    text = page(morning(fleet, NOW))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert f'href="../reports/gent/{run.name}/report.html"' in text


def test_report_ends_with_1_when_a_shop_failed(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Both files are there either way; a shop that has never run fails nothing."""
    assert carry_out(["report", "-f", str(fleet.file)]) == 0
    attempt(fleet, "brugge", 1, 3, "broke")
    assert carry_out(["report", "-f", str(fleet.file), "--no-notices"]) == 1
    said = capsys.readouterr().out
    assert "failed: shop brugge: broke\n" in said
    content = json.loads((tmp_path / ".micropim" / "fleet" / "report.json").read_text())
    assert content["failed"] == ["brugge"]
    assert (tmp_path / ".micropim" / "fleet" / "report.html").is_file()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"requests": 5, "totals": [], "streams": {"products": "x"}}', "null"])
def test_a_report_of_any_shape_ends_nothing(fleet: Fleet, text: str) -> None:
    """Files may be cut, empty or another program's."""
    run = left(fleet, "gent", 3)
    for name in ("report.json", "night.json"):
        (run / name).write_text(text)
    assert morning(fleet, NOW).as_json()["shops"][0]["name"] == "gent"
    assert loads(fleet)[0][0].writes == 0


class Apprise:
    """The library's place: it takes addresses of one kind, and notes what is sent."""

    sent: ClassVar[list[str]] = []

    def __init__(self, asset: object) -> None:
        self._asset = asset
        self._url = ""

    def add(self, url: str) -> bool:
        """As the library: whether it knows the kind."""
        self._url = url
        return url.startswith("json://")

    def notify(self, body: str, title: str, notify_type: str) -> bool:
        """As the library, which may fail in any way."""
        if "broken" in self._url:
            raise OSError
        self.sent.append(f"{notify_type} {title}: {body}")
        return True


def test_a_notice_tells_of_the_morning_and_names_no_address(
    written: Written, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that cannot be sent is a line, and the exit code stays."""
    library = SimpleNamespace(
        Apprise=Apprise, AppriseAsset=dict, NotifyType=SimpleNamespace(FAILURE="failure", INFO="info")
    )
    monkeypatch.setitem(sys.modules, "apprise", library)
    urls = 'notify_urls: ["${GENT_KEY}", "${BE_ID}", "${BE_SECRET}"]\nnotify_on: always\n'
    file = written(text=FLEET.replace("timezone", urls + "timezone"))
    (file.parent / ".env").write_text(
        "GENT_KEY=nothing://secret\nBE_ID=json://broken.secret\nBE_SECRET=json://secret\n"
    )
    assert carry_out(["report", "-f", str(file)]) == 0
    said = capsys.readouterr()
    assert said.err == "micropim-fleet: 2 of 3 notices could not be sent\n"
    assert "secret" not in said.out
    assert Apprise.sent == ["info Fleet: " + said.out.rpartition("\n/")[0]]
