"""The growth of each part as a picture: docs/pictures/growth.svg, from the kept figures."""

from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.page import ROOT, kept_figures

PICTURE = ROOT / "docs" / "pictures" / "growth.svg"
MARKS = {"tap, stream": "o-", "tap, pages": "s-", "target, unchanged": "^-", "target, first load": "D-"}
TITLE = "Processor time and peak memory of each part, by number of products"


def draw(series: dict[str, list[dict[str, Any]]]) -> None:
    """Two drawings with the same horizontal axis. Text stays text, and the same figures give the same file."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "growth", "font.family": "sans-serif"})
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    time, memory = figure.subplots(1, 2)
    for name, points in series.items():
        sizes = [point["products"] for point in points]
        time.plot(sizes, [point["cpu"] for point in points], MARKS[name], label=name)
        memory.plot(sizes, [point["peak_mb"] for point in points], MARKS[name], label=name)
    time.set(xscale="log", yscale="log", xlabel="products", ylabel="CPU seconds, start-up included")
    memory.set(xscale="log", ylim=(0, None), xlabel="products", ylabel="peak memory, MB")
    for axes in (time, memory):
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.xaxis.set_major_formatter(lambda value, _place: f"{value:,.0f}")
    time.yaxis.set_major_formatter(lambda value, _place: f"{value:g}")
    time.legend()
    figure.savefig(PICTURE, metadata={"Date": None, "Title": TITLE, "Creator": None})


if __name__ == "__main__":
    draw(kept_figures()["growth"]["figures"]["series"])
