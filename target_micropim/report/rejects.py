"""Dead letters: each refused record whole, as one JSON line, on disk before its STATE may leave."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from pim_wire.errors import writing
from target_micropim.errors import RecordRejected


class Rejects:
    """Appends to ``rejects.jsonl``; the file appears with the first reject. ``wall`` gives unix seconds.

    ``attempts_before`` tells how often a record has been refused already; a replay knows.
    """

    def __init__(self, path: Path, wall: Callable[[], float]) -> None:
        self._path = path
        self._wall = wall
        self._lock = threading.Lock()
        self.count = 0
        self.attempts_before: Callable[[str, Any], int] = lambda _stream, _record: 0

    def write(self, stream: str, external_id: str | None, record: Any, why: RecordRejected) -> None:
        """Write one record with its reasons, and make sure that it is on the disk."""
        line = {
            "stream": stream,
            "external_id": external_id,
            "stage": why.stage,
            "reason": str(why),
            "reasons": [{"path": reason.path, "message": reason.message} for reason in why.reasons],
            "status": why.status,
            "said": why.said,
            "attempts": self.attempts_before(stream, record) + 1,
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


def as_json(line: Any) -> bytes:
    """One line of JSON; a record nested deeper than orjson writes is left to the standard library."""
    try:
        return orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return json.dumps(line, default=str).encode() + b"\n"
