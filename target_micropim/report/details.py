"""details.jsonl: every change, conflict, warning and thing for a person, one a line; memory keeps only the first."""

from pathlib import Path
from typing import Any

from pim_wire.errors import writing
from target_micropim.report.rejects import as_json


class Details:
    """The file appears with its first line, and a killed run leaves what it had. To be used under the report's lock."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, kind: str, row: dict[str, Any]) -> None:
        """Add a line. Raises CannotWrite."""
        with writing(self._path):
            if not self._path.exists():
                self._path.touch(mode=0o600)
            with self._path.open("ab") as file:
                file.write(as_json({"kind": kind, **row}))
