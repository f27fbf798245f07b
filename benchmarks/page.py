"""docs/benchmarks.md from the kept figures: each table stands between its marker lines. Pure, but for the reader."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.verdicts import further, verdicts

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "benchmarks" / "figures"
PAGE = ROOT / "docs" / "benchmarks.md"
SIDES = ("reading", "writing")
Json = dict[str, Any]


def kept_figures() -> dict[str, Json]:
    """Of every part that was ever measured and committed."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FIGURES.glob("*.json"))}


def rendered(text: str, figures: Mapping[str, Json]) -> str:
    """The page with the blocks of these parts made anew, and the verdicts, which follow from all of them."""
    for part, kept in figures.items():
        if part in TABLES:
            text = _filled(text, part, [_told(kept), "", *TABLES[part](kept["figures"])])
    measured = {part: kept["figures"] for part, kept in figures.items()}
    return _filled(
        text, "verdicts", table(("wanted", "measured", "reached"), (one.row() for one in verdicts(measured)))
    )


def _filled(text: str, name: str, lines: list[str]) -> str:
    begin, end = f"<!-- generated: {name} -->\n", f"<!-- end of generated: {name} -->\n"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise SystemExit(f"docs/benchmarks.md: the markers of {name} are not there once each")
    head, _, rest = text.partition(begin)
    return head + begin + "\n" + "".join(f"{line}\n" for line in lines) + "\n" + end + rest.partition(end)[2]


def _told(kept: Json) -> str:
    """When, where, with what."""
    run = kept["run"]
    before, after = run["load"]
    return (
        f"`{run['command']}` on {run['date']} at commit {run['commit']}: {run['machine']}, Python {run['python']}, "
        f"{run['versions']}. It took {run['seconds']} s; load of the machine: {before} before, {after} after."
    )


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> list[str]:
    """Markdown: the first column to the left, numbers to the right, words to the left."""
    body = list(rows)
    numeric = [all(_is_number(row[place]) for row in body) for place in range(len(head))]
    rule = " | ".join("--:" if number else "---" for number in numeric)
    return [f"| {' | '.join(head)} |", f"| {rule} |", *(f"| {' | '.join(row)} |" for row in body)]


def _is_number(cell: str) -> bool:
    return not cell or cell[0].isdigit()


def contenders(figures: Json) -> list[str]:
    """Times and memory, ours first; the ratio says how many times our processor time a contender takes."""
    products, rows = figures["products"], figures["contenders"]
    ours = next(iter(rows.values()))["cpu"]
    head = (f"{products:,} products", "wall s", "CPU s", "times our CPU", "records per CPU second", "peak MB", "runs")
    return table(head, ((name, *_contender(one, products, ours)) for name, one in rows.items()))


def _contender(one: Json, products: int, ours: float) -> tuple[str, ...]:
    wall, cpu, peak = one["wall"], one["cpu"], one["peak_mb"]
    return f"{wall:.2f}", f"{cpu:.2f}", f"{cpu / ours:.2f}", f"{products / cpu:,.0f}", f"{peak:.0f}", str(one["runs"])


def both_protocols(figures: Json) -> list[str]:
    """Reading, then writing; the first of each is the connector of Airbyte's protocol."""
    sides = (contenders({"products": figures["products"], "contenders": figures[side]}) for side in SIDES)
    first, second = sides
    return [*first, "", *second]


def starts(figures: Json) -> list[str]:
    """Each command."""
    rows = figures["commands"].items()
    return table(("command", "wall s", "CPU s", "modules", "of these"), (_start(name, one) for name, one in rows))


def _start(name: str, one: Json) -> tuple[str, ...]:
    heavy = ", ".join(one["heavy"]) or "none"
    return f"`{name}`", f"{one['wall']:.2f}", f"{one['cpu']:.2f}", str(one["modules"]), heavy


