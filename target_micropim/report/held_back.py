"""held_back.csv: what the settings hold back, as it was seen last: product, field, both values, and the setting.

It holds what this run came across and what earlier ones did, since an unchanged record is not looked at again.
"""

import csv
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from target_micropim.plan.question import Question
from target_micropim.report.sheet import escaped
from target_micropim.report.shown import cut

COLUMNS = ("id", "sku", "field", "micropim", "source", "setting")
NOT_READ = "another value"  # the product list was compared, which keeps no values


class HeldBackFile:
    """Counts the rows and keeps the first for the page; all of them go into the file, which appears with the first."""

    def __init__(self, path: Path, most: int) -> None:
        self._path = path
        self._most = most
        self.total = 0
        self.rows: list[dict[str, str]] = []

    def write(self, held: Iterable[Question]) -> None:
        """Write all rows at once. Raises OSError."""
        self.total, self.rows = 0, []
        rows = (_row(question) for question in held)
        if (first := next(rows, None)) is None:
            return
        with self._path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
            self._path.chmod(0o600)
            sheet = csv.writer(file)
            sheet.writerow(COLUMNS)
            for row in chain([first], rows):
                self._add(sheet, row)

    def _add(self, sheet: Any, row: dict[str, str]) -> None:
        sheet.writerow([escaped(row[column]) for column in COLUMNS])
        self.total += 1
        if len(self.rows) < self._most:
            self.rows.append(row)


def _row(question: Question) -> dict[str, str]:
    micropim = NOT_READ if question.micropim is None else str(cut(question.micropim))
    source, sku = str(cut(question.source or "")), question.sku or ""
    values = (question.external_id, sku, question.fact, micropim, source, question.reason)
    return dict(zip(COLUMNS, values, strict=True))
