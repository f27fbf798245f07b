"""The two ways a record ends: settled, or rejected whole and kept for the next run.

Limits stop a run before it does harm: too many rejects, the same refusal again and again, too many archives, too many
products gone, a key that the ledger cannot hold. A reject holds back every later STATE until the night is judged: a
night on which little went in is not a success.
"""

import logging
import re
import threading
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import Any

from pim_wire.exact_json import as_json
from target_micropim.errors import Reason, RecordRejected, TooMany
from target_micropim.ledger import MAX_KEY, KeptReject, Ledger
from target_micropim.plan.limit import Limit
from target_micropim.report.product_rows import ProductEnd
from target_micropim.report.rejects import Rejects
from target_micropim.report.run_report import AGAIN, Report
from target_micropim.sync.checkpoints import Checkpoints

logger = logging.getLogger("target-micropim")

ENOUGH_TO_JUDGE = 100  # records, before a share of rejects stops a run that is still going on
MOST_BEFORE_THE_END = 0.5  # of them: a few bad ones of a night may all come first
DEFAULT_REJECT_SHARE = 0.05
DEFAULT_REJECT_FREE = 10
MOST_EQUAL_REFUSALS = 10  # in a row, without anything going in between them
DEFAULT_ARCHIVE_SHARE = 0.20
DEFAULT_ARCHIVE_FREE = 50
REJECTS_UNSET = f"{DEFAULT_REJECT_SHARE:.0%}, never below {DEFAULT_REJECT_FREE}"
ARCHIVES_UNSET = f"{DEFAULT_ARCHIVE_SHARE:.0%}, never below {DEFAULT_ARCHIVE_FREE}"
MOST_LETTERS = 500  # of a reason in products.csv; rejects.jsonl has it whole
MOST_SAID = 300  # characters of a reason, and of MicroPIM's words, in the log
_WROTE = frozenset({"created", "updated", "archived"})
# Words about what a record holds: others of the same brand or category are refused with the same ones.
_OF_CONTENT = re.compile(
    r"brand|supplier|categor|channel|price|barcode|attribute|\b(ean|sku|name|slug)\b", re.IGNORECASE
)
_PARTICULARS = re.compile(r"[0-9]+|'[^']*'|\"[^\"]*\"")


@dataclass
class Guards:
    """``max_rejects`` and ``max_archive``, and what is counted for them."""

    rejects: Limit
    archive: Limit
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _refusal: str = ""
    _refusals: int = 0
    _gone: int = 0

    def wrote(self) -> None:
        """Something went in."""
        with self._lock:
            self._refusals = 0

    def after_refusal(self, error: RecordRejected) -> None:
        """Raises TooMany when MicroPIM refuses everything with the same words, which are not about the records."""
        if error.stage != "send" or _OF_CONTENT.search(error.said or ""):
            return
        words = _PARTICULARS.sub("#", f"{error.status}: {error.said or error}")
        with self._lock:
            self._refusals = self._refusals + 1 if words == self._refusal else 1
            self._refusal = words
            if self._refusals <= MOST_EQUAL_REFUSALS:
                return
        raise TooMany(
            f"MicroPIM refuses one record after the other ({error.status}: {error.said or error}): stopped after "
            f"{MOST_EQUAL_REFUSALS + 1}; what was refused is tried again by the next run"
        )

    def after_reject(self, report: Report) -> None:
        """Raises TooMany as soon as a number is passed. A share is one of the whole night, unless it is most of it."""
        received, rejected = sum(report.received.values()), report.count("rejected")
        is_most = received >= ENOUGH_TO_JUDGE and rejected > MOST_BEFORE_THE_END * received
        if self.rejects.number is not None or is_most:
            self._judge(rejected, received)

    def at_end(self, report: Report) -> None:
        """Raises TooMany when the whole run is over the limit."""
        self._judge(report.count("rejected"), sum(report.received.values()))

    def _judge(self, rejected: int, received: int) -> None:
        unset = self.rejects == Limit()
        most = max(DEFAULT_REJECT_FREE, DEFAULT_REJECT_SHARE * received)
        if not (rejected <= most if unset else self.rejects.allows(rejected, received)):
            raise TooMany(f"{rejected} of {received} records rejected: more than max_rejects allows; see rejects.jsonl")

    def after_gone(self, live: int) -> None:
        """Raises TooMany when so much is gone that this is no person's work."""
        with self._lock:
            self._gone += 1
            gone = self._gone
        unset = self.archive == Limit()
        most = max(DEFAULT_ARCHIVE_FREE, DEFAULT_ARCHIVE_SHARE * live)
        if not (gone <= most if unset else self.archive.allows(gone, live)):
            raise TooMany(
                f"{gone} products that were made are not in MicroPIM any more: another organization, or an older state "
                "of it? If they were deleted on purpose, raise max_archive for one run"
            )

    def before_archiving(self, count: int, live: int) -> None:
        """Raises TooMany before the first product is archived."""
        unset = self.archive == Limit()
        allowed = (
            count <= max(DEFAULT_ARCHIVE_FREE, DEFAULT_ARCHIVE_SHARE * live)
            if unset
            else self.archive.allows(count, live)
        )
        if not allowed:
            raise TooMany(
                f"{count} of {live} products would be archived: more than max_archive allows; nothing was archived. "
                "If the source is right, raise max_archive for one run"
            )


