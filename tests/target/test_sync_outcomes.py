"""Limits that stop a run before it does harm."""

from pathlib import Path
from typing import Any

import pytest

from target_micropim.errors import TooMany
from target_micropim.plan.limit import Limit
from target_micropim.report.run_report import Report
from target_micropim.sync.outcomes import Guards


@pytest.mark.parametrize(
    ("limit", "count", "live", "stops"),
    [(None, 50, 50, False), (None, 51, 100, True), (None, 200, 1000, False), (None, 201, 1000, True), (0, 1, 9, True),
     ("5%", 5, 100, False), ("5%", 6, 100, True), (None, 0, 0, False)],
)  # fmt: skip
def test_the_archive_guard(tmp_path: Path, limit: Any, count: int, live: int, stops: bool) -> None:
    """Unset: fifty, or a fifth of what lives."""
    del tmp_path
    guards = Guards(Limit(), Limit.read(limit))
    if stops:
        with pytest.raises(TooMany, match="nothing was archived"):
            guards.before_archiving(count, live)
    else:
        guards.before_archiving(count, live)


def test_a_per_cent_of_rejects_waits_for_enough_records(tmp_path: Path) -> None:
    """The first record being bad is not yet a hundred per cent."""
    report = Report(tmp_path, "run")
    guards = Guards(Limit.read("5%"), Limit())
    report.receive("products")
    report.settle("products", "rejected")
    guards.after_reject(report)
    with pytest.raises(TooMany):
        guards.at_end(report)
