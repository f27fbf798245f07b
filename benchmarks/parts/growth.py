"""Time and memory of each part as the catalogue grows. The tap feeds the target, so that nothing large is kept."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from benchmarks.commands import our_tap, our_target, url_of
from benchmarks.environments import PLACE
from benchmarks.measurement import ROOT, Measurement, measure, served, server
from benchmarks.options import Options

SERIES = ("tap, stream", "tap, pages", "target, unchanged", "target, first load")


def measured(options: Options) -> dict[str, Any]:
    """A series for each part: size, seconds, CPU seconds, peak."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in SERIES}
    for products in sorted({*options.growth, *options.memory, *options.load}):
        with server(options.catalogue(), products) as port:
            for name, run in _runs(options, products).items():
                one = run(port, products)
                found[name].append({"products": products} | one.figures())
                print(f"  {name}, {products:,}: {one.wall:.1f} s", file=sys.stderr, flush=True)
    return {"series": {name: points for name, points in found.items() if points}, "memory": options.memory}


def _runs(options: Options, products: int) -> dict[str, Callable[[int, int], Measurement]]:
    """What is measured at a size."""
    found: dict[str, Callable[[int, int], Measurement]] = {}
    if products in options.growth or products in options.memory:
        found["tap, stream"] = _stream
    if products in options.growth:
        if products <= options.products:
            found["tap, pages"] = _pages
        found["target, unchanged"] = _unchanged
    if products in options.load:
        found["target, first load"] = _first
    return found


def _stream(port: int, _products: int) -> Measurement:
    return measure(our_tap(port), PLACE)


def _pages(port: int, _products: int) -> Measurement:
    return measure(our_tap(port, "query"), PLACE)


def _unchanged(port: int, products: int) -> Measurement:
    command = our_target(url_of(port), _no_ledger())
    settings = str(PLACE / command[-1])
    with _lines(port) as lines:
        fill = [sys.executable, "-m", "benchmarks.ledger", settings, "/dev/stdin", str(products)]
        subprocess.run(fill, cwd=ROOT, check=True, stdin=lines, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with _lines(port) as lines:
        return measure(command, PLACE, lines)


def _first(port: int, _products: int) -> Measurement:
    with served("benchmarks.micropim") as address, _lines(port) as lines:
        url, key = address.split()
        return measure(our_target(url, _no_ledger(), key), PLACE, lines)


def _no_ledger() -> Path:
    ledger = PLACE / "ledger-growth.db"
    for file in PLACE.glob(f"{ledger.name}*"):
        file.unlink()
    return ledger


@contextmanager
def _lines(port: int) -> Iterator[IO[bytes]]:
    """What the tap writes."""
    command: Sequence[str] = our_tap(port)
    with (PLACE / "tap-errors.txt").open("wb") as errors:
        tap = subprocess.Popen(command, cwd=PLACE, stdout=subprocess.PIPE, stderr=errors)
    assert tap.stdout  # noqa: S101 - piped above
    try:
        yield tap.stdout
    finally:
        tap.stdout.close()
        if tap.wait():
            raise SystemExit((PLACE / "tap-errors.txt").read_text(encoding="utf-8")[-2000:])
