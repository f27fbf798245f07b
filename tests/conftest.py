"""The ground of all tests: a sandbox on a loopback port, a clock nobody waits for, the tap in and out of process."""

import contextlib
import gc
import io
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, fields
from pathlib import Path
from threading import Lock, Thread, local
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings
from singer_sdk.singerlib import Catalog, Schema
from typing_extensions import override

from pim_wire.clock import Clock
from pim_wire.errors import Interrupted
from sandbox import MedipimOptions, Sandbox
from tap_medipim.tap import TapMedipim
from tests.support.examples import count
from tests.support.forked import ForkedPopen, run_forked
from trials.kills.fork_server import ForkServer

SECRET = "sandbox-medipim-secret"
Json = dict[str, Any]
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=count(100)
)
settings.load_profile("any machine")  # how busy it is says nothing about what is tested
_ONE_DIGIT = bytes(ord("0") if byte in b"0123456789" else byte for byte in range(256))
_MANY_DIGITS = b"0" * 16


def pytest_configure() -> None:
    """A suite under ``nohup`` would have every process that it starts ignore SIGHUP."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection() -> None:
    """Imports and collected tests stay: to look for garbage among them takes a fifth of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not walk over it again and again.

    It comes less often, too: hundreds of records that a test looks at are no garbage.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """What tests left was just collected, so that errors nobody could raise are told; the next walk finds nothing.

    It and the interpreter's own at the end take seconds each, when nobody else works any more.
    """
    gc.freeze()


class FakeClock(Clock):
    """Time that passes only while somebody sleeps. Threads sleep side by side: a wait begins when its thread looked."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._now = 1_000_000.0
        self._passed = 0.0  # of it, while nobody slept
        self._looked = local()
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds so far."""
        with self._lock:
            self._looked.at = self._now - self._passed
            return self._now

    def wall(self) -> float:
        """The same seconds."""
        return self.now()

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        if self.stopped:
            raise Interrupted("stopped while waiting")
        with self._lock:
            began = getattr(self._looked, "at", self._now - self._passed) + self._passed
            self._now = max(self._now, began + seconds)
            self._looked.at = self._now - self._passed
        self.slept.append(seconds)

    def pass_by(self, seconds: float) -> None:
        """Let time pass without anybody sleeping."""
        with self._lock:
            self._now += max(0.0, seconds)
            self._passed += max(0.0, seconds)


class Killed(BaseException):
    """The reader of stdout is gone, and so is the process."""


class Stdout(io.RawIOBase):
    """Keeps the first ``limit`` lines; the write that brings one more kills the writer."""

    def __init__(self, limit: int | None) -> None:
        super().__init__()
        self._limit = limit
        self.kept = bytearray()

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Keep what is allowed."""
        self.kept += bytes(data)
        if self._limit is not None and self.kept.count(b"\n") > self._limit:
            raise Killed
        return len(data)

    def lines(self) -> list[bytes]:
        """The complete lines that were allowed."""
        return self.kept.split(b"\n")[:-1][: self._limit]


@dataclass
class TapRun:
    """What one run of the tap wrote, and how it ended."""

    messages: list[Json] = field(default_factory=list)
    error: BaseException | None = None
    tap: TapMedipim | None = None

    def records(self, stream: str = "products") -> list[Json]:
        """The records of one stream in the order they came."""
        return [m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    def ids(self, stream: str = "products") -> list[Any]:
        """The ids of one stream's records."""
        return [record["id"] for record in self.records(stream)]

    @property
    def streams(self) -> set[str]:
        """Streams that gave at least one record."""
        return {m["stream"] for m in self.messages if m["type"] == "RECORD"}

    @property
    def states(self) -> list[Json]:
        """All states in order."""
        return [m["value"] for m in self.messages if m["type"] == "STATE"]

    @property
    def state(self) -> Json | None:
        """The last state written: where the next run goes on."""
        return self.states[-1] if self.states else None

    def bookmark(self, stream: str = "products") -> str | None:
        """The last bookmark of a stream."""
        return bookmark_of(self.state, stream)


