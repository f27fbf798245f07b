"""Which categories of a product are ours after a change whose end nobody saw."""

import pytest

from target_micropim.plan.ownership import ARCHIVED, EXISTENCE
from target_micropim.plan.sent_categories import SentCategories, was_not_done, with_proven

KNOWN = {"a": 1, "b": 2, "c": 3, "d": 4}
# Ours before | put into | taken out of | what shows | ours from now on
TABLE = [
    ("", "ab", "", (2,), "ab"),  # one shows: a person took the other one out
    ("", "ab", "", (), ""),  # nobody can tell
    ("c", "ab", "", (3,), "c"),  # what was there before proves nothing
    ("cd", "", "cd", (3,), ""),  # one is gone: a person put the product into the other one again
    ("cd", "", "cd", (3, 4), "cd"),  # nobody can tell
    ("cd", "a", "cd", (1, 3, 4), "cda"),  # a service that only adds: those that show are still ours to take out
    ("c", "a", "c", (), "a"),  # moved, and then taken out by hand
    ("x", "a", "x", (), "x"),  # the category itself is gone, which proves nothing
]


@pytest.mark.parametrize(("ours", "put_in", "taken_out", "present", "after"), TABLE)
def test_what_is_proven(ours: str, put_in: str, taken_out: str, present: tuple[int, ...], after: str) -> None:
    """All of a change or nothing of it was done."""
    sent = SentCategories.read(SentCategories(list(put_in), list(taken_out)).text)
    assert with_proven(tuple(ours), sent, KNOWN, present) == tuple(after)


def test_a_field_that_was_sent_along_may_tell_that_nothing_was_done() -> None:
    """It shows an older value of ours; a value of somebody else tells nothing, and an archive is no field of it."""
    on_its_way, ours = {"name": "B", EXISTENCE: ARCHIVED}, {"name": ("A",), EXISTENCE: ("",)}
    assert [was_not_done(on_its_way, ours, {"name": name}) for name in "ABX"] == [True, False, False]
    assert not was_not_done({}, ours, {"name": "A"})
