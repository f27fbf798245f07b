"""Programs between a tap and a target: the checker of Singer's own tools, and Meltano's mapper."""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from sandbox import MicroPimOptions, Sandbox
from sandbox.micropim.snapshot import catalogue_snapshot
from trials.singer_clients.environments import Client
from trials.singer_clients.messages import Json, Night, Source
from trials.singer_clients.results import Result, Verdict

CHECKER = Client("singer-tools", "0.4.1", "singer-check-tap")
MAPPER = Client("meltano-map-transform", "0.12.3", "meltano-map-transform")
ADDED, TAKEN = "first_letter", "popularity"
MAPS = {"stream_maps": {"products": {ADDED: "id[0]", TAKEN: "__NULL__"}, "brands": {}}}
CHECKING, MAPPING = "checker of a tap's messages", "mapper between tap-medipim and target-micropim"
SECONDS = 180


def check(binaries: Path, sources: Sequence[Source]) -> Result:
    """``singer-check-tap`` over every night: each record is validated against its schema."""
    notes = []
    for source in sources:
        for number, night in enumerate(source.nights, 1):
            command = [str(binaries / CHECKER.executable)]
            done = subprocess.run(command, input=night.text, capture_output=True, check=False, timeout=SECONDS)
            if done.returncode:
                notes.append(f"{source.name}, night {number}: {done.stdout[-200:]!r} {done.stderr[-300:]!r}")
    ran = f"{', '.join(source.name for source in sources)}: every stream, two nights"
    return Result(CHECKER.distribution, CHECKER.version, CHECKING, ran, _verdict(notes), tuple(notes))


def map_between(binaries: Path, ours: Path, sources: Sequence[Source], folder: Path) -> Result:
    """A field more, a field less: all others stay, and MicroPIM then holds what it holds without the mapper."""
    notes: list[str] = []
    for source in sources:
        mapped = [_mapped(binaries, night, folder) for night in source.nights]
        for number, (before, after) in enumerate(zip(source.nights, mapped, strict=True), 1):
            notes += (f"{source.name}, night {number}: {one}" for one in _wrong(before, after))
        if source is sources[0]:
            plain, changed = (_loaded(ours, nights, folder) for nights in (source.nights, mapped))
            notes += [] if plain == changed else [f"{source.name}: MicroPIM holds something else"]
    names = ", ".join(source.name for source in sources)
    ran = f"{names}: a field more, a field less; what MicroPIM then holds, for {sources[0].name}"
    return Result(MAPPER.distribution, MAPPER.version, MAPPING, ran, _verdict(notes), tuple(notes[:9]))


def _verdict(notes: Sequence[str]) -> Verdict:
    return Verdict.FAILED if notes else Verdict.PASSED


def _mapped(binaries: Path, night: Night, folder: Path) -> Night:
    (folder / "map.json").write_text(json.dumps(MAPS), encoding="utf-8")
    command = [str(binaries / MAPPER.executable), "--config", "map.json"]
    done = subprocess.run(command, cwd=folder, input=night.text, capture_output=True, check=True, timeout=SECONDS)
    return Night(done.stdout)


def _wrong(before: Night, after: Night) -> Iterator[str]:
    if after.state != before.state:
        yield "the STATE is another"
    for stream, records in before.records.items():
        wanted = [_through(record) if stream == "products" else record for record in records]
        if after.records.get(stream) != wanted:
            yield f"{stream}: records are not what the map says"


def _through(record: Json) -> Json:
    return {name: value for name, value in record.items() if name != TAKEN} | {ADDED: record["id"][0]}


def _loaded(ours: Path, nights: Sequence[Night], folder: Path) -> Json:
    """What MicroPIM holds after both nights."""
    options = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
    with Sandbox(None, options) as box:
        place = Path(tempfile.mkdtemp(dir=folder))
        config = {
            "api_url": box.micropim_url, "api_key": options.api_key, "locale": "nl", "reads_per_minute": 100_000,
            "writes_per_minute": 100_000,
        }  # fmt: skip
        (place / "target.json").write_text(json.dumps(config), encoding="utf-8")
        for night in nights:
            command = [str(ours / "target-micropim"), "--config", "target.json"]
            subprocess.run(command, cwd=place, input=night.text, capture_output=True, check=True, timeout=SECONDS)
        return catalogue_snapshot(box.micropim.store)
