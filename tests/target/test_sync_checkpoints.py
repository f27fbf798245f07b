"""A STATE leaves only when everything before it is done."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from target_micropim.sync.checkpoints import Checkpoints
from tests.support.examples import examples

OPEN, CLOSE, STATE = "open", "close", "state"


@examples(300)
@given(st.lists(st.tuples(st.sampled_from([OPEN, OPEN, CLOSE, STATE]), st.integers(0, 50)), max_size=60))
def test_a_state_leaves_only_when_all_before_it_are_closed(steps: list[tuple[str, int]]) -> None:
    """Any interleaving: in order, never too early, and at the end the newest has left."""
    written: list[Any] = []
    settlement = Checkpoints(written.append, 0, lambda: 0.0)
    opened: list[int] = []
    covered: dict[int, set[int]] = {}
    for step, pick in steps:
        if step == OPEN:
            opened.append(settlement.open())
        elif step == CLOSE and opened:
            settlement.close(opened.pop(pick % len(opened)))
        elif step == STATE:
            covered[len(covered)] = set(opened)
            settlement.checkpoint({"n": len(covered) - 1})
        settlement.release()
        for number in covered:
            covered[number] &= set(opened)
        assert all(not covered[state["n"]] for state in written)
    for ticket in opened:
        settlement.close(ticket)
    settlement.release(now=True)
    numbers = [state["n"] for state in written]
    assert numbers == sorted(set(numbers))
    assert numbers[-1:] == ([len(covered) - 1] if covered else [])


def test_states_wait_for_their_interval() -> None:
    """At most one per interval, and the newest safe one at that."""
    now = [0.0]
    written: list[Any] = []
    settlement = Checkpoints(written.append, 5, lambda: now[0])
    for number in range(3):
        settlement.checkpoint({"n": number})
        settlement.release()
    assert written == []
    now[0] = 5.0
    settlement.release()
    settlement.release()
    assert written == [{"n": 2}]
