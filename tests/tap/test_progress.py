"""How far a run is, what it waits for, and what it cost: for the person who watches it."""

import io
import logging
from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tap_medipim.progress import LOG_SECONDS, Progress, Spent

Run = Callable[..., Any]
Make = Callable[..., Sandbox]


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def progress_on(terminal: io.StringIO, clock: Any) -> Progress:
    """A progress that has asked three requests a look."""
    asked = iter(range(0, 999, 3))
    return Progress(clock.now, lambda: Spent(next(asked), 1, 2.5), lambda: "7 of 100", terminal)


def test_without_a_terminal_a_line_is_logged_every_ten_seconds(
    fake_clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Done and total, rate, time left and requests, not more often than every ten seconds."""
    caplog.set_level(logging.INFO, "tap-medipim")
    progress = progress_on(io.StringIO(), fake_clock)
    progress.begin("products")
    progress.expect(5120)
    for _ in range(10):
        fake_clock.pass_by(LOG_SECONDS / 5)
        for _ in range(256):
            progress.row()

    lines = [record.message for record in caplog.records]
    assert len(lines) == 2
    assert lines[0].startswith("products: 1280 of 5120 rows, 128/s, 30 s left")
    assert lines[0].endswith("requests in the last minute: 7 of 100")


def test_a_wait_is_told_at_once_with_its_reason(sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever watches learns for what the tap waits."""
    caplog.set_level(logging.INFO)
    box = sandbox(products=5)
    box.medipim.faults.add(Fault("status", status=429, headers={"Retry-After": "40"}))

    run_tap(box, "products")

    assert any("waiting 40 s: Medipim answered 429" in record.message for record in caplog.records)


def test_a_wait_for_the_throttle_is_told_when_a_line_is_due(
    sandbox: Make, run_tap: Run, fake_clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Pages that wait for their turn make a line every ten seconds, not one each."""
    caplog.set_level(logging.INFO, "tap-medipim")
    box = sandbox(products=200)

    run_tap(box, "products", clock=fake_clock, products_endpoint="query", page_size=10, requests_per_minute=20)

    lines = [record.message for record in caplog.records if "for its turn" in record.message]
    spent = sum(fake_clock.slept)
    assert spent > 3 * LOG_SECONDS
    assert spent / LOG_SECONDS / 2 <= len(lines) <= spent / LOG_SECONDS
    assert all("of 20" in line for line in lines)


@pytest.mark.parametrize(
    "how", [{}, {"products_endpoint": "query", "page_size": 10}, {"api_version": "v3", "page_size": 10}]
)
def test_every_way_of_reading_knows_how_many_rows_will_come(how: dict[str, Any], sandbox: Make, run_tap: Run) -> None:
    """The total of the first answer is what the progress is measured against."""
    run = run_tap(sandbox(products=35), "products", **how)

    (products,) = run.tap.run.progress.streams
    assert (products.rows, products.expected) == (35, 35)


def test_on_a_terminal_the_reason_of_a_wait_is_not_cut_off(fake_clock: Any) -> None:
    """However long the rest of the line is."""
    terminal = Terminal()
    progress = progress_on(terminal, fake_clock)
    progress.begin("active_ingredients")
    progress.expect(1_234_567)
    progress.report("waiting 40 s: Medipim answered 429 (too_many_requests)", at_once=True)

    assert "waiting 40 s: Medipim answered 429 (too_many_requests)" in terminal.getvalue()


def test_on_a_terminal_one_line_is_refreshed(fake_clock: Any) -> None:
    """The line is written over itself, and wiped before the table."""
    terminal = Terminal()
    progress = progress_on(terminal, fake_clock)
    progress.begin("products")
    for _ in range(4):
        fake_clock.pass_by(1)
        for _ in range(256):
            progress.row()
    progress.end()
    table = progress.table()

    assert terminal.getvalue().count("\rproducts: ") == 4
    assert "\n" not in terminal.getvalue()
    assert terminal.getvalue().endswith("\r")
    assert table[1].split()[:2] == ["products", "1024"]


def test_the_run_ends_with_a_table(sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture) -> None:
    """Stream, records, requests, retries, waits and seconds of each stream."""
    caplog.set_level(logging.INFO, "tap-medipim")
    box = sandbox(products=25)
    box.medipim.faults.add(Fault("status", route="POST /v4/products/stream", status=500, times=2))

    run_tap(box, "products", "brands")

    rows = [record.message.split() for record in caplog.records]
    assert ["stream", "records", "requests", "retries", "waited", "s", "seconds"] in rows
    products = next(row for row in rows if row[:2] == ["products", "25"])
    assert products[2:4] == ["3", "2"]
    assert float(products[4]) > 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_is_counted_once(status: int, sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture) -> None:
    """The service asks for it, the throttle carries it out: no stream waits longer than it lasts."""
    caplog.set_level(logging.INFO, "tap-medipim")
    box = sandbox(products=5)
    box.medipim.faults.add(Fault("status", status=status, headers={"Retry-After": "6"}))

    run_tap(box, "products")

    (products,) = [row for record in caplog.records if (row := record.message.split())[:2] == ["products", "5"]]
    waited, seconds = map(float, products[-2:])
    assert 6 <= waited < 7
    assert waited <= seconds
