"""The real tap: a Medipim that shows the model's source, and one run of the tap from a state to its lines.

The tap runs to its end first, then the writer reads its lines, as from a pipe that is long enough. A tap that was
killed or that failed leaves a piece of its lines, and the writer sees the end of its input, as in a real pipe.
"""

import copy
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

import orjson
from singer_sdk import Stream
from typing_extensions import override

from pim_wire.errors import Interrupted, StopRun
from sandbox.faults import Fault
from sandbox.medipim.catalogue import Entry
from sandbox.medipim.head import Head
from sandbox.medipim.options import MedipimOptions
from sandbox.medipim.service import MedipimService
from tap_medipim import writer
from tap_medipim.resources import resources_of
from tap_medipim.streams import MedipimStream, stream_for
from tap_medipim.tap import TapMedipim
from trials.simulate.clock import EPOCH, SimClock, Time
from trials.simulate.process import LATENCY_SECONDS, Endless, Killed, Message
from trials.simulate.scenario import Event
from trials.simulate.source import FIRST_CHANGE, Source
from trials.simulate.transport import way_to

Json = dict[str, Any]
Log = Callable[[str], None]
MOST_REQUESTS = 300
OFTEN = 2  # records after which a STATE leaves: by itself one leaves after a page, which is more than a life has
STREAMS = ("categories", "products")
# the words of scenario.TAP, but for kill and stop
FAULTS: dict[str, dict[str, Any]] = {
    "drop_before": {"kind": "drop_before"},
    "503": {"kind": "status", "status": 503},
    "429": {"kind": "status", "status": 429},
    "401": {"kind": "status", "status": 401},
    "404": {"kind": "status", "status": 404},
    "html": {"kind": "html"},
    "empty": {"kind": "empty"},
    "truncate_json": {"kind": "truncate_json"},
    "short_length": {"kind": "short_length"},
    "cut_mid_line": {"kind": "cut_mid_line", "after_lines": 1},
    "cut_at_line_end": {"kind": "cut_at_line_end", "after_lines": 1},
    "clean_end": {"kind": "clean_end", "after_lines": 1},
    "hang": {"kind": "hang"},
}


class TwoStreams(TapMedipim):
    """The tap, with the streams that the writer reads: thirteen take longer to make than a night takes."""

    @override
    def discover_streams(self) -> Sequence[Stream]:
        return [stream_for(self, self.run, one) for one in resources_of("be", "v4") if one.name in STREAMS]


class Reading:
    """One run of the tap as a process: it may be killed or stopped at a request."""

    def __init__(self, time: Time, log: Log, end: tuple[str, int] | None) -> None:
        """``end``: ``kill`` or ``stop``, and at which request."""
        self._time, self._log, self._end = time, log, end
        self._requests = 0
        self.clock = SimClock(time, lambda: None)
        self.lines: list[bytes] = []

    def before_request(self, what: str, body: Any) -> None:
        """A request leaves."""
        self._requests += 1
        self._time.jump(LATENCY_SECONDS)
        sent = body.decode() if isinstance(body, bytes) else body or ""
        self._log(f"  tap #{self._requests} {what} {sent}")
        if self._requests > MOST_REQUESTS:
            raise Endless(f"{MOST_REQUESTS} requests of the tap, the last is {what}")
        self._ends("before")

    def after_request(self, status: int, body: bytes) -> None:
        """It was handled."""
        self._log(f"      {status} {body.decode('utf-8', 'replace')[:400]}")
        self._ends("after")

    def wait_for_nothing(self, seconds: float) -> None:
        """An answer does not come."""
        self._time.go_by(seconds)

    def write(self, data: bytes) -> None:
        """What goes into the pipe."""
        self.lines += data.splitlines()

    def _ends(self, moment: str) -> None:
        if self._end == (f"kill {moment}", self._requests):
            self._log("  tap KILLED")
            raise Killed
        if self._end == (f"stop {moment}", self._requests):
            self._log("  tap SIGTERM")
            self.clock.stop()


