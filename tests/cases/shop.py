"""One shop, night after night: a MicroPIM on loopback, a target in this process, and time that both of them share.

A night is one run of the target with ledger, state and settings kept. Only the outside counts: what is in MicroPIM,
which requests were made, how the run ended, which states left, and who is named in its outputs.
"""

import contextlib
import io
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pim_wire.clock import Clock
from sandbox import MicroPimService, RequestRecord, Sandbox
from sandbox.micropim.people import People
from target_micropim.target import TargetMicroPim
from tests.support.forked import ForkedPopen
from tests.target.conftest import KEY, lines, own_signals

Json = dict[str, Any]
DAY = 86_400.0
A_MOMENT = 0.5
LISTS = ("conflicts", "unsure", "manual_actions", "warnings")


class Time:
    """Seconds that pass only while a run sleeps, or when a test says so."""

    def __init__(self) -> None:
        self._passed = 0.0
        self._began = time.time()
        self._one_at_a_time = threading.Lock()
        self._slept = 0.0  # of what has passed: threads sleep side by side, each from its own last look on
        self._looked = threading.local()
        self._deeds: list[Callable[[], object]] = []

    def now(self) -> float:
        """Seconds so far."""
        with self._one_at_a_time:
            self._looked.at = self._slept
            return self._passed

    def wall(self) -> float:
        """The same as unix seconds, from the real ones on: a process of its own has those."""
        return self._began + self.now()

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        with self._one_at_a_time:
            self._passed += max(0.0, seconds)

    def while_waiting(self, deed: Callable[[], object]) -> None:
        """Do something once, while a run waits for the first time for more than a moment."""
        self._deeds.append(deed)

    def a_run_waits(self, seconds: float) -> None:
        """A run sleeps: what was to be done in that time is done."""
        if seconds > A_MOMENT and self._deeds:
            self._deeds.pop(0)()
        with self._one_at_a_time:
            slept = max(self._slept, getattr(self._looked, "at", self._slept) + max(0.0, seconds))
            self._passed += slept - self._slept
            self._slept = self._looked.at = slept


class NightClock(Clock):
    """The clock of one run."""

    def __init__(self, shared: Time) -> None:
        super().__init__()
        self._time = shared

    def now(self) -> float:
        """The shared seconds."""
        return self._time.now()

    def wall(self) -> float:
        """The shared seconds, as people read them."""
        return self._time.wall()

    def sleep(self, seconds: float) -> None:
        """Let time pass at once; a stopped clock raises as the real one does."""
        super().sleep(0)
        self._time.a_run_waits(seconds)


@dataclass
class Night:
    """How one run ended, and what it wrote."""

    failure: BaseException | None
    states: list[Any]
    folder: Path | None

    @property
    def is_good(self) -> bool:
        """Whether the exit code is 0."""
        return self.failure is None

    @property
    def report(self) -> Json:
        """report.json; empty when the run ended before it had a folder."""
        file = None if self.folder is None else self.folder / "report.json"
        return json.loads(file.read_text()) if file is not None and file.exists() else {}

    @property
    def rejects(self) -> list[Json]:
        """rejects.jsonl."""
        file = None if self.folder is None else self.folder / "rejects.jsonl"
        return (
            [json.loads(line) for line in file.read_text().splitlines()] if file is not None and file.exists() else []
        )

    @property
    def rejected(self) -> set[str]:
        """Ids of the records that were rejected."""
        return {str(row["external_id"]) for row in self.rejects}

    def listed(self, *lists: str) -> set[str]:
        """Ids that stand in these lists of the report."""
        return {str(row["external_id"]) for name in lists for row in self.report.get(name, ())}

    @property
    def conflicts(self) -> set[str]:
        """Ids of which the report says that somebody typed a value."""
        return self.listed("conflicts")

    @property
    def unsure(self) -> set[str]:
        """Ids of which the report says that the program cannot know."""
        return self.listed("unsure")

    @property
    def warns(self) -> bool:
        """Whether the report has a warning for the run as a whole."""
        return any(not row["external_id"] for row in self.report.get("warnings", ()))

    @property
    def says_something(self) -> bool:
        """Whether a person hears of anything at all."""
        return not self.is_good or bool(self.rejects) or any(self.report.get(name) for name in LISTS)

    def tells(self, *ids: str) -> bool:
        """Whether a person hears of each of these: rejected, listed, or the run has failed."""
        return not self.is_good or set(ids) <= self.rejected | self.listed(*LISTS)


