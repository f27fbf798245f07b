"""The table of faults leaves no kind out, and a few of its cases run; ``make trials SHORT=1`` tries more."""

import logging
from collections.abc import Iterator
from typing import get_args

import pytest

from sandbox.faults import STREAM_KINDS, FaultKind
from trials.faults.case import Case
from trials.faults.cases import all_cases
from trials.faults.runners import try_case

CASES = list(all_cases())
QUICK = {
    ("tap", "429 with Retry-After"),
    ("tap", "connection cut in the middle of a line"),
    ("tap", "422 on products"),
    ("target", "dropped after the commit of a product"),
    ("target", "401 in the middle of the run"),
}


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


@pytest.mark.parametrize("case", [case for case in CASES if (case.side, case.name) in QUICK], ids=named)
def test_a_fault_ends_as_expected(case: Case) -> None:
    """The outcome is the expected one, nothing is lost, doubled or leaked, and a stop says what, where, what to do."""
    result = try_case(case)

    assert result.wrong == ()
    if result.outcome is None:
        pytest.skip(result.line)


def test_the_quick_cases_are_in_the_table() -> None:
    """A renamed one would not be tried."""
    assert {(case.side, case.name) for case in CASES if case.short} >= QUICK


def test_no_case_stands_twice() -> None:
    """Each row of the table is a case of its own."""
    assert len({(case.side, case.name) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("part", ["all", "short"])
def test_no_kind_of_fault_is_left_out(part: str) -> None:
    """Each kind the sandbox knows is in the table and in its short form; streams break for tap and pair."""
    cases = [case for case in CASES if part == "all" or case.short]
    assert set(get_args(FaultKind)) == set().union(*(case.kinds for case in cases))
    for side in ("tap", "pair") if part == "all" else ("tap",):
        assert set().union(*(case.kinds for case in cases if case.side == side)) >= STREAM_KINDS
