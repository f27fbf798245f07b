"""Requests and waits of a run on the page: totals, bars over time, and the same numbers in a table.

The drawing holds no script, and no text that would shrink with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from target_micropim.report.lists import NUMBERS
from target_micropim.report.shown import Table
from target_micropim.report.words import Words, duration, marked

WIDTH, HEIGHT, GAP = 640, 120, 0.15


@dataclass(frozen=True)
class Layer:
    """One colour of a stack of bars: its kind in the timeline, its class in the style, and what it stands for."""

    kind: str
    colour: str
    meaning: str


@dataclass(frozen=True)
class Bar:
    """A rectangle of the drawing."""

    colour: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """A stack of bars for each bucket, with its legend, its scale in words, and when it begins and ends."""

    title: str
    scale: str
    legend: Sequence[Layer]
    bars: Sequence[Bar]
    ends: tuple[str, str]
    size: tuple[int, int] = (WIDTH, HEIGHT)


@dataclass(frozen=True)
class Cost:
    """The section of the page."""

    totals: Table
    charts: Sequence[Chart]
    in_numbers: Table


REQUESTS = (Layer("reads", "blue", marked("reads")), Layer("writes", "teal", marked("writes")))
WAITS = (
    Layer("pace", "grey", marked("for its turn: reads_per_minute, writes_per_minute")),
    Layer("asked", "orange", marked("because MicroPIM asked to wait (429)")),
    Layer("failing", "blue", marked("because MicroPIM failed or could not be reached")),
)
_COST_KINDS = {
    "reads": marked("reads"),
    "writes": marked("writes"),
    "refused": marked("refused (429)"),
    "pace": marked("s for its turn"),
    "asked": marked("s asked to wait"),
    "failing": marked("s after failures"),
}
_SENT = {
    "reads": (marked("reads sent"), marked("reads refused for coming too fast (429)")),
    "writes": (marked("writes sent"), marked("writes refused for coming too fast (429)")),
    "pictures": (marked("pictures sent"), marked("pictures refused for coming too fast (429)")),
}


def cost(content: Mapping[str, Any], words: Words) -> Cost | None:
    """The section, of the content of report.json; None when no request was sent."""
    requests = content.get("requests", {})
    over_time = requests.get("over_time") or {"bucket_seconds": 1.0, "series": {}}
    if not any(over_time["series"].values()):
        return None
    ends = (_time_of(content.get("started_at")), _time_of(content.get("finished_at")))
    totals = Table((words("what"), words("number")), list(_totals(requests, words)), words("The whole run"), 0, NUMBERS)
    heads = [words("from"), *map(words, _COST_KINDS.values())]
    buckets = list(_by_bucket(content, over_time))
    charts = (
        _chart(words, REQUESTS, over_time, words("Requests over time"), ends, words("requests")),
        _chart(words, WAITS, over_time, words("Waits, of all requests in flight together"), ends, "s"),
    )
    in_numbers = Table(heads, buckets, words("Requests and waits over time"), 0, NUMBERS)
    return Cost(totals, [chart for chart in charts if chart is not None], in_numbers)


def _chart(
    words: Words, layers: Sequence[Layer], over_time: Mapping[str, Any], title: str, ends: tuple[str, str], unit: str
) -> Chart | None:
    series = over_time["series"]
    filled = [layer for layer in layers if any(series.get(layer.kind, ()))]
    count = max((len(series[layer.kind]) for layer in filled), default=0)
    if not count:
        return None
    highest = max(sum(series[layer.kind][place] for layer in filled) for place in range(count))
    time = duration(over_time["bucket_seconds"], words)
    scale = words(
        "highest bar: {number} {unit} in {time}", number=words.number(round(highest, 1)), unit=unit, time=time
    )
    return Chart(title, scale, filled, list(_bars(filled, series, count, highest)), ends)


def _bars(layers: Sequence[Layer], series: Mapping[str, Sequence[float]], count: int, highest: float) -> Iterator[Bar]:
    step = WIDTH / count
    for place in range(count):
        floor = float(HEIGHT)
        for layer in layers:
            height = series[layer.kind][place] / highest * HEIGHT
            floor -= height
            if height:
                yield Bar(layer.colour, step * (place + GAP / 2), floor, step * (1 - GAP), height)


def _totals(requests: Mapping[str, Any], words: Words) -> Iterator[Sequence[Any]]:
    for kind, (sent, refused) in _SENT.items():
        tally = requests.get(kind, {})
        if kind == "pictures" and not tally:
            continue  # they have no budget of their own
        yield words(sent), tally.get("turns", 0)
        yield words(refused), tally.get("refused", 0)
    yield words("requests sent again"), requests.get("retries", 0)
    waits = requests.get("waits", {})
    for layer in WAITS:
        yield words("waited {why}", why=words(layer.meaning)), duration(waits.get(layer.kind, 0.0), words)


def _by_bucket(content: Mapping[str, Any], over_time: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    series, width = over_time["series"], over_time["bucket_seconds"]
    for place in range(max(len(sums) for sums in series.values())):
        amounts = [round(series[kind][place], 1) if kind in series else 0 for kind in _COST_KINDS]
        if any(amounts):
            yield _time_of(content.get("started_at"), place * width), *amounts


def _time_of(moment: Any, later: float = 0.0) -> str:
    """The time of day, where the program runs."""
    try:
        return f"{(datetime.fromisoformat(str(moment)) + timedelta(seconds=later)).astimezone():%H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return ""