class Outcomes:
    """Called from several threads.

    ``open`` gives a record that came in its ticket; ``release`` lets a STATE go if one is due. ``kept`` are the rejects
    that wait, by stream and id, each with the record's own update time.
    """

    def __init__(
        self, checkpoints: Checkpoints, report: Report, rejects: Rejects, guards: Guards, ledger: Ledger
    ) -> None:
        self._checkpoints = checkpoints
        self.open, self.release = checkpoints.open, checkpoints.release
        self._report = report
        self._rejects = rejects
        self._ledger = ledger
        self._lock = threading.Lock()
        self.kept = ledger.reject_times()
        self._retried: dict[int, str] = {}
        self._held: list[int] = []
        self._rejected: list[int] = []  # tickets, in order
        self.guards = guards

    def open_again(self, why: str = AGAIN) -> int:
        """A record of an earlier run is taken again; its ticket. It is counted apart."""
        ticket = self.open()
        self._retried[ticket] = why
        return ticket

    def waiting_rejects(self) -> list[tuple[str, str]]:
        """Stream and id of each reject that waits for this run, categories first."""
        return sorted(self.kept, key=lambda key: (key[0] == "products", key))

    def rejected_at(self, stream: str, key: str) -> float | None:
        """The update time of the version of a record that was rejected last and waits."""
        return self.kept.get((stream, key))

    def settle(
        self, stream: str, ticket: int, action: str, key: str | None = None, end: ProductEnd | None = None
    ) -> None:
        """The record is in MicroPIM, or needs nothing; ``key`` is given where that is true of its newest version.

        ``end`` tells a person which product it was and what became of it.
        """
        if action in _WROTE:
            self.guards.wrote()
        if key is not None and self.kept:
            self._drop_reject(stream, key)
        self._report.settle(stream, action, end, ticket, self._retried.get(ticket, ""))
        self._checkpoints.close(ticket)

    def supersede(self, stream: str, ticket: int, by: int, end: ProductEnd) -> None:
        """Another version is dealt with in place of a record that waited; no STATE passes either until that is done."""
        self._report.settle(stream, "superseded", end, ticket, self._retried.get(ticket, ""))
        self._checkpoints.tie(ticket, by)

    def _drop_reject(self, stream: str, key: str) -> None:
        with self._lock:
            if (stream, key) not in self.kept:
                return
            del self.kept[stream, key]
        self._ledger.drop_reject(stream, key)

    def reject(
        self,
        stream: str,
        ticket: int,
        key: str | None,
        record: Any,
        error: RecordRejected,
        source_at: float | None = None,
        end: ProductEnd | None = None,
    ) -> None:
        """The record cannot go in: it is kept, with its reasons. Raises TooMany when that happens too often."""
        attempts = self._rejects.write(stream, key, record, error)
        said = f"; MicroPIM says: {error.said[:MOST_SAID]}" if error.said else ""
        logger.warning("%s %s rejected (%s): %s%s", stream, key, error.stage, str(error)[:MOST_SAID], said)
        if key is not None and len(key) <= MAX_KEY:
            self._keep(stream, key, record, attempts, source_at)
        if end is None and stream == "products":
            end = ProductEnd(key, None)
        end = end and end._replace(reason=_in_words(error))
        self._report.settle(stream, "rejected", end, ticket, self._retried.get(ticket, ""))
        with self._lock:
            self._held.append(ticket)
            insort(self._rejected, ticket)
        self.guards.after_refusal(error)
        if ticket not in self._retried:
            self.guards.after_reject(self._report)

    def _keep(self, stream: str, key: str, record: Any, attempts: int, source_at: float | None) -> None:
        text = as_json(record).decode()
        if "\x00" in key or "\\u0000" in text:
            return  # PostgreSQL takes no NUL; rejects.jsonl has it
        self._ledger.keep_reject(KeptReject(stream, key, text, attempts, self._ledger.now(), source_at))
        with self._lock:
            self.kept[stream, key] = source_at

    def rejected(self, first: int, end: int) -> int:
        """How many records were rejected, of those whose tickets lie in this range."""
        with self._lock:
            return bisect_left(self._rejected, end) - bisect_left(self._rejected, first)

    def judge(self) -> None:
        """The input has ended: rejects within the limits hold back no STATE any more. Raises TooMany."""
        self.guards.at_end(self._report)
        held, self._held = self._held, []
        for ticket in held:
            self._checkpoints.close(ticket)


def _in_words(error: RecordRejected) -> str:
    """Why a record was refused, with MicroPIM's own words."""
    words = f"{error} ({error.said})" if error.said and error.said not in str(error) else str(error)
    return words[:MOST_LETTERS]


def rejection(stage: str, path: str, message: str) -> RecordRejected:
    """A reject with one reason."""
    return RecordRejected(stage, [Reason(path, message)])


def check_key(key: str, field: str = "id") -> None:
    """Raises RecordRejected for a key that the ledger could not hold: one record must not end the run.

    The ledger's column has an end, and PostgreSQL takes no NUL in a text.
    """
    if len(key) > MAX_KEY:
        raise rejection("map", field, f"is longer than {MAX_KEY} characters")
    if "\x00" in key:
        raise rejection("map", field, "holds a NUL character")
