"""A MicroPIM on loopback, a target in this process or in its own, and the Singer lines between them."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from pim_wire.clock import Clock
from sandbox import MicroPimOptions, Sandbox
from sandbox.exchange import Call
from sandbox.medipim.options import MedipimOptions
from sandbox.medipim.service import MedipimService
from sandbox.micropim.service import MicroPimService
from target_micropim.target import TargetMicroPim
from tests.support.forked import ForkedPopen
from tests.support.nearby import nearby

KEY = "sandbox-micropim-key"
SCHEMAS = Path(__file__).parents[2] / "schemas" / "medipim"
Json = dict[str, Any]


class FakeClock(Clock):
    """Time passes only when somebody sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self._passed = 0.0
        self._one_at_a_time = threading.Lock()

    def now(self) -> float:
        """Seconds slept so far."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        super().sleep(0)
        with self._one_at_a_time:
            self._passed += max(0.0, seconds)


_OF_NATIVE = {"products": ("sku",), "categories": ("parent_id",)}


@cache
def schema_line(stream: str) -> bytes:
    """The SCHEMA message of a stream: the names of its fields, each open; loose for streams that have no file.

    The SDK copies a whole schema several times, at 35 ms for products, and the target reads none of it. The tap's own
    SCHEMA goes through in tests/pipe and in the trials.
    """
    file = SCHEMAS / f"{stream}.json"
    names = [*json.loads(file.read_text())["properties"], *_OF_NATIVE.get(stream, ())] if file.exists() else []
    schema = {"type": "object", "properties": {name: {} for name in names}}
    keys = ["id"] if "id" in schema["properties"] else []
    return orjson.dumps({"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": keys})


def record_line(stream: str, record: Any) -> bytes:
    """A RECORD message."""
    return orjson.dumps({"type": "RECORD", "stream": stream, "record": record})


def state_line(value: Any) -> bytes:
    """A STATE message."""
    return orjson.dumps({"type": "STATE", "value": value})


def lines(**streams: list[Any]) -> list[bytes]:
    """Whole streams in their order, each behind its SCHEMA and with a STATE after it."""
    made = []
    for stream, records in streams.items():
        made += [schema_line(stream), *(record_line(stream, record) for record in records)]
        made.append(state_line({"bookmarks": {stream: {"at": len(records)}}}))
    return made


def product(number: int, **fields: Any) -> Json:
    """A small Medipim product that is complete enough to be made."""
    return {
        "id": str(number),
        "updated_at": "2026-01-01T00:00:00Z",
        "status": "active",
        "name": {"en": f"Product {number}"},
        **fields,
    }


def picture(key: int, **fields: Any) -> Json:
    """A Medipim photo."""
    url = f"https://media.example.test/{key}.jpg"
    return {"id": key, "formats": {"huge": url}, "locales": [], "targetGroups": ["public"], **fields}


def category(number: int, name: str, parent: int | None = None) -> Json:
    """A Medipim public category."""
    return {"id": str(number), "name": {"en": name}, "parent": None if parent is None else str(parent)}


@contextlib.contextmanager
def own_signals() -> Iterator[None]:
    """The SDK takes over the signals of the process it lives in; a test gives them back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class Outcome:
    """How a run ended."""

    failure: BaseException | None
    states: list[Any]
    folder: Path | None

    @property
    def report(self) -> Json:
        """report.json."""
        assert self.folder is not None
        return json.loads((self.folder / "report.json").read_text())

    @property
    def rejects(self) -> list[Json]:
        """rejects.jsonl."""
        assert self.folder is not None
        file = self.folder / "rejects.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@dataclass
