"""For programs that write to MicroPIM: settings as a mapping in, records and checkpoints handed over, safe states out.

The Singer target and the Airbyte destination are hosts of this kind, and so can be anybody's program
(docs/how-to/own-host.md). What such a program needs is ``open_run`` and ``OpenRun``. What they raise ends the run and
says in one line why (pim_wire/errors.py). Signals are the host's: ``clock.stop()`` ends every wait of a run.

The engine is imported when a run is opened: a host that only prints its settings waits for no database library.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pim_wire.checked_settings import HostWords, checked_settings
from pim_wire.clock import Clock
from pim_wire.errors import InvalidInput, InvalidSettings, StopRun
from pim_wire.redaction import Redactor, passwords_in, proxy_credentials
from pim_wire.stray_settings import stray_settings
from target_micropim.settings.notices import secrets_in
from target_micropim.settings.schema import SETTINGS, SHAPING

if TYPE_CHECKING:
    from target_micropim.connection import Connection
    from target_micropim.pipeline import Pipeline

WriteState = Callable[[dict[str, Any]], None]
DISTRIBUTION = "medipim-micropim"

logger = logging.getLogger("target-micropim")


def redactor_of(config: Mapping[str, Any]) -> Redactor:
    """Masks the key, passwords of databases and of proxies, and addresses of notices, in all that is written."""
    key, *places = (str(config.get(name) or "") for name in ("api_key", "ledger_url", "throttle_url"))
    passwords = (password for place in places for password in passwords_in(place))
    return Redactor([key.strip(), *passwords, *secrets_in(config.get("notify_urls"))], proxy_credentials())


@cache
def settings_schema() -> dict[str, Any]:
    """The JSON Schema of the settings: what docs/settings.md lists, without what the Singer SDK adds."""
    return SETTINGS.to_dict()


def setting_errors(config: dict[str, Any], how_to_give: Callable[[str], str] = "config[{!r}]".format) -> list[str]:
    """Every mistake in the settings, one line each, without secret values. Fills the defaults into ``config``.

    ``how_to_give`` says where a missing setting goes, in the words of the host. The environment is not read.
    """
    from target_micropim.settings.values import problems

    schema = settings_schema()
    strays = list(stray_settings(config, schema["properties"]))
    words = HostWords(how_to_give, logger.warning)
    return checked_settings(config, schema, problems, redactor_of(config), strays, words)


def connect(
    config: Mapping[str, Any], agent: str, clock: Clock | None = None, redactor: Redactor | None = None
) -> "Connection":
    """Key, throttles and wire for settings that were checked; nothing is asked yet. Raises CannotPace."""
    from target_micropim.connection import Connection
    from target_micropim.settings.values import TargetSettings

    settings = TargetSettings.read(config, SHAPING)
    return Connection(settings, agent, clock or Clock(), redactor or redactor_of(config))


def open_run(
    config: Mapping[str, Any],
    write_state: WriteState = lambda _state: None,
    *,
    agent: str | None = None,
    clock: Clock | None = None,
) -> "OpenRun":
    """Check the settings and open a run; the ledger is this run's until it ends. Raises StopRun, OSError.

    ``write_state`` gets each state that became safe, also from another thread. The handlers of logs that are there mask
    every secret of the settings from now on.
    """
    given = dict(config)
    redactor_of(given).install()
    if errors := setting_errors(given):
        raise InvalidSettings("; ".join(errors))
    return OpenRun(connect(given, agent or f"{DISTRIBUTION}/{own_version()}", clock), write_state)


def own_version() -> str:
    """The version that is installed."""
    return metadata.version(DISTRIBUTION)


class OpenRun:
    """A run that takes records. One thread calls its methods; ``finish`` or ``abort`` ends it.

    As a context manager it finishes at the end of the block, and aborts where the block fails. With the setting
    ``dry_run`` it writes nothing, and no state leaves.
    """

    def __init__(
        self, connection: "Connection", write_state: WriteState = lambda _state: None, undoes: str | None = None
    ) -> None:
        """``undoes`` names a run whose changes are taken back, for ``engine.undo``. Raises StopRun, OSError."""
        from target_micropim.run import Run, tell_of_no_run

        try:
            self.engine: Run = Run(connection, write_state, undoes)
        except StopRun as failure:
            if undoes is None:  # a person waits for an undo
                tell_of_no_run(connection, failure)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        if failure is not None:
            self.abort(failure)
            return
        self.finish()
        self.tell()

    @property
    def pipeline(self) -> "Pipeline":
        """Where records go."""
        return self.engine.pipeline

    @property
    def folder(self) -> Path:
        """Where the report of this run lies."""
        return self.engine.report.folder

    @property
    def position(self) -> int:
        """How many records were taken so far; a checkpoint stands behind them."""
        return self.engine.checkpoints.position

    def rejected(self, after: int, before: int) -> int:
        """How many of the records between two positions were rejected; final once a state behind them has left."""
        return self.engine.outcomes.rejected(after, before)

    def takes(self, stream: str) -> bool:
        """Whether MicroPIM has a place for this stream, or its records are known to be left out."""
        return self.pipeline.takes(stream)

    def declare(self, stream: str, schema: Mapping[str, Any], keys: Sequence[str] = ()) -> None:
        """Say what records of a stream look like (JSON Schema) before the first of them.

        Raises InvalidInput for a schema of which every record would be a reject.
        """
        if reason := self.pipeline.refusal(stream, schema, keys):
            raise InvalidInput(f"The schema of stream {stream[:80]!r} cannot be used: {reason}")

    def receive(self, stream: str, record: Any, text: bytes | None = None, within: tuple[str, ...] = ()) -> None:
        """Take one record. Raises StopRun.

        ``text`` is the JSON that it was read from, if it is at hand: then nothing is written out again. Where that is a
        whole message, ``within`` names the members that lead to the record.
        """
        self.pipeline.receive(stream, record, text, within)

    def refuse(self, stream: str, kept: Any, reason: str) -> None:
        """Take a record that could not be read: a reject, with what is kept of it. Raises StopRun."""
        self.pipeline.refuse(stream, kept, reason)

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Take a state that stands for all records so far.

        It leaves through ``write_state``, unchanged, when each of them is in MicroPIM, unchanged there, or kept as a
        reject; or never, if a later one left first.
        """
        self.pipeline.checkpoint(state)

    def finish(self) -> None:
        """The input has ended: everything is settled, and the last state leaves. Raises StopRun."""
        with self.or_abort():
            self.engine.finish()

    def abort(self, failure: BaseException) -> None:
        """Whatever ends the run early: what is safe is kept, and the report says why. After the end: nothing.

        What fails on the way out does not hide what ended the run.
        """
        try:
            self.engine.abort(failure)
        except StopRun as second:
            if str(second) != str(failure):
                logger.warning("%s", second)

    @contextmanager
    def or_abort(self) -> Iterator[None]:
        """Abort where the block fails."""
        try:
            yield
        except BaseException as failure:
            self.abort(failure)
            raise

    def tell(self) -> None:
        """Show the table of the end, on a terminal or in the log; after an abort it has been shown."""
        self.engine.tell()
