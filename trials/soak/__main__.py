"""``make soak``: hours in steps, or minutes. Prints each step and a verdict, and writes docs/soak.md."""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from trials.soak.large_ledger import measure_ledger
from trials.soak.large_stream import measure_stream
from trials.soak.nights import Night, Nights
from trials.soak.steady import steady
from trials.soak.verdicts import Part, of_ledgers, of_nights, of_steady, of_streams

PAGE = Path(__file__).resolve().parents[2] / "docs" / "soak.md"
SMALL_ROWS, FED_TO_SMALL = 10_000, 100_000


def flags() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m trials.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="half for nights, half for one process; 0: neither")
    parser.add_argument("--products", type=int, default=300, help="catalogue of the nights")
    parser.add_argument("--stream", type=int, default=110_000, help="products of the large stream; 0: leave it out")
    parser.add_argument("--ledger", type=int, default=1_000_000, help="rows of the large ledger; 0: leave it out")
    parser.add_argument("--seed", type=int, default=int(datetime.now(UTC).strftime("%Y%m%d")), help="the same troubles")
    parser.add_argument("--latency", type=float, default=0.005, help="seconds before each answer")
    parser.add_argument("--faults", type=int, default=6, help="planned at MicroPIM a night")
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args()


def main() -> int:
    """Run all parts; 1 when one is wrong. The page is written after each part, in case the run is stopped."""
    options = flags()
    parts: list[Part] = []
    wrong: list[str] = []
    for part in proofs(options):
        print("\n".join([f"\n{part.title}", *part.lines]), flush=True)
        parts.append(part)
        wrong += part.wrong
        options.page.write_text(page(options, parts), encoding="utf-8")
    print("\n" + ("\n".join(f"NOT GOOD: {one}" for one in wrong) or "All flat, all catalogues as they should be."))
    return int(bool(wrong))


def proofs(options: argparse.Namespace) -> Iterator[Part]:
    """One part after another, each in a folder of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="soak-") as place:
        folder = Path(place)
        if options.stream:
            yield of_streams(
                measure_stream(folder / "small", max(500, options.stream // 100)),
                measure_stream(folder / "large", options.stream),
            )
        if options.ledger:
            fed = min(FED_TO_SMALL, options.ledger)
            yield of_ledgers(
                measure_ledger(folder / "short", SMALL_ROWS, fed),
                measure_ledger(folder / "long", options.ledger, options.ledger),
            )
        if options.minutes:
            yield of_nights(list(nights(folder, options)))
            (folder / "steady").mkdir()
            yield of_steady(steady(folder / "steady", options.minutes * 30, options.seed, options.latency))


def nights(folder: Path, options: argparse.Namespace) -> Iterator[Night]:
    """Until half of the time is over, at least two: one alone cannot be compared."""
    end = time.monotonic() + options.minutes * 30
    for night in Nights(folder, options.products, options.seed, options.latency, options.faults).run():
        print(
            f"night {night.number}: {night.seconds:.0f} s, {'right' if night.as_it_should_be else 'WRONG'}", flush=True
        )
        yield night
        if night.number > 1 and time.monotonic() > end:
            return


def page(options: argparse.Namespace, parts: list[Part]) -> str:
    """docs/soak.md."""
    machine = f"{os.cpu_count()} CPUs, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    delay = f"{options.latency * 1000:g} ms before each answer"
    head = f"""# Long and large

Made by `make soak` (trials/soak) on {datetime.now(UTC):%Y-%m-%d}: {machine}; {options.minutes:g} minutes, seed
{options.seed}, {delay}, {options.faults} planned faults at MicroPIM a night. Trust
ratios, not absolutes. What may grow in memory at all, and to what end: [bounds](bounds.md).
"""
    body = ["\n".join([f"\n## {part.title}\n", *part.lines, "", f"Verdict: {verdict(part)}"]) for part in parts]
    return head + "\n".join(body) + "\n"


def verdict(part: Part) -> str:
    """In words."""
    return "; ".join(part.wrong) or "flat, and as it should be."


if __name__ == "__main__":
    sys.exit(main())
