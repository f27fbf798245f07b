"""tap-medipim: settings in, the one session for all streams, the list of streams, the exit code.

What only some commands need is imported by the method that needs it: ``--about`` must not wait for a throttle.
"""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import cached_property
from io import BytesIO, TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar, cast

import click
import orjson
from requests.auth import HTTPBasicAuth
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from pim_wire.cli import checked_config, quiet
from pim_wire.clock import Clock
from pim_wire.config import environment_of
from pim_wire.errors import Interrupted, InvalidInput, StopRun
from pim_wire.redaction import Redactor, passwords_in, proxy_credentials
from pim_wire.wire import Wire
from tap_medipim.client import MedipimClient
from tap_medipim.errors import EndpointAbsent, NotComplete, StreamFailed
from tap_medipim.progress import Progress, Spent
from tap_medipim.resources import resources_of
from tap_medipim.settings import SETTINGS, TapSettings, problems
from tap_medipim.streams import stream_for
from tap_medipim.writer import OrjsonWriter

if TYPE_CHECKING:
    from pim_wire.throttle import Throttle

PROBE = click.Option(
    ["--probe"],
    type=click.Path(dir_okay=False, path_type=Path),
    help="Find out what nobody says about Medipim, by reading only; what it is goes into this file.",
)
ESSENTIAL = "products"  # its absence is a failure, not a matter of market or subscription


