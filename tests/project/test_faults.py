"""``make faults`` in a smaller form: every third fault of each side."""

import logging
from collections.abc import Iterator
from itertools import islice

import pytest

from scripts import faults


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The log of forty stopped runs helps nobody."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("case", list(islice(faults.tap_cases(), 0, None, 3)), ids=lambda case: case.name)
def test_the_tap_loses_and_doubles_nothing(case: faults.Case) -> None:
    """Healed in the run, or by the next one: every product arrives, no version twice."""
    result = faults.try_tap(case)

    assert (result.lost, result.doubled) == (0, 0)
    assert not result.outcome.startswith("NOT")


@pytest.fixture(scope="module")
def undisturbed() -> tuple[bytes, tuple[object, int]]:
    """The input, and what a quiet run makes of it."""
    return faults.target_input()


@pytest.mark.parametrize("case", list(islice(faults.target_cases(), 0, None, 3)), ids=lambda case: case.name)
def test_the_target_loses_and_doubles_nothing(case: faults.Case, undisturbed: tuple[bytes, tuple[object, int]]) -> None:
    """Healed in the run, or by the next one: the catalogue is that of an undisturbed run."""
    result = faults.try_target(case, *undisturbed)

    assert (result.lost, result.doubled) == (0, 0)
    assert not result.outcome.startswith("NOT")
