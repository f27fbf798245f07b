"""Where runs are killed: a sandbox, a working folder with the ledger, and the state file as a host keeps it.

Ledger, catalogue and state can be saved and restored together, so that every kill begins at the same point.
"""

import copy
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from trials.kills.fork_server import Ended, ForkServer, Kill

ROOT = Path(__file__).resolve().parents[2]
Streams = list[tuple[str, list[Any]]]


Content = dict[str, bytes]


class LedgerPlace(Protocol):
    """Where a deployment's ledger lies, whatever database it is."""

    @property
    def url(self) -> str:
        """The ledger_url."""
        ...

    def save(self) -> Content:
        """All of it, between runs."""
        ...

    def restore(self, content: Content) -> None:
        """Back to a saved content; an empty content deletes it."""
        ...


class LedgerFile:
    """SQLite: the file and its journals."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"sqlite:///{folder}/ledger.db"

    def save(self) -> Content:
        """The files as they are."""
        return {file.name: file.read_bytes() for file in self._folder.glob("ledger.db*")}

    def restore(self, content: Content) -> None:
        """The saved files, and no others."""
        for file in self._folder.glob("ledger.db*"):
            file.unlink()
        for name, data in content.items():
            (self._folder / name).write_bytes(data)


@dataclass(frozen=True)
class Moment:
    """A deployment and its source as they were."""

    store: Any
    source: Any
    ledger: Content
    state: Any


class Deployment:
    """Runs of the target alone, or of the pair, one after another, each from the state the last one left."""

    def __init__(
        self, box: Sandbox, folder: Path, fork_server: ForkServer, ledger: LedgerPlace | None = None, **settings: Any
    ) -> None:
        self.box = box
        self.catalogue: Any = None  # of Medipim, where the deployment has one
        self.folder = folder
        self.ledger = ledger or LedgerFile(folder)
        self.state: Any = None
        self.fork_server = fork_server
        self.tap_settings: dict[str, Any] = {}
        self.streams = {"products", "categories"}
        self.target: dict[str, Any] = {
            "api_url": box.micropim_url,
            "api_key": box.micropim.options.api_key,
            "ledger_url": self.ledger.url,
            "report_dir": str(folder / "reports"),
            "decisions_file": str(folder / "decisions.csv"),
            "locale": "en",
            "reads_per_minute": 600_000,
            "writes_per_minute": 600_000,
            "state_interval_seconds": 0,
            **settings,
        }

    def feed(self, streams: Streams, kill: Kill | None = None) -> Ended:
        """A run of the target over what a tap sends that goes on from the last state."""
        return self.feed_lines(lines_from(streams, (self.state or {"at": 0})["at"]), kill)

    def feed_lines(self, lines: Iterable[bytes], kill: Kill | None = None) -> Ended:
        """A run of the target over these lines."""
        (self.folder / "input").write_bytes(b"".join(lines))
        return self._run(kill, self.part("target"))

    def pipe(self, kill: Kill | None = None) -> Ended:
        """A run of both, with a pipe between them."""
        return self._run(kill, self.part("tap"), self.part("target"))

    def tap(self, kill: Kill | None = None) -> Ended:
        """A run of the tap alone; ``output`` is what a target would read."""
        return self._run(kill, self.part("tap"))

    def output(self) -> list[Any]:
        """The whole lines of the last run's output; a torn last one is none."""
        return [json.loads(line) for line in (self.folder / "output").read_bytes().split(b"\n")[:-1]]

    def part(self, plugin: str) -> dict[str, Any]:
        """What the fork server needs to start one of the two."""
        if plugin == "target":
            return {"plugin": plugin, "config": self.target}
        medipim = self.box.medipim
        config = {"api_url": self.box.medipim_url, "api_key_id": "1", "requests_per_minute": 100_000}
        config |= {"api_key_secret": medipim.options.api_key_secret, **self.tap_settings}
        return {"plugin": plugin, "config": config, "state": self.state, "catalog": selection(config, self.streams)}

    def _run(self, kill: Kill | None, *parts: dict[str, Any]) -> Ended:
        ended = self.fork_server.run(self.folder, *parts, kill=kill)
        for message in self.output():  # a host keeps the last whole line; the target writes bare states
            if parts[-1]["plugin"] == "target":
                self.state = message
            elif message["type"] == "STATE":
                self.state = message["value"]
        return ended

    def save(self) -> Moment:
        """The deployment as it is now, between runs."""
        store = copy.deepcopy(vars(self.box.micropim.store))
        return Moment(store, self._source(), self.ledger.save(), copy.deepcopy(self.state))

    def restore(self, moment: Moment) -> None:
        """Back to a saved moment."""
        vars(self.box.micropim.store).update(copy.deepcopy(moment.store))
        if self.catalogue is not None:
            entries, vars(self.catalogue)["_latest"] = moment.source
            self.catalogue.entries.clear()
            self.catalogue.entries.update(entries)
            self.catalogue.version += 1
        self.ledger.restore(moment.ledger)
        self.state = copy.deepcopy(moment.state)

    def _source(self) -> Any:
        """Medipim's products, of which each change makes a new entry; None where the lines come from elsewhere."""
        return self.catalogue and (dict(self.catalogue.entries), vars(self.catalogue)["_latest"])

    def writes(self) -> Counter[str]:
        """The writes that MicroPIM has received since the last call, without ids; the log is emptied."""
        requests = self.box.micropim.requests
        counter = Counter(f"{r.method} {re.sub('[0-9]+', 'n', r.path)}" for r in requests if r.method != "GET")
        requests.clear()
        return counter

    def facts(self) -> Counter[str]:
        """Everything the catalogue holds, each fact as one text, as often as it is there."""
        pim = self.box.micropim
        counter = Counter(f"attribute {row['code']}" for row in pim.attributes.values())
        counter.update(f"{kind}: {pim.counts()[kind]}" for kind in ("products", "categories", "pictures"))
        counter.update(_facts(pim.snapshot(), ""))
        return counter


