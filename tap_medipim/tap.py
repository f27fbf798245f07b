"""The SDK's view of tap-medipim: command line, discovery, signals. The work is done by ``Run`` and the streams.

What only some commands need is imported by the method that needs it: ``--about`` must not wait for a throttle.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import cached_property, partial
from io import BytesIO, TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar, cast

import click
import orjson
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.singerlib import Catalog
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from pim_wire.checked_settings import IS_MISSING
from pim_wire.cli import agent_of, checked_config, quiet
from pim_wire.clock import Clock
from pim_wire.config import environment_of
from pim_wire.errors import Interrupted, InvalidInput
from pim_wire.stdout import discard_stdout
from tap_medipim.catalog_file import readable
from tap_medipim.declared_stream import DeclaredStream
from tap_medipim.resources import RESOURCES, resources_of
from tap_medipim.run import Run
from tap_medipim.selection import remarks
from tap_medipim.settings import SETTINGS, setting_errors
from tap_medipim.state_file import read_state
from tap_medipim.streams import IncrementalStream, stream_for
from tap_medipim.writer import OrjsonWriter

HAIR_SECONDS = 1.0
WHAT = "Read from Medipim what changed since the state, and write it to stdout as Singer messages."
EXAMPLES = (
    "tap-medipim --config tap.json --test",
    "tap-medipim --config tap.json | target-micropim --config target.json > states.jsonl",
    "tap-medipim --config tap.json --state state.json | target-micropim --config target.json > states.jsonl",
)
PROBE = click.Option(
    ["--probe"],
    type=click.Path(dir_okay=False, path_type=Path),
    help="Find out what nobody says about Medipim, by reading only; what it is goes into this file.",
)


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
        self._reads_environment = bool(kwargs.get("parse_env_config"))
        if isinstance(catalog := kwargs.get("catalog"), dict) and not isinstance(catalog, Catalog):
            kwargs["catalog"] = readable(catalog, (resource.name for resource in RESOURCES))
        super().__init__(*args, **kwargs)

    @cached_property
    def run(self) -> Run:
        """What the streams share, and how they ended."""
        return self.new_run()

    def new_run(self) -> Run:
        """A run of these settings; another host observes it."""
        return Run(self.config, agent_of(type(self)), self.clock)

    @classproperty
    @override
    def _env_var_config(cls: Any) -> dict[str, Any]:  # noqa: N805 - the class, as the SDK has it
        return environment_of(cls)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self.run.redactor.install()
        check = partial(setting_errors, now=self.clock.wall())
        errors = checked_config(self, check, self.run.redactor, reads_environment=self._reads_environment)
        self._setting_errors = errors
        if errors and raise_errors:
            raise ConfigValidationError("Settings refused", errors=errors, schema=self.config_jsonschema)
        return errors

    @override
    def run_discovery(self) -> str:
        """As the SDK's: it needs no settings, but refuses those that a run would refuse."""
        if refused := [error for error in self._setting_errors if IS_MISSING not in error]:
            raise ConfigValidationError("Settings refused", errors=refused, schema=self.config_jsonschema)
        return super().run_discovery()

    @override
    def discover_streams(self) -> Sequence[Stream]:
        market, version = str(self.config.get("market", "be")), str(self.config.get("api_version", "v4"))
        return [stream_for(self, self.run, resource) for resource in resources_of(market, version)]

    @override
    def _set_compatible_replication_methods(self) -> None:
        """As the SDK's, which then writes the state that was given as the first STATE."""
        super()._set_compatible_replication_methods()
        self._tell_what_is_odd()
        for stream in self.streams.values():
            if isinstance(stream, IncrementalStream):
                stream.announce()

    def _tell_what_is_odd(self) -> None:
        """A choice of streams that brings nothing, or one table of two, is no failure, and never silent."""
        maps = self.mapper.stream_maps.items()
        names = {
            stream: [each.stream_alias for each in some if not isinstance(each, RemoveRecordTransform)]
            for stream, some in maps
        }
        selected = [name for name, stream in self.streams.items() if stream.selected]
        if self.input_catalog:
            entries = self.input_catalog.streams
            asked = [entry.tap_stream_id for entry in entries if entry.metadata.resolve_selection()[()]]
        else:  # the catalog of all streams is not made for this: it costs more than the rest of the start
            asked = [name for name, stream in self.streams.items() if stream.mask[()]]
        for remark in remarks(selected, asked, self.streams, names):
            self.logger.warning("%s", remark)

    @override
    def setup_mapper(self) -> None:
        """As the SDK's, but maps see what is selected, and those of streams that are not selected stop nothing."""
        super(Tap, self).setup_mapper()
        for stream in self.streams.values():
            cast("DeclaredStream", stream).register(self.mapper)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """SIGTERM, Ctrl-C: end every wait and reading now, but never within a line that is being written.

        The SDK's own handler writes from wherever it strikes, also into the middle of a line, and ends with code 0.
        """
        self.clock.stop()
        writer = cast("OrjsonWriter", self.message_writer)
        writer.stopping = True
        if not writer.is_writing and not is_in_a_log_line(frame):
            raise Interrupted("told to stop")

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        command.params.append(PROBE)
        return quiet(command, cls.logger, WHAT, EXAMPLES)

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
        """As the SDK's, and then ``Run.finish``: a stream that was left out must show in the exit code."""
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls(
            config=config.config if config else {},
            state=None if state is None else read_state(_text_of(state, "state")),
            catalog=_read_json(catalog, "catalog"),
            parse_env_config=bool(config and config.parse_env),
        )
        if probe is not None:
            tap.probe(probe)
            return
        try:
            tap.sync_all()
        except BrokenPipeError:
            tap.raise_if_told_to_stop()
            raise
        tap.run.finish()

    def raise_if_told_to_stop(self) -> None:
        """The other side is gone. Raises Interrupted when both were told to stop, and it was the first by a hair."""
        discard_stdout()
        if self.clock.stops_within(HAIR_SECONDS):
            raise Interrupted("told to stop")

    def probe(self, path: Path) -> None:
        """``--probe``: reads only, and writes what it found into a file. Raises StopRun."""
        from tap_medipim.probe import Probe

        run = self.run
        probe = Probe(run.client.wire, run.settings, lambda line: click.echo(run.redactor.clean(line)))
        probe.write(path, self.clock.wall())

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """As the SDK's, with an exit code that tells whether every stream could be read."""
        if value in {CliTestOptionValue.Disabled.value, CliTestOptionValue.Schema.value}:
            super().cb_test(ctx, param, value)
            return
        config = ctx.params["config"]
        tap = cls(config=config.config, parse_env_config=config.parse_env)
        with tap.without_records():
            tap.run_connection_test()
        tap.run.finish()
        readable = len(tap.run.progress.streams) - len(tap.run.absent)
        click.echo(f"Connection test passed: {readable} streams can be read")
        ctx.exit()

    @contextmanager
    def without_records(self) -> Iterator[None]:
        """No records to stdout, and not the SDK's complaint about each stream that it cuts off after one record."""
        loggers = [stream.logger for stream in self.streams.values()] + [logging.getLogger("singer_sdk.metrics")]
        for logger in loggers:
            logger.addFilter(_is_ours_or_warning)
        try:
            with redirect_stdout(TextIOWrapper(BytesIO())):
                yield
        finally:
            for logger in loggers:
                logger.removeFilter(_is_ours_or_warning)


def is_in_a_log_line(frame: FrameType | None) -> bool:
    """Whether a signal has struck while a line of the log is written.

    What is raised there, logging shows as a failure of its own, with a traceback; and the run goes on.
    """
    while frame is not None:
        if frame.f_globals.get("__name__") == logging.__name__:
            return True
        frame = frame.f_back
    return False


def _is_ours_or_warning(record: logging.LogRecord) -> bool:
    """Warnings are shown; what the SDK logs for a stream that ends on purpose is not."""
    return record.levelno == logging.WARNING or "tap_medipim" in record.pathname


def _read_json(file: Any, kind: str) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        content = orjson.loads(_text_of(file, kind).removeprefix("\ufeff"))
    except ValueError as error:
        raise InvalidInput(f"The {kind} file is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise InvalidInput(f"The {kind} file holds no object")
    return content


def _text_of(file: Any, kind: str) -> str:
    """What a file holds. Raises InvalidInput when it is no text."""
    try:
        text: str | bytes = file.read()
        return text if isinstance(text, str) else text.decode()
    except ValueError:
        raise InvalidInput(f"The {kind} file is no text in UTF-8") from None
