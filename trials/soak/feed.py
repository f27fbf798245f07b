"""Singer lines of small products, made one by one, and a target fed with them."""

import subprocess
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from trials.soak.pair import target_command
from trials.soak.process_monitor import MonitoredProcess, Sample

STATE_EVERY = 250
MOMENT = "2026-01-01T00:00:00Z"
SCHEMA = orjson.dumps({
    "type": "SCHEMA",
    "stream": "products",
    "schema": {"type": "object", "properties": {"id": {"type": "string"}}},
    "key_properties": ["id"],
}) + b"\n"  # fmt: skip


def product(number: int, version: int = 0) -> dict[str, Any]:
    """A product with what MicroPIM needs to create it."""
    name = f"Product {number}, version {version}"
    price = 100 + (number + version) % 900
    return {
        "id": f"S{number:08d}",
        "updated_at": MOMENT,
        "status": "active",
        "name": {"nl": name},
        "publicPrice": price,
    }


def lines(records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """RECORD messages with a STATE now and then and at the end."""
    yield SCHEMA
    number = 0
    for number, record in enumerate(records, start=1):
        yield orjson.dumps({"type": "RECORD", "stream": "products", "record": record}) + b"\n"
        if number % STATE_EVERY == 0:
            yield state(number)
    yield state(number)


def state(number: int) -> bytes:
    """A STATE message."""
    return orjson.dumps({"type": "STATE", "value": {"bookmarks": {"products": {"at": number}}}}) + b"\n"


@dataclass(frozen=True)
class FeedResult:
    """How a target ended: exit code, the most of each, its whole series, CPU seconds, states that left."""

    code: int
    most: Sample
    series: list[Sample]
    cpu: float
    states: int


def feed(folder: Path, input_lines: Iterable[bytes]) -> FeedResult:
    """One target, given lines as fast as it takes them."""
    with (folder / "log.txt").open("ab") as log:
        target = MonitoredProcess(target_command(), folder, log, stdin=subprocess.PIPE)
        counted: list[int] = []
        counter = threading.Thread(target=lambda: counted.append(sum(1 for _ in target.process.stdout or ())))
        counter.start()
        sink = target.process.stdin
        assert sink is not None
        try:
            sink.writelines(input_lines)
            sink.close()
        except BrokenPipeError:
            pass  # it ended early: its code says so
        code = target.ended()
        counter.join()
        if target.process.stdout is not None:
            target.process.stdout.close()
    return FeedResult(code, target.most, target.series, target.cpu_seconds, counted[0])