def _facts(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _facts(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _facts(inner, path)
    else:
        yield f"{path}: {value}"


def selection(config: dict[str, Any], streams: set[str]) -> dict[str, Any]:
    """The catalog with these streams."""
    from tap_medipim.tap import TapMedipim  # noqa: PLC0415 - seldom needed, and slow to import

    catalog: dict[str, Any] = TapMedipim(config=config).catalog_dict
    for stream in catalog["streams"]:
        for part in stream["metadata"]:
            if part["breadcrumb"] in ([], ()):
                part["metadata"]["selected"] = stream["tap_stream_id"] in streams
    return catalog


def lines_from(streams: Streams, after: int) -> Iterator[bytes]:
    """The Singer lines of streams, each record with a STATE behind it; without the first ``after`` records."""
    number = 0
    for stream, records in streams:
        yield schema_line(stream)
        for record in records:
            number += 1
            if number > after:
                yield line({"type": "RECORD", "stream": stream, "record": record})
                yield line({"type": "STATE", "value": {"at": number}})


def line(message: dict[str, Any]) -> bytes:
    """A Singer message."""
    return orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE)


def schema_line(stream: str) -> bytes:
    """The SCHEMA message of a stream of Medipim."""
    schema = json.loads((ROOT / "schemas" / "medipim" / f"{stream}.json").read_text(encoding="utf-8"))
    return line({"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["id"]})


def boxed(products: int = 0, **options: Any) -> Sandbox:
    """A sandbox without limits, with a Medipim of ``products``; SKUs are not unique, so that doubles would show."""
    medipim = MedipimOptions(products=products, seed=7, requests_per_minute=None) if products else None
    free = {"reads_per_minute": None, "writes_per_minute": None, "sku_unique": False, "attributes": "map"}
    return Sandbox(medipim, MicroPimOptions(**{**free, **options}))
