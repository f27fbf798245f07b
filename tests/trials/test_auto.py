"""What the trial of unknown limits makes of the requests that a service saw."""

from trials.auto.seen import Phase, Request, by_minute, refused_share, seen


def test_what_was_seen_of_two_limits() -> None:
    """Nine tenths within one minute are reached at the end of that minute; a refusal counts in its own phase."""
    slow = [Request(1000 + 2.0 * number, is_refused=False) for number in range(30)]
    even = [Request(1060 + number, is_refused=number == 10) for number in range(120)]
    first, second = seen([*slow, *even], 1000, [Phase(60, 1), Phase(60, 2)])
    assert (first.minutes, first.sent, first.refused) == (float("inf"), 30, 0)
    assert not first.is_soon_enough
    assert (second.minutes, second.sent, second.refused) == (54 / 60, 120, 1)  # 55 requests, one of them refused
    assert refused_share([first, second]) == 1 / 150
    assert by_minute([*slow, *even], 1000) == [(30, 0), (59, 1), (60, 0)]
