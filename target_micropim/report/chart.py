"""Bars over time as inline SVG: no script, no text inside that would shrink with it; the numbers stand in a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from target_micropim.report.markup import number

WIDTH, HEIGHT, GAP = 640, 120, 0.15


@dataclass(frozen=True)
class Layer:
    """One colour of the stack: its kind in the timeline, its words, its class in the style."""

    kind: str
    words: str
    colour: str


def bars(layers: Sequence[Layer], over_time: Mapping[str, Any], what: str, ends: tuple[str, str], unit: str) -> str:
    """A stack of bars for each bucket, with its legend and its scale in words."""
    series = over_time["series"]
    given = [layer for layer in layers if any(series.get(layer.kind, ()))]
    count = max((len(series[layer.kind]) for layer in given), default=0)
    if not count:
        return ""
    sums = [sum(series[layer.kind][place] for layer in given) for place in range(count)]
    scale = f"highest bar: {number(max(sums))} {unit} in {lasting(over_time['bucket_seconds'])}"
    legend = "".join(f'<li><span class="swatch {layer.colour}"></span>{escape(layer.words)}</li>' for layer in given)
    return (
        f"<figure>\n<figcaption>{escape(what)} ({escape(scale)})</figcaption>\n"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(what)}, {escape(scale)}">{_rects(given, series, count, max(sums))}</svg>\n'
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


def lasting(seconds: float) -> str:
    """A duration in words."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {left:02d} s" if minutes else f"{seconds:.1f}".removesuffix(".0") + " s"
