"""What a manifest loses where an answer breaks, as trials/airbyte/low_code.py saw it: kept, and told on a page."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

FIGURES = Path(__file__).resolve().parents[1] / "figures" / "airbyte_losses.json"
WAYS = {
    "clean_end": "the answer ends early, as if it were whole",
    "close_end": "the connection is closed at the end of a line",
    "error_line": "a line says that the service failed",
    "skip_line": "a row is missing in the middle",
}


@dataclass(frozen=True)
class Loss:
    """What came of one way to break an answer, in each form."""

    way: str
    rows: int
    status: str
    code: int
    after_next: int
    ours: int
    of: int


def keep(losses: Iterable[Loss]) -> None:
    """For the page."""
    rows = [asdict(one) for one in losses]
    FIGURES.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def loss_lines() -> Iterator[str]:
    """The table of the source's page."""
    yield "| what becomes of an answer | rows | it says | after the next sync | rows of `source-medipim` |"
    yield "| --- | ---: | --- | ---: | ---: |"
    losses = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else []
    for one in (Loss(**loss) for loss in losses):
        said = f"`{one.status}`, exit code {one.code}"
        yield f"| {WAYS[one.way]} | {one.rows} of {one.of} | {said} | {one.after_next} | {one.ours} |"
