"""The first rejects of a run, as rows of the page."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from target_micropim.report.cutting import cut
from target_micropim.report.markup import SHOWN_ROWS

MOST_REASONS = 20


def rejects_in(file: Path) -> Iterator[Sequence[Any]]:
    """Stream, key, stage, every reason with its path, and MicroPIM's words."""
    if not file.is_file():
        return
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in islice(lines, SHOWN_ROWS):
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):  # nested too deep to be read here; the file holds it whole
                yield None, None, None, "see rejects.jsonl", None
                continue
            why = "\n".join(_reason(reason) for reason in islice(found.get("reasons") or (), MOST_REASONS))
            yield found.get("stream"), cut(found.get("external_id")), found.get("stage"), why, cut(found.get("said"))


def _reason(reason: dict[str, Any]) -> str:
    """The field and what is wrong with it; $ is the record as a whole."""
    path = str(reason.get("path")).removeprefix("$").removeprefix(".")
    return str(cut(f"{path}: {reason.get('message')}" if path else str(reason.get("message"))))
