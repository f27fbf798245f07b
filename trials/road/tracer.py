"""Records the calls of chosen folders in all threads, and counts them."""

import select
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ARRIVAL_SECONDS = 0.01


@dataclass(frozen=True)
class Figures:
    """What one record cost; the package's docstring defines each number."""

    calls: int
    functions: int
    files: int
    plugin_files: int
    changes: int

    def as_json(self) -> dict[str, int]:
        """As kept in a file."""
        return asdict(self)


@dataclass(frozen=True)
class Event:
    """A call, or the return from one; a generator that yields returns."""

    thread: int
    is_call: bool
    code: CodeType


@dataclass(frozen=True)
class Trace:
    """The events of one record, in the order in which they happened."""

    events: list[Event]
    plugin: Path

    def threads(self) -> list[list[Event]]:
        """The events of each thread, the thread that began first first."""
        order = dict.fromkeys(event.thread for event in self.events)
        return [[event for event in self.events if event.thread == thread] for thread in order]

    def figures(self) -> Figures:
        """Count."""
        calls = [event.code for event in self.events if event.is_call]
        files = {code.co_filename for code in calls}
        roads = ([event.code.co_filename for event in thread if event.is_call] for thread in self.threads())
        return Figures(
            calls=len(calls),
            functions=len({(code.co_filename, code.co_name) for code in calls}),
            files=len(files),
            plugin_files=sum(self.plugin in Path(file).parents for file in files),
            changes=sum(before != after for road in roads for before, after in pairwise(road)),
        )

    def lines(self) -> Iterator[str]:
        """The road in words: every call, indented by its depth; a file's name where the file changes."""
        for number, events in enumerate(self.threads(), start=1):
            yield f"thread {number}"
            depth = -min(_depths(events), default=0)
            file = ""
            for event in events:
                if not event.is_call:
                    depth -= 1
                    continue
                place = str(Path(event.code.co_filename).relative_to(self.plugin.parent))
                yield f"{'' if place == file else place:44}{'  ' * depth}{event.code.co_qualname}"
                file, depth = place, depth + 1


def _depths(events: list[Event]) -> Iterator[int]:
    """The depth after each event, counted from the first."""
    depth = 0
    for event in events:
        depth += 1 if event.is_call else -1
        yield depth


class Tracer:
    """Sees the calls of the code in ``plugin`` and ``others`` between ``start`` and ``stop``.

    A thread that was inside this code before ``start`` is left out, but for the one that calls ``start``: it has its
    own rhythm (a ticker) and nothing to do with the record. An answer is read when all of it has arrived
    (``whole_answers``), so that the number of reads does not hang on the network.
    """

    def __init__(self, plugin: Path, *others: Path, whole_answers: bool = False) -> None:
        self._plugin = plugin
        self._whole_answers = whole_answers
        self._prefixes = tuple(f"{folder}/" for folder in (plugin, *others))
        self._events: list[Event] | None = None
        self._at_work: Counter[int] = Counter()
        self._left_out: set[int] = set()
        self._starter = 0

    def install(self) -> None:
        """For this thread and those that are started from now on."""
        threading.setprofile(self.profile)
        sys.setprofile(self.profile)

    def remove(self) -> None:
        """Undo ``install``; other threads go on to be looked at, and nothing is recorded."""
        sys.setprofile(None)
        threading.setprofile(None)

    def start(self) -> None:
        """A record begins; what was not stopped is forgotten."""
        self._at_work.clear()
        self._left_out.clear()
        self._starter = threading.get_ident()
        self._events = []

    def stop(self) -> Trace:
        """The record is done."""
        events, self._events = self._events, None
        return Trace(events or [], self._plugin)

    def others_at_work(self) -> bool:
        """Whether a thread other than this one is inside a call that began since ``start``."""
        here = threading.get_ident()
        return any(depth > 0 for thread, depth in list(self._at_work.items()) if thread != here)

    def profile(self, frame: FrameType, event: str, argument: Any) -> None:
        """What the interpreter calls."""
        events = self._events
        if events is None:
            return
        if event in {"call", "return"} and frame.f_code.co_filename.startswith(self._prefixes):
            self._note(events, frame, is_call=event == "call")
        elif event == "c_call" and self._whole_answers and getattr(argument, "__name__", "") == "recv_into":
            _await_whole(argument.__self__)

    def _note(self, events: list[Event], frame: FrameType, *, is_call: bool) -> None:
        thread = threading.get_ident()
        if thread not in self._at_work and thread != self._starter and self._is_inside(frame.f_back):
            self._left_out.add(thread)
        if thread not in self._left_out:
            self._at_work[thread] += 1 if is_call else -1
            events.append(Event(thread, is_call, frame.f_code))

    def _is_inside(self, frame: FrameType | None) -> bool:
        """Whether one of the frames from here outwards is of the code that counts."""
        while frame is not None:
            if frame.f_code.co_filename.startswith(self._prefixes):
                return True
            frame = frame.f_back
        return False


def _await_whole(connection: Any) -> None:
    """Until an answer arrives, and a moment longer: head and body come one right after the other."""
    select.select([connection], [], [], 10)
    time.sleep(ARRIVAL_SECONDS)
