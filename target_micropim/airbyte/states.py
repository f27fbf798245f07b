"""States of several streams on one road: each leaves when it is safe, whole, and with the counts of its records.

The run keeps the newest safe state and drops older ones. A STATE of Airbyte's is about one stream, so what the run gets
is how many states came so far: when it lets that go, all of them are safe, and each leaves (docs/decisions/0050).
"""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import starmap
from operator import attrgetter
from threading import Lock
from typing import Any, Protocol

import orjson

from pim_wire.errors import InvalidInput
from target_micropim.airbyte.reader import Descriptor, State, descriptor_of

MOST_WAITING = 10_000  # states behind a record that stays open, such as one that is to be archived at the end
_STATS = "destinationStats"


class Taken(Protocol):
    """The run, as far as states have to do with it."""

    @property
    def position(self) -> int:
        """How many records were taken so far."""

    def rejected(self, after: int, before: int) -> int:
        """How many of the records between two positions were rejected."""

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Take a state that stands for all records so far."""


@dataclass(slots=True)
class _Since:
    """The records of a stream since its last state: how many, and between which positions of the run."""

    records: int = 0
    ranges: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Waiting:
    """A state that is not safe yet, what it covers, and its members as they came."""

    number: int
    stream: Descriptor | None
    members: dict[str, bytes]
    since: _Since


class States:
    """``count`` and ``take`` are called by the thread that reads, ``leave`` by whoever lets states go."""

    def __init__(self, write_line: Callable[[bytes], None]) -> None:
        self._write_line = write_line
        self._lock = Lock()
        self._since: dict[Descriptor, _Since] = defaultdict(_Since)
        self._counted: Descriptor | None = None  # the stream whose records are coming
        self._counting = _Since()
        self._begun = 0
        self._waiting: deque[_Waiting] = deque()
        self._bookmarks: dict[str, Any] = {}
        self._number = 0
        self.run: Taken | None = None

    def count(self, stream: Descriptor) -> None:
        """A record of this stream is about to be taken."""
        if stream != self._counted:
            self._turn_to(stream)
        self._counting.records += 1

    def _turn_to(self, stream: Descriptor | None) -> None:
        position = self._running().position
        if self._counted is not None and position > self._begun:
            self._counting.ranges.append((self._begun, position))
        self._counted, self._begun = stream, position
        self._counting = _Since() if stream is None else self._since[stream]

    def take(self, state: State) -> None:
        """A state came in, behind all records so far. Raises InvalidInput, StopRun."""
        self._turn_to(None)
        stream = self._noted(state)
        since = _Since()
        for covered in list(self._since) if stream is None else [stream]:
            part = self._since.pop(covered, _Since())
            since = _Since(since.records + part.records, since.ranges + part.ranges)
        members = {name: text for name, text in state.members.items() if name != _STATS}
        with self._lock:
            self._number += 1
            self._waiting.append(_Waiting(self._number, stream, members, since))
            if len(self._waiting) > MOST_WAITING:
                self._thin_out()
        self._running().checkpoint({"bookmarks": dict(self._bookmarks), "states": self._number})

    def _noted(self, state: State) -> Descriptor | None:
        """The stream that a state is about, None for all; what it says of streams is noted, for the run to judge."""
        content, number = state.content, state.line_number
        one, shared = content.get("stream"), content.get("global")
        entries = [] if one is None else [one]
        if one is None and isinstance(shared, dict):
            entries = shared.get("stream_states") or []
        if not isinstance(entries, list):
            raise InvalidInput(f"Input line {number}: a STATE whose stream_states are no list")
        for entry in entries:
            _namespace, name = descriptor_of(entry, number)
            self._bookmarks[name] = entry.get("stream_state")
        return None if one is None else descriptor_of(one, number)

    def leave(self, state: dict[str, Any]) -> None:
        """Write all states that became safe, in their order. Raises CannotWrite, BrokenPipeError."""
        with self._lock:
            while self._waiting and self._waiting[0].number <= state["states"]:
                self._write_line(self._line(self._waiting.popleft()))

    def _line(self, waiting: _Waiting) -> bytes:
        """The message as it came, byte for byte, with the counts of its records."""
        rejected = sum(starmap(self._running().rejected, waiting.since.ranges))
        stats = {"recordCount": waiting.since.records - rejected}
        if rejected:  # as Airbyte's own destinations write it: the sum of both is what the source counted
            stats["rejectedRecordCount"] = rejected
        members = [orjson.dumps(name) + b":" + text for name, text in waiting.members.items()]
        members.append(b'"%s":%s' % (_STATS.encode(), orjson.dumps(stats)))
        return b'{"type":"STATE","state":{' + b",".join(members) + b"}}\n"

    def _thin_out(self) -> None:
        """Of each stream every second state goes, and its records count for the next one of that stream."""
        kept: list[_Waiting] = []
        passed: dict[Descriptor | None, _Waiting] = {}
        for waiting in self._waiting:
            before = passed.pop(waiting.stream, None)
            if before is None:
                passed[waiting.stream] = waiting
                continue
            records, ranges = before.since.records, before.since.ranges
            waiting.since = _Since(records + waiting.since.records, ranges + waiting.since.ranges)
            kept.append(waiting)
        self._waiting = deque(sorted([*kept, *passed.values()], key=attrgetter("number")))

    def _running(self) -> Taken:
        if self.run is None:
            raise RuntimeError("no run was opened")
        return self.run