class Medipim:
    """What the tap reads, and the state file between its runs."""

    def __init__(self, source: Source, time: Time, log: Log, settings: Json) -> None:
        self._source, self._time, self._log = source, time, log
        options = MedipimOptions(
            products=0, requests_per_minute=None, clock=lambda: time.seconds, date=lambda: EPOCH + time.seconds
        )
        self._service = MedipimService(options)
        self._settings = settings
        self.state: Json | None = None
        self.states: list[Json | None] = [None]
        self.failure: BaseException | None = None
        self.read: dict[str, int] = {}  # the newest version of each record that went into the pipe

    def night(self, events: list[Event]) -> list[Message]:
        """One run; the messages that went into the pipe, a STATE with the time up to which it claims to have read."""
        self._show()
        reading = Reading(self._time, self._log, _end_of(events))
        for event in events:
            if event.kind == "tap":
                self._log(f"  {event}")
            if event.kind == "tap" and event.what in FAULTS:
                self._service.faults.add(_fault_of(event))
        self._run(reading)
        self._service.faults.clear()
        messages = [message for line in reading.lines for message in _messages(orjson.loads(line))]
        for stream, content in messages:
            if stream == "products":
                key, at = content["id"], content["meta"]["updatedAt"] - FIRST_CHANGE
                self.read[key] = max(self.read.get(key, 0), at)
        return messages

    def keep(self, state: Json) -> None:
        """What the writer let out is the state file of the next night."""
        self.state = state
        self.states.append(state)

    def lose_state(self, how: str, choice: int) -> None:
        """The state file is gone, or an old one is back."""
        self.state = self.states[choice % len(self.states)] if how == "old" else None

    def unread(self, at: int) -> list[str]:
        """The records that changed up to a time, in a version that was never read."""
        changed = self._source.changed_at
        return [key for key, when in changed.items() if when <= at and self.read.get(key, 0) < when]

    def _show(self) -> None:
        """The source as it is now."""
        catalogue = self._service.catalogue
        catalogue.reference.public_categories[:] = copy.deepcopy(list(self._source.categories.values()))
        for number, (key, record) in enumerate(self._source.products.items()):
            at = record["meta"]["updatedAt"]
            head = Head(number, key, record["status"], None, FIRST_CHANGE, at, at)
            shown = {name: value for name, value in record.items() if name != "updated_at"}
            shown["meta"] = {"createdAt": FIRST_CHANGE, "updatedAt": at}
            catalogue.entries[key] = Entry(catalogue, head, shown)
        catalogue.version += 1

    def _run(self, reading: Reading) -> None:
        config = {
            "api_key_id": "1",
            "api_key_secret": self._service.options.api_key_secret,
            "api_url": "http://127.0.0.1:9",
            "lookback_seconds": 0,
            "requests_per_minute": 100_000,
            **self._settings,
        }
        with _own_signals():
            tap = TwoStreams(config=config, state=copy.deepcopy(self.state), clock=reading.clock)
        way_to(self._service, tap.run.client.wire, reading)
        self.failure = None
        try:
            with (
                patch.object(writer, "write_whole", reading.write),
                patch.object(MedipimStream, "STATE_MSG_FREQUENCY", OFTEN),
            ):
                tap.sync_all()
                tap.run.finish()
        except (Killed, StopRun, Interrupted) as failure:
            self.failure = failure
            self._log(f"  tap STOPS: {failure}")


@contextmanager
def _own_signals() -> Iterator[None]:
    """Whoever stops the simulator does not stop a simulated tap, which would be a finding."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_of(events: list[Event]) -> tuple[str, int] | None:
    ends = [event for event in events if event.kind == "tap" and event.what in {"kill", "stop"}]
    return next(((f"{e.what} {('before', 'after')[e.b % 2]}", 1 + e.a % 4) for e in ends), None)


def _fault_of(event: Event) -> Fault:
    return Fault(**FAULTS[event.what], route=None, nth=1 + event.a % 4, times=(1, 1, 3, None)[event.b % 4])


def _messages(line: Json) -> list[Message]:
    match line["type"]:
        case "RECORD":
            return [(line["stream"], line["record"])]
        case "STATE":
            return [("", {"at": claimed(line["value"]), "tap": line["value"]})]
        case _:
            return []


def claimed(state: Json) -> int:
    """Up to which change a state claims that products were read."""
    bookmark = state.get("bookmarks", {}).get("products", {}).get("replication_key_value")
    return 0 if bookmark is None else int(datetime.fromisoformat(bookmark).timestamp()) - FIRST_CHANGE
