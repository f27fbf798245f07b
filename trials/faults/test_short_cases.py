"""``make faults`` in a smaller form: one case of each kind (tests/trials/test_faults.py)."""

import logging
from collections.abc import Iterator

import pytest

from trials.faults.case import Case
from trials.faults.cases import all_cases
from trials.faults.runners import try_case

CASES = list(all_cases())


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Each case sets up the log of its own command line."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)


def named(case: Case) -> str:
    """A case for people."""
    return f"{case.side}: {case.name}"


@pytest.mark.parametrize("case", [case for case in CASES if case.short], ids=named)
def test_a_fault_ends_as_expected(case: Case) -> None:
    """The outcome is the expected one, nothing is lost, doubled or leaked, and a stop says what, where, what to do."""
    result = try_case(case)

    assert result.wrong == ()
    if result.outcome is None:
        pytest.skip(result.line)
