"""Where new categories go among their siblings: tables over a pure rule, and two kinds of services."""

import itertools
from typing import Any

import pytest

from target_micropim.plan.order import moves, wanted_order

ROWS: list[tuple[str, list[int], dict[int, float], set[int], list[int] | None]] = [
    ("all new", [1, 2, 3], {1: 3, 2: 1, 3: 2}, {1, 2, 3}, [2, 3, 1]),
    ("right already", [1, 2, 3], {1: 1, 2: 2, 3: 3}, {3}, None),
    ("between", [1, 3, 2], {1: 1, 3: 3, 2: 2}, {2}, [1, 2, 3]),
    ("before", [1, 2], {1: 5, 2: 0}, {2}, [2, 1]),
    ("a person's own keep their place", [9, 1, 8, 2], {1: 5, 2: 0}, {2}, [9, 2, 1, 8]),
    ("a person has moved one", [2, 1, 3], {1: 1, 2: 2, 3: 0}, {3}, None),
    ("without an order", [1, 2], {1: 1}, {2}, None),
    ("equal orders", [1, 2, 3], {1: 1, 2: 1, 3: 0}, {3}, [3, 1, 2]),
    ("nobody of the source is there", [9, 1], {1: 1}, {1}, None),
]


@pytest.mark.parametrize(("siblings", "orders", "fresh", "wanted"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_where_new_ones_go(siblings: Any, orders: Any, fresh: Any, wanted: Any) -> None:
    """By the source's order, and nobody else moves."""
    assert wanted_order(siblings, orders, fresh) == wanted


def test_the_moves_lead_there_whether_a_service_makes_room_or_not() -> None:
    """Every order of four, all of them new."""
    for wanted in itertools.permutations(range(4)):
        shown, positions = list(range(4)), {number: number for number in range(4)}
        for number, place in moves(list(range(4)), wanted, set(range(4))):
            shown.remove(number)
            shown.insert(place, number)
            positions[number] = place
        assert tuple(shown) == wanted == tuple(sorted(positions, key=positions.__getitem__))
