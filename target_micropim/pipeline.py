"""The order of work: what comes in, on which road it goes, and when a STATE may leave. Knows no framework.

A host (the Singer target) calls receive and checkpoint as lines come in, and finish or abort at the end. Categories go
one by one, parents first; products go through a pool; archives wait for the end, so that their guard can count first.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pim_wire.errors import InvalidInput
from target_micropim.catalog.names import Names
from target_micropim.mapping.profiles import Profile
from target_micropim.report.run_report import Report
from target_micropim.sync.categories import CategorySync
from target_micropim.sync.checkpoints import Checkpoints
from target_micropim.sync.outcomes import Guards, Outcomes, rejection
from target_micropim.sync.pool import KeyedPool
from target_micropim.sync.products import ProductsSync

logger = logging.getLogger("target-micropim")


@dataclass(frozen=True)
class Parts:
    """The collaborators, built once by the host.

    ``preflight`` proves key and organization before the first write; ``look_back`` comes when everything is settled.
    """

    profile: Profile
    categories: CategorySync
    products: ProductsSync
    endings: Outcomes
    names: Names
    report: Report
    settlement: Checkpoints
    pool: KeyedPool
    guards: Guards
    preflight: Callable[[], None]
    look_back: Callable[[], None]
    on_unknown_stream: str = "ignore"


class Pipeline:
    """One run. Its methods are called by one thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._told: set[str] = set()
        self._in_contact = False
        self._roads: dict[str, Callable[[dict[str, Any], bytes | None], None]] = {
            "products": parts.products.receive,
            "categories": self._receive_category,
        }

    def takes(self, stream: str) -> bool:
        """Whether the profile knows this stream: its records are judged here, record by record."""
        return stream in self._roads or stream in self._parts.profile.acknowledged

    def receive(self, stream: str, record: Any, line: bytes | None = None) -> None:
        """Take one record, and the line that holds it as it is, if there is one. Raises StopRun."""
        self._parts.report.receive(stream)
        if stream not in self._roads:
            self._acknowledge(stream, record)
            return
        if not self._in_contact:
            self._parts.preflight()
            self._in_contact = True
        if isinstance(record, dict):
            self._roads[stream](record, line)
        else:
            endings = self._parts.endings
            endings.reject(stream, endings.open(), None, record, rejection("map", "$", "the record is not an object"))

    def refuse(self, stream: str, kept: Any, why: str) -> None:
        """Take a record that could not be read: a reject, with what is kept of it, where its stream is taken."""
        self._parts.report.receive(stream)
        if stream not in self._roads:
            self._acknowledge(stream, kept)
            return
        endings = self._parts.endings
        key = self._parts.profile.key(kept) if isinstance(kept, dict) else None
        endings.reject(stream, endings.open(), key, kept, rejection("read", "$", why))

    def _receive_category(self, record: dict[str, Any], _line: bytes | None) -> None:
        """Products in flight land first: whether they see this category must not hang on who is faster."""
        self._parts.pool.drain()
        self._parts.categories.receive(record)

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Take a STATE: everything before it is put into hands first."""
        self._parts.products.flush()
        self._parts.settlement.checkpoint(state)
        self._parts.settlement.release()

    def finish(self) -> None:
        """The input has ended: settle everything, and let the last STATE leave."""
        parts = self._parts
        parts.products.flush()
        parts.pool.drain()
        parts.categories.finish()
        parts.products.finish()
        parts.products.close()
        parts.names.save()
        parts.settlement.release(now=True)
        parts.look_back()
        parts.guards.at_end(parts.report)

    def abort(self) -> None:
        """Something went wrong or somebody asked to stop: let what is in flight end, write the last safe STATE."""
        self._parts.pool.close()
        self._parts.products.close()
        self._parts.settlement.release(now=True)

    def _acknowledge(self, stream: str, record: Any) -> None:
        """Streams that MicroPIM has no place for."""
        known = stream in self._parts.profile.acknowledged
        if stream not in self._told:
            self._told.add(stream)
            self._tell_about(stream, known=known)
        endings = self._parts.endings
        ticket = endings.open()
        if not known and self._parts.on_unknown_stream == "reject":
            endings.reject(stream, ticket, None, record, rejection("map", "$", "unknown stream"))
        else:
            endings.settle(stream, ticket, "acknowledged" if known else "skipped")

    def _tell_about(self, stream: str, *, known: bool) -> None:
        parts = self._parts
        if known:
            logger.info("%s: MicroPIM has no place for this stream; its records are acknowledged and left out", stream)
            return
        if parts.on_unknown_stream == "fail":
            raise InvalidInput(f"Stream {stream} is unknown to the profile {parts.profile.name}: see on_unknown_stream")
        logger.warning("%s: unknown stream (on_unknown_stream: %s)", stream, parts.on_unknown_stream)
