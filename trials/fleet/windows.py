"""How much of a limit was used: counts over the moments of requests, in seconds."""

from collections import deque
from collections.abc import Sequence

MINUTE = 60.0


def most_in_a_minute(moments: Sequence[float]) -> int:
    """The most requests in any sliding minute."""
    window: deque[float] = deque()
    most = 0
    for moment in sorted(moments):
        window.append(moment)
        while window[0] <= moment - MINUTE:
            window.popleft()
        most = max(most, len(window))
    return most


def share_used(moments: Sequence[float], per_minute: float) -> float:
    """The share of a limit that was used from the first request to the last."""
    began, ended = min(moments), max(moments)
    return (len(moments) - 1) / (ended - began) * MINUTE / per_minute if ended > began else 0.0
