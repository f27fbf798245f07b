"""plan.csv: the lines of plan.jsonl for a spreadsheet, a row for each field that would change."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from target_micropim.report.sheet import Sheet
from target_micropim.report.shown import cut

COLUMNS = ("action", "stream", "id", "sku", "name", "field", "before", "after")
ROWS_AT_ONCE = 500


def write_plan_sheet(plan: Path, sheet_file: Path) -> None:
    """Read the plan line by line: it may be larger than the memory. Raises CannotWrite."""
    sheet = Sheet(sheet_file, COLUMNS)
    with plan.open("rb") as lines:
        for line in lines:
            for row in _rows(json.loads(line)):
                if sheet.hold(row) >= ROWS_AT_ONCE:
                    sheet.flush()
    sheet.flush()


def _rows(action: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    fields, name = action["fields"], action["name"]
    who = (action["action"], action["stream"], action["external_id"], action["sku"], name)
    changes = [(field, cut(change.get("before")), cut(change.get("after"))) for field, change in fields.items()]
    if pictures := action["pictures"]:
        changes.append(("pictures", None, f"{len(pictures)} more"))
    if added := [place for place in action["categories"] if place.get("added")]:
        changes.append(("categories", None, "; ".join(str(place.get("path") or place.get("id")) for place in added)))
    yield from ((*who, *change) for change in changes or [(None, None, None)])
