"""When each shop is done: programs begin beside each other, writers share the pace."""

import pytest

from micropim_fleet.makespan import Work, ends_of


def test_one_at_a_time_adds_all_up() -> None:
    """While a shop begins, nobody writes."""
    assert ends_of([Work(1, 2), Work(1, 3)], 1) == [3, 7]


def test_while_one_begins_the_other_writes() -> None:
    """A minute alone, four minutes together, and the rest alone again."""
    assert ends_of([Work(0, 4), Work(1, 2)], 2) == [6, 5]


def test_writers_share_the_pace() -> None:
    """Two that write as much end together, after the time of both."""
    assert ends_of([Work(0, 3), Work(0, 3)], 2) == [6, 6]


def test_a_shop_without_work_ends_when_its_programs_do() -> None:
    """Also where they take no time."""
    assert ends_of([Work(0, 0), Work(2, 0)], 2) == [0, 2]


def test_as_it_happened() -> None:
    """Ten shops, three at once, at 60 writes a minute: the seconds each began for, and its writes; 247 s it took."""
    began_and_wrote = [
        (42, 23),
        (41, 22),
        (38, 16),
        (29, 18),
        (22, 16),
        (21, 17),
        (30, 5),
        (28, 23),
        (27, 22),
        (13, 18),
    ]
    works = [Work(seconds / 60, writes / 59) for seconds, writes in began_and_wrote]
    assert max(ends_of(works, 3)) * 60 == pytest.approx(247, rel=0.05)
