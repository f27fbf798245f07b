"""``make bench``: ours beside its peers and floors, on one catalogue, from one server process, in turn.

Each part keeps its figures in benchmarks/figures as it ends, and renews its own table of docs/benchmarks.md.
"""

import sys
from collections.abc import Callable
from typing import Any

from benchmarks.asked import Asked, asked
from benchmarks.environments import PLACE
from benchmarks.keeping import Run
from benchmarks.parts import counts, growth, pair, start, tap, target
from benchmarks.writing import PARTS as KINDS
from benchmarks.writing import figures

MEASURE: dict[str, Callable[[Asked], Any]] = {
    "start": start.measured,
    "tap": lambda given: tap.measured(given, "stream"),
    "pages": lambda given: tap.measured(given, "query"),
    "target": target.measured,
    "pair": pair.measured,
    "growth": growth.measured,
    "requests": counts.measured,
    "writing": lambda _given: {"phases": list(figures(list(KINDS), 600))},
}


def main() -> int:
    """Measure each part; keep it and show it as soon as it is there."""
    given = asked(sys.argv[1:])
    PLACE.mkdir(exist_ok=True)
    for part in given.parts:
        run = Run(part, sys.argv[1:])
        run.keep(MEASURE[part](given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
