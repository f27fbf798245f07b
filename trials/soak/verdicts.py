"""What counts as flat, and the lines of the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trials.soak.large_ledger import LedgerFigures
from trials.soak.large_stream import StreamFigures
from trials.soak.nights import Night
from trials.soak.process_monitor import Sample, most
from trials.soak.steady import Steady

MEMORY_RATIO = 1.10  # of a later step's peak to that of the first steps
SIZE_RATIO = 1.15  # of a large catalogue's peak to that of a small one
COST_RATIO = 1.30  # of the CPU a record costs beside a large ledger to that beside a small one
SPARE_FILES = 2  # connections that a fault leaves half-closed for a moment
LOOK_SECONDS = 10.0
NIGHT_HEAD = (
    "| night | seconds | products | faults | starts | retries | tap MB, files, threads | target MB, files, threads | "
    "right |"
)
FIRST_NIGHTS = 3  # after the first load


@dataclass(frozen=True)
class Part:
    """A heading, its table, and what is wrong."""

    title: str
    lines: list[str]
    wrong: list[str]


def is_flat(first: Sample, later: Sample) -> bool:
    """Whether a later step holds no more than the first ones did."""
    return (
        later.peak_mb <= first.peak_mb * MEMORY_RATIO
        and later.files <= first.files + SPARE_FILES
        and later.threads <= first.threads
    )


def of_nights(nights: Sequence[Night]) -> Part:
    """Each night: the catalogue right, and both processes no larger than in the first nights after the load."""
    head = [NIGHT_HEAD]
    wrong = [f"night {one.number}: the catalogue is not what it should be" for one in nights if not one.as_it_should_be]
    for side in ("tap", "target"):
        looks = [getattr(one.ran, side) for one in nights[1:]]
        if looks:
            first, later = most(looks[:FIRST_NIGHTS]), most(looks)
            wrong += [] if is_flat(first, later) else [f"nights: the {side} grows: {first} to {later}"]
    rows = [
        f"| {one.number} | {one.seconds:.0f} | {one.products} | {one.faults} | {one.attempts} | {one.retries} | "
        f"{_cell(one.ran.tap)} | {_cell(one.ran.target)} | {_yes(one.as_it_should_be)} |"
        for one in nights
    ]
    return Part("Nights in a row", [*head, _rule(9), *_few(rows)], wrong)


def of_steady(one: Steady) -> Part:
    """The later quarters no larger than the first, which begins when the process has warmed up."""
    wrong = [] if one.as_it_should_be else ["one process: the catalogue is not what it should be"]
    first, later = one.quarters[0], most(one.quarters[1:])
    wrong += [] if is_flat(first, later) else [f"one process: the target grows: {first} to {later}"]
    rows = [f"| {number} | {_cell(part)} |" for number, part in enumerate(one.quarters, start=1)]
    caption = f"{one.records} records in {one.rounds} rounds, {one.seconds:.0f} s."
    return Part(
        "One target process, fed for the whole time",
        [caption, "", "| quarter | MB, files, threads |", _rule(2), *rows],
        wrong,
    )


def of_streams(small: StreamFigures, large: StreamFigures) -> Part:
    """The peak of both processes at a large catalogue against a small one."""
    wrong = [
        f"{one.products} products: {one.counts}, {one.ran.codes}" for one in (small, large) if not one.as_it_should_be
    ]
    rows = [
        f"| {one.products} | {one.changed} | {one.ran.piped / 2**20:.0f} | {one.seconds:.0f} | "
        f"{one.ran.tap.peak_mb:.0f} | {one.ran.target.peak_mb:.0f} |"
        for one in (small, large)
    ]
    ratios = [getattr(large.ran, side).peak_mb / getattr(small.ran, side).peak_mb for side in ("tap", "target")]
    wrong += [f"a large stream: memory grows to {ratio:.2f} times" for ratio in ratios if ratio > SIZE_RATIO]
    rows.append(f"| ratio |  |  |  | {ratios[0]:.2f} | {ratios[1]:.2f} |")
    head = ["| products | changed | MB through the pipe | seconds | tap MB | target MB |", _rule(6)]
    return Part("A large stream", [*head, *rows], wrong)


def of_ledgers(small: LedgerFigures, large: LedgerFigures) -> Part:
    """What a record costs beside a large ledger, what is held, and how long looking takes."""
    wrong = [f"ledger of {one.rows}: not what it should be" for one in (small, large) if not one.as_it_should_be]
    facts = {
        "ledger, MB": [one.file_mb for one in (small, large)],
        "records fed, 100 of them changed": [one.records for one in (small, large)],
        "CPU a record, microseconds": [one.cpu_per_record for one in (small, large)],
        "peak of the target, MB": [one.night.most.peak_mb for one in (small, large)],
        "CPU of an empty run, s": [one.empty.cpu for one in (small, large)],
        "`--ledger=show`, s": [one.show[0] for one in (small, large)],
        "`--ledger=show`, CPU s": [one.show[1] for one in (small, large)],
        "`--check`, s": [one.check[0] for one in (small, large)],
        "`--check`, CPU s": [one.check[1] for one in (small, large)],
    }
    bounds = {"CPU a record": COST_RATIO, "peak of": SIZE_RATIO, "CPU of an empty": COST_RATIO}
    for name, (one, other) in facts.items():
        bound = next((ratio for start, ratio in bounds.items() if name.startswith(start)), None)
        if bound is not None and other > one * bound:
            wrong.append(f"a large ledger: {name}: {other:.1f} is more than {bound} times {one:.1f}")
    slow = [name for name in ("`--ledger=show`, CPU s", "`--check`, CPU s") if facts[name][1] > LOOK_SECONDS]
    wrong += [f"a large ledger: {name}: more than {LOOK_SECONDS:.0f}" for name in slow]
    head = [f"| products in the ledger | {small.rows} | {large.rows} | ratio |", _rule(4)]
    rows = [f"| {name} | {one:.1f} | {other:.1f} | {other / one:.2f} |" for name, (one, other) in facts.items()]
    return Part("A large ledger", [*head, *rows], wrong)


def _cell(sample: Sample) -> str:
    return f"{sample.peak_mb:.0f}, {sample.files}, {sample.threads}"


def _yes(good: bool) -> str:  # noqa: FBT001 - a word for a table
    return "yes" if good else "NO"


def _rule(columns: int) -> str:
    return "| " + " | ".join(["---"] * columns) + " |"


def _few(rows: list[str]) -> Iterator[str]:
    """All of a few rows; of many the first and the last."""
    yield from rows if len(rows) <= 20 else [*rows[:10], "| … |" + " |" * 8, *rows[-10:]]