class Process:
    """How a process ended."""

    code: int
    out: str
    err: str

    @property
    def states(self) -> list[Any]:
        """The states on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaints(self) -> list[str]:
        """Lines on stderr that are no mere information."""
        return [line for line in self.err.splitlines() if "INFO" not in line]


@dataclass
class World:
    """One organization in the sandbox and one working folder of the target."""

    box: Sandbox
    folder: Path
    config: Json = field(default_factory=dict)
    clock: FakeClock | None = None

    @property
    def pim(self) -> MicroPimService:
        """MicroPIM's state."""
        return self.box.micropim

    def settings(self, **more: Any) -> Json:
        """The settings of a run."""
        return {
            "api_key": KEY,
            "api_url": self.box.micropim_url,
            "ledger_url": f"sqlite:///{self.folder}/ledger.db",
            "report_dir": str(self.folder / "reports"),
            "decisions_file": str(self.folder / "decisions.csv"),
            "locale": "en",
            "reads_per_minute": 600_000,
            "writes_per_minute": 600_000,
            "state_interval_seconds": 0,
            **self.config,
            **more,
        }

    def run(self, given: list[bytes], **settings: Any) -> Outcome:
        """A run in this process, with a clock that waits for nothing."""
        before = set(self._folders())
        out = io.StringIO()
        failure: BaseException | None = None
        self.clock = FakeClock()
        with contextlib.redirect_stdout(out), own_signals():
            try:
                target = TargetMicroPim(config=self.settings(**settings), clock=self.clock)
                target.listen(io.BytesIO(b"\n".join(given) + b"\n"))
            except BaseException as error:  # noqa: BLE001 - the end of a run is what is tested
                failure = error
        new = [folder for folder in self._folders() if folder not in before]
        states = [json.loads(line) for line in out.getvalue().splitlines()]
        return Outcome(failure, states, new[0] if new else None)

    def load(self, given: list[bytes], **settings: Any) -> Outcome:
        """A run that has to end well."""
        outcome = self.run(given, **settings)
        if outcome.failure is not None:
            raise outcome.failure
        return outcome

    def start(
        self,
        stdin: int = subprocess.PIPE,
        flags: list[str] | None = None,
        popen: type[subprocess.Popen[Any]] = ForkedPopen,
        **settings: Any,
    ) -> "subprocess.Popen[bytes]":
        """A run in a process of its own."""
        file = self.folder / "config.json"
        file.write_text(json.dumps(self.settings(**settings)))
        command = [sys.executable, "-m", "target_micropim", "--config", str(file), *(flags or [])]
        pipe = subprocess.PIPE
        return popen(command, stdin=stdin, stdout=pipe, stderr=pipe, cwd=self.folder, env=os.environ.copy())

    def spawn(self, given: list[bytes], **settings: Any) -> Process:
        """A run in a process of its own, to its end."""
        process = self.start(**settings)
        out, err = process.communicate(b"\n".join(given) + b"\n", timeout=60)
        return Process(process.returncode, out.decode(), err.decode())

    def writes(self) -> list[str]:
        """The writes MicroPIM has seen, as ``METHOD path``."""
        return [f"{r.method} {r.path}" for r in self.pim.requests if r.method != "GET"]

    def bodies(self, method: str) -> list[Any]:
        """What was sent with a method."""
        return [r.body for r in self.pim.requests if r.method == method]

    def forget_requests(self) -> None:
        """Count requests from here."""
        self.pim.requests.clear()

    def lose_ledger(self) -> None:
        """The ledger is gone."""
        for file in self.folder.glob("ledger.db*"):
            file.unlink()

    def kill_at(self, number: int, process: "subprocess.Popen[bytes]", *, committed: bool) -> None:
        """Kill the process at the n-th request from here, before it is handled or after its commit."""
        seen = iter(range(1, 1_000_000))

        def strike(_call: Call) -> None:
            if next(seen) == number:
                process.send_signal(signal.SIGKILL)
                process.wait(10)

        (self.pim.on_committed if committed else self.pim.on_request)(strike)

    def _folders(self) -> list[Path]:
        return sorted((self.folder / "reports").glob("*/")) if (self.folder / "reports").is_dir() else []


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Make an organization with options of the sandbox; ``config`` are settings of the target."""
    with ExitStack() as stack:

        def make(config: Json | None = None, **options: Any) -> World:
            options = {"reads_per_minute": None, "writes_per_minute": None, **options}
            box = stack.enter_context(Sandbox(None, MicroPimOptions(**options)))
            stack.enter_context(nearby(box))
            folder = tmp_path / f"world{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return World(box, folder, config or {})

        yield make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """An empty organization."""
    return make_world()


@pytest.fixture
def emitted() -> Callable[..., dict[str, list[Json]]]:
    """What the tap emits for the sandbox's catalogue: the categories and products streams."""

    def emit(products: int = 20, **options: Any) -> dict[str, list[Json]]:
        catalogue = MedipimService(MedipimOptions(products=products, **options)).catalogue
        return {
            "categories": [orjson.loads(orjson.dumps(row)) for row in catalogue.public_categories],
            "products": [as_emitted(raw) for raw in catalogue.products.values()],
        }

    return emit


def as_emitted(raw: Json) -> Json:
    """The record of one result: a copy of meta.updatedAt beside it."""
    return orjson.loads(orjson.dumps({**raw, "updated_at": str(raw["meta"]["updatedAt"])}))


@pytest.fixture
def singer() -> Any:
    """The makers of Singer lines and of small records."""

    class Singer:
        schema = staticmethod(schema_line)
        record = staticmethod(record_line)
        state = staticmethod(state_line)
        lines = staticmethod(lines)
        product = staticmethod(product)
        picture = staticmethod(picture)
        category = staticmethod(category)

    return Singer


@pytest.fixture
def brussels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The local time of the process is that of Brussels."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()
