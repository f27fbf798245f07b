"""What a person reads is in the order of the input, whichever thread was first."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from target_micropim.errors import Reason, RecordRejected
from target_micropim.report.input_order import FirstRows, record_scope
from target_micropim.report.plan_file import PlanFile
from target_micropim.report.rejects import Rejects, rejects_in
from target_micropim.report.run_report import Report, Row
from target_micropim.report.unmapped import Unmapped


def test_rows_stand_in_the_order_of_the_input_and_those_of_no_record_first(tmp_path: Path) -> None:
    """Four threads report as they come by."""
    report = Report(tmp_path, "run")
    report.open()
    for number in (3, 1, 2):
        with record_scope("products", f"M{number}", number):
            report.add("warnings", Row("products", f"M{number}", None, "first"))
            report.add("warnings", Row("products", f"M{number}", None, "after it"))
    report.add("warnings", Row("products", "", None, "of the run"))

    rows = report.content({}, Unmapped())["warnings"]
    assert [(row["external_id"], row["what"]) for row in rows] == [
        ("", "of the run"),
        *((f"M{number}", what) for number in (1, 2, 3) for what in ("first", "after it")),
    ]


def test_a_bounded_list_keeps_what_came_first_in_the_input() -> None:
    """A later thread with an earlier record takes the place of a later record."""
    rows: FirstRows[str] = FirstRows(2)
    for place in (5, 9, 2, 7):
        rows.add(place, "", f"row {place}")
    assert rows.in_order() == ["row 2", "row 5"]


def test_examples_of_a_name_are_the_first_of_the_input() -> None:
    """A brand without an id (docs/api/micropim.md#brand-ids), met by several workers."""
    unmapped = Unmapped()
    for number in (9, 3, 7, 1, 5, 8):
        with record_scope("products", f"M{number}", number):
            unmapped.add("brand", "Calm", f"M{number}")
    assert list(unmapped.rows()) == [("brand", "Calm", 6, "M1, M3, M5, M7, M8, …")]


def test_a_plan_is_in_the_order_of_the_input(tmp_path: Path) -> None:
    """Whatever order its records were planned in; the actions of one record stay together."""
    plan = PlanFile(tmp_path / "plan.jsonl")
    for number in (2, 3, 1):
        with record_scope("products", f"M{number}", number):
            with plan.action("products", "create", number):
                pass
            with plan.action("categories", "create", 100 + number):
                pass
    plan.close()

    lines = [orjson.loads(line) for line in (tmp_path / "plan.jsonl").read_bytes().splitlines()]
    assert [line["external_id"] for line in lines if line["stream"] == "products"] == ["M1", "M2", "M3"]
    assert len(lines) == 6
    assert not (tmp_path / "plan.jsonl.tmp").exists()


@pytest.mark.parametrize("order", [("M1", "M2"), ("M2", "M1")])
def test_rejects_are_shown_by_stream_and_id(order: tuple[str, ...], tmp_path: Path) -> None:
    """The file holds them as they came; the page must not."""
    rejects = Rejects(tmp_path / "rejects.jsonl", lambda: 0.0)
    for key in order:
        rejects.write("products", key, {}, RecordRejected("map", [Reason("name", "is missing")]))
    shown: list[Any] = [row[1] for row in rejects_in(tmp_path / "rejects.jsonl")]
    assert shown == ["M1", "M2"]
