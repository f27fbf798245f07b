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

from pim_wire.errors import InputRefused
from target_micropim.engine import Engine
from target_micropim.ledger import Ledger
from target_micropim.report.rejects import Rejects, as_json
from target_micropim.report.run_report import Report
from target_micropim.roads.categories import STREAM as CATEGORIES
from target_micropim.roads.upsert import STREAM as PRODUCTS

logger = logging.getLogger("target-micropim")


@dataclass(frozen=True)
class Refused:
    """One line of a rejects file."""

    stream: str
    external_id: str | None
    record: Any
    attempts: int
    rejected_at: float


class Replay:
    """Called by the thread that otherwise reads the input."""

    def __init__(self, path: Path, engine: Engine, ledger: Ledger, report: Report, rejects: Rejects) -> None:
        self._path = path
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

    def _feed_one(self, refused: Refused) -> None:
        if self._is_superseded(refused):
            self._report.receive(PRODUCTS)
            self._report.settle(PRODUCTS, "superseded")
        else:
            self._engine.receive(refused.stream, refused.record)

    def _is_superseded(self, refused: Refused) -> bool:
        if refused.stream != PRODUCTS or refused.external_id is None:
            return False
        return self._ledger.was_settled_between(refused.external_id, refused.rejected_at, self._began)

    def _lines(self) -> Iterator[Refused]:
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield self._read(number, line)

    def _read(self, number: int, line: bytes) -> Refused:
        try:
            found = _parsed(line)
            return Refused(
                stream=str(found["stream"]),
                external_id=found.get("external_id"),
                record=found["record"],
                attempts=int(found.get("attempts", 1)),
                rejected_at=float(found.get("rejected_at", 0)),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputRefused(f"--replay {self._path}: line {number} is no line of a rejects.jsonl") from None


def _parsed(line: bytes) -> Any:
    """Read a line that may be nested deeper than orjson reads: a reject may have been refused for just that."""
    try:
        return orjson.loads(line)
    except ValueError:
        return json.loads(line)


def _digest(stream: str, record: Any) -> bytes:
    return hashlib.blake2b(as_json([stream, record]), digest_size=12).digest()
