"""One run, from opening the ledger to the report, for real or only as a plan. The services are wired here."""

import logging
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pim_wire.errors import Interrupted, StopRun
from pim_wire.wire import Call
from target_micropim.api.client import MicroPimClient
from target_micropim.api.post_once import PostOnce
from target_micropim.catalog.languages import SourceLanguages
from target_micropim.catalog.ownership import enter_shop
from target_micropim.catalog.picture_audit import looks_at
from target_micropim.connection import Connection
from target_micropim.dry_run.client import DryRunClient
from target_micropim.errors import LedgerUnusable
from target_micropim.ledger import Heartbeat, Ledger, PlannedProducts, RunLock, copy_of, note_rates, rates_of
from target_micropim.pipeline import Pipeline
from target_micropim.report import terminal
from target_micropim.report.journal import FILE as JOURNAL
from target_micropim.report.journal import Journal, JournalFile
from target_micropim.report.metrics import write_metrics
from target_micropim.report.nights import clear_away, list_nights
from target_micropim.report.notice import IN_A_HURRY_SECONDS, LONGEST_SECONDS, is_due, send, text_of_notice
from target_micropim.report.plan_file import PlanFile
from target_micropim.report.progress import Progress
from target_micropim.report.rejects import Rejects
from target_micropim.report.run_report import Report, Row
from target_micropim.report.words import Words
from target_micropim.services import Services
from target_micropim.settings.markets import wrong_for
from target_micropim.settings.shaping import profile_of
from target_micropim.sync.checkpoints import Checkpoints
from target_micropim.sync.outcomes import Guards, Outcomes
from target_micropim.sync.pool import KeyedPool

TICK_SECONDS = 0.5
logger = logging.getLogger("target-micropim")
WriteState = Callable[[dict[str, Any]], None]