class TapMedipim(Tap):
    """Singer tap for Medipim: products, media, brands, organizations and categories of the pharmacy market."""

    name = "tap-medipim"
    package_name = "medipim-micropim"
    config_jsonschema = SETTINGS.to_dict()
    message_writer_class = OrjsonWriter
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, *args: Any, clock: Clock | None = None, **kwargs: Any) -> None:
        """``clock`` is the seam for tests: nothing else in the tap waits or asks the time."""
        self.clock = clock or Clock()
        self.stopped: StopRun | Interrupted | None = None
        self.absent: dict[str, StreamFailed] = {}
        self.failed: dict[str, StreamFailed] = {}
        super().__init__(*args, **kwargs)

    @cached_property
    def settings(self) -> TapSettings:
        """The settings, read when the first request is due, so that discovery needs none."""
        return TapSettings.read(self.config, f"{self.name}/{self.plugin_version}")

    @cached_property
    def redactor(self) -> Redactor:
        """Masks the secret, and passwords of ``throttle_url`` and of proxies, in whatever this tap writes."""
        key_id, secret = (str(self.config.get(name, "")).strip() for name in ("api_key_id", "api_key_secret"))
        shared = passwords_in(str(self.config.get("throttle_url") or ""))
        return Redactor([secret, *shared], ([(key_id, secret)] if secret else []) + proxy_credentials())

    @cached_property
    def _throttle(self) -> "Throttle":
        from pim_wire.throttle import Throttle, pace_stores_for

        settings = self.settings
        store = pace_stores_for(settings.throttle_url, self.clock)(f"{settings.base_url} {settings.key_mark}")
        return Throttle(
            settings.requests_per_minute,
            self.clock,
            store=store,
            on_wait=lambda seconds: self.progress.look(f"waiting {seconds:.0f} s for its turn"),
        )

    @cached_property
    def progress(self) -> Progress:
        """What a person sees of the run."""
        return Progress(self.clock.now, self._spent, self._budget, sys.stderr)

    def _tell_wait(self, seconds: float, why: str) -> None:
        self.progress.look(f"waiting {seconds:.0f} s: Medipim {why}", at_once=True)

    def _budget(self) -> str:
        return f"{self._throttle.used_in_last_minute()} of {self.settings.requests_per_minute}"

    def _spent(self) -> Spent:
        tally = self.client.wire.tally
        return Spent(tally.requests, tally.retries, tally.waited_seconds + self._throttle.tally.waited_seconds)

    @cached_property
    def client(self) -> MedipimClient:
        """The one session and throttle that all streams share."""
        settings = self.settings
        throttle = self._throttle
        wire = Wire(
            settings.base_url,
            service="Medipim",
            auth=HTTPBasicAuth(settings.key_id, settings.key_secret),
            user_agent=settings.user_agent,
            throttle_for=lambda _call: throttle,
            max_wait_seconds=settings.max_wait,
            clock=self.clock,
            redactor=self.redactor,
            connections=1,
            size_limits=settings.bounds,
            on_wait=self._tell_wait,
        )
        client = MedipimClient(wire, self.redactor, settings.request_timeout, settings.stream_timeout, settings.bounds)
        client.on_total = self.progress.expect
        return client

    @override
    def discover_streams(self) -> Sequence[Stream]:
        market, version = str(self.config.get("market", "be")), str(self.config.get("api_version", "v4"))
        return [stream_for(self, resource) for resource in resources_of(market, version)]

    def leave_out(self, stream: str, failure: StreamFailed) -> None:
        """Note that a stream cannot be read; the others go on."""
        if isinstance(failure, EndpointAbsent) and stream != ESSENTIAL:
            self.absent[stream] = failure
            self.logger.warning("%s: not offered to this key in this market, left out: %s", stream, failure)
        else:
            self.failed[stream] = failure
            self.logger.error("%s: %s", stream, failure)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """SIGTERM, Ctrl-C: end every wait and reading now, but never within a line that is being written.

        The SDK's own handler writes from wherever it strikes, also into the middle of a line, and ends with code 0.
        """
        self.clock.stop()
        writer = cast("OrjsonWriter", self.message_writer)
        writer.stopping = True
        if not writer.is_writing:
            raise Interrupted("told to stop")

    def finish(self) -> None:
        """Say how the run went. Raises StopRun when it must not count as a success, Interrupted when told to stop."""
        for line in self.progress.table():
            self.logger.info("%s", line)
        if self.stopped:
            raise self.stopped
        if self.failed:
            names = ", ".join(self.failed)
            raise NotComplete(
                f"Not complete: {names} could not be read to the end (reasons above); all else was read: "
                "put the reason right, or run it again later"
            )

    @classproperty
    @override
    def _env_var_config(cls: Any) -> dict[str, Any]:  # noqa: N805 - the class, as the SDK has it
        return environment_of(cls)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self.redactor.install()
        errors = checked_config(self, problems, self.redactor)
        if errors and raise_errors:
            raise ConfigValidationError("Settings refused", errors=errors, schema=self.config_jsonschema)
        return errors

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        command.params.append(PROBE)
        return quiet(command, cls.logger)

    @classmethod
    @override
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        state: Any = None,
        catalog: Any = None,
        probe: Path | None = None,
    ) -> None:
        """As the SDK's, and then ``finish``: a stream that was left out must show in the exit code."""
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls(
            config=config.config if config else {},
            state=_checked_state(_read_json(state, "state")),
            catalog=_read_json(catalog, "catalog"),
            parse_env_config=bool(config and config.parse_env),
        )
        if probe is not None:
            tap.first_contact(probe)
            return
        tap.sync_all()
        tap.finish()

    def first_contact(self, path: Path) -> None:
        """``--probe``: reads only. Raises StopRun."""
        from tap_medipim.probe import Probe

        told = Probe(self.client.wire, self.settings, lambda line: click.echo(self.redactor.clean(line)))
        told.write(path, self.clock.wall())

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """As the SDK's, with an exit code that tells whether every stream could be read."""
        if value in {CliTestOptionValue.Disabled.value, CliTestOptionValue.Schema.value}:
            super().cb_test(ctx, param, value)
            return
        config = ctx.params["config"]
        tap = cls(config=config.config, parse_env_config=config.parse_env)
        with tap.as_a_mere_test():
            tap.run_connection_test()
        tap.finish()
        click.echo(f"Connection test passed: {len(tap.progress.streams) - len(tap.absent)} streams can be read")
        ctx.exit()

    @contextmanager
    def as_a_mere_test(self) -> Iterator[None]:
        """No records to stdout, and not the SDK's complaint about each stream that it cuts off after one record."""
        loggers = [stream.logger for stream in self.streams.values()] + [logging.getLogger("singer_sdk.metrics")]
        for logger in loggers:
            logger.addFilter(_is_told)
        try:
            with redirect_stdout(TextIOWrapper(BytesIO())):
                yield
        finally:
            for logger in loggers:
                logger.removeFilter(_is_told)


def _is_told(record: logging.LogRecord) -> bool:
    """Warnings are told; what the SDK logs for a stream that ends on purpose is not."""
    return record.levelno == logging.WARNING or "tap_medipim" in record.pathname


def _read_json(file: Any, what: str) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        found = orjson.loads(file.read())
    except ValueError as error:
        raise InvalidInput(f"The {what} file is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise InvalidInput(f"The {what} file holds no object")
    return found


def _checked_state(state: dict[str, Any] | None) -> dict[str, Any] | None:
    """The state, when it has Singer's shape. Raises StopRun: read as empty, everything would be read again."""
    bookmarks = (state or {}).get("bookmarks", {})
    if not isinstance(bookmarks, dict) or not all(isinstance(entry, dict) for entry in bookmarks.values()):
        raise InvalidInput('The state file has not the shape {"bookmarks": {"<stream>": {...}}}')
    return state
