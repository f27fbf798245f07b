"""``auto`` against limits that the program does not know, in real time: the real target over the sandbox.

``python -m trials.auto --ways 60:11 240:11 900:11 60:11,240:11,900:11 900:11,240:11 --loads 240 900`` takes 35 minutes;
all run beside each other, and mostly wait. A way is a list of limits of writes, each with the minutes for which it
holds; twice as many reads are allowed. A load is one limit: 2,000 products with ``auto``, and once with the defaults.
Exit code 1 where a limit was not used to nine tenths within ten minutes, or more than 1 % was refused.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from trials.auto.course import AUTO, DEFAULT, Course, Outcome, Service, carry_out
from trials.auto.seen import MOST_REFUSED, Phase, by_minute, refused_share, seen

PRODUCTS = 2_000


def main(words: Sequence[str] | None = None) -> int:
    """Run all ways and loads at the same time; each is told when it has ended."""
    flags = parser().parse_args(words)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    service = Service(flags.latency, flags.retry_after)
    wanted = [*ways(flags.ways), *loads(flags.loads, flags.products)]
    with tempfile.TemporaryDirectory(prefix="auto") as place, ThreadPoolExecutor(len(wanted) or 1) as pool:
        folders = (Path(place, str(number)) for number in range(len(wanted)))
        running = [pool.submit(carry_out, course, service, folder) for course, folder in zip(wanted, folders)]  # noqa: B905
        verdicts = [told(done.result()) for done in as_completed(running)]
    return int(not all(verdicts))


def parser() -> argparse.ArgumentParser:
    """The flags."""
    flags = argparse.ArgumentParser(prog="python -m trials.auto", description=__doc__.partition("\n")[0])
    flags.add_argument("--ways", nargs="*", default=[], help="LIMIT:MINUTES, several with commas between")
    flags.add_argument("--loads", nargs="*", type=int, default=[], help="limits of writes a minute")
    flags.add_argument("--products", type=int, default=PRODUCTS, help="of a load")
    flags.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    flags.add_argument("--retry-after", choices=("seconds", "none", "html"), default="seconds", help="what a 429 has")
    return flags


def ways(texts: Sequence[str]) -> Iterator[Course]:
    """``60:12,240:11``: 60 a minute for 12 minutes, then 240."""
    for text in texts:
        pairs = (part.split(":") for part in text.split(","))
        yield Course(text, [Phase(int(limit), float(minutes)) for limit, minutes in pairs], AUTO)


def loads(limits: Sequence[int], products: int) -> Iterator[Course]:
    """With ``auto`` at each limit, and once with the defaults, which no higher limit makes faster."""
    for limit in limits:
        yield Course(f"load, auto, {limit}", [Phase(limit, float("inf"))], AUTO, products)
    if limits:
        yield Course(f"load, default, {max(limits)}", [Phase(max(limits), float("inf"))], DEFAULT, products)


def told(outcome: Outcome) -> bool:
    """Print what came of a course; whether the laws held."""
    course, good = outcome.course, True
    print(f"\n{course.name}: exit code {outcome.code}, {outcome.seconds / 60:.1f} min, {outcome.products} products")
    for kind, requests in outcome.requests.items():
        within = [request for request in requests if request.at < outcome.began + outcome.seconds]
        found = seen(within, outcome.began, course.phases)
        share = refused_share(found)
        print(f"  {kind}s: {'; '.join(map(str, found))}; in all {share:.2%} refused")
        minutes = (f"{ok}-{no}" if no else str(ok) for ok, no in by_minute(within, outcome.began))
        print("    by minute, good-refused:", " ".join(minutes))
        good = good and share <= MOST_REFUSED
        if kind == "write" and course.products is None:
            good = good and all(phase.is_soon_enough for phase in found)
    print("  report:", {kind: outcome.report.get(kind + "s") for kind in outcome.requests})
    print(f"  {'as it should be' if good else 'NOT as it should be'}")
    return good


if __name__ == "__main__":
    sys.exit(main())
