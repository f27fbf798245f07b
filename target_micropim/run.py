"""The collaborators of one run, built once and wired. The only ``new`` in town.

One run, from opening the ledger to the report, for real or only as a plan.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pim_wire.errors import InvalidSettings
from pim_wire.limits import SizeLimits
from target_micropim.api.client import MicroPimClient
from target_micropim.api.post_once import PostOnce
from target_micropim.catalog.categories import Categories
from target_micropim.catalog.matching import ProductMatching
from target_micropim.catalog.names import Names
from target_micropim.catalog.pictures import Asked, PictureAudit
from target_micropim.commands.replay import Replay
from target_micropim.connection import Connection
from target_micropim.dry_run.client import DryRunClient
from target_micropim.ledger import Ledger, Planned, RunLock, copy_of
from target_micropim.mapping.profiles import Profile
from target_micropim.pipeline import Parts, Pipeline
from target_micropim.report import terminal
from target_micropim.report.plan_file import About, PlanFile
from target_micropim.report.rejects import Rejects
from target_micropim.report.run_report import Report
from target_micropim.settings.shaping import options_of, profile_of, settings_digest
from target_micropim.settings.values import TargetSettings
from target_micropim.sync.categories import CategorySync
from target_micropim.sync.checkpoints import Checkpoints
from target_micropim.sync.outcomes import Guards, Outcomes
from target_micropim.sync.pool import KeyedPool
from target_micropim.sync.product import ProductSync
from target_micropim.sync.products import ProductParts, ProductsSync


@dataclass(frozen=True)
class Tools:
    """What a run brings along: the same road runs over a real client and ledger, and over those of a plan."""

    config: Mapping[str, Any]
    settings: TargetSettings
    client: MicroPimClient
    ledger: Ledger
    report: Report
    rejects: Rejects
    settlement: Checkpoints
    names: Names
    pool: KeyedPool
    breathe: Callable[[int], None]
    preflight: Callable[[], None]
    trouble_with: Asked
    look_back: Callable[[], None]
    about: About


def engine_of(tools: Tools) -> Pipeline:
    """The engine with all its parts."""
    config, settings = tools.config, tools.settings
    profile, guards = profile_of(config, settings), Guards(settings.max_rejects, settings.max_archive)
    endings = Outcomes(tools.settlement, tools.report, tools.rejects, guards)
    once = PostOnce(tools.breathe)
    categories = Categories(tools.client, tools.ledger, once, config.get("category_root"), config["max_category_depth"])
    return Pipeline(
        Parts(
            profile=profile,
            categories=CategorySync(profile, categories, endings, tools.about),
            products=ProductsSync(_product_parts(tools, profile, categories, once, guards), endings),
            endings=endings,
            names=tools.names,
            report=tools.report,
            settlement=tools.settlement,
            pool=tools.pool,
            guards=guards,
            preflight=tools.preflight,
            look_back=tools.look_back,
            on_unknown_stream=config["on_unknown_stream"],
        )
    )


def _product_parts(
    tools: Tools, profile: Profile, categories: Categories, once: PostOnce, guards: Guards
) -> ProductParts:
    known = tools.settings.capabilities
    identity = ProductMatching(tools.client, tools.ledger, tools.settings.match_on, tools.config["lookup"], known)
    upserter = ProductSync(
        profile.product,
        tools.client,
        tools.ledger,
        identity,
        tools.names,
        categories,
        tools.report,
        once,
        options_of(tools.config, tools.settings),
        tools.trouble_with,
    )
    return ProductParts(
        profile=profile,
        ledger=tools.ledger,
        identity=identity,
        names=tools.names,
        categories=categories,
        upserter=upserter,
        pool=tools.pool,
        guards=guards,
        report=tools.report,
        settings_digest=settings_digest(tools.config, tools.settings),
        about=tools.about,
    )


TICK_SECONDS = 0.5
logger = logging.getLogger("target-micropim")


class Run:
    """Opened once. ``finish`` or ``abort`` ends it; both write the report and give the ledger back.

    With ``dry_run`` the same road runs over a copy of the ledger and a client that only pretends to write; no STATE
    leaves, and plan.jsonl lies beside the report.
    """

    def __init__(self, contact: Connection, write_state: Callable[[dict[str, Any]], None]) -> None:
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
            self._settlement = Checkpoints(write_state, self._config["state_interval_seconds"], self._clock.now)
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
            client=contact.client if plan is None else DryRunClient(contact.client, plan, Planned(self._ledger)),
            ledger=self._ledger,
            report=self._report,
            rejects=self._rejects,
            settlement=self._settlement,
            names=self._names,
            pool=self._pool,
            breathe=contact.wire.breathe,
            preflight=self._preflight,
            trouble_with=contact.trouble_with if self._config["check_media_urls"] else _no_trouble,
            look_back=PictureAudit(contact.client, self._ledger, self._report, lambda: self._clock.stopped).look
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
                raise InvalidSettings(
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
        bounds = SizeLimits(self._config["max_line_bytes"], self._config["max_nesting"])
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
