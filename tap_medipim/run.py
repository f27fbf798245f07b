"""One run of the tap: what its streams share, and how each of them ended. Knows no SDK.

Everything is made when it is first used, so that discovery needs no settings and ``--about`` no throttle.
"""

import logging
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from requests.auth import HTTPBasicAuth

from pim_wire.clock import Clock
from pim_wire.errors import Interrupted, StopRun
from pim_wire.redaction import Redactor, passwords_in, proxy_credentials
from pim_wire.urls import limit_name
from pim_wire.wire import Wire
from tap_medipim.bad_rows import MOST_KEPT, MOST_TOLD, BadRow
from tap_medipim.client import MedipimClient
from tap_medipim.errors import EndpointAbsent, NotComplete, StreamFailed
from tap_medipim.observer import Observer
from tap_medipim.progress import Progress, Spent
from tap_medipim.settings import TapSettings

if TYPE_CHECKING:
    from pim_wire.throttle import Throttle

ESSENTIAL = "products"  # its absence is a failure, not a matter of market or subscription

logger = logging.getLogger("tap-medipim")


class Run:
    """Settings, client and progress of a run, and the streams that could not be read.

    ``absent`` holds streams that the service does not offer, ``failed`` those that were not read to their end.
    ``stopped`` is why no further stream is read.
    """

    def __init__(self, config: Mapping[str, Any], agent: str, clock: Clock, observer: Observer | None = None) -> None:
        """``agent`` is the User-Agent where the settings have none."""
        self._observer = observer or Observer()
        self._config = config
        self._agent = agent
        self._clock = clock
        self.stopped: StopRun | Interrupted | None = None
        self.absent: dict[str, StreamFailed] = {}
        self.failed: dict[str, StreamFailed] = {}
        self.bad_rows: dict[str, dict[tuple[str, int | None, str], BadRow]] = {}

    @cached_property
    def settings(self) -> TapSettings:
        """The settings, checked."""
        return TapSettings.read(self._config, self._agent)

    @cached_property
    def redactor(self) -> Redactor:
        """Masks the secret, and passwords of ``throttle_url`` and of proxies, in whatever this tap writes."""
        key_id, secret = (str(self._config.get(name, "")).strip() for name in ("api_key_id", "api_key_secret"))
        passwords = passwords_in(str(self._config.get("throttle_url") or ""))
        return Redactor([secret, *passwords], ([(key_id, secret)] if secret else []) + proxy_credentials())

    @cached_property
    def client(self) -> MedipimClient:
        """The client of all streams: one session, one throttle."""
        settings, throttle = self.settings, self._throttle
        wire = Wire(
            settings.base_url,
            service="Medipim",
            auth=HTTPBasicAuth(settings.key_id, settings.key_secret),
            user_agent=settings.user_agent,
            throttle_for=lambda _call: throttle,
            max_wait_seconds=settings.max_wait,
            clock=self._clock,
            redactor=self.redactor,
            connections=1,
            size_limits=settings.bounds,
            on_wait=self._report_wait,
        )
        return MedipimClient(
            wire, self.redactor, settings.request_timeout, settings.stream_timeout, settings.bounds, self._clock.wall
        )

    @cached_property
    def _throttle(self) -> "Throttle":
        from pim_wire.throttle import Throttle, pace_stores_for  # noqa: PLC0415 - only those who ask the service wait for it

        settings = self.settings
        name = limit_name(settings.base_url, settings.throttle_scope or settings.key_mark)
        store = pace_stores_for(settings.throttle_url, self._clock)(name)
        return Throttle(
            settings.requests_per_minute,
            self._clock,
            store=store,
            on_wait=lambda seconds: self.progress.report(f"waiting {seconds:.0f} s for its turn"),
        )

    def _report_wait(self, seconds: float, reason: str) -> None:
        self.progress.report(f"waiting {seconds:.0f} s: Medipim {reason}", at_once=True)

    @cached_property
    def progress(self) -> Progress:
        """How far the run is, for people."""
        return Progress(self._clock.now, self._spent, self._budget, sys.stderr)

    def _spent(self) -> Spent:
        tally = self.client.wire.tally
        return Spent(tally.requests, tally.retries, tally.waited_seconds + self._throttle.tally.waited_seconds)

    def _budget(self) -> str:
        return f"{self._throttle.used_in_last_minute()} of {self.settings.requests_per_minute}"

    def begin_stream(self, stream: str) -> None:
        """A stream is read from now on."""
        self.progress.begin(stream)
        self._observer.begun(stream)

    def expect(self, rows: int) -> None:
        """So many rows of the stream that is read are still to come."""
        self.progress.expect(rows)
        current = self.progress.streams[-1]
        self._observer.expects(current.name, current.rows + rows)

    def tell_end(self, stream: str) -> None:
        """Nothing more comes of a stream, whatever the reason; what was read of it is written, its state too."""
        self._observer.ended(stream, self.failed.get(stream) or self.absent.get(stream) or self.stopped)

    def leave_out(self, stream: str, failure: StreamFailed) -> None:
        """Note that a stream cannot be read; the others go on."""
        if isinstance(failure, EndpointAbsent) and stream != ESSENTIAL:
            self.absent[stream] = failure
            logger.warning("%s: not offered to this key in this market, left out: %s", stream, failure)
        else:
            self.failed[stream] = failure
            logger.error("%s: %s", stream, failure)

    def tell_bad_row(self, stream: str, bad: BadRow) -> None:
        """Say which row cannot be read; all others are."""
        told = self.bad_rows.setdefault(stream, {})
        if bad.identity in told:  # an answer that was asked for again
            return
        if len(told) < MOST_KEPT:
            told[bad.identity] = bad
        if len(told) <= MOST_TOLD:
            logger.error("%s: %s", stream, self.redactor.clean(str(bad)))

    def end_stream(self, stream: str) -> None:
        """A stream was read to its end: rows that could not be read make it a failed one all the same."""
        if (bad := self.bad_rows.get(stream)) and stream not in self.failed:
            count = f"{len(bad)} rows" if len(bad) > 1 else "1 row"
            first = self.redactor.clean(str(next(iter(bad.values()))))
            failure = StreamFailed(f"{count} could not be read, all others were: {first}")
            self.failed[stream] = failure
            logger.error("%s: %s", stream, failure)

    def finish(self) -> None:
        """Log the table of streams. Raises StopRun when the run is not a success, Interrupted when it was stopped."""
        for line in self.progress.table():
            logger.info("%s", line)
        if self.stopped:
            raise self.stopped
        if self.failed:
            names = ", ".join(self.failed)
            raise NotComplete(
                f"Not complete: {names} could not be read to the end, or not each row (reasons above); all else was "
                "read: put the reason right, or run it again later"
            )
