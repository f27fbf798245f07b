"""A rejects file fed again through the same engine: categories first, no STATE.

Law: a replay never takes a product back. A record that was refused, and of which a newer version has been settled
since, is superseded; only the ledger's time of settling can tell.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pim_wire.errors import InvalidInput
from pim_wire.limits import LINES_IN_AN_ANSWER, SizeLimits
from target_micropim.ledger import Ledger
from target_micropim.lines import lines_of, too_deep
from target_micropim.pipeline import Pipeline
from target_micropim.report.rejects import Rejects, as_json
from target_micropim.report.run_report import Report
from target_micropim.sync.categories import STREAM as CATEGORIES
from target_micropim.sync.product import STREAM as PRODUCTS

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


class Replay:
    """Called by the thread that otherwise reads the input; its lines have the same bounds (docs/decisions/0014)."""

    def __init__(
        self, path: Path, engine: Pipeline, ledger: Ledger, report: Report, rejects: Rejects, bounds: SizeLimits
    ) -> None:
        self._path = path
        self._bounds = bounds
        self._engine = engine
        self._ledger = ledger
        self._report = report
        self._attempts: dict[bytes, int] = {}
        self._began = ledger.now()
        rejects.attempts_before = lambda stream, record: self._attempts.get(_digest(stream, record), 0)

    def feed(self) -> None:
        """Hand every record to the engine. Raises StopRun for a file that is none of ours, before the first record."""
        for refused in self._lines():
            self._attempts[_digest(refused.stream, refused.record)] = refused.attempts
        logger.info("Replay of %s: %d records", self._path, len(self._attempts))
        for of_categories in (True, False):
            for refused in self._lines():
                if (refused.stream == CATEGORIES) is of_categories:
                    self._feed_one(refused)

    def _feed_one(self, refused: RejectedLine) -> None:
        if self._is_superseded(refused):
            self._report.receive(PRODUCTS)
            self._report.settle(PRODUCTS, "superseded")
        elif refused.too_much:
            self._engine.refuse(refused.stream, refused.record, refused.too_much)
        else:
            self._engine.receive(refused.stream, refused.record)

    def _is_superseded(self, refused: RejectedLine) -> bool:
        if refused.stream != PRODUCTS or refused.external_id is None:
            return False
        return self._ledger.was_settled_between(refused.external_id, refused.rejected_at, self._began)

    def _lines(self) -> Iterator[RejectedLine]:
        most = self._bounds.answer_bytes  # a record that is kept as a text is escaped, and reasons stand beside it
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
            found = _parsed(line)
            return RejectedLine(
                stream=str(found["stream"]),
                external_id=found.get("external_id"),
                record=found["record"],
                attempts=int(found.get("attempts", 1)),
                rejected_at=float(found.get("rejected_at", 0)),
                too_much=too_deep(line, self._bounds),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InvalidInput(f"--replay {self._path}: line {number} is no line of a rejects.jsonl") from None


def _parsed(line: bytes) -> Any:
    """Read a line that may be nested deeper than orjson reads: a reject may have been refused for just that."""
    try:
        return orjson.loads(line)
    except ValueError:
        return json.loads(line)


def _digest(stream: str, record: Any) -> bytes:
    return hashlib.blake2b(as_json([stream, record]), digest_size=12).digest()
