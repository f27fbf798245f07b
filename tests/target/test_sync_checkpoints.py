"""A STATE leaves only when everything before it is done."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from target_micropim.sync.checkpoints import Checkpoints
from tests.support.examples import examples

OPEN, CLOSE, TIE, STATE = "open", "close", "tie", "state"


@examples(300)
@given(st.lists(st.tuples(st.sampled_from([OPEN, OPEN, CLOSE, TIE, STATE]), st.integers(0, 50)), max_size=60))
def test_a_state_leaves_only_when_all_before_it_are_closed(steps: list[tuple[str, int]]) -> None:
    """Any interleaving: in order, never too early, and at the end the newest has left. Some close with another one."""
    written: list[Any] = []
    settlement = Checkpoints(written.append, 0, lambda: 0.0)
    opened: list[int] = []
    tied: dict[int, int] = {}
    covered: dict[int, set[int]] = {}
    for step, pick in steps:
        if step == OPEN:
            opened.append(settlement.open())
        elif step == CLOSE and opened:
            settlement.close(opened.pop(pick % len(opened)))
        elif step == TIE and len(opened) > 1:
            ticket = opened.pop(pick % (len(opened) - 1))
            settlement.tie(ticket, opened[-1])
            tied[ticket] = opened[-1]
        elif step == STATE:
            covered[len(covered)] = {*opened, *tied}
            settlement.checkpoint({"n": len(covered) - 1})
        settlement.release()
        for number, tickets in covered.items():
            covered[number] = {ticket for ticket in tickets if last_of(ticket, tied) in opened}
        assert all(not covered[state["n"]] for state in written)
    for ticket in opened:
        settlement.close(ticket)
    settlement.release(now=True)
    numbers = [state["n"] for state in written]
    assert numbers == sorted(set(numbers))
    assert numbers[-1:] == ([len(covered) - 1] if covered else [])


def last_of(ticket: int, tied: dict[int, int]) -> int:
    """The ticket with which this one is closed."""
    while ticket in tied:
        ticket = tied[ticket]
    return ticket


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