def pairs(figures: Json) -> list[str]:
    """Where the time goes with many products; what each setting does with few."""
    products, few = figures["products"], figures["few"]
    head = ("wall s", "CPU s", "of it tap", "target", "Meltano", "records a second", "peak MB of Meltano")
    many = (_pair(name, one, products) for name, one in figures["pairs"].items())
    small = (_setting(name, one) for name, one in figures["settings"].items())
    small_head = (f"{few:,} products, ours", "wall s", "CPU s", "of it Meltano", "peak MB of Meltano")
    tables = [*table((f"{products:,} products", *head), many), "", *table(small_head, small)]
    return [*tables, "", *_share(figures)]


def _share(figures: Json) -> Iterator[str]:
    """A line through Meltano's own time at both sizes."""
    less, more = figures["few"], figures["products"]
    if more > less:
        fixed, large = own(figures["settings"]["as it comes"]), own(figures["pairs"]["ours, `meltano run`"])
        cost = (large - fixed) / (more - less)
        yield f"Of Meltano's own processor time {fixed - cost * less:.1f} s are the same whatever is carried, and"
        yield f"{cost * 1e6:.0f} microseconds are for each record that it hands from tap to target."


def _pair(name: str, one: Json, products: int) -> tuple[str, ...]:
    times = (f"{seconds:.1f}" for seconds in (one["wall"], one["cpu"], one["tap"], one["target"]))
    meltanos = f"{own(one):.1f}" if "meltano" in name else ""
    peak = f"{one['peak_mb']:.0f}" if "meltano run" in name else ""
    return name, *times, meltanos, f"{products / one['wall']:,.0f}", peak


def _setting(name: str, one: Json) -> tuple[str, ...]:
    return name, f"{one['wall']:.2f}", f"{one['cpu']:.2f}", f"{own(one):.2f}", f"{one['peak_mb']:.0f}"


def own(one: Json) -> float:
    """What neither tap nor target used."""
    return max(0.0, float(one["cpu"] - one["tap"] - one["target"]))


def growth(figures: Json) -> list[str]:
    """The picture, then each series with what a further record costs, from the size before."""
    ends = ((name, points[-1]) for name, points in figures["series"].items())
    caption = "; ".join(
        f"{name}: {one['cpu']:.0f} s, {one['peak_mb']:.0f} MB at {one['products']:,}" for name, one in ends
    )
    picture = f"![Processor time and peak memory by number of products, as lines. {caption}](pictures/growth.svg)"
    head = ("part", "products", "wall s", "CPU s", "µs of CPU a further record", "peak MB")
    rows = (row for name, points in figures["series"].items() for row in _series(name, points))
    return [picture, "", *table(head, rows)]


def _series(name: str, points: list[Json]) -> Iterator[tuple[str, ...]]:
    before: Json | None = None
    for point in points:
        cost = f"{further(before, point):.0f}" if before else ""
        times = f"{point['wall']:.1f}", f"{point['cpu']:.2f}", cost
        yield name, f"{point['products']:,}", *times, f"{point['peak_mb']:.0f}"
        before = point


def writing(figures: Json) -> list[str]:
    """Each phase of each case."""
    head = (
        "case",
        "answers after",
        "allowed",
        "rate",
        "of it used",
        "settled at",
        "of it used",
        "sent",
        "429",
        "share",
    )
    return table(head, (_phase(one) for one in figures["phases"]))


def _phase(one: Json) -> tuple[str, ...]:
    limit, refused, sent = one["limit"], one["refused"], one["taken"] + one["refused"]
    paces = [cell for rate in (one["rate"], one["settled"]) for cell in (f"{rate:.0f}", f"{rate / limit:.1%}")]
    latency, share = f"{one['latency']} ms", f"{refused / sent:.2%}"
    return one["case"], latency, str(limit), *paces, str(sent), str(refused), share


TABLES: dict[str, Callable[[Json], list[str]]] = {
    "start": starts,
    "tap": contenders,
    "pages": contenders,
    "target": contenders,
    "airbyte": both_protocols,
    "pair": pairs,
    "growth": growth,
    "writing": writing,
}
