"""Where a case takes place: the services, a working folder, settings with marked keys, and what a fault may change."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typing_extensions import override

from pim_wire.clock import Clock
from pim_wire.errors import Interrupted
from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from trials.canary import KEY, KEY_ID, OWN_SETTINGS, SECRET

PRODUCTS = 40
FAST = 100_000
_LOGGING = """
version: 1
disable_existing_loggers: false
formatters:
  console: {(): singer_sdk.logging.ConsoleFormatter}
  structured: {(): singer_sdk.logging.StructuredFormatter}
handlers:
  console: {class: logging.StreamHandler, stream: ext://sys.stderr, formatter: console, level: INFO}
  file: {class: logging.FileHandler, filename: FILE, formatter: structured, level: DEBUG, delay: true}
root: {level: DEBUG, handlers: [console, file]}
"""


class PassingClock(Clock):
    """Waits pass at once; ``shift`` moves the wall clock, ``on_sleep`` is called at every wait.

    ``tick`` passes with each look at it: so time passes while an answer drips.
    """

    def __init__(self) -> None:
        super().__init__()
        self._passed = 0.0
        self.shift = 0.0
        self.tick = 0.0
        self.on_sleep: Callable[[], None] = lambda: None

    @override
    def now(self) -> float:
        self._passed += self.tick
        return self._passed

    @override
    def wall(self) -> float:
        return time.time() + self.shift

    @override
    def sleep(self, seconds: float) -> None:
        if self.stopped:
            raise Interrupted("stopped while waiting")
        self._passed += max(0.0, seconds)
        self.on_sleep()


@dataclass
class Launch:
    """How an executable is started: where its stdout goes, how large its files may grow, when it gets a signal."""

    stdout: str | None = None
    lines_read: int | None = None
    file_limit: int | None = None
    signal: int | None = None
    victim: str = ""
    at_request: int = 1
    at: str = "micropim"


@dataclass
class Fixture:
    """One case. Injections change it before the faulted run; ``undo`` holds what takes the fault away again."""

    box: Sandbox
    folder: Path
    clock: PassingClock = field(default_factory=PassingClock)
    launch: Launch = field(default_factory=Launch)
    env: dict[str, str] = field(default_factory=dict)
    tap: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    undo: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Settings without limits."""
        self.tap = {
            "api_url": self.box.medipim_url, "api_key_id": KEY_ID, "api_key_secret": SECRET,
            "requests_per_minute": FAST, "page_size": 10,
        }  # fmt: skip
        self.target = {
            "api_url": self.box.micropim_url, "api_key": KEY, "locale": "nl", "max_in_flight": 1,
            "reads_per_minute": FAST, "writes_per_minute": FAST, "state_interval_seconds": 0,
            "ledger_url": f"sqlite:///{self.folder}/ledger.db", "report_dir": str(self.folder / "reports"),
            "decisions_file": str(self.folder / "decisions.csv"),
        }  # fmt: skip
        log = self.folder / "logging.yml"
        log.write_text(_LOGGING.replace("FILE", str(self.folder / "debug.log")), encoding="utf-8")
        self.env["SINGER_SDK_LOG_CONFIG"] = str(log)

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.folder / "ledger.db"

    def change_settings(self, side: str, **settings: Any) -> None:
        """Other settings for the faulted run; the old ones come back for the next."""
        own: dict[str, Any] = getattr(self, side)
        before = dict(own)
        own.update(settings)
        self.undo.append(lambda: (own.clear(), own.update(before))[0])  # type: ignore[func-returns-value]

    def set_environment(self, **env: str) -> None:
        """Other variables of the environment for the faulted run."""
        before = dict(self.env)
        self.env.update(env)
        self.undo.append(lambda: (self.env.clear(), self.env.update(before))[0])  # type: ignore[func-returns-value]

    def remove_fault(self) -> None:
        """Take the fault away."""
        while self.undo:
            self.undo.pop()()
        self.launch = Launch()
        self.clock = PassingClock()

    def config_file(self, side: str) -> str:
        """The settings of one side in a file of their own."""
        path = self.folder / f"{side}{OWN_SETTINGS}"
        path.write_text(json.dumps(getattr(self, side)), encoding="utf-8")
        return str(path)


def options(*, gzip: bool = False) -> tuple[MedipimOptions, MicroPimOptions]:
    """The same small catalogue each time, without limits."""
    medipim = MedipimOptions(
        products=PRODUCTS, requests_per_minute=None, api_key_id=KEY_ID, api_key_secret=SECRET, gzip=gzip
    )
    return medipim, MicroPimOptions(api_key=KEY, reads_per_minute=None, writes_per_minute=None)