@dataclass(repr=False)
class Shop:
    """One organization and one ledger."""

    box: Sandbox
    folder: Path
    config: Json
    time: Time
    rest: float = DAY  # seconds between two runs

    @property
    def pim(self) -> MicroPimService:
        """MicroPIM."""
        return self.box.micropim

    @property
    def people(self) -> People:
        """Their hands."""
        return self.pim.people

    @property
    def requests(self) -> list[RequestRecord]:
        """What MicroPIM was asked."""
        return self.pim.requests

    def another(self, **config: Any) -> "Shop":
        """A second machine with a ledger of its own, for the same organization."""
        folder = self.folder.with_name(f"{self.folder.name}-{len(list(self.folder.parent.iterdir()))}")
        folder.mkdir()
        return Shop(self.box, folder, {**self.config, **config}, self.time)

    def settings(self, **more: Any) -> Json:
        """The settings of a night: the defaults, without a pace, in Dutch, with twenty seconds of patience."""
        return {
            "api_key": KEY,
            "api_url": self.box.micropim_url,
            "ledger_url": f"sqlite:///{self.folder}/ledger.db",
            "report_dir": str(self.folder / "reports"),
            "decisions_file": str(self.folder / "decisions.csv"),
            "reads_per_minute": 600_000,
            "writes_per_minute": 600_000,
            "state_interval_seconds": 0,
            "max_wait_seconds": 20,
            "locale": "nl",
            **self.config,
            **more,
        }

    def night(self, *products: Json, categories: list[Json] | None = None, **settings: Any) -> Night:
        """A run over these records, a day after the one before; categories come first."""
        fed = _input(products, categories)
        return self._run(lambda target: target.listen(io.BytesIO(fed)), settings)

    def fed(self, messages: bytes, **settings: Any) -> Night:
        """A run over the messages of a tap."""
        return self._run(lambda target: target.listen(io.BytesIO(messages)), settings)

    def replay(self, night: Night, **settings: Any) -> Night:
        """The rejects of a night are fed again."""
        assert night.folder is not None
        file = night.folder / "rejects.jsonl"
        return self._run(lambda target: target.replay(file), settings)

    def undo(self, run: str, **settings: Any) -> Night:
        """What a run wrote is taken back."""
        return self._run(lambda target: target.undo(run), settings)

    def _run(self, feed: Callable[[TargetMicroPim], None], settings: Json) -> Night:
        before, out = set(self._folders()), io.StringIO()
        failure: BaseException | None = None
        with contextlib.redirect_stdout(out), own_signals() if _is_main() else contextlib.nullcontext():
            try:
                feed(TargetMicroPim(config=self.settings(**settings), clock=NightClock(self.time)))
            except BaseException as error:  # noqa: BLE001 - the end of a run is what is tested
                failure = error
        if _is_main():  # a run within a run takes no day
            self.time.passes(self.rest)
        new = [folder for folder in self._folders() if folder not in before]
        return Night(failure, [json.loads(line) for line in out.getvalue().splitlines()], new[0] if new else None)

    def killed(
        self, *products: Json, write: str, nth: int = 1, categories: list[Json] | None = None, **settings: Any
    ) -> None:
        """A run in a process of its own, killed after the n-th write of a route is carried out, before its answer."""
        process = self.start(**settings)
        self.pim.meanwhile.do_after(lambda: (process.kill(), process.wait(10)), write=write, nth=nth)
        process.communicate(_input(products, categories), timeout=60)
        assert process.returncode == -signal.SIGKILL

    def start(self, **settings: Any) -> "subprocess.Popen[bytes]":
        """A run in a process of its own, which waits for its input."""
        file = self.write_settings(**settings)
        command = [sys.executable, "-m", "target_micropim", "--config", str(file)]
        pipe = subprocess.PIPE
        return ForkedPopen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=self.folder)

    def write_settings(self, **settings: Any) -> Path:
        """The settings of a night in a file."""
        file = self.folder / "config.json"
        file.write_text(json.dumps(self.settings(**settings)))
        return file

    def forget_requests(self) -> None:
        """Count requests from here."""
        self.requests.clear()

    def lose_ledger(self) -> None:
        """The ledger is gone."""
        for file in self.folder.glob("ledger.db*"):
            file.unlink()

    def writes(self) -> list[str]:
        """The writes that MicroPIM has seen, as ``METHOD path``."""
        return [f"{record.method} {record.path}" for record in self.requests if record.method != "GET"]

    def skus(self) -> list[str]:
        """The SKU of each product, sorted; a double shows twice."""
        return sorted(product["sku"] for product in self.pim.products.values())

    def product(self, sku: str) -> Json:
        """The one product with this SKU, as it is stored."""
        (found,) = [product for product in self.pim.products.values() if product["sku"] == sku]
        return found

    def id_of(self, sku: str) -> int:
        """Its id in MicroPIM."""
        return int(self.product(sku)["id"])

    def name(self, sku: str) -> str:
        """Its name."""
        return str(self.product(sku)["name"])

    def status(self, sku: str) -> str:
        """Its status."""
        return str(self.product(sku)["status"])

    def pictures(self, sku: str) -> list[int]:
        """The keys of its pictures in the order they came; a double shows twice."""
        return [int(Path(item["file_url"]).stem) for item in self.product(sku)["_media"]]

    def categories_of(self, sku: str) -> list[str]:
        """The names of its categories, sorted."""
        return sorted(self.pim.categories[key]["name"] for key in self.product(sku)["category_ids"])

    def paths(self) -> list[str]:
        """All categories as paths, sorted; a double shows twice."""
        return list(self.pim.snapshot()["categories"])

    def _folders(self) -> list[Path]:
        return sorted((self.folder / "reports").glob("*/"))


def _input(products: Iterable[Json], categories: list[Json] | None) -> bytes:
    streams = {"products": list(products)} if categories is None else {
        "categories": categories, "products": list(products)
    }  # fmt: skip
    return b"\n".join(lines(**streams)) + b"\n"


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
