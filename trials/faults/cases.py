"""All cases, of every side."""

from collections.abc import Iterator

from trials.faults.case import Case
from trials.faults.pair_cases import pair_cases
from trials.faults.tap_cases import tap_cases
from trials.faults.target_cases import target_cases


def all_cases() -> Iterator[Case]:
    """Tap, target, pair."""
    yield from tap_cases()
    yield from target_cases()
    yield from pair_cases()
