"""One run of the source: the tap with another writer, and what Airbyte wants to know of each stream."""

import logging
from typing import Any

from airbyte_protocol_dataclasses.models import FailureType
from typing_extensions import override

from pim_airbyte import messages
from pim_airbyte.command import Given
from pim_airbyte.failures import CONFIG, SYSTEM, TRANSIENT, Incomplete
from pim_wire.errors import page_of
from tap_medipim.airbyte.form import FORM
from tap_medipim.airbyte.states import BOOKMARKS, bookmarks
from tap_medipim.airbyte.streams import chosen, singer_catalog
from tap_medipim.airbyte.writer import AirbyteWriter
from tap_medipim.errors import EndpointAbsent, FieldRefused, QuestionRefused, StreamBroken, StreamFailed
from tap_medipim.observer import Observer
from tap_medipim.resources import resources_of
from tap_medipim.run import Run
from tap_medipim.tap import TapMedipim

_KINDS: tuple[tuple[type[StreamFailed], FailureType], ...] = (
    (EndpointAbsent, CONFIG),
    (QuestionRefused, CONFIG),
    (FieldRefused, CONFIG),
    (StreamBroken, TRANSIENT),
    (StreamFailed, SYSTEM),
)
_WORST_FIRST = (SYSTEM, CONFIG, TRANSIENT)
_ABSENT = "not offered to this key in this market: deselect it in the connection"

logger = logging.getLogger("tap-medipim")


class AirbyteTap(TapMedipim):
    """The tap as ``source-medipim`` runs it: its settings are checked, and its signals handled, by the command line."""

    name = "source-medipim"

    def __init__(self, given: Given, observer: Observer, **kwargs: Any) -> None:
        self._observer = observer
        super().__init__(config=given.settings, clock=given.clock, validate_config=False, **kwargs)

    @override
    def _setup_signal_handlers(self) -> None:
        """None: see ``pim_airbyte.command``."""

    @override
    def new_run(self) -> Run:
        return Run(self.config, f"{self.name}/{self.plugin_version}", self.clock, self._observer)


class Reading(Observer):
    """Reads the configured streams, and tells how each of them ended."""

    def __init__(self, given: Given) -> None:
        """Raises InvalidInput for a state that is none."""
        market, version = given.settings["market"], given.settings["api_version"]
        resources = list(resources_of(market, version))
        configured = chosen(given.catalog.streams)
        names = {resource.name: resource.incremental for resource in resources}
        self._output = given.output
        self._streams = {name: names[name] and mode for name, mode in configured.items() if name in names}
        self._unknown = [name for name in configured if name not in names]
        self._place = f"market {market}" + (f", {version}" if version != "v4" else "")
        self._state = bookmarks(given.state, self._streams)
        self._writer = AirbyteWriter(given.output, given.clock, self._streams)
        self._open = dict.fromkeys(self._streams)  # without their last status, in order
        self._kinds: dict[str, FailureType] = {}
        self._tap = AirbyteTap(
            given,
            self,
            catalog=singer_catalog(resources, self._streams),
            state={BOOKMARKS: self._state},
            message_writer=self._writer,
        )
        given.output.mask(self._tap.run.redactor)

    def run(self) -> None:
        """Read everything. Raises Incomplete for streams that were left out, and StopRun or Interrupted."""
        for name in self._unknown:
            self._leave_out(name, CONFIG, f"{self._place} has no such stream: refresh the schema of the connection")
        try:
            self._tap.sync_all()
        finally:
            for name in list(self._open):  # whatever has ended the run: they were not read to their end
                self._open.pop(name)
                self._writer.incomplete(name)
        self._finish()

    def _finish(self) -> None:
        run = self._tap.run
        for line in run.progress.table():
            logger.info("%s", line)
        if run.stopped:
            raise run.stopped
        if self._kinds:
            kind = next(kind for kind in _WORST_FIRST if kind in self._kinds.values())
            raise Incomplete(
                f"Not complete: {', '.join(self._kinds)} could not be read to the end, or not each row (reasons "
                "above); all else was read",
                kind,
            )

    @override
    def begun(self, stream: str) -> None:
        self._writer.begin(stream, self._bookmark(stream))

    @override
    def expects(self, stream: str, rows: int) -> None:
        self._writer.say(messages.estimate(stream, rows, self._output.now))

    @override
    def ended(self, stream: str, failure: BaseException | None) -> None:
        if failure is None:
            self._open.pop(stream)
            self._writer.complete(stream, self._bookmark(stream))
        elif isinstance(failure, StreamFailed):
            kind = next(kind for each, kind in _KINDS if isinstance(failure, each))
            reason = f"{failure} ({_ABSENT})" if isinstance(failure, EndpointAbsent) else str(failure)
            self._leave_out(stream, kind, reason)

    def _leave_out(self, stream: str, kind: FailureType, reason: str) -> None:
        """A stream is not complete; the others go on."""
        self._kinds[stream] = kind
        self._open.pop(stream, None)
        self._writer.incomplete(stream)
        words = FORM.in_its_words(f"{stream}: {reason}")
        page = page_of(Incomplete.section)
        self._writer.say(messages.error(f"{words} ({page})", kind, self._output.now, stream=stream))

    def _bookmark(self, stream: str) -> dict[str, Any]:
        found: Any = self._tap.state.get(BOOKMARKS, {})
        return dict(found.get(stream, {}))
