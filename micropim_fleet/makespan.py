"""When each shop of an egress is done: so many run at a time, and those that write share one pace.

A run first begins its programs, for which it needs no turn; then it writes. While one begins, the others write.
"""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple


class Work(NamedTuple):
    """Minutes of one shop: until it begins to write, and what it would write for if it had the pace alone."""

    start: float
    writing: float


def ends_of(works: Sequence[Work], at_once: int) -> list[float]:
    """The minute at which each is done, in the order in which they begin."""
    ends = [0.0] * len(works)
    left = {number: [work.start, work.writing] for number, work in enumerate(works)}
    now = 0.0
    while left:
        running = dict(islice(left.items(), at_once))
        writers = sum(not start for start, _ in running.values())
        step = min(start or writing * writers for start, writing in running.values())
        now += step
        for number, (start, writing) in running.items():
            if start:
                left[number] = [start - step if start > step else 0.0, writing]
            elif writing * writers > step:
                left[number] = [0.0, writing - step / writers]
            else:
                ends[number] = now
                del left[number]
    return ends
