"""Loaders that others wrote, fed by our tap: each stream of each market, two nights, every value compared."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from trials.singer_clients.comparison import Equal, differences, line_differences, same
from trials.singer_clients.environments import Client
from trials.singer_clients.messages import Source, columns
from trials.singer_clients.results import Result, Verdict
from trials.singer_clients.stores import Rows

RUN_SECONDS = 180
SHOWN = 5
ROLE = "loader behind tap-medipim"


@dataclass(frozen=True)
class Place:
    """Where one source is loaded: a folder and, for databases, a server and a schema of its own."""

    folder: Path
    port: int
    schema: str


@dataclass(frozen=True)
class Loaded:
    """How a run of a client ended: its code, its last STATE, its stderr."""

    code: int
    state: Any
    said: str

    @property
    def last_lines(self) -> str:
        """What a person would look at first."""
        return " / ".join([line for line in self.said.splitlines() if line.strip()][-4:])


@dataclass(frozen=True)
class Fault:
    """What a client does wrong with the least input, and how its user gets round it."""

    what: str
    lines: Sequence[str]
    outcome: str
    is_so: Callable[[Loaded, Rows], bool]
    """Whether the client still does it."""
    way_round: str

    def text(self) -> str:
        """For the page."""
        lines = "\n".join(self.lines)
        return f"{self.what}\n\n```json\n{lines}\n```\n\n{self.outcome}\n\nWay round: {self.way_round}"


@dataclass(frozen=True)
class Loader:
    """How a client is set up and its store read."""

    client: Client
    config: Callable[[Place], Mapping[str, Any]]
    read: Callable[[Place, Path], Rows]
    by_key: bool
    """A table that is written by key; else every record of every night is kept."""
    equal: Equal = same
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of our tap, where the client needs a way round."""
    faults: Sequence[Fault] = ()
    needs_database: bool = False
    emits_state: bool = True

    def try_sources(self, binaries: Path, sources: Sequence[Source], folder: Path, port: int) -> Result:
        """All sources; the first wrong things of each."""
        notes: list[str] = []
        for source in sources:
            place = Place(folder / f"{self.client.distribution}-{source.name}", port, self._schema(source))
            place.folder.mkdir()
            notes += (f"{source.name}: {wrong}" for wrong in islice(self._wrong(binaries, source, place), SHOWN))
        faults = tuple(self._faults_now(binaries, folder, port))
        ran = f"{', '.join(source.name for source in sources)}: every stream, two nights, {_count(sources)} records"
        verdict = Verdict.FAILED if notes else Verdict.WAY_ROUND if faults else Verdict.PASSED
        return Result(self.client.distribution, self.client.version, ROLE, ran, verdict, tuple(notes), faults)

    def _schema(self, source: Source) -> str:
        return f"{self.client.distribution}_{source.name}".replace("-", "_")

    def _wrong(self, binaries: Path, source: Source, place: Place) -> Iterator[str]:
        stored: list[Rows] = []
        for number, night in enumerate(source.nights, 1):
            here = place if self.by_key else self._night_place(place, number)
            done = self.load(binaries, here, night.text)
            if done.code:
                yield f"night {number}: exit code {done.code}: {done.last_lines}"
                return
            if self.emits_state and done.state != night.state:
                yield f"night {number}: its STATE is not the last one of the tap: {done.state}"
            stored.append(self.read(here, binaries))
        yield from self._by_key(source, stored[-1]) if self.by_key else self._by_night(source, stored)

    @staticmethod
    def _night_place(place: Place, number: int) -> Place:
        folder = place.folder / str(number)
        folder.mkdir()
        return Place(folder, place.port, place.schema)

    def load(self, binaries: Path, place: Place, text: bytes) -> Loaded:
        """Run the client over messages."""
        (place.folder / "config.json").write_text(json.dumps(self.config(place)), encoding="utf-8")
        command = [str(binaries / self.client.executable), "--config", "config.json"]
        done = subprocess.run(
            command, cwd=place.folder, input=text, capture_output=True, check=False, timeout=RUN_SECONDS
        )
        states = [line for line in done.stdout.splitlines() if line.startswith(b"{")]
        said = done.stderr.decode(errors="replace")
        return Loaded(done.returncode, json.loads(states[-1]) if states else None, said)

    def _by_key(self, source: Source, stored: Rows) -> Iterator[str]:
        night = source.nights[-1]
        for stream in night.schemas:
            keys, table = night.keys[stream], stored.get(stream, [])
            rows = {tuple(str(_value(row, key)) for key in keys): row for row in table}
            if len(rows) != len(table):
                yield f"{stream}: {len(table)} rows of {len(rows)} keys"
            sent = source.newest(stream).items()
            yield from (f"{stream}: {one}" for one in differences(sent, rows, columns(night, stream), self.equal))

    def _by_night(self, source: Source, stored: Sequence[Rows]) -> Iterator[str]:
        for number, (night, rows) in enumerate(zip(source.nights, stored, strict=True), 1):
            for stream, records in night.records.items():
                wrong = line_differences(records, rows.get(stream, []), self.equal)
                yield from (f"night {number}: {stream}: {one}" for one in wrong)

    def _faults_now(self, binaries: Path, folder: Path, port: int) -> Iterator[str]:
        """The client's own faults in their minimal form, tried: the page shows what is still so."""
        for number, fault in enumerate(self.faults, 1):
            name = f"{self.client.distribution}_fault_{number}".replace("-", "_")
            place = Place(folder / name, port, name)
            place.folder.mkdir()
            done = self.load(binaries, place, "\n".join(fault.lines).encode() + b"\n")
            if fault.is_so(done, {} if done.code else self.read(place, binaries)):
                yield fault.text()


def _value(row: Mapping[str, Any], key: str) -> Any:
    return next((value for name, value in row.items() if name.lower() == key.lower()), None)


def _count(sources: Sequence[Source]) -> int:
    return sum(len(rows) for source in sources for night in source.nights for rows in night.records.values())
