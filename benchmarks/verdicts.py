"""The goals, each with what was measured. A goal whose part was never measured says so. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

MOST_MB = 80
SAME = 1.05  # peaks that differ by less are the same
STRAIGHT = 1.3  # of the dearest further record to the cheapest
LARGE_LEDGER = 1.3
REQUESTS_A_RUN = 10
SIDES = (("reading", "source-medipim", "tap-medipim"), ("writing", "destination-micropim", "target-micropim"))
DEARER = 1.1
Json = dict[str, Any]
Judged = tuple[str, bool | None]
Goal = tuple[str, str, Callable[[Json], Judged]]


@dataclass(frozen=True)
class Verdict:
    """A goal, in words; what was measured, in words; None where nothing was."""

    goal: str
    measured: str
    reached: bool | None

    def row(self) -> tuple[str, str, str]:
        """For a table."""
        return self.goal, self.measured, {True: "yes", False: "**no**", None: "not measured"}[self.reached]


def verdicts(figures: Mapping[str, Json]) -> Iterator[Verdict]:
    """Every goal, from the figures of the parts."""
    for part, goal, judge in goals():
        yield Verdict(goal, *judge(figures[part])) if part in figures else Verdict(goal, "", None)


def goals() -> Iterator[Goal]:
    """The part that a goal is judged by, the goal in words, and its judge."""
    for part, name in (("tap", "stream"), ("pages", "pages")):
        for peer, times in (("SDK template", 6), ("dlt, extraction", 4), ("Airbyte low-code", 4)):
            goal = f"tap, {name}: {times} times as fast as {peer.partition(',')[0]}"
            yield part, goal, partial(_faster, peer=peer, times=times)
    yield "tap", "tap, stream: 0.8 of the floor", _near_the_floor
    yield "growth", f"tap, stream: under {MOST_MB} MB, the same at each size", _flat_memory
    yield "pages", f"tap, pages: under {MOST_MB} MB", _small_pages
    yield "target", "target: 10,000 unchanged records a second on one core", _pace
    yield "target", "target: 10 times as fast as the SDK template", partial(_faster, peer="SDK", times=10)
    yield "target", "target: no request per unchanged record", _requests
    yield "target", f"target: a large ledger costs at most {LARGE_LEDGER} times a small one", _ledgers
    for side, ours, same in SIDES:
        yield "airbyte", f"Airbyte: {ours} within 10 % of {same}", partial(_no_dearer, side=side, ours=ours, same=same)
    yield "requests", "target: as many writes as changes, in every case", _lawful
    yield "start", "start: nothing heavy beyond what the SDK itself imports", _light
    yield "writing", "writing, limit known: 95 % of it used, no 429", _at_the_limit
    yield "writing", "writing, limit unknown: settles within 10 %, at most 1 % refused", _settled
    for name in ("tap, stream", "tap, pages", "target, unchanged", "target, first load"):
        yield "growth", f"growth: {name}: a straight line", partial(_straight, name=name)


def _cpu(figures: Json, start: str) -> float:
    """Of the first contender whose name starts so."""
    return float(next(one["cpu"] for name, one in figures["contenders"].items() if name.startswith(start)))


def _faster(figures: Json, peer: str, times: int) -> Judged:
    ratio = _cpu(figures, peer) / _cpu(figures, "ours")
    return f"{ratio:.2f} times, at {figures['products']:,} products", ratio >= times


def _no_dearer(figures: Json, side: str, ours: str, same: str) -> Judged:
    ratio = figures[side][ours]["cpu"] / figures[side][same]["cpu"]
    return f"{ratio:.2f} times its CPU, at {figures['products']:,} products", ratio <= DEARER


def _near_the_floor(figures: Json) -> Judged:
    share = _cpu(figures, "floor") / _cpu(figures, "ours")
    return f"{share:.2f}, at {figures['products']:,} products", share >= 0.8


def _flat_memory(figures: Json) -> Judged:
    sizes = set(figures["memory"])
    peaks = {one["products"]: one["peak_mb"] for one in figures["series"]["tap, stream"] if one["products"] in sizes}
    summary = ", ".join(f"{peak:.1f} MB at {products:,}" for products, peak in peaks.items())
    return summary, max(peaks.values()) < MOST_MB and max(peaks.values()) <= SAME * min(peaks.values())


def _small_pages(figures: Json) -> Judged:
    peak = figures["contenders"]["ours"]["peak_mb"]
    return f"{peak:.1f} MB, at {figures['products']:,} products", peak < MOST_MB


def _pace(figures: Json) -> Judged:
    pace = figures["products"] / _cpu(figures, "ours")
    return f"{pace:,.0f}, start-up included, at {figures['products']:,} products", pace >= 10_000


def _requests(figures: Json) -> Judged:
    seen, records = figures["requests_a_run"], figures["products"]
    return f"{seen:.0f} in a run of {records:,} records", seen <= REQUESTS_A_RUN


def _ledgers(figures: Json) -> Judged:
    (small, one), (large, other) = [pair for pair in figures["contenders"].items() if pair[0].startswith("ours")]
    ratio = other["cpu"] / one["cpu"]
    sizes = " beside ".join(name.removeprefix("ours, ledger of ") for name in (large, small))
    return f"{ratio:.2f} times: {sizes}", ratio <= LARGE_LEDGER


def _lawful(figures: Json) -> Judged:
    broken = [case["name"] for case in figures["cases"] if not case["lawful"]]
    return ", ".join(broken) or f"{len(figures['cases'])} cases", not broken


def _light(figures: Json) -> Judged:
    of_sdk = set(figures["commands"]["import singer_sdk"]["heavy"])
    more = {name: sorted(set(one["heavy"]) - of_sdk) for name, one in figures["commands"].items()}
    summary = "; ".join(f"`{name}`: {', '.join(heavy)}" for name, heavy in more.items() if heavy)
    return summary or "nothing", not summary


def _phases(figures: Json, start: str) -> list[Json]:
    return [one for one in figures["phases"] if one["case"].startswith(start)]


def _at_the_limit(figures: Json) -> Judged:
    phases = _phases(figures, "known")
    used, refused = min(one["rate"] / one["limit"] for one in phases), sum(one["refused"] for one in phases)
    return f"{used:.1%} or more in {len(phases)} cases, {refused} refused", used >= 0.95 and not refused


def _settled(figures: Json) -> Judged:
    phases = _phases(figures, "unknown")
    shares = [one["settled"] / one["limit"] for one in phases]
    refused = max(one["refused"] / (one["taken"] + one["refused"]) for one in phases)
    summary = f"{min(shares):.1%} to {max(shares):.1%} in {len(phases)} phases, at most {refused:.2%} refused"
    return summary, min(shares) >= 0.9 and max(shares) <= 1.1 and refused <= 0.01


def _straight(figures: Json, name: str) -> Judged:
    points = figures["series"].get(name, [])
    costs = [further(before, point) for before, point in pairwise(points)]
    if len(costs) < 2:
        return "two sizes only", None
    summary = ", ".join(f"{cost:.0f}" for cost in costs)
    return f"µs a further record from size to size: {summary}", max(costs) <= STRAIGHT * min(costs)


def further(before: Json, point: Json) -> float:
    """Microseconds of processor time for each record more; start-up cancels out."""
    return float((point["cpu"] - before["cpu"]) / (point["products"] - before["products"]) * 1e6)
