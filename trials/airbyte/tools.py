"""Ours from the wheel, theirs from PyPI, and a connector's executable run as a platform runs it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trials.canary import OWN_SETTINGS
from trials.singer_clients import environments
from trials.singer_clients.environments import Client

Json = dict[str, Any]
OUTSIDE = Path(__file__).parent / "outside"
OLDER = "" if sys.version_info < (3, 13) else "3.11"  # PyAirbyte wants one below 3.13
PYAIRBYTE = Client("airbyte", "0.71.3", "pyairbyte", ("pytest>=8,<9",), OLDER)
SOURCE, DESTINATION = "source-medipim", "destination-micropim"
RUN_SECONDS = 120
FULL_REFRESH, INCREMENTAL = "full_refresh", "incremental"


@dataclass(frozen=True)
class Tools:
    """The ``bin`` folders of our environment and of theirs, and how long a trial may be."""

    ours: Path
    theirs: Path
    short: bool = False

    @classmethod
    def installed(cls, *, short: bool) -> "Tools":
        """Both environments. Raises NotInstalled."""
        return cls(environments.ours(), PYAIRBYTE.install(), short)


@dataclass(frozen=True)
class Ran:
    """What a connector said."""

    code: int
    out: bytes
    err: bytes
    messages: Sequence[Json] = ()
    schemas: dict[str, Json] = field(default_factory=dict)
    """Of the streams that were asked for, by name."""

    @classmethod
    def of(cls, code: int, out: bytes, err: bytes) -> "Ran":
        """Each line is a message; one that is none is a fault of the connector. A killed one may end in one."""
        lines = out.split(b"\n") if code >= 0 else out.split(b"\n")[:-1]
        return cls(code, out, err, [json.loads(line) for line in lines if line])

    def of_type(self, kind: str) -> Iterator[Json]:
        """The bodies of the messages of a type."""
        name = {"CONNECTION_STATUS": "connectionStatus"}.get(kind, kind.lower())
        yield from (message[name] for message in self.messages if message["type"] == kind)

    def records(self, stream: str) -> list[Json]:
        """The data of a stream."""
        return [record["data"] for record in self.of_type("RECORD") if record["stream"] == stream]

    def states(self) -> list[Json]:
        """The last state of each stream, as a platform keeps it."""
        last: dict[str, Json] = {}
        for state in self.of_type("STATE"):
            last[name_of(state)] = {key: state[key] for key in ("type", "stream") if key in state}
        return list(last.values())

    def statuses(self) -> dict[str, str]:
        """The last status of each stream."""
        told = (trace["stream_status"] for trace in self.of_type("TRACE") if trace["type"] == "STREAM_STATUS")
        return {one["stream_descriptor"]["name"]: one["status"] for one in told}

    def errors(self) -> list[str]:
        """What the run failed with."""
        return [trace["error"]["message"] for trace in self.of_type("TRACE") if trace["type"] == "ERROR"]

    def counts(self) -> dict[str, int]:
        """Records by stream."""
        found: dict[str, int] = {}
        for record in self.of_type("RECORD"):
            found[record["stream"]] = found.get(record["stream"], 0) + 1
        return found


def name_of(state: Json) -> str:
    """The stream that a state belongs to."""
    return str(state["stream"]["stream_descriptor"]["name"])


def kept(folder: Path, name: str, value: Any) -> Path:
    """A file that a connector is given; those with keys are not searched for keys."""
    path = folder / f"{name}{OWN_SETTINGS if name == 'config' else '.json'}"
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def command(executable: Sequence[str | Path], verb: str, folder: Path, **files: Any) -> list[str]:
    """``source-medipim read --config FILE --catalog FILE``."""
    given = [word for name, value in files.items() for word in (f"--{name}", str(kept(folder, name, value)))]
    return [*map(str, executable), verb, *given]


def run(executable: Sequence[str | Path], verb: str, folder: Path, messages: bytes | None = None, **files: Any) -> Ran:
    """A connector to its end; ``messages`` are its input."""
    folder.mkdir(exist_ok=True)
    words = command(executable, verb, folder, **files)
    done = subprocess.run(words, cwd=folder, input=messages, capture_output=True, check=False, timeout=RUN_SECONDS)
    return Ran.of(done.returncode, done.stdout, done.stderr)


def catalog_of(ran: Ran, *streams: str, mode: str = INCREMENTAL) -> Json:
    """A configured catalog of what was discovered; streams that are read whole are, whatever the mode."""
    (catalog,) = ran.of_type("CATALOG")
    chosen = [one for one in catalog["streams"] if not streams or one["name"] in streams]
    return {"streams": [_configured(one, mode) for one in chosen]}


def _configured(stream: Json, mode: str) -> Json:
    incremental = mode == INCREMENTAL and INCREMENTAL in stream["supported_sync_modes"]
    return {
        "stream": stream,
        "sync_mode": INCREMENTAL if incremental else FULL_REFRESH,
        "destination_sync_mode": "append_dedup" if incremental else "append",
        "cursor_field": stream.get("default_cursor_field") if incremental else None,
        "primary_key": stream.get("source_defined_primary_key"),
        "generation_id": 1,
        "minimum_generation_id": 0,
        "sync_id": 1,
    }
