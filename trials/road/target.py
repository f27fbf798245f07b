"""The roads of the target: an unchanged, a changed and a new product, each with the STATE behind it."""

import io
import itertools
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from trials.road.process import Lines, own_signals
from trials.road.tracer import Trace, Tracer

WARM_UPS = 24  # of each kind: a thread expects as many looks as its last five writes had, and four threads take turns
REPEATS = 5
LONGEST_WAIT_SECONDS = 60
Json = dict[str, Any]


def traces(checkout: Path, folder: Path) -> dict[str, list[Trace]]:
    """Each kind of product several times, in one run of the target over the sandbox."""
    from pim_wire.clock import Clock
    from sandbox import MicroPimOptions, Sandbox
    from target_micropim.target import TargetMicroPim

    class ClockWithoutWaits(Clock):
        """Time passes only when somebody sleeps, and between two records; the calls are those of a real clock."""

        passed = 0.0

        def now(self) -> float:
            super().now()
            return self.passed

        def sleep(self, seconds: float) -> None:
            super().sleep(0)
            self.passed += seconds

    clock = ClockWithoutWaits()
    tracer = Tracer(checkout / "target_micropim", checkout / "pim_wire", whole_answers=True)
    with Sandbox(None, MicroPimOptions(reads_per_minute=None, writes_per_minute=None)) as box, own_signals():
        raw = Lines()
        source = Input(tracer, raw.seen, _schema(checkout), lambda: clock.sleep(3600))
        with redirect_stdout(io.TextIOWrapper(io.BufferedWriter(raw))) as out:
            target = TargetMicroPim(config=_settings(box, folder), clock=clock)
            tracer.install()
            try:
                target.listen(source)
            finally:
                tracer.remove()
        out.detach()
    return source.traces


class Input:
    """What the target reads from; it notes when a line is asked for."""

    def __init__(self, tracer: Tracer, written: threading.Event, schema: Json, rest: Callable[[], None]) -> None:
        self.traces: dict[str, list[Trace]] = defaultdict(list)
        self._tracer = tracer
        self._written = written
        self._schema = schema
        self._rest = rest
        self._lines = self._all_lines()

    def readline(self, _size: int = -1) -> bytes:
        """The next line."""
        return next(self._lines, b"")

    def _all_lines(self) -> Iterator[bytes]:
        yield _line({"type": "SCHEMA", "stream": "products", "schema": self._schema, "key_properties": ["id"]})
        yield from (_record(_product(number)) for number in range(1, 6))
        yield _state()
        self._wait()
        yield from self._steady("unchanged", lambda _turn: _product(2))
        yield from self._steady("changed", lambda turn: _product(1, f"turn {turn}"))
        yield from self._steady("new", lambda turn: _product(100 + turn))

    def _steady(self, kind: str, product: Callable[[int], Json]) -> Iterator[bytes]:
        """Products of one kind in a row; those at the end are traced."""
        for turn in range(WARM_UPS + REPEATS):
            yield from self._traced(kind if turn >= WARM_UPS else None, product(turn))

    def _traced(self, kind: str | None, product: Json) -> Iterator[bytes]:
        """A product and its STATE; the trace is kept under the kind, if there is one."""
        self._rest()
        self._written.clear()
        record, state = _record(product), _state()
        self._tracer.start()
        yield record
        yield state
        self._wait()
        trace = self._tracer.stop()
        if kind is not None:
            self.traces[kind].append(trace)

    def _wait(self) -> None:
        """Until the STATE is out and every thread of the target is idle."""
        end = time.monotonic() + LONGEST_WAIT_SECONDS
        if not self._written.wait(LONGEST_WAIT_SECONDS):
            raise TimeoutError("the target wrote no STATE")
        while self._tracer.others_at_work():
            if time.monotonic() > end:
                raise TimeoutError("a thread of the target does not come to rest")
            time.sleep(0.001)


def _settings(box: Any, folder: Path) -> Json:
    return {
        "api_key": box.micropim.options.api_key,
        "api_url": box.micropim_url,
        "ledger_url": f"sqlite:///{folder}/ledger.db",
        "report_dir": str(folder / "reports"),
        "decisions_file": str(folder / "decisions.csv"),
        "locale": "en",
        "state_interval_seconds": 0,
    }


def _schema(checkout: Path) -> Json:
    schema: Json = json.loads((checkout / "schemas/medipim/products.json").read_text(encoding="utf-8"))
    return schema


def _product(number: int, text: str = "as it was") -> Json:
    """A product with one picture; another text changes its name, its description, its price and its weight."""
    return {
        "id": f"P{number}",
        "status": "active",
        "updated_at": "2026-01-01T00:00:00Z",
        "name": {"en": f"Product {number}, {text}"},
        "descriptions": [
            {
                "id": number,
                "type": "full_description",
                "content": {"en": f"<p>Product {number}, {text}.</p>"},
                "targetGroups": ["public"],
            }
        ],
        "publicPrice": 1000 + sum(text.encode()),
        "weight": 100 + sum(text.encode()),
        "photos": [
            {
                "id": number,
                "type": "photo",
                "locales": [],
                "targetGroups": ["public"],
                "formats": {"huge": f"https://media.example.test/{number}.jpg"},
            }
        ],
    }


_numbers = itertools.count(1)


def _state() -> bytes:
    return _line({"type": "STATE", "value": {"bookmarks": {"products": {"at": next(_numbers)}}}})


def _record(product: Json) -> bytes:
    return _line({"type": "RECORD", "stream": "products", "record": product})


def _line(message: Json) -> bytes:
    return json.dumps(message).encode() + b"\n"
