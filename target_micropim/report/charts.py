"""Requests and waits of a run on the page: totals, bars over time as inline SVG, and the same numbers in a table.

The SVG holds no script, and no text that would shrink with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any

from target_micropim.report.markup import number, table

WIDTH, HEIGHT, GAP = 640, 120, 0.15


@dataclass(frozen=True)
class Layer:
    """One colour of a stack of bars: its kind in the timeline, its label, its class in the style."""

    kind: str
    label: str
    colour: str


def bars(layers: Sequence[Layer], over_time: Mapping[str, Any], title: str, ends: tuple[str, str], unit: str) -> str:
    """A stack of bars for each bucket, with its legend and its scale in words."""
    series = over_time["series"]
    filled = [layer for layer in layers if any(series.get(layer.kind, ()))]
    count = max((len(series[layer.kind]) for layer in filled), default=0)
    if not count:
        return ""
    sums = [sum(series[layer.kind][place] for layer in filled) for place in range(count)]
    scale = f"highest bar: {number(max(sums))} {unit} in {duration(over_time['bucket_seconds'])}"
    legend = "".join(f'<li><span class="swatch {layer.colour}"></span>{escape(layer.label)}</li>' for layer in filled)
    return (
        f"<figure>\n<figcaption>{escape(title)} ({escape(scale)})</figcaption>\n"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(title)}, {escape(scale)}">{_rects(filled, series, count, max(sums))}</svg>\n'
        f'<div class="ends"><span>{escape(ends[0])}</span><span>{escape(ends[1])}</span></div>\n'
        f'<ul class="legend">{legend}</ul>\n</figure>'
    )


def _rects(layers: Sequence[Layer], series: Mapping[str, Sequence[float]], count: int, highest: float) -> str:
    step = WIDTH / count
    drawn = []
    for place in range(count):
        floor = float(HEIGHT)
        for layer in layers:
            height = series[layer.kind][place] / highest * HEIGHT
            floor -= height
            if height:
                drawn.append(
                    f'<rect class="{layer.colour}" x="{step * (place + GAP / 2):.1f}" y="{floor:.1f}" '
                    f'width="{step * (1 - GAP):.1f}" height="{height:.1f}"/>'
                )
    return "".join(drawn)


def duration(seconds: float) -> str:
    """A duration in words."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, full_seconds = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {full_seconds:02d} s" if minutes else f"{seconds:.1f}".removesuffix(".0") + " s"


REQUESTS = (Layer("reads", "reads", "blue"), Layer("writes", "writes", "teal"))
WAITS = (
    Layer("pace", "for its turn: reads_per_minute, writes_per_minute", "grey"),
    Layer("asked", "because MicroPIM asked to wait (429)", "orange"),
    Layer("failing", "because MicroPIM failed or could not be reached", "blue"),
)
_COST_KINDS = ("reads", "writes", "refused", "pace", "asked", "failing")
_COST_HEADS = ("from", "reads", "writes", "refused (429)", "s for its turn", "s asked to wait", "s after failures")


def cost_section(content: Mapping[str, Any]) -> str:
    """The section of the page, of the content of report.json; empty when no request was sent."""
    requests = content.get("requests", {})
    over_time = requests.get("over_time") or {"bucket_seconds": 1.0, "series": {}}
    if not any(over_time["series"].values()):
        return ""
    ends = (_time_of(content.get("started_at")), _time_of(content.get("finished_at")))
    numbers = table(_COST_HEADS, list(_by_bucket(content, over_time)), "Requests and waits over time", 0, "report.json")
    waits = "Waits, of all requests in flight together"
    return "\n".join(
        part
        for part in (
            table(("what", "number"), list(_totals(requests)), "The whole run", 0, "report.json"),
            bars(REQUESTS, over_time, "Requests over time", ends, "requests"),
            bars(WAITS, over_time, waits, ends, "s"),
            f"<details>\n<summary>The same in numbers (times are UTC)</summary>\n{numbers}\n</details>",
        )
        if part
    )


def _totals(requests: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    for kind in ("reads", "writes", "pictures"):
        tally = requests.get(kind, {})
        if kind == "pictures" and not tally:
            continue  # they have no budget of their own
        yield f"{kind} sent", tally.get("turns", 0)
        yield f"{kind} refused for coming too fast (429)", tally.get("refused", 0)
    yield "requests sent again", requests.get("retries", 0)
    waits = requests.get("waits", {})
    for layer in WAITS:
        yield f"waited {layer.label}", duration(waits.get(layer.kind, 0.0))


def _by_bucket(content: Mapping[str, Any], over_time: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    series, width = over_time["series"], over_time["bucket_seconds"]
    for place in range(max(len(sums) for sums in series.values())):
        amounts = [series[kind][place] if kind in series else 0 for kind in _COST_KINDS]
        if any(amounts):
            yield _time_of(content.get("started_at"), place * width), *amounts


def _time_of(moment: Any, later: float = 0.0) -> str:
    """The time of day, UTC."""
    try:
        return f"{datetime.fromisoformat(str(moment)) + timedelta(seconds=later):%H:%M:%S}"
    except ValueError:
        return ""
