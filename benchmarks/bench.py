"""``make bench``: ours beside its peers and floors, on one catalogue, from one server process, in turn.

Each part keeps its figures in benchmarks/figures as it ends, and renews its own table of docs/benchmarks.md.
"""

import fcntl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    """Measure each part; keep it and show it as soon as it is there. One that fails stops no other."""
    given = asked(sys.argv[1:])
    PLACE.mkdir(exist_ok=True)
    failed = []
    with alone():
        for part in given.parts:
            run = Run(part, sys.argv[1:])
            try:
                run.keep(MEASURE[part](given))
            except (SystemExit, subprocess.CalledProcessError) as why:
                print(f"{part} failed: {why}", file=sys.stderr, flush=True)
                failed.append(part)
    if failed:
        print(f"NOT measured: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


@contextmanager
def alone() -> Iterator[None]:
    """Two at a time would measure each other, and write the same files."""
    with (PLACE / "lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("another make bench is running in this checkout") from None
        yield


if __name__ == "__main__":
    sys.exit(main())
