"""One run, from opening the ledger to the report: the collaborators built once and wired. The only ``new`` in town."""

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from requests.auth import AuthBase
from typing_extensions import override

from pim_wire.clock import Clock
from pim_wire.errors import StopRun
from pim_wire.redaction import Redactor
from pim_wire.throttle import Throttle
from pim_wire.wire import Wire
from target_micropim.categories import Categories
from target_micropim.category_road import CategoryRoad
from target_micropim.client import MicroPimClient
from target_micropim.endings import Endings
from target_micropim.engine import Engine, Parts
from target_micropim.errors import RecordRejected
from target_micropim.guards import Guards
from target_micropim.identity import Identity
from target_micropim.ledger import Ledger, RunLock
from target_micropim.names import Names
from target_micropim.once import Once
from target_micropim.product_road import ProductParts, ProductRoad
from target_micropim.profiles import Profile
from target_micropim.rejects import Rejects
from target_micropim.report import Report
from target_micropim.settings_values import TargetSettings
from target_micropim.settlement import Settlement
from target_micropim.shaping import options_of, organization, profile_of, settings_digest
from target_micropim.upsert import Upserter
from target_micropim.workers import KeyedPool

TICK_SECONDS = 0.5
logger = logging.getLogger("target-micropim")


class KeyAuth(AuthBase):
    """The X-API-KEY header, given explicitly so that no .netrc takes its place."""

    def __init__(self, key: str) -> None:
        self._key = key

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["X-API-KEY"] = self._key
        return r


class Run:
    """Opened once. ``finish`` or ``abort`` ends it; both write the report and give the ledger back."""

    def __init__(
        self,
        config: Mapping[str, Any],
        settings: TargetSettings,
        agent: str,
        clock: Clock,
        redactor: Redactor,
        write_state: Callable[[dict[str, Any]], None],
    ) -> None:
        self._config = config
        self._settings = settings
        self._clock = clock
        self._started = clock.wall()
        self._reads = Throttle(config["reads_per_minute"], clock)
        self._writes = Throttle(config["writes_per_minute"], clock)
        self._wire = self._build_wire(agent, redactor)
        self._client = MicroPimClient(self._wire, redactor, config["request_timeout_seconds"])
        self._ledger = Ledger.open(config["ledger_url"])
        self._lock = RunLock(self._ledger, clock.wall)
        self._lock.acquire()
        self._open(write_state)

    def _open(self, write_state: Callable[[dict[str, Any]], None]) -> None:
        """After the lock is ours: whatever fails from here on must give it back."""
        try:
            self._ledger.claim_for(organization(self._settings.base_url, self._config["api_key"]))
            self._ledger.forget_seen()
            self._report = Report(Path(self._config["report_dir"]), self._run_id())
            self._report.open()
            self._settlement = Settlement(write_state, self._config["state_interval_seconds"], self._clock.now)
            self._names = Names(
                self._ledger, {"brand": self._settings.brand_map, "supplier": self._settings.supplier_map}
            )
            self._pool = KeyedPool(self._config["max_in_flight"], lambda: self._clock.stopped)
            self.engine = Engine(self._parts())
        except BaseException:
            self._lock.release()
            raise
        self._ticking = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)
        self._ticker.start()

    def _build_wire(self, agent: str, redactor: Redactor) -> Wire:
        return Wire(
            self._settings.base_url,
            service="MicroPIM",
            auth=KeyAuth(self._config["api_key"].strip()),
            user_agent=self._config.get("user_agent") or agent,
            throttle_for=lambda method: self._reads if method == "GET" else self._writes,
            max_wait_seconds=self._config["max_wait_seconds"],
            clock=self._clock,
            redactor=redactor,
            connections=self._config["max_in_flight"] + 1,
        )

    def _parts(self) -> Parts:
        config, settings = self._config, self._settings
        profile, guards = profile_of(config, settings), Guards(settings.max_rejects, settings.max_archive)
        rejects = Rejects(self._report.folder / "rejects.jsonl")
        endings = Endings(self._settlement, self._report, rejects, guards)
        once = Once(self._wire.breathe)
        categories = Categories(self._client, self._ledger, once, config.get("category_root"))
        return Parts(
            profile=profile,
            categories=CategoryRoad(profile, categories, endings),
            products=ProductRoad(self._product_parts(profile, categories, once, guards), endings),
            endings=endings,
            names=self._names,
            report=self._report,
            settlement=self._settlement,
            pool=self._pool,
            guards=guards,
            preflight=self._preflight,
            on_unknown_stream=config["on_unknown_stream"],
        )

    def _product_parts(self, profile: Profile, categories: Categories, once: Once, guards: Guards) -> ProductParts:
        identity = Identity(self._client, self._ledger, self._settings.match_on)
        upserter = Upserter(
            profile.product,
            self._client,
            self._ledger,
            identity,
            self._names,
            categories,
            self._report,
            once,
            options_of(self._config, self._settings),
        )
        return ProductParts(
            profile=profile,
            ledger=self._ledger,
            identity=identity,
            names=self._names,
            categories=categories,
            upserter=upserter,
            pool=self._pool,
            guards=guards,
            report=self._report,
            settings_digest=settings_digest(self._config, self._settings),
        )

    def _preflight(self) -> None:
        """The cheapest question proves key and organization before anything else is asked. Raises StopRun."""
        try:
            offered = self._client.channels()
        except RecordRejected as why:
            raise StopRun(f"MicroPIM at {self._settings.base_url} does not answer as MicroPIM does: {why}") from None
        missing = [name for name in self._settings.publishing_channels if name not in offered]
        if missing:
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

    def _close(self, failure: BaseException | None) -> None:
        self._ticking.set()
        self._ticker.join()
        self._pool.close()
        try:
            self._report.write(self._facts(failure), self._names.unmapped)
            self._say_what_happened()
        finally:
            self._lock.release()
            self._ledger.close()

    def _facts(self, failure: BaseException | None) -> dict[str, Any]:
        tallies = {"reads": self._reads.tally, "writes": self._writes.tally}
        return {
            "api_url": self._settings.base_url,
            "started_at": _moment(self._started),
            "finished_at": _moment(self._clock.wall()),
            "duration_seconds": round(self._clock.wall() - self._started, 3),
            "complete": failure is None,
            "stopped_by": None if failure is None else str(failure) or type(failure).__name__,
            "requests": {kind: vars(tally) for kind, tally in tallies.items()}
            | {"retries": self._wire.tally.retries, "waited_seconds": round(self._wire.tally.waited_seconds, 3)},
        }

    def _say_what_happened(self) -> None:
        for stream, ends in self._report.streams().items():
            logger.info("%s: %s", stream, ", ".join(f"{number} {action}" for action, number in ends.items()))
        counts = self._report.totals
        logger.info(
            "pictures: %s; conflicts: %d, for a person: %d, rejects: %d; requests: %d reads, %d writes; report in %s",
            ", ".join(f"{number} {state}" for state, number in self._report.pictures.items()) or "none",
            counts["conflicts"],
            counts["manual_actions"],
            self._report.count("rejected"),
            self._reads.tally.turns,
            self._writes.tally.turns,
            self._report.folder,
        )

    def _run_id(self) -> str:
        return f"{datetime.fromtimestamp(self._started, UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"


def _moment(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