class Run:
    """Opened once. ``finish`` or ``abort`` ends it; both write the report and give the ledger back.

    With ``dry_run`` the same road runs over a copy of the ledger and a client that only pretends to write; no STATE
    leaves, and plan.jsonl lies beside the report. ``undoes`` is the run whose changes are taken back.
    """

    def __init__(self, connection: Connection, write_state: WriteState, undoes: str | None = None) -> None:
        self._undoes = undoes
        self._connection = connection
        self._settings = connection.settings
        self._clock = connection.clock
        self._started, self._began = self._clock.wall(), self._clock.now()
        self._summary: dict[str, Any] = {}
        self._is_closed = False
        is_plan = self._settings.dry_run
        url, wall = self._settings.ledger_url, self._clock.wall
        self.ledger = copy_of(url, wall) if is_plan else Ledger.open(url, wall, lambda: self._clock.stopped)
        self._lock = RunLock(self.ledger, self._clock.wall, self._clock.sleep)
        try:
            if is_plan:
                self._lock.seize()
            else:
                self._lock.acquire()
            self._open(None if is_plan else write_state)
        except BaseException:
            self.ledger.close()
            raise

    def _open(self, write_state: WriteState | None) -> None:
        """After the lock is ours: whatever fails from here on must give it back."""
        self._pool = KeyedPool(self._settings.max_in_flight, self._clock)
        self._heartbeat = Heartbeat(self._lock, self._pool.fail)
        try:
            self.ledger.upgrade()
            self._carried = rates_of(self.ledger)
            self._connection.throttles.begin_at(self._carried)
            recognised = enter_shop(self.ledger, self._connection)
            self._languages = SourceLanguages(self._settings, self.ledger)
            self._settings = self._languages.settled(self._settings)
            self._connection.use(self._settings)
            self.ledger.forget_seen()
            self.report = Report(Path(self._settings.report_dir), self._run_id(), self._settings.report_language)
            self.report.open()
            if recognised is not None:
                logger.warning("%s", recognised)
                self.report.add("warnings", Row("ledger", "", None, recognised))
            self._tell_of_odd_settings()
            leave = None if write_state is None else self._noting(write_state)
            self.checkpoints = Checkpoints(leave, self._settings.state_interval_seconds, self._clock.now)
            self.rejects = Rejects(self.report.folder / "rejects.jsonl", self._clock.wall)
            self._plan = PlanFile(self.report.folder / "plan.jsonl") if self._settings.dry_run else None
            self._journal = self._new_journal()
            self.pipeline = self._wired()
            if write_state is not None:
                self._connection.wire.before_attempt = self._refuse_lost_lock
        except BaseException:
            self._give_back()
            raise
        self._start_ticking()

    def _start_ticking(self) -> None:
        self._progress = Progress(self.report, self._clock.now, self._connection.timeline.waits)
        self._ticking = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)
        self._ticker.start()

    def _new_journal(self) -> Journal:
        """None of a plan, which writes nothing."""
        path = None if self._plan is not None else self.report.folder / JOURNAL
        journal = Journal(path, self.ledger.identity, self._connection.redactor.clean, self._undoes)
        if self._undoes is not None:
            journal.begin()
        return journal

    def _noting(self, write_state: WriteState) -> WriteState:
        """A STATE leaves when the ledger has noted what it says of full reads."""

        def leave(state: dict[str, Any]) -> None:
            self.pipeline.full_reads.note(state)
            write_state(state)

        return leave

    def _tell_of_odd_settings(self) -> None:
        """A currency or language that is none of the market's: told on each night, since --check may never be asked."""
        settings = self._settings
        odd = (wrong_for(settings.source_market, settings.currency), self._languages.change(), *settings.remarks)
        for what in filter(None, odd):
            logger.warning("%s", what)
            self.report.add("warnings", Row("settings", "", None, what))

    def _wired(self) -> Pipeline:
        connection, settings = self._connection, self._settings
        services = Services(
            settings=settings,
            client=self._client(),
            ledger=self.ledger,
            report=self.report,
            rejects=self.rejects,
            journal=self._journal,
            post_once=PostOnce(connection.wire.wait, connection.clock.now, settings.max_wait_seconds),
            picture_url_check=connection.picture_url_check() if settings.check_media_urls else None,
            clock=connection.clock,
        )
        guards = Guards(settings.max_rejects, settings.max_archive)
        self.outcomes = Outcomes(self.checkpoints, self.report, self.rejects, guards, self.ledger)
        profile = profile_of(settings, self._clock.wall)
        return Pipeline(connection, profile, services, self.checkpoints, self.outcomes, self._pool, self._languages)

    def _client(self) -> MicroPimClient:
        client = self._connection.client
        client.before_write = self._journal.note_other
        return client if self._plan is None else DryRunClient(client, self._plan, PlannedProducts(self.ledger))

    def _tick(self) -> None:
        """Let states go, and say how far the run is, also while the input is silent."""
        while not self._ticking.wait(TICK_SECONDS):
            try:
                self.checkpoints.release()
                self._progress.tell()
            except Exception as failure:  # noqa: BLE001 - handed to the thread that feeds the pool
                self._pool.fail(failure)
                return

    def _refuse_lost_lock(self, call: Call) -> None:
        """A write may have waited long for its turn since it was announced."""
        if call.method != "GET":
            self._lock.assure()

    def finish(self) -> None:
        """The input has ended."""
        self.pipeline.finish()
        self._close(None)

    def undo(self, journal: JournalFile) -> None:
        """Take back what an earlier run has written; then the run has ended."""
        self.pipeline.undo(journal)
        self._close(None)

    def abort(self, failure: BaseException) -> None:
        """The run ends early: settle what is in flight, write the last safe state, say why. After the end: nothing."""
        if self._is_closed:
            return
        try:
            self.pipeline.abort()
        finally:
            self._close(failure)
            self.tell()

    def tell(self) -> None:
        """The table at the end, for the log or a terminal; after everything that a host has to say."""
        if self._summary:
            terminal.show(self._summary, self.report.folder, logger)

    def _close(self, failure: BaseException | None) -> None:
        self._is_closed = True
        self._ticking.set()
        self._ticker.join()
        self._progress.end()
        self._pool.close()
        try:
            self._write_report(failure)
        finally:
            try:
                self._remember_rates()
                self._give_back()
            finally:
                self.ledger.close()
                self._tell_others(failure)

    def _tell_others(self, failure: BaseException | None) -> None:
        """Notices and metrics, when all else is done; not of a preview and an undo, which a person waits for."""
        settings = self._settings
        if settings.dry_run or self._undoes is not None:
            return
        content = self._summary or {**self._facts(failure), "complete": False}
        if settings.metrics_file is not None:
            write_metrics(Path(settings.metrics_file), content)
        if settings.notify_urls and is_due(settings.notify_on, content):
            text = self._connection.redactor.clean(text_of_notice(content, self.report.folder / "report.html"))
            seconds = IN_A_HURRY_SECONDS if self._clock.stopped else LONGEST_SECONDS
            send(settings.notify_urls, text, failed=not content["complete"], seconds=seconds)

    def _write_report(self, failure: BaseException | None) -> None:
        """The files of the run, and the list of all nights; a plan deletes no older ones."""
        if self._plan is not None:
            self._plan.close()
        self._summary = self.report.write(self._facts(failure), self.pipeline.unmapped)
        nights, settings = self.report.folder.parent, self._settings
        if self._plan is None:
            clear_away(nights, settings.keep_reports_days, self._clock.wall())
        list_nights(nights, Words(settings.report_language))

    def _give_back(self) -> None:
        """After a stop that nothing can be written after, the next run finds that the owner of the lock is gone."""
        self._heartbeat.stop()
        with suppress(Interrupted):
            self._lock.release()

    def _remember_rates(self) -> None:
        """What was found about limits that are searched. A lock that was lost is told where it is given back."""
        if self._plan is None:
            with suppress(LedgerUnusable, Interrupted):
                note_rates(self.ledger, self._connection.throttles.found())

    def _requests(self) -> dict[str, Any]:
        throttles = self._connection.throttles
        found = {kind: {"found_per_minute": rate} for kind, rate in throttles.found().items()}
        return {kind: vars(tally) | found.get(kind, {}) for kind, tally in throttles.tallies.items()}

    def _facts(self, failure: BaseException | None) -> dict[str, Any]:
        wire, timeline = self._connection.wire.tally, self._connection.timeline
        return {
            "api_url": self._settings.base_url,
            "dry_run": self._settings.dry_run,
            "undoes": self._undoes,
            **self._expected(),
            "started_at": _moment(self._started),
            "finished_at": _moment(self._clock.wall()),
            "duration_seconds": round(self._clock.now() - self._began, 3),
            "complete": failure is None,
            "language": self._languages.facts(),
            "stopped_by": None if failure is None else str(failure) or type(failure).__name__,
            "requests": self._requests()
            | {
                "retries": wire.retries,
                "waited_seconds": round(wire.waited_seconds, 3),
                "waits": {kind: round(timeline.total(kind), 3) for kind in ("pace", "asked", "failing")},
                "over_time": timeline.shown(),
            },
        }

    def _expected(self) -> dict[str, Any]:
        """Of a plan: the requests that a real run would send, and how long it would take to send those that write."""
        if self._plan is None:
            return {}
        writes, per_minute = self._plan.writes, self._settings.writes_per_minute
        if "writes_per_minute" in self._settings.searched_rates:
            per_minute = self._carried.get("writes", per_minute)
        reads = self._connection.throttles.reads.tally.turns + self._plan.looks + looks_at(self.ledger)
        return {"planned_writes": writes, "planned_reads": reads, "planned_seconds": round(60 * writes / per_minute)}

    def _run_id(self) -> str:
        return f"{datetime.fromtimestamp(self._started, UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"


def tell_of_no_run(connection: Connection, failure: StopRun) -> None:
    """A run that could not even begin, such as one whose ledger is in use: there is no report to tell of."""
    settings = connection.settings
    if settings.dry_run:
        return
    reason, moment = connection.redactor.clean(str(failure)), _moment(connection.clock.wall())
    content = {"complete": False, "stopped_by": reason, "finished_at": moment}
    if settings.metrics_file is not None:
        write_metrics(Path(settings.metrics_file), content)
    if settings.notify_urls:
        send(settings.notify_urls, text_of_notice(content, None), failed=True)


def _moment(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
