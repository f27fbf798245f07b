"""What the service saw: how soon a limit was used, and how much was refused. Pure, over moments in seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

ENOUGH = 0.9  # of the limit, within one minute
LONGEST_MINUTES = 10.0
MOST_REFUSED = 0.01
WINDOW_SECONDS = 60.0


@dataclass(frozen=True)
class Request:
    """One that was answered, at a moment, with status 429 or another."""

    at: float
    is_refused: bool


@dataclass(frozen=True)
class Phase:
    """A limit a minute, and for how many minutes it holds."""

    limit: int
    minutes: float


@dataclass(frozen=True)
class PhaseSeen:
    """Minutes until nine tenths of the limit were used, or infinity; requests, and those that were refused."""

    phase: Phase
    minutes: float
    sent: int
    refused: int

    @property
    def is_soon_enough(self) -> bool:
        """Whether the law of ten minutes holds."""
        return self.minutes <= LONGEST_MINUTES

    def __str__(self) -> str:
        """For the table."""
        share = self.refused / max(1, self.sent)
        return f"{self.phase.limit}: {self.minutes:.1f} min, {self.refused} of {self.sent} refused ({share:.2%})"


def seen(requests: Sequence[Request], began: float, phases: Sequence[Phase]) -> list[PhaseSeen]:
    """Each phase, by the requests that were answered while it held."""
    ends = [began]
    for phase in phases:
        ends.append(ends[-1] + 60 * phase.minutes)
    found = []
    for phase, (begin, end) in zip(phases, pairwise(ends), strict=True):
        within = [request for request in requests if begin <= request.at < end]
        good = [request.at for request in within if not request.is_refused]
        found.append(PhaseSeen(phase, reached(good, begin, phase.limit), len(within), len(within) - len(good)))
    return found


def reached(moments: Sequence[float], began: float, limit: int) -> float:
    """Minutes until the end of the first minute in which nine tenths of the limit were used."""
    most = round(ENOUGH * limit)
    windows = zip(moments, moments[most - 1 :], strict=False)
    return next(((last - began) / 60 for first, last in windows if last - first < WINDOW_SECONDS), float("inf"))


def refused_share(phases: Sequence[PhaseSeen]) -> float:
    """Of all requests on the way.

    Where a limit falls by itself, the requests in flight and the first one after each pause are refused whatever the
    program knows; they are counted like all others, over the whole way.
    """
    return sum(one.refused for one in phases) / max(1, sum(one.sent for one in phases))


def by_minute(requests: Sequence[Request], began: float) -> list[tuple[int, int]]:
    """Good answers and refusals of each minute."""
    last = max((request.at for request in requests), default=began)
    counts = [[0, 0] for _ in range(int((last - began) // 60) + 1)]
    for request in requests:
        if request.at >= began:
            counts[int((request.at - began) // 60)][request.is_refused] += 1
    return [(good, refused) for good, refused in counts]
