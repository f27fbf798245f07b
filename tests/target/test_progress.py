"""While a run goes on, a person sees it move: a line in time with a count, a rate, and what it waits for."""

import io
import logging
from pathlib import Path
from typing import Any

import pytest

from pim_wire.clock import Clock
from pim_wire.timeline import Timeline
from target_micropim.report.progress import LIVE_SECONDS, LOG_SECONDS, Progress
from target_micropim.report.run_report import Report


class Terminal(io.StringIO):
    """Somebody sits there."""

    def isatty(self) -> bool:
        """Yes."""
        return True


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        """Where the hands are."""
        return self.seconds


def progress_of(tmp_path: Path, waits: set[str], out: Any) -> tuple[Progress, Report, Hands]:
    """A run that has just begun."""
    report, hands = Report(tmp_path, "run"), Hands()
    return Progress(report, hands.now, lambda: waits, out), report, hands


def test_a_log_gets_a_line_every_thirty_seconds_with_count_rate_and_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """200 products at one write a second (case 34): 40 are done after 40 seconds, and it says why no more."""
    caplog.set_level(logging.INFO)
    progress, report, hands = progress_of(tmp_path, {"pace"}, io.StringIO())
    for _ in range(200):
        report.receive("products")
    for _ in range(60):
        hands.seconds += 1
        report.settle("products", "created")
        progress.tell()
    assert LOG_SECONDS < 30
    assert [record.message for record in caplog.records][1] == (
        "40 of 200 records received are done (40 created); 1.0/s; 160 to go, about 2 min 40 s; "
        "waits for its turn (reads_per_minute, writes_per_minute)"
    )
    assert len(caplog.records) == 3


@pytest.mark.parametrize(
    ("waits", "words"),
    [
        ({"pace", "failing"}, "waits after failures of MicroPIM"),
        ({"asked"}, "waits as MicroPIM asked (429)"),
        (set(), "waits for input"),
    ],
)
def test_a_run_that_stands_still_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, waits: set[str], words: str
) -> None:
    """Also when nothing has come in, and nothing is done."""
    caplog.set_level(logging.INFO)
    progress, _report, hands = progress_of(tmp_path, waits, io.StringIO())
    hands.seconds += LOG_SECONDS
    progress.tell()
    assert caplog.records[0].message == f"0 of 0 records received are done; 0.0/s; {words}"


def test_on_a_terminal_one_line_is_rewritten_and_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut to the width of the window; what is written next begins at the left."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    progress, report, hands = progress_of(tmp_path, set(), out)
    progress.end()
    assert out.getvalue() == ""
    for _ in range(2):
        report.receive("products")
        hands.seconds += LIVE_SECONDS
        progress.tell()
    progress.end()
    lines = out.getvalue().split("\r\x1b[K")
    assert [len(line) for line in lines] == [0, 40, 40, 0]
    assert lines[2].startswith("0 of 2 records")
    assert "\n" not in out.getvalue()


def test_a_wait_is_seen_while_it_lasts() -> None:
    """The sums of the timeline know it only when it is over."""
    timeline = Timeline(Clock())
    with timeline.waiting("asked"), timeline.waiting("pace"), timeline.waiting("pace"):
        assert timeline.waits() == {"asked", "pace"}
    assert timeline.waits() == set()
