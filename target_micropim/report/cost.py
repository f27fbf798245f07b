"""What a run cost: requests and waits, as totals, over time, and as the same numbers in a table."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from target_micropim.report.chart import Layer, bars, lasting
from target_micropim.report.markup import table

REQUESTS = (Layer("reads", "reads", "blue"), Layer("writes", "writes", "teal"))
WAITS = (
    Layer("pace", "for its turn: reads_per_minute, writes_per_minute", "grey"),
    Layer("asked", "because MicroPIM asked to wait (429)", "orange"),
    Layer("failing", "because MicroPIM failed or could not be reached", "blue"),
)
_KINDS = ("reads", "writes", "refused", "pace", "asked", "failing")
_HEADS = ("from", "reads", "writes", "refused (429)", "s for its turn", "s asked to wait", "s after failures")


def body(whole: Mapping[str, Any]) -> str:
    """The section, empty when nothing was asked."""
    requests = whole.get("requests", {})
    over_time = requests.get("over_time") or {"bucket_seconds": 1.0, "series": {}}
    if not any(over_time["series"].values()):
        return ""
    ends = (_time_of(whole.get("started_at")), _time_of(whole.get("finished_at")))
    numbers = table(_HEADS, list(_by_bucket(whole, over_time)), "Requests and waits over time", 0, "report.json")
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
        yield f"waited {layer.words}", lasting(waits.get(layer.kind, 0.0))


def _by_bucket(whole: Mapping[str, Any], over_time: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    series, width = over_time["series"], over_time["bucket_seconds"]
    for place in range(max(len(sums) for sums in series.values())):
        amounts = [series[kind][place] if kind in series else 0 for kind in _KINDS]
        if any(amounts):
            yield _time_of(whole.get("started_at"), place * width), *amounts


def _time_of(moment: Any, later: float = 0.0) -> str:
    """The time of day, UTC."""
    try:
        return f"{datetime.fromisoformat(str(moment)) + timedelta(seconds=later):%H:%M:%S}"
    except ValueError:
        return ""
