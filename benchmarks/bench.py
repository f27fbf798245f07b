"""``make bench``: ours beside its peers and floors, on one catalogue, from one server process, in turn.

Each part keeps its figures in benchmarks/figures as it ends, and renews its own table of docs/benchmarks.md.
"""

import fcntl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.environments import PLACE
from benchmarks.options import Options, parsed
from benchmarks.parts import airbyte, counts, growth, pair, start, tap, target
from benchmarks.run_record import Run
from benchmarks.writing import PARTS as KINDS
from benchmarks.writing import figures

MEASURE: dict[str, Callable[[Options], Any]] = {
    "start": start.measured,
    "tap": lambda options: tap.measured(options, "stream"),
    "pages": lambda options: tap.measured(options, "query"),
    "target": target.measured,
    "airbyte": airbyte.measured,
    "pair": pair.measured,
    "growth": growth.measured,
    "requests": counts.measured,
    "writing": lambda _options: {"phases": list(figures(list(KINDS), 600))},
}


def main() -> int:
    """Measure each part; keep it and show it as soon as it is there. One that fails stops no other."""
    options = parsed(sys.argv[1:])
    PLACE.mkdir(exist_ok=True)
    failed = []
    with alone():
        for part in options.parts:
            run = Run(part, sys.argv[1:])
            try:
                run.keep(MEASURE[part](options))
            except (SystemExit, subprocess.CalledProcessError) as error:
                print(f"{part} failed: {error}", file=sys.stderr, flush=True)
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
