"""``make kill`` tries 200 orders (KILL_EXAMPLES), ``make trials SHORT=1`` ten."""

import os

import pytest

from trials.kills import any_order

EXAMPLES = os.environ.get("KILL_EXAMPLES")


@pytest.mark.timeout(7200 if EXAMPLES else 300)
def test_any_order_ends_well() -> None:
    """Whatever happens in whatever order, a clean run afterwards leaves everything as it should be."""
    any_order.run(int(EXAMPLES or 10), 15 if EXAMPLES else 6, long=bool(EXAMPLES))
