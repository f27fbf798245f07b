"""A rejects file fed again through the same engine: categories first, no STATE.

Law: a replay takes nothing back. A record that was refused is superseded when a newer version has been settled since,
or was refused since and waits. Only the ledger can tell: not every record has an update time.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pim_wire import exact_json
from pim_wire.errors import InvalidInput
from pim_wire.exact_json import as_json
from pim_wire.limits import LINES_IN_AN_ANSWER, SizeLimits
from target_micropim.host import OpenRun
from target_micropim.lines import lines_of, too_deep
from target_micropim.report.product_rows import ProductEnd
from target_micropim.run import Run
from target_micropim.sync.categories import STREAM as CATEGORIES
from target_micropim.sync.write import STREAM as PRODUCTS

logger = logging.getLogger("target-micropim")


@dataclass(frozen=True)
class RejectedLine:
    """One line of a rejects file."""

    stream: str
    external_id: str | None
    record: Any
    attempts: int
    rejected_at: float
    too_much: str | None = None  # why it still cannot be taken, whatever else is right with it


def replay(run: OpenRun, path: Path, limits: SizeLimits) -> None:
    """Feed a file and end the run. Raises StopRun."""
    with run.or_abort():
        Replay(path, run.engine, limits).feed()
    run.finish()
    run.tell()


class Replay:
    """Called by the thread that otherwise reads the input; its lines have the same bounds (docs/decisions/0014)."""

    def __init__(self, path: Path, run: Run, limits: SizeLimits) -> None:
        self._path = path
        self._limits = limits
        self._run = run
        self._began = run.ledger.now()

    def feed(self) -> None:
        """Hand every record to the pipeline. Raises StopRun for another kind of file, before the first record."""
        for reject in self._lines():
            self._run.rejects.note_attempts(reject.stream, reject.record, reject.attempts)
        logger.info("Replay of %s: %d records", self._path, self._run.rejects.noted)
        for are_categories in (True, False):
            for reject in self._lines():
                if (reject.stream == CATEGORIES) is are_categories:
                    self._feed_one(reject)

    def _feed_one(self, reject: RejectedLine) -> None:
        if self._is_superseded(reject):
            self._run.report.receive(reject.stream)
            end = ProductEnd(reject.external_id, None, "", "a newer version of it came since")
            self._run.report.settle(reject.stream, "superseded", end if reject.stream == PRODUCTS else None)
        elif reject.too_much:
            self._run.pipeline.refuse(reject.stream, reject.record, reject.too_much)
        else:
            self._run.pipeline.receive(reject.stream, reject.record)

    def _is_superseded(self, reject: RejectedLine) -> bool:
        if (key := reject.external_id) is None:
            return False
        waiting = self._run.ledger.reject(reject.stream, key)
        if waiting is not None and waiting.record != as_json(reject.record).decode():
            return waiting.rejected_at > reject.rejected_at
        if reject.stream == PRODUCTS:
            return self._run.ledger.was_settled_between(key, reject.rejected_at, self._began)
        return waiting is None and self._run.pipeline.has_category(key)

    def _lines(self) -> Iterator[RejectedLine]:
        most = self._limits.answer_bytes  # a record that is kept as a text is escaped, and reasons stand beside it
        with self._path.open("rb") as file:
            for number, (line, whole) in enumerate(lines_of(file, most), start=1):
                if not whole:
                    raise InvalidInput(
                        f"--replay {self._path}: line {number} has more than {most} bytes "
                        f"({LINES_IN_AN_ANSWER} times max_line_bytes): raise it, or take the line out"
                    )
                if line.strip():
                    yield self._read(number, line)

    def _read(self, number: int, line: bytes) -> RejectedLine:
        try:
            reject = _parsed(line)
            return RejectedLine(
                stream=str(reject["stream"]),
                external_id=reject.get("external_id"),
                record=reject["record"],
                attempts=int(reject.get("attempts", 1)),
                rejected_at=float(reject.get("rejected_at", 0)),
                too_much=too_deep(line, self._limits),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InvalidInput(f"--replay {self._path}: line {number} is no line of a rejects.jsonl") from None


def _parsed(line: bytes) -> Any:
    """Read a line that may be nested deeper than orjson reads: a reject may have been refused for just that."""
    try:
        return exact_json.loads(line)
    except ValueError:
        return json.loads(line)
