"""Both connectors in this process, over a sandbox: a command in, its messages out, each as the protocol has it."""

import contextlib
import io
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from pim_airbyte.command import main
from pim_wire.clock import Clock
from sandbox import Sandbox
from tap_medipim.airbyte.source import SourceMedipim
from target_micropim.airbyte.destination import DestinationMicroPim
from tests.support.airbyte import problems
from tests.support.destination import Ended, stream
from tests.target import conftest as target

Json = dict[str, Any]


@dataclass
class Answer:
    """What a command wrote, and its exit code."""

    code: int
    messages: list[Json]

    def of(self, kind: str) -> list[Json]:
        """The messages of a kind, without their envelope."""
        name = "connectionStatus" if kind == "CONNECTION_STATUS" else kind.lower()
        return [message[name] for message in self.messages if message["type"] == kind]

    def records(self, stream: str = "products") -> list[Json]:
        """The records of one stream."""
        return [record["data"] for record in self.of("RECORD") if record["stream"] == stream]

    def ids(self, stream: str = "products") -> list[Any]:
        """Their ids."""
        return [record["id"] for record in self.records(stream)]

    def states(self, stream: str = "products") -> list[Json]:
        """The states of one stream."""
        return [state for state in self.of("STATE") if state["stream"]["stream_descriptor"]["name"] == stream]

    def bookmark(self, stream: str = "products") -> Any:
        """The last state of one stream."""
        return self.states(stream)[-1]["stream"]["stream_state"]

    def traces(self, kind: str) -> list[Json]:
        """The traces of a kind: error, estimate, stream_status."""
        return [trace[kind] for trace in self.of("TRACE") if trace["type"] == kind.upper()]

    @property
    def statuses(self) -> dict[str, list[str]]:
        """What was told of each stream, in order."""
        found: dict[str, list[str]] = defaultdict(list)
        for told in self.traces("stream_status"):
            found[told["stream_descriptor"]["name"]].append(told["status"])
        return dict(found)

    @property
    def last_states(self) -> list[Json]:
        """What the platform keeps: the last state of each stream."""
        kept = {state["stream"]["stream_descriptor"]["name"]: state for state in self.of("STATE")}
        return list(kept.values())

    def logs(self, level: str) -> list[str]:
        """The lines of the log of a level."""
        return [log["message"] for log in self.of("LOG") if log["level"] == level]


class _Lines(io.RawIOBase):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.kept += bytes(data)
        return len(data)


Ask = Callable[..., Answer]


@pytest.fixture
def source(tmp_path: Path, fake_clock: Clock, tap_config: Callable[..., Json]) -> Ask:
    """Carry out a command of ``source-medipim``; the streams are those to read, in a mode of their own or ``mode``."""

    def ask(
        command: str,
        box: Sandbox,
        *streams: str | tuple[str, str],
        state: Any = None,
        mode: str = "incremental",
        clock: Clock | None = None,
        **settings: Any,
    ) -> Answer:
        arguments = [command]
        files: Json = {"config": tap_config(box, **settings)} if command != "spec" else {}
        if command == "read":
            files["catalog"] = configured(streams, mode)
        if state is not None:
            files["state"] = state
        for name, content in files.items():
            path = tmp_path / f"{name}.json"
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
            arguments += [f"--{name}", str(path)]
        lines = _Lines()
        with contextlib.redirect_stdout(io.TextIOWrapper(io.BufferedWriter(lines))):
            code = main(SourceMedipim(), arguments, clock or fake_clock)
        messages = [json.loads(line) for line in lines.kept.splitlines()]
        assert not [problem for message in messages for problem in problems(message)]
        return Answer(code, messages)

    return ask


def configured(streams: Iterable[str | tuple[str, str]], mode: str) -> Json:
    """A configured catalog, as the platform writes it."""
    pairs = [each if isinstance(each, tuple) else (each, mode) for each in streams]
    return {
        "streams": [
            {
                "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]},
                "sync_mode": mode,
                "destination_sync_mode": "append",
            }
            for name, mode in pairs
        ]
    }


make_world, world = target.make_world, target.world  # fixtures: organizations of MicroPIM


@pytest.fixture
def command(
    world: target.World,
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Ended]:
    """Carry out a command in this process. ``streams`` are configured; settings are those of the world."""

    def run(name: str, given: list[Any] | None = None, *streams: Json, **settings: Any) -> Ended:
        files = {"config": world.settings(**settings), "catalog": {"streams": list(streams) or [stream("products")]}}
        arguments = [name]
        for option in {"check": ["config"], "write": ["config", "catalog"]}.get(name, []):
            (tmp_path / f"{option}.json").write_text(json.dumps(files[option]))
            arguments += [f"--{option}", str(tmp_path / f"{option}.json")]
        lines = [each if isinstance(each, bytes) else orjson.dumps(each) for each in given or []]
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n".join(lines) + b"\n")))
        code = main(DestinationMicroPim(), arguments, target.FakeClock())
        out, err = capsysbinary.readouterr()
        assert err == b""
        assert str(settings.get("api_key") or world.settings()["api_key"]).encode() not in out
        ended = Ended(code, out)
        wrong = [problem for message in ended.messages for problem in problems(message)]
        assert [each for each in wrong if "stream_state" not in each and ".id is" not in each] == []  # as they came in
        return ended

    return run
