"""Dead letters: each refused record whole, as one JSON line, on disk before its STATE may leave; read for the page.

rejects.csv beside it says in a table which and why.
"""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from heapq import nsmallest
from itertools import islice
from pathlib import Path
from typing import Any

from pim_wire.errors import writing
from pim_wire.exact_json import as_json
from target_micropim.errors import RecordRejected
from target_micropim.report.sheet import Sheet
from target_micropim.report.shown import SHOWN_ROWS, cut

COLUMNS = ("stream", "id", "stage", "why", "said", "attempts")
MOST_REASONS = 20


class Rejects:
    """Appends to ``rejects.jsonl``; the file appears with the first reject. ``wall`` gives unix seconds."""

    def __init__(self, path: Path, wall: Callable[[], float]) -> None:
        self._path = path
        self._sheet = Sheet(path.with_suffix(".csv"), COLUMNS)
        self._wall = wall
        self._lock = threading.Lock()
        self.count = 0
        self._attempts: dict[bytes, int] = {}

    def note_attempts(self, stream: str, record: Any, attempts: int) -> None:
        """How often a record has been refused before this run; a replay knows."""
        self._attempts[_digest(stream, record)] = attempts

    @property
    def noted(self) -> int:
        """Different records whose attempts were noted."""
        return len(self._attempts)

    def _earlier_attempts(self, stream: str, record: Any) -> int:
        return self._attempts.get(_digest(stream, record), 0) if self._attempts else 0

    def write(self, stream: str, external_id: str | None, record: Any, why: RecordRejected) -> int:
        """Write one record with its reasons, and make sure that it is on the disk; how often it was refused by now."""
        attempts = self._earlier_attempts(stream, record) + 1
        line = {
            "stream": stream,
            "external_id": external_id,
            "stage": why.stage,
            "reason": str(why),
            "reasons": [{"path": reason.path, "message": reason.message} for reason in why.reasons],
            "status": why.status,
            "said": why.said,
            "attempts": attempts,
            "rejected_at": self._wall(),
            "record": record,
        }
        data = as_json(line)
        with self._lock, writing(self._path):
            self.count += 1
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            reasons = "; ".join(_reason(reason) for reason in line["reasons"][:MOST_REASONS])
            self._sheet.add((stream, cut(external_id), why.stage, reasons, cut(why.said), attempts))
        return attempts


def _digest(stream: str, record: Any) -> bytes:
    return hashlib.blake2b(as_json([stream, record]), digest_size=12).digest()


def rejects_in(file: Path) -> Iterator[Sequence[Any]]:
    """Rejects by stream and id: stream, key, stage, every reason with its path, and MicroPIM's words.

    Only the beginning of the file is read: a night that refused a whole catalogue must not end late for its page.
    """
    if not file.is_file():
        return
    with file.open(encoding="utf-8", errors="replace") as lines:
        yield from nsmallest(
            SHOWN_ROWS, map(_row, islice(lines, 10 * SHOWN_ROWS)), key=lambda row: [str(cell) for cell in row]
        )


def _row(line: str) -> tuple[Any, ...]:
    try:
        reject = json.loads(line)
    except (ValueError, RecursionError):  # nested too deep to be read here; the file holds it whole
        return None, None, None, "see rejects.jsonl", None
    reasons = "\n".join(_reason(reason) for reason in islice(reject.get("reasons") or (), MOST_REASONS))
    return reject.get("stream"), cut(reject.get("external_id")), reject.get("stage"), reasons, cut(reject.get("said"))


def _reason(reason: dict[str, Any]) -> str:
    """The field and what is wrong with it; $ is the record as a whole."""
    path = str(reason.get("path")).removeprefix("$").removeprefix(".")
    return str(cut(f"{path}: {reason.get('message')}" if path else str(reason.get("message"))))
