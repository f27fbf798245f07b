"""Requests and waits of a run on the page: totals, bars over time as inline SVG, and the same numbers in a table.

The SVG holds no script, and no text that would shrink with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any

from target_micropim.report.markup import number, table
from target_micropim.report.words import Words

WIDTH, HEIGHT, GAP = 640, 120, 0.15
ENGLISH = Words()


@dataclass(frozen=True)
class Layer:
    """One colour of a stack of bars: its kind in the timeline, its class in the style."""

    kind: str
    colour: str


def bars(
    words: Words, layers: Sequence[Layer], over_time: Mapping[str, Any], title: str, ends: tuple[str, str], unit: str
) -> str:
    """A stack of bars for each bucket, with its legend and its scale in words."""
    series = over_time["series"]
    filled = [layer for layer in layers if any(series.get(layer.kind, ()))]
    count = max((len(series[layer.kind]) for layer in filled), default=0)
    if not count:
        return ""
    sums = [sum(series[layer.kind][place] for layer in filled) for place in range(count)]
    width = duration(over_time["bucket_seconds"], words)
    scale = words("highest", number=number(max(sums)), unit=unit, time=width)
    legend = "".join(
        f'<li><span class="swatch {layer.colour}"></span>{escape(words(f"l_{layer.kind}"))}</li>' for layer in filled
    )
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


def duration(seconds: float, words: Words = ENGLISH) -> str:
    """A duration in words."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, full_seconds = divmod(rest, 60)
    if hours:
        return words("hours", hours=hours, minutes=f"{minutes:02d}")
    if minutes:
        return words("minutes", minutes=minutes, seconds=f"{full_seconds:02d}")
    return f"{seconds:.1f}".removesuffix(".0") + " s"


REQUESTS = (Layer("reads", "blue"), Layer("writes", "teal"))
WAITS = (Layer("pace", "grey"), Layer("asked", "orange"), Layer("failing", "blue"))
_COST_KINDS = ("reads", "writes", "refused", "pace", "asked", "failing")


def cost_section(content: Mapping[str, Any], words: Words) -> str:
    """The section of the page, of the content of report.json; empty when no request was sent."""
    requests = content.get("requests", {})
    over_time = requests.get("over_time") or {"bucket_seconds": 1.0, "series": {}}
    if not any(over_time["series"].values()):
        return ""
    ends = (_time_of(content.get("started_at")), _time_of(content.get("finished_at")))
    heads = [words("h_from"), *(words(f"h_{kind}") for kind in _COST_KINDS)]
    caption, what = words("both_over_time"), (words("h_what"), words("h_number"))
    numbers = table(words, heads, list(_by_bucket(content, over_time)), caption, 0, "report.json")
    return "\n".join(
        part
        for part in (
            table(words, what, list(_totals(requests, words)), words("whole_run"), 0, "report.json"),
            bars(words, REQUESTS, over_time, words("requests_over_time"), ends, words("unit_requests")),
            bars(words, WAITS, over_time, words("waits_over_time"), ends, "s"),
            f"<details>\n<summary>{escape(words('in_numbers'))}</summary>\n{numbers}\n</details>",
        )
        if part
    )


def _totals(requests: Mapping[str, Any], words: Words) -> Iterator[Sequence[Any]]:
    for kind in ("reads", "writes", "pictures"):
        tally = requests.get(kind, {})
        if kind == "pictures" and not tally:
            continue  # they have no budget of their own
        yield words(f"{kind}_sent"), tally.get("turns", 0)
        yield words(f"{kind}_refused"), tally.get("refused", 0)
    yield words("again"), requests.get("retries", 0)
    waits = requests.get("waits", {})
    for layer in WAITS:
        yield words("waited", why=words(f"l_{layer.kind}")), duration(waits.get(layer.kind, 0.0), words)


def _by_bucket(content: Mapping[str, Any], over_time: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    series, width = over_time["series"], over_time["bucket_seconds"]
    for place in range(max(len(sums) for sums in series.values())):
        amounts = [series[kind][place] if kind in series else 0 for kind in _COST_KINDS]
        if any(amounts):
            yield _time_of(content.get("started_at"), place * width), *amounts


def _time_of(moment: Any, later: float = 0.0) -> str:
    """The time of day, where the program runs."""
    try:
        return f"{(datetime.fromisoformat(str(moment)) + timedelta(seconds=later)).astimezone():%H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return ""
