"""What happened: counts that add up to the records received, and rows that need a person."""

import csv
import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MAX_ROWS = 1000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Row:
    """Something about one record that a person may want to see."""

    stream: str
    external_id: str
    sku: str | None
    what: str


class Report:
    """Collects while the run goes on; bounded: beyond MAX_ROWS rows of a kind are counted, not kept."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self.folder = folder / run_id
        self.run_id = run_id
        self._lock = threading.Lock()
        self.received: Counter[str] = Counter()
        self.actions: Counter[tuple[str, str]] = Counter()
        self.pictures: Counter[str] = Counter()
        self._rows: dict[str, list[Row]] = {"conflicts": [], "manual_actions": [], "warnings": []}
        self.totals: Counter[str] = Counter()

    def open(self) -> None:
        """Make the run's folder. Raises OSError when that is not possible."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def receive(self, stream: str) -> None:
        """A record came in."""
        self.received[stream] += 1

    def settle(self, stream: str, action: str) -> None:
        """A record's end: created, updated, unchanged, archived, skipped, rejected or acknowledged."""
        with self._lock:
            self.actions[stream, action] += 1

    def picture(self, outcome: str) -> None:
        """A picture's end: sent, assumed, refused or left."""
        with self._lock:
            self.pictures[outcome] += 1

    def add(self, kind: str, row: Row) -> None:
        """A row of ``conflicts``, ``manual_actions`` or ``warnings``."""
        with self._lock:
            self.totals[kind] += 1
            if len(self._rows[kind]) < MAX_ROWS:
                self._rows[kind].append(row)

    def count(self, action: str) -> int:
        """Records of all streams that ended this way."""
        with self._lock:
            return sum(number for (_stream, found), number in self.actions.items() if found == action)

    def streams(self) -> dict[str, dict[str, int]]:
        """Per stream: received, and how many ended which way; ``unsettled`` is what a stopped run left open."""
        table: dict[str, dict[str, int]] = {}
        for stream, received in sorted(self.received.items()):
            ends = {action: number for (found, action), number in sorted(self.actions.items()) if found == stream}
            table[stream] = {"received": received, **ends}
            if received > sum(ends.values()):
                table[stream]["unsettled"] = received - sum(ends.values())
        return table

    def write(self, facts: Mapping[str, Any], unmapped: Mapping[tuple[str, str], int]) -> None:
        """Write report.json and, when there is something to list, unmapped.csv; each at once or not at all."""
        rows = {kind: [asdict(row) for row in found] for kind, found in self._rows.items()}
        whole = {
            "run_id": self.run_id,
            **facts,
            "streams": self.streams(),
            "pictures": dict(self.pictures),
            "totals": dict(self.totals) | {"rejected": self.count("rejected"), "unmapped": len(unmapped)},
            **rows,
        }
        _replace(self.folder / "report.json", json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
        if unmapped:
            self._write_unmapped(unmapped)

    def _write_unmapped(self, unmapped: Mapping[tuple[str, str], int]) -> None:
        with (self.folder / "unmapped.csv").open("w", newline="", encoding="utf-8") as file:
            sheet = csv.writer(file)
            sheet.writerow(["kind", "name", "products"])
            for (kind, name), number in sorted(unmapped.items(), key=lambda item: (-item[1], item[0])):
                sheet.writerow([kind, _harmless(name), number])


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(".tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