def bookmark_of(state: Json | None, stream: str = "products") -> str | None:
    """The replication value in a state."""
    found = ((state or {}).get("bookmarks") or {}).get(stream) or {}
    value: str | None = found.get("replication_key_value")
    return value


def config_for(box: Sandbox, **settings: Any) -> Json:
    """Settings that reach a sandbox."""
    options = box.medipim.options
    return {
        "api_key_id": options.api_key_id,
        "api_key_secret": options.api_key_secret,
        "market": options.market,
        "api_url": box.medipim_url,
        **settings,
    }


def select(config: Json, *names: str) -> Json:
    """A catalog with only these streams selected; the others are named only, since nobody reads their fields."""
    catalog: Json = json.loads(catalog_text(config))
    for entry in catalog["streams"]:
        is_selected = entry["tap_stream_id"] in names
        if not is_selected:
            entry["schema"] = {"type": "object", "properties": {}}
            entry["metadata"] = [item for item in entry["metadata"] if not item["breadcrumb"]]
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = is_selected
    return catalog


class KnownSchema(Schema):
    """A schema that is JSON already: to make that of it takes the SDK milliseconds, and each start asks for it."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(**{each.name: getattr(schema, each.name) for each in fields(schema)})
        self._json = orjson.dumps(schema.to_dict())

    @override
    def to_dict(self) -> Json:
        return dict(orjson.loads(self._json))


def selected(config: Json, names: tuple[str, ...]) -> Catalog:
    """The same catalog as the SDK reads it; read once, since no run changes it."""
    key = (_without_address(config), names)
    if key not in _SELECTED:
        _SELECTED[key] = Catalog.from_dict(select(config, *names))
        for entry in _SELECTED[key].streams:
            entry.schema = KnownSchema(entry.schema)
    return _SELECTED[key]


def catalog_text(config: Json) -> str:
    """What the tap discovers with these settings: it asks no service for it, so settings alone decide."""
    key = _without_address(config)
    if key not in _CATALOGS:
        _CATALOGS[key] = json.dumps(TapMedipim(config=config).catalog_dict)
    return _CATALOGS[key]


def _without_address(config: Json) -> str:
    return repr(sorted((name, value) for name, value in config.items() if name != "api_url"))


_CATALOGS: dict[str, str] = {}
_SELECTED: dict[tuple[str, tuple[str, ...]], Catalog] = {}


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """The SDK takes over the signals of the process it lives in; a test must give them back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that passes only while somebody sleeps."""
    return FakeClock()


@pytest.fixture(scope="session")
def make_clock() -> Callable[[], FakeClock]:
    """Make a fake clock; for tests that need one per example."""
    return FakeClock


@pytest.fixture(scope="session")
def open_sandbox() -> Callable[..., AbstractContextManager[Sandbox]]:
    """A Medipim sandbox as a context manager, small and without a rate limit unless told otherwise."""

    def open_(**options: Any) -> AbstractContextManager[Sandbox]:
        return Sandbox(MedipimOptions(**{"products": 60, "requests_per_minute": None, **options}), None)

    return open_


@pytest.fixture
def sandbox(open_sandbox: Callable[..., AbstractContextManager[Sandbox]]) -> Iterator[Callable[..., Sandbox]]:
    """A Medipim sandbox that runs until the test ends."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(open_sandbox(**options))


@pytest.fixture(scope="session")
def tap_config() -> Callable[..., Json]:
    """Settings that reach a sandbox."""
    return config_for


@pytest.fixture(scope="session")
def run_tap() -> Callable[..., TapRun]:
    """Run the tap in this process: settings and state in, parsed messages out; ``kill_after`` lines it dies."""

    def run(
        box: Sandbox,
        *streams: str,
        state: Json | None = None,
        clock: Clock | None = None,
        kill_after: int | None = None,
        catalog: Json | None = None,
        **settings: Any,
    ) -> TapRun:
        config = config_for(box, **settings)
        raw, result = Stdout(kill_after), TapRun()
        with _own_signals(), contextlib.redirect_stdout(io.TextIOWrapper(io.BufferedWriter(raw))) as out:
            try:
                found = catalog or (selected(config, streams) if streams else None)
                tap = TapMedipim(config=config, state=state, catalog=found, clock=clock or FakeClock())
                result.tap = tap
                tap.sync_all()
                out.flush()
                tap.run.finish()
            except (Exception, Killed) as error:  # noqa: BLE001 - how a run ends is what tests look at
                result.error = error
            _let_go(out, raw)
            _close(result.tap)
        result.messages = [read_message(line) for line in raw.lines()]
        return result

    return run


