"""One run, from opening the ledger to the report, for real or only as a plan."""

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pim_wire.bounds import Bounds
from pim_wire.errors import SettingsRefused
from target_micropim.assembly import Tools, engine_of
from target_micropim.contact import Contact
from target_micropim.entities.names import Names
from target_micropim.entities.picture_count import PictureCount
from target_micropim.ledger import Ledger, Planned, RunLock, copy_of
from target_micropim.preview.client import PlanningClient
from target_micropim.replay import Replay
from target_micropim.report import terminal
from target_micropim.report.plan_file import PlanFile
from target_micropim.report.rejects import Rejects
from target_micropim.report.run_report import Report
from target_micropim.roads.settlement import Settlement
from target_micropim.roads.workers import KeyedPool

TICK_SECONDS = 0.5
logger = logging.getLogger("target-micropim")


class Run:
    """Opened once. ``finish`` or ``abort`` ends it; both write the report and give the ledger back.

    With ``dry_run`` the same road runs over a copy of the ledger and a client that only pretends to write; no STATE
    leaves, and plan.jsonl lies beside the report.
    """

    def __init__(self, contact: Contact, write_state: Callable[[dict[str, Any]], None]) -> None:
        self._contact = contact
        self._config: Mapping[str, Any] = contact.config
        self._clock = contact.clock
        self._started, self._began = self._clock.wall(), self._clock.now()
        self._whole: dict[str, Any] = {}
        self._dry = bool(self._config["dry_run"])
        opened = copy_of if self._dry else Ledger.open
        self._ledger = opened(self._config["ledger_url"], self._clock.wall)
        self._lock = RunLock(self._ledger, self._clock.wall)
        try:
            if self._dry:
                self._lock.seize()
            else:
                self._lock.acquire()
            self._open(_nowhere if self._dry else write_state)
        except BaseException:
            self._ledger.close()
            raise

    def _open(self, write_state: Callable[[dict[str, Any]], None]) -> None:
        """After the lock is ours: whatever fails from here on must give it back."""
        try:
            self._ledger.upgrade()
            self._ledger.refuse_strangers(self._contact.organization)
            self._ledger.forget_seen()
            self._report = Report(Path(self._config["report_dir"]), self._run_id())
            self._report.open()
            self._settlement = Settlement(write_state, self._config["state_interval_seconds"], self._clock.now)
            settings = self._contact.settings
            self._names = Names(self._ledger, {"brand": settings.brand_map, "supplier": settings.supplier_map})
            self._pool = KeyedPool(self._config["max_in_flight"], lambda: self._clock.stopped)
            self._rejects = Rejects(self._report.folder / "rejects.jsonl", self._clock.wall)
            self.engine = engine_of(self._tools())
        except BaseException:
            self._lock.release()
            raise
        self._ticking = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)
        self._ticker.start()

    def _tools(self) -> Tools:
        plan = PlanFile(self._report.folder / "plan.jsonl") if self._dry else None
        contact = self._contact
        return Tools(
            config=self._config,
            settings=contact.settings,
            client=contact.client if plan is None else PlanningClient(contact.client, plan, Planned(self._ledger)),
            ledger=self._ledger,
            report=self._report,
            rejects=self._rejects,
            settlement=self._settlement,
            names=self._names,
            pool=self._pool,
            breathe=contact.wire.breathe,
            preflight=self._preflight,
            trouble_with=contact.trouble_with if self._config["check_media_urls"] else _no_trouble,
            look_back=PictureCount(contact.client, self._ledger, self._report, lambda: self._clock.stopped).look
            if plan is None
            else _nothing,
            about=_nobody if plan is None else plan.about,
        )

    def _preflight(self) -> None:
        """The cheapest question proves key and organization before anything else is asked. Raises StopRun.

        Only now is a new ledger bound to them: a mistyped address must not make it a stranger's.
        """
        if warning := self._contact.settings.capabilities.warning:
            logger.warning("%s", warning)
        missing = self._contact.missing_channels()
        self._ledger.claim_for(self._contact.organization)
        if missing:
            if self._config["on_missing_channel"] == "fail":
                names = ", ".join(missing)
                raise SettingsRefused(
                    f"publishing_channels: {names} not set up in this organization (on_missing_channel)"
                )
            logger.warning("publishing_channels: %s not set up in this organization", ", ".join(missing))

    def _tick(self) -> None:
        """Let states go and show that the owner of the ledger lives, also while the input is silent."""
        while not self._ticking.wait(TICK_SECONDS):
            try:
                self._settlement.release()
                self._lock.beat()
            except Exception as failure:  # noqa: BLE001 - handed to the thread that feeds the pool
                self._pool.fail(failure)
                return

    def replay(self, path: Path) -> None:
        """Feed a rejects file instead of a tap's output. Raises StopRun."""
        bounds = Bounds(self._config["max_line_bytes"], self._config["max_nesting"])
        Replay(path, self.engine, self._ledger, self._report, self._rejects, bounds).feed()

    def finish(self) -> None:
        """The input has ended."""
        self.engine.finish()
        self._close(None)

    def abort(self, failure: BaseException) -> None:
        """The run ends early: settle what is in flight, write the last safe state, say why."""
        try:
            self.engine.abort()
        finally:
            self._close(failure)
            self.tell()

    def tell(self) -> None:
        """The table at the end, for the log or a terminal; after everything that a host has to say."""
        if self._whole:
            terminal.show(self._whole, self._report.folder, logger)

    def _close(self, failure: BaseException | None) -> None:
        self._ticking.set()
        self._ticker.join()
        self._pool.close()
        try:
            self._whole = self._report.write(self._facts(failure), self._names.unmapped)
        finally:
            self._lock.release()
            self._ledger.close()

    def _facts(self, failure: BaseException | None) -> dict[str, Any]:
        wire, timeline = self._contact.wire.tally, self._contact.timeline
        return {
            "api_url": self._contact.settings.base_url,
            "dry_run": self._dry,
            "started_at": _moment(self._started),
            "finished_at": _moment(self._clock.wall()),
            "duration_seconds": round(self._clock.now() - self._began, 3),
            "complete": failure is None,
            "stopped_by": None if failure is None else str(failure) or type(failure).__name__,
            "requests": {kind: vars(tally) for kind, tally in self._contact.tallies.items()}
            | {
                "retries": wire.retries,
                "waited_seconds": round(wire.waited_seconds, 3),
                "waits": {kind: round(timeline.total(kind), 3) for kind in ("pace", "asked", "failing")},
                "over_time": timeline.shown(),
            },
        }

    def _run_id(self) -> str:
        return f"{datetime.fromtimestamp(self._started, UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"


def _nowhere(_state: dict[str, Any]) -> None:
    """Where the states of a dry run go: a host that saw one would take its records for written."""


def _no_trouble(_url: str) -> None:
    """Nobody asks whether a picture's address answers, unless check_media_urls says so."""


def _nothing() -> None:
    """A plan made nothing that could be looked at."""


def _nobody(_stream: str, _external_id: str | None) -> nullcontext[None]:
    """A real run notes nothing down for a plan."""
    return nullcontext()


def _moment(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
