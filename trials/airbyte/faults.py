"""Faults and kills over both executables: every state that left is safe, whatever struck."""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import Fault, Sandbox
from trials.airbyte.shop import catalogue, destination_form, leaked, sandbox, source_form
from trials.airbyte.tools import (
    DESTINATION,
    SOURCE,
    Json,
    Ran,
    Tools,
    catalog_of,
    command,
    name_of,
    run,
)
from trials.singer_clients.results import Result, Verdict

NAME = "faults and kills"
ROLE = "both executables"
PRODUCTS, AFTER = 300, 100
SMALL = 40
STREAM = "POST /v4/products/stream"
IMPATIENT = {"request_timeout_seconds": 1, "stream_timeout_seconds": 1, "max_wait_seconds": 2}
SOURCE_FAULTS: dict[str, Fault] = {
    **{
        kind: Fault(kind, STREAM, after_lines=AFTER)
        for kind in (
            "clean_end", "close_end", "error_line", "cut_mid_line", "cut_at_line_end", "broken_line", "skip_line",
            "repeat_line", "wrong_total", "stall",
        )
    },
    "error_line, for ever": Fault("error_line", STREAM, after_lines=AFTER, times=None),
    "500, once": Fault("status", STREAM),
    "500, for ever": Fault("status", STREAM, times=None),
    "403 on products": Fault("status", STREAM, status=403, times=None),
    "401 in the middle of the run": Fault("status", None, nth=4, status=401, times=None),
    "a list cut": Fault("truncate_json", "POST /v4/public-categories/query"),
    "429, once": Fault("status", STREAM, status=429),
}  # fmt: skip
DESTINATION_FAULTS: dict[str, Fault] = {
    "500, once": Fault("status", "POST /api", nth=7),
    "a write done, then 500": Fault("commit_then_status", "POST /api", nth=7),
    "connection cut after the work": Fault("drop_after", "POST /api", nth=9),
    "401 in the middle of the run": Fault("status", None, nth=12, status=401, times=None),
    "500, four times": Fault("status", "POST /api/products", nth=3, times=4),
}
KILLS = (1, 3, 12)
KILLED_AFTER_LINES = (40, 150, 290)


@dataclass(frozen=True)
class Stage:
    """A sandbox, both executables and their forms, a folder."""

    tools: Tools
    box: Sandbox
    folder: Path

    @property
    def source(self) -> list[Path]:
        """The executable."""
        return [self.tools.ours / SOURCE]

    @property
    def destination(self) -> list[Path]:
        """The executable."""
        return [self.tools.ours / DESTINATION]

    @property
    def form(self) -> Json:
        """Of the source, without patience."""
        return source_form(self.box, **IMPATIENT)

    def catalog(self, *streams: str) -> Json:
        """What is read."""
        return catalog_of(run(self.source, "discover", self.folder, config=self.form), *streams)

    def read(self, catalog: Json, states: Sequence[Json] = ()) -> Ran:
        """The source, from these states on."""
        files: Json = {"config": self.form, "catalog": catalog} | ({"state": list(states)} if states else {})
        return run(self.source, "read", self.folder, **files)

    def write(self, catalog: Json, messages: bytes) -> Ran:
        """The destination, over what a source said."""
        other = {"request_timeout_seconds": 1, "max_wait_seconds": 2, "max_in_flight": 1, "state_interval_seconds": 0}
        form = destination_form(self.box, self.folder, **other)
        return run(self.destination, "write", self.folder, messages, config=form, catalog=catalog)


