"""Limits of a run: a number, or a share in per cent."""

import re
from typing import Any

import pytest

from target_micropim.plan.limit import Limit


@pytest.mark.parametrize(
    ("text", "count", "whole", "allowed"),
    [
        (None, 10**6, 1, True), ("", 10**6, 1, True), (0, 0, 9, True), (0, 1, 9, False), (5, 5, 9, True), ("5", 6, 9, False),  # noqa: E501
        ("10%", 1, 10, True), ("10%", 2, 10, False), ("0%", 1, 10, False), ("100%", 10, 10, True), ("2,5%", 1, 40, True), ("2.5 %", 2, 40, False), (" 5 % ", 0, 0, True),  # noqa: E501
    ],
)  # fmt: skip
def test_limits(text: Any, count: int, whole: int, allowed: bool) -> None:
    """A number, a per cent, or none."""
    assert Limit.read(text).allows(count, whole) is allowed


@pytest.mark.parametrize("text", ["-1", "101%", "-1%", "abc", "nan%", "5.5", "%", "1e3", "5 percent", "²"])
def test_a_limit_that_makes_no_sense_is_refused(text: str) -> None:
    """It is a setting, so it is found before the run."""
    with pytest.raises(ValueError, match=f"^'{re.escape(text)}' is "):
        Limit.read(text)


@pytest.mark.parametrize(("limit", "allowed"), [(Limit(number=1000), 1000), (Limit(share=0.5), 5), (Limit(), 10**9)])
def test_a_limit_allows_all_up_to_it(limit: Limit, allowed: int) -> None:
    """The limit itself is allowed, one more is not."""
    whole = 10
    assert limit.allows(0, whole)
    assert limit.allows(allowed - 1, whole)
    assert limit.allows(allowed, whole)
    assert limit.allows(allowed + 1, whole) is (limit == Limit())
