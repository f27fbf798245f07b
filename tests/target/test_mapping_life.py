"""What the status of a record means for its product."""

from typing import Any

import pytest

from target_micropim.mapping.life import ENDED, STATUSES, left_out_status, status_of
from tests.target.shop_rules import mapped


@pytest.mark.parametrize(
    ("status", "ended", "odd"),
    [
        ("active", False, False), ("inactive", True, False), ("replaced", True, False), ("no_selection", False, False),
        (None, False, False), ("", False, False), (" ", False, False),
        ("INACTIVE", True, False), (" Replaced ", True, False), ("Active", False, False),
        ("discontinued", False, True), (3, False, True), (["inactive"], False, True), (True, False, True),
    ],
)  # fmt: skip
def test_what_a_status_means(status: Any, ended: bool, odd: bool) -> None:
    """However it is spelled; one that nobody has explained ends nothing, and is told."""
    read = status_of({"status": status})
    assert (read in ENDED, read not in STATUSES) == (ended, odd)
    desired = mapped(status=status)
    assert desired.inactive is ended
    assert any(warning.startswith("status ") for warning in desired.warnings) is odd


def test_statuses_are_compared_as_medipim_spells_them() -> None:
    """What is left out is named so."""
    assert left_out_status({"status": "Active"}, {"active"}) is None
    assert left_out_status({"status": "No_Selection"}, {"active"}) == "no_selection"