def try_faults(tools: Tools, folder: Path) -> Result:
    """Each fault and each kill, then the next night; what is missing then was lost."""
    wrong: list[str] = []
    trials: Sequence[tuple[str, Callable[[Tools, Path], Iterator[str]]]] = (
        ("source", _source_faults), ("source killed", _source_kills),
        ("destination", _destination_faults), ("destination killed", _destination_kills),
        ("two streams", _interleaved),
    )  # fmt: skip
    for name, trial in trials:
        place = folder / name.replace(" ", "-")
        place.mkdir()
        wrong += [f"{name}: {one}" for one in (*trial(tools, place), *leaked(place))]
    counted = len(SOURCE_FAULTS) + len(DESTINATION_FAULTS)
    kills = len(KILLS) + len(KILLED_AFTER_LINES)
    ran = f"{counted} faults, {kills} kills, then the next night: no record lost, no product doubled, no key written"
    return Result(NAME, "", ROLE, ran, Verdict.FAILED if wrong else Verdict.PASSED, tuple(wrong[:8]))


def _source_faults(tools: Tools, folder: Path) -> Iterator[str]:
    with sandbox(PRODUCTS) as box:
        stage = Stage(tools, box, folder)
        catalog = stage.catalog("products", "categories")
        whole = _rows(stage.read(catalog))
        for name, fault in SOURCE_FAULTS.items():
            box.medipim.faults.add(fault)
            struck = stage.read(catalog)
            box.medipim.faults.clear()
            yield from (f"{name}: {one}" for one in _judged(struck, whole))
            yield from (f"{name}: {one}" for one in _lost(whole, struck, stage.read(catalog, struck.states())))
            yield from leaked(folder, struck.out, struck.err)


def _judged(struck: Ran, whole: dict[str, set[str]]) -> Iterator[str]:
    """A stream that is called complete is; a run with one that is not fails, and says why."""
    if b"Traceback" in struck.out + struck.err:
        yield "a traceback was shown"
    found = _rows(struck)
    for stream, status in struck.statuses().items():
        if status == "COMPLETE" and found.get(stream, set()) != whole[stream]:
            yield f"{stream} is called complete with {len(found.get(stream, ()))} of {len(whole[stream])} rows"
        if status != "COMPLETE" and (struck.code == 0 or not struck.errors()):
            yield f"{stream} is {status}, and the run ended with {struck.code} and {struck.errors()}"
    if struck.code == 0 and set(struck.statuses()) != set(whole):
        yield f"statuses of {sorted(struck.statuses())} only"


def _rows(ran: Ran) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in ran.of_type("RECORD"):
        found.setdefault(record["stream"], set()).add(str(record["data"]["id"]))
    return found


def _lost(whole: dict[str, set[str]], *runs: Ran) -> Iterator[str]:
    """What neither run brought; of all but the last, only what stands before a stream's last state counts."""
    *earlier, last = runs
    for stream, wanted in whole.items():
        safe = {row for ran in earlier for row in _before_last_state(ran, stream)}
        if missing := wanted - safe - _rows(last).get(stream, set()):
            yield f"{len(missing)} of {len(wanted)} {stream} are lost"


def _before_last_state(ran: Ran, stream: str) -> set[str]:
    safe: set[str] = set()
    open_rows: set[str] = set()
    for message in ran.messages:
        if message["type"] == "RECORD" and message["record"]["stream"] == stream:
            open_rows.add(str(message["record"]["data"]["id"]))
        elif message["type"] == "STATE" and name_of(message["state"]) == stream:
            safe |= open_rows
    return safe


