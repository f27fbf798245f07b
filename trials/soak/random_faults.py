"""Random faults of a night, from a seed: kinds from which both plugins promise to recover."""

import random

from sandbox import Fault

STREAM = "POST /v4/products/stream"
LISTS = "POST /v4/brands/query"
STREAM_KINDS = (
    "cut_mid_line", "cut_at_line_end", "clean_end", "error_line", "broken_line", "skip_line", "repeat_line",
    "wrong_total",
)  # fmt: skip
READ_KINDS = ("drop_before", "drop_after", "html", "truncate_json", "short_length", "slow")
WRITE_KINDS = ("drop_before", "drop_after", "commit_then_status", "truncate_json", "slow")
WRITES = ("POST /api/products$", "PATCH /api/products/", "POST /api/products/", "POST /api/categories")
SOON = {"Retry-After": "1"}


def medipim_faults(dice: random.Random, rows: int) -> list[Fault]:
    """A broken stream, and a refused list."""
    kind = dice.choice(STREAM_KINDS)
    return [
        Fault(kind, route=STREAM, after_lines=dice.randrange(1, max(2, rows))),  # type: ignore[arg-type]
        dice.choice((Fault("status", route=LISTS, status=429, headers=SOON), Fault("status", route=LISTS, status=503))),
    ]


def micropim_faults(dice: random.Random, number: int, requests: int) -> list[Fault]:
    """Refusals and broken connections, on reads, and on writes before and after the commit."""
    return [_micropim_fault(dice, requests) for _ in range(number)]


def _micropim_fault(dice: random.Random, requests: int) -> Fault:
    nth = dice.randrange(1, max(2, requests))
    draw = dice.random()
    if draw < 0.25:
        return Fault("status", route=None, nth=nth, status=429, headers=SOON, times=dice.randrange(1, 4))
    if draw < 0.5:
        return Fault(dice.choice(READ_KINDS), route="GET /api", nth=nth)  # type: ignore[arg-type]
    route = dice.choice(WRITES)
    nth = max(1, nth // 4)
    return Fault(dice.choice(WRITE_KINDS), route=route, nth=nth, status=dice.choice((500, 502, 503)))  # type: ignore[arg-type]