def read_message(line: bytes) -> Json:
    """A Singer message; by the faster reader where both read the same: no number that one of them would round."""
    if _MANY_DIGITS not in line.translate(_ONE_DIGIT):
        with contextlib.suppress(orjson.JSONDecodeError):
            message: Json = orjson.loads(line)
            return message
    return dict(json.loads(line))


def _let_go(out: Any, raw: Stdout) -> None:
    """A killed process flushes nothing more; what is behind a closed file is not flushed when Python collects it."""
    with contextlib.suppress(Exception, Killed):
        out.flush()
    raw.close()


def _close(tap: TapMedipim | None) -> None:
    """Close the connections that the end of the process would close."""
    if tap is not None and "client" in vars(tap.run):
        tap.run.client.wire._session.close()


@dataclass
class Ended:
    """A process that has ended."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines of stderr that report an error."""
        return [line for line in self.err.splitlines() if "ERROR" in line or "CRITICAL" in line]

    @property
    def messages(self) -> list[Json]:
        """The Singer messages on stdout."""
        return [read_message(line.encode()) for line in self.out.splitlines()]


@pytest.fixture(scope="session")
def tap_process(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Start the installed ``tap-medipim`` with settings from a file."""

    def start(
        config: Mapping[str, Any],
        *arguments: str,
        env: Mapping[str, str] | None = None,
        stdout: Any = subprocess.PIPE,
        popen: type[subprocess.Popen[Any]] = ForkedPopen,
    ) -> Any:
        file = tmp_path_factory.mktemp("tap") / "config.json"
        file.write_text(json.dumps({"requests_per_minute": 6000, **config}), encoding="utf-8")
        command = [str(Path(sys.executable).parent / "tap-medipim"), "--config", str(file), *arguments]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TAP_MEDIPIM")}
        return popen(command, stdout=stdout, stderr=subprocess.PIPE, env={**clean, **(env or {})}, text=True)

    return start


@pytest.fixture(scope="session")
def tap_command(tap_process: Callable[..., Any]) -> Callable[..., Ended]:
    """Run the installed ``tap-medipim`` to its end."""

    def run(config: Mapping[str, Any], *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
        with tap_process(config, *arguments, env=env) as process:
            out, err = process.communicate(timeout=60)
        return Ended(process.returncode, out, err)

    return run


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """Starts plugins that are killed at a chosen moment; one for all tests, since it imports both plugins."""
    with ForkServer() as made:
        yield made


@pytest.fixture(scope="session")
def on_a_terminal() -> Callable[..., tuple[bytes, str]]:
    """Run a command with a terminal as its stderr: stdout, and what a person sees there."""

    def run(command: list[str], folder: Path, env: Mapping[str, str], given: bytes = b"") -> tuple[bytes, str]:
        leader, follower = pty.openpty()
        seen = bytearray()
        reader = Thread(target=_read_terminal, args=(leader, seen))
        reader.start()  # meanwhile: a terminal nobody reads stops who writes
        try:
            done = run_forked(
                command, cwd=folder, env=env, input=given, stdout=subprocess.PIPE, stderr=follower, check=False,
                timeout=60,
            )  # fmt: skip
        finally:
            os.close(follower)
            reader.join()
            os.close(leader)
        return done.stdout, seen.decode()

    return run


def _read_terminal(leader: int, seen: bytearray) -> None:
    with contextlib.suppress(OSError):  # the other end is closed: everything was read
        while part := os.read(leader, 65536):
            seen.extend(part)