def _killed(words: Sequence[str], folder: Path, lines: int, messages: bytes = b"") -> Ran:
    """SIGKILL as soon as so many lines have come."""
    with subprocess.Popen(
        words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(messages)
            process.stdin.close()
        out = b"".join(process.stdout.readline() for _ in range(lines))
        process.kill()
        out += process.stdout.read()
        assert process.stderr is not None
        return Ran.of(-9, out + b"\n" if out.endswith(b"\n") else out, process.stderr.read())


def _source_kills(tools: Tools, folder: Path) -> Iterator[str]:
    with sandbox(PRODUCTS) as box:
        stage = Stage(tools, box, folder)
        catalog = stage.catalog("products", "categories")
        whole = _rows(stage.read(catalog))
        words = command(stage.source, "read", folder, config=stage.form, catalog=catalog)
        for lines in KILLED_AFTER_LINES:
            struck = _killed(words, folder, lines)
            yield from (
                f"after {lines} lines: {one}" for one in _lost(whole, struck, stage.read(catalog, struck.states()))
            )


def _destination_faults(tools: Tools, folder: Path) -> Iterator[str]:
    for number, (name, fault) in enumerate(DESTINATION_FAULTS.items()):
        with sandbox(SMALL) as box, sandbox(SMALL) as calm:
            stage = Stage(tools, box, _made(folder / str(number)))
            catalog = stage.catalog("products", "categories")
            read = stage.read(catalog)
            box.micropim.faults.add(fault)
            struck = stage.write(catalog, read.out)
            box.micropim.faults.clear()
            yield from (f"{name}: {one}" for one in _next_night(stage, catalog, struck, calm))
            yield from leaked(folder, struck.out, struck.err)
            if b"Traceback" in struck.out + struck.err:
                yield f"{name}: a traceback was shown"


def _destination_kills(tools: Tools, folder: Path) -> Iterator[str]:
    for lines in KILLS:
        with sandbox(SMALL) as box, sandbox(SMALL) as calm:
            stage = Stage(tools, box, _made(folder / str(lines)))
            catalog = stage.catalog("products", "categories")
            read = stage.read(catalog)
            form = destination_form(box, stage.folder, max_in_flight=1, state_interval_seconds=0)
            words = command(stage.destination, "write", stage.folder, config=form, catalog=catalog)
            struck = _killed(words, stage.folder, lines, read.out)
            yield from (f"after {lines} lines: {one}" for one in _next_night(stage, catalog, struck, calm))


def _next_night(stage: Stage, catalog: Json, struck: Ran, calm: Sandbox) -> Iterator[str]:
    """With the states that left, and no others; what MicroPIM then holds is what an undisturbed night gives."""
    again = stage.write(catalog, stage.read(catalog, struck.states()).out)
    if again.code:
        yield f"the next night failed: {again.errors()} {again.err[-300:]!r}"
    if catalogue(stage.box) != _undisturbed(stage, calm):
        yield "MicroPIM holds something else than after an undisturbed night"


def _undisturbed(stage: Stage, calm: Sandbox) -> Any:
    other = Stage(stage.tools, calm, _made(stage.folder / "calm"))
    catalog = other.catalog("products", "categories")
    ran = other.write(catalog, other.read(catalog).out)
    assert ran.code == 0, ran.errors()
    return catalogue(calm)


def _interleaved(tools: Tools, folder: Path) -> Iterator[str]:
    """Records and states of all streams in turn: each stream's last state comes back, as it was."""
    with sandbox(SMALL) as box:
        stage = Stage(tools, box, folder)
        catalog = stage.catalog()
        read = stage.read(catalog)
        ran = stage.write(catalog, b"".join(_in_turn(read)))
        if ran.code or _blobs(ran) != _blobs(read):
            yield f"other states came back: {ran.code} {ran.errors()} {set(_blobs(ran)) ^ set(_blobs(read))}"


def _in_turn(ran: Ran) -> Iterator[bytes]:
    """One message of each stream after the other, each stream in its own order."""
    queues: dict[str, list[Json]] = {}
    for message in ran.messages:
        if message["type"] in {"RECORD", "STATE"}:
            name = message["record"]["stream"] if message["type"] == "RECORD" else name_of(message["state"])
            queues.setdefault(name, []).append(message)
    while queues:
        for name in list(queues):
            yield json.dumps(queues[name].pop(0)).encode() + b"\n"
            if not queues[name]:
                del queues[name]


def _blobs(ran: Ran) -> dict[str, str]:
    return {name_of(state): json.dumps(state["stream"]["stream_state"]) for state in ran.states()}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
