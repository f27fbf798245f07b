"""What a person sees of a run: fields nobody foresaw, how far it is, and what it cost."""

import io
import logging
from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tap_medipim.drift import EVERY, FIRST_RECORDS, MAX_PATHS, Drift
from tap_medipim.progress import LOG_SECONDS, Progress, Spent

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
SCHEMA = {
    "properties": {
        "id": {"type": "string"},
        "ean": {"type": ["array", "null"], "items": {"type": "string"}},
        "weight": {"type": ["number", "null"]},
        "name": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        "meta": {"type": "object", "properties": {"updatedAt": {"type": "integer"}}},
    }
}


def drift_of(*records: dict[str, Any]) -> Drift:
    """The drift after some records."""
    drift = Drift(SCHEMA)
    for record in records:
        drift.look(record)
    return drift


def test_what_is_foreseen_is_not_told() -> None:
    """Nulls, whole numbers for numbers and localized maps are as the schema says."""
    record = {"id": "1", "ean": None, "weight": 3, "name": {"nl": "x", "fr": None}, "meta": {"updatedAt": 1}}

    assert drift_of(record).report() is None


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"popularity": 3}, "popularity (integer)"),
        ({"meta": {"touched": {"by": 1}}}, "meta.touched (object)"),
        ({"ean": ["1", 2]}, "ean[] (integer)"),
        ({"id": True}, "id (boolean)"),
        ({"name": {"nl": ["x"]}}, "name.nl (array)"),
        ({"weight": "3 kg"}, "weight (string)"),
    ],
)
def test_a_new_field_or_type_is_told_with_its_path_and_never_its_value(record: dict[str, Any], told: str) -> None:
    """One path and one type are enough to act on; values may be confidential."""
    report = drift_of(record).report()

    assert report is not None
    assert told in report
    assert "3 kg" not in report


def test_a_rare_top_level_field_is_seen_in_any_record() -> None:
    """Names at the top are compared for every record, whatever is sampled."""
    quiet = [{"id": "1"}] * (FIRST_RECORDS + 1)

    assert "late (string)" in (drift_of(*quiet, {"id": "2", "late": "x"}).report() or "")


def test_depth_is_sampled_after_the_first_records() -> None:
    """Every fiftieth record is still walked."""
    quiet = [{"id": "1"}] * (FIRST_RECORDS + EVERY)
    odd = [{"id": "2", "meta": {"odd": 1}}] * EVERY

    assert "meta.odd (integer)" in (drift_of(*quiet, *odd).report() or "")


def test_the_list_of_paths_is_bounded() -> None:
    """A service that sends other names each time does not fill the memory."""
    report = drift_of(*({f"x{number}": 1} for number in range(500))).report() or ""

    assert report.count("(integer)") == MAX_PATHS


def test_names_that_differ_in_each_record_are_not_remembered() -> None:
    """Nor does each of them cost a walk through its record."""
    drift = drift_of(*({f"x{number}": 1} for number in range(2000)))

    assert len(drift._names) < len(SCHEMA["properties"]) + 2 * MAX_PATHS


def test_drift_is_kept_and_told_once_per_stream(sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture) -> None:
    """The record keeps the unknown field; one warning names it; the run is a success."""
    box = sandbox(products=30)
    for raw in list(box.medipim.catalogue.products):
        box.medipim.change(raw, lambda product: product.update(brandNewField={"secret": "value"}, vat="twenty-one"))

    run = run_tap(box, "products")

    warnings = [record.message for record in caplog.records if "schema" in record.message and record.levelno >= 30]
    assert run.error is None
    assert all(record["brandNewField"] == {"secret": "value"} for record in run.records())
    assert len(warnings) == 1
    assert "brandNewField (object)" in warnings[0]
    assert "vat (string)" in warnings[0]
    assert "twenty-one" not in warnings[0]


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

    (products,) = run.tap.progress.streams
    assert (products.rows, products.expected) == (35, 35)


def test_on_a_terminal_the_reason_of_a_wait_is_not_cut_off(fake_clock: Any) -> None:
    """However long the rest of the line is."""
    terminal = Terminal()
    progress = progress_on(terminal, fake_clock)
    progress.begin("active_ingredients")
    progress.expect(1_234_567)
    progress.look("waiting 40 s: Medipim answered 429 (too_many_requests)", at_once=True)

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
