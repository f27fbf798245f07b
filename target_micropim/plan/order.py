"""Pure: where new categories go among their siblings, so that their order is the source's.

Only new ones are placed, and only while those that are there still stand in the source's order: where a person has
moved one, all stay (docs/api/micropim.md#category-rename).
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise


def wanted_order(siblings: Sequence[int], orders: Mapping[int, float], fresh: Collection[int]) -> list[int] | None:
    """The siblings as they should stand; None where nothing is to be done, or a person has moved one.

    ``orders`` are the source's, of those that it has; others keep their neighbour before them.
    """
    settled = [number for number in siblings if number not in fresh]
    if not is_sorted([number for number in settled if number in orders], orders):
        return None
    wanted = settled.copy()
    new = [number for number in siblings if number in fresh and number in orders]
    for number in sorted(new, key=lambda number: orders[number]):
        wanted.insert(_place(wanted, orders, orders[number]), number)
    wanted += [number for number in siblings if number in fresh and number not in orders]
    return None if wanted == list(siblings) else wanted


def is_sorted(siblings: Sequence[int], orders: Mapping[int, float]) -> bool:
    """Whether these stand in the source's order."""
    return all(orders[one] <= orders[next_one] for one, next_one in pairwise(siblings))


def _place(wanted: Sequence[int], orders: Mapping[int, float], order: float) -> int:
    """Behind the last that comes before it; else before the first of the source's; else at the end."""
    known = [place for place, number in enumerate(wanted) if number in orders]
    before = [place for place in known if orders[wanted[place]] <= order]
    if before:
        return before[-1] + 1
    return known[0] if known else len(wanted)


def moves(siblings: Sequence[int], wanted: Sequence[int], movable: Collection[int]) -> list[tuple[int, int]]:
    """The moves that lead there, each to an absolute place, from the front on.

    Whether a service makes room for what is moved, or only notes the place, is not known
    (docs/api/micropim.md#category-rename): so whatever stood elsewhere before is sent, too.
    """
    shown, steps = list(siblings), []
    for place, number in enumerate(wanted):
        if number in movable and (shown.index(number) != place or siblings.index(number) != place):
            shown.remove(number)
            shown.insert(place, number)
            steps.append((number, place))
    return steps
