"""What our installed tap writes: every stream of a market, two nights, kept as lines and as records."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox import MedipimOptions, Sandbox

Json = dict[str, Any]
SOURCES = ("be", "fr", "de", "es", "au", "us", "v3")
PRODUCTS = 12
CHANGED = 4
AWKWARD = 'Changed: "quoted"; a comma, 7 €\nand a new line\\'
RUN_SECONDS = 120


@dataclass
class Night:
    """The messages of one run."""

    text: bytes
    schemas: dict[str, Json] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    records: dict[str, list[Json]] = field(default_factory=dict)
    state: Json | None = None

    def __post_init__(self) -> None:
        """Sort the lines."""
        for line in self.text.splitlines():
            message = json.loads(line, parse_float=Decimal)
            if message["type"] == "SCHEMA":
                self.schemas[message["stream"]] = message["schema"]
                self.keys[message["stream"]] = message["key_properties"]
                self.records.setdefault(message["stream"], [])
            elif message["type"] == "RECORD":
                self.records[message["stream"]].append(message["record"])
            elif message["type"] == "STATE":
                self.state = message["value"]


@dataclass(frozen=True)
class Source:
    """One market, or v3: what two nights brought. ``flat``: with the tap's own flattening."""

    name: str
    nights: tuple[Night, Night]

    def newest(self, stream: str) -> dict[tuple[str, ...], Json]:
        """The last record of each key, as a table holds it that is written by key."""
        rows: dict[tuple[str, ...], Json] = {}
        for night in self.nights:
            for record in night.records.get(stream, []):
                rows[tuple(str(record[key]) for key in night.keys[stream])] = record
        return rows


def read(tap: Path, name: str, folder: Path, **settings: Any) -> Source:
    """Two nights of one source; in between some products change, one ends and one is new."""
    market: Any = "be" if name == "v3" else name
    options = MedipimOptions(products=PRODUCTS, market=market, seed=3, requests_per_minute=None)
    with Sandbox(options, None) as box:
        config = {
            "api_url": box.medipim_url, "api_key_id": options.api_key_id, "api_key_secret": options.api_key_secret,
            "market": market, "requests_per_minute": 100_000, "api_version": "v3" if name == "v3" else "v4", **settings,
        }  # fmt: skip
        first = _run(tap, folder, config, None)
        _change(box)
        return Source(name, (first, _run(tap, folder, config, first.state)))


def _run(tap: Path, folder: Path, config: Json, state: Json | None) -> Night:
    (folder / "tap.json").write_text(json.dumps(config), encoding="utf-8")
    command = [str(tap), "--config", "tap.json"]
    if state is not None:
        (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
        command += ["--state", "state.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=RUN_SECONDS)
    if done.returncode:
        raise RuntimeError(f"tap-medipim ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
    return Night(done.stdout)


def _change(box: Sandbox) -> None:
    catalogue = box.medipim.catalogue
    active = [key for key, entry in catalogue.entries.items() if entry.head.status == "active"]
    for key in active[:CHANGED]:
        catalogue.change(key, lambda raw: raw["name"].update(dict.fromkeys(raw["name"], AWKWARD)))
    catalogue.deactivate(active[CHANGED])
    catalogue.add(1)


def columns(night: Night, stream: str) -> Iterator[str]:
    """The properties that a table of a stream has."""
    yield from night.schemas[stream]["properties"]
