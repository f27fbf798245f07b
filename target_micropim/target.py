"""target-micropim: settings in, Singer messages handed to the run, and how the run ends.

What only some commands need is imported by the method that needs it: ``--about`` must not wait for a database library.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar, cast

import click
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.target_base import Target
from typing_extensions import override

from pim_wire import exact_json
from pim_wire.cli import agent_of, checked_config, quiet
from pim_wire.clock import Clock
from pim_wire.config import environment_of
from pim_wire.errors import Interrupted, InvalidInput, StopRun
from pim_wire.limits import SizeLimits
from pim_wire.redaction import Redactor
from pim_wire.schema_copies import QuickCopies
from pim_wire.stdout import write_whole
from target_micropim.commands.flags import EXAMPLES, FLAGS, WHAT, refuse_together
from target_micropim.host import OpenRun, connect, redactor_of
from target_micropim.lines import Unreadable
from target_micropim.mapped import Unmapped, guard
from target_micropim.reader import OrjsonReader
from target_micropim.settings.schema import SETTINGS
from target_micropim.sinks import NOTES, TEST_STREAM, MicroPimSink, ProbeSink

if TYPE_CHECKING:
    from target_micropim.commands.check import Feed
    from target_micropim.commands.language_look import LanguageLook
    from target_micropim.commands.match_preview import MatchPreview
    from target_micropim.connection import Connection
    from target_micropim.pipeline import Pipeline


class TargetMicroPim(Target):
    """Singer target for MicroPIM: categories, products and pictures, only what changed, people's edits kept."""

    name = "target-micropim"
    package_name = "medipim-micropim"
    config_jsonschema = SETTINGS.to_dict()
    default_sink_class = MicroPimSink
    message_reader_class = OrjsonReader
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, *args: Any, clock: Clock | None = None, dry_run: bool = False, **kwargs: Any) -> None:
        """``clock`` is the seam for tests; ``dry_run`` the flag, which holds whatever the settings say."""
        self.clock = clock or Clock()
        self._reads_environment = bool(kwargs.get("parse_env_config"))
        self._probed = False
        self._direct: dict[str, MicroPimSink] = {}
        self._preview: MatchPreview | LanguageLook | None = None
        super().__init__(*args, **kwargs)
        self._config["dry_run"] = dry_run or self._config["dry_run"]
        if isinstance(self.message_reader, OrjsonReader):
            limits = SizeLimits(self._config["max_line_bytes"], self._config["max_nesting"])
            self.message_reader = type(self.message_reader)(limits, self.clock, self._abort)
        self._max_parallelism = 1  # sinks only hand over; the pipeline has its own threads

    @cached_property
    def connection(self) -> "Connection":
        """Key, throttles and wire; nothing is asked yet."""
        return connect(self.config, agent_of(type(self)), self.clock, self.redactor)

    @cached_property
    def run(self) -> OpenRun:
        """The run, opened when the first message needs it. Raises StopRun, OSError."""
        return OpenRun(self.connection, self._write_state_message)

    @override
    def _write_state_message(self, state: dict[str, Any]) -> None:
        """As the SDK's, but whole where stdout is a raw file, and with every digit of a long number."""
        write_whole(exact_json.spaced(state) + b"\n")

    @property
    def pipeline(self) -> "Pipeline | MatchPreview | LanguageLook":
        """The pipeline of the run, or the preview of --check in its place."""
        return self._preview or self.run.pipeline

    @cached_property
    def redactor(self) -> Redactor:
        """Masks every secret of the settings in all that is written."""
        return redactor_of(self.config)

    @override
    def get_sink_class(self, stream_name: str) -> type[MicroPimSink | ProbeSink]:
        return ProbeSink if stream_name == TEST_STREAM else MicroPimSink

    def probe(self) -> None:
        """A host tests the connection: one question, no run, no ledger. Raises StopRun."""
        if not self._probed:
            self.connection.channels()
            self._probed = True
            self.logger.info("Connection test: MicroPIM accepts the key; nothing was written")

    @property
    def _is_mere_test(self) -> bool:
        return self._probed and "run" not in self.__dict__

    @override
    def process_endofpipe(self) -> None:
        has_run = not self._is_mere_test and self._preview is None
        if has_run:
            self.run.finish()
        super().process_endofpipe()
        if has_run:
            self.run.tell()

    def replay(self, path: Path) -> None:
        """Feed a rejects file; standard input is not read, no STATE leaves."""
        from target_micropim.commands.replay import replay

        replay(self.run, path, self.connection.settings.size_limits)

    def undo(self, name: str) -> None:
        """Take back what a run has written; standard input is not read, no STATE leaves."""
        from target_micropim.commands.undo import undo

        undo(self.connection, name)

    def _abort(self, failure: BaseException) -> None:
        """Whatever ends the run early, if one was opened."""
        if "run" in self.__dict__:
            self.run.abort(failure)

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        """A record that is no object goes to the pipeline as it is, to be rejected: the SDK would fail on it."""
        self._assert_line_requires(message_dict, requires={"stream", "record"})
        stream, record = message_dict["stream"], message_dict["record"]
        if isinstance(record, Unreadable):
            self._refuse(record)
        elif not isinstance(record, dict):
            self._assert_sink_exists(stream)
            self.pipeline.receive(stream, record)
        elif stream in self._direct and record.keys().isdisjoint(NOTES):
            self._direct[stream].take(record, cast("OrjsonReader", self.message_reader).line)
        else:
            self._map(message_dict)

    def _map(self, message_dict: dict[str, Any]) -> None:
        """The SDK's road; an expression of ``stream_maps`` that cannot take a value costs this record.

        Its line is kept as a text: another try of the record would know nothing of the map.
        """
        try:
            super()._process_record_message(message_dict)
        except Unmapped as failure:
            line = cast("OrjsonReader", self.message_reader).line
            self.pipeline.refuse(failure.stream, line.decode(errors="replace").strip(), str(failure))

    def _refuse(self, record: Unreadable) -> None:
        """A record that cannot be read is rejected under the name its stream goes by here. Raises StopRun."""
        maps = self.mapper.stream_maps.get(record.stream)
        if not maps:
            raise InvalidInput(f"A record of stream {record.stream[:80]!r} came before its SCHEMA, and {record.reason}")
        if maps[0].stream_alias != TEST_STREAM:
            self.pipeline.refuse(maps[0].stream_alias, record.kept, record.reason)

    @override
    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        """Raises StopRun for a schema that the SDK cannot work with."""
        if isinstance(schema := message_dict.get("schema"), dict):
            message_dict = {**message_dict, "schema": QuickCopies(schema)}
        try:
            super()._process_schema_message(message_dict)
            self._refuse_unusable(message_dict["stream"])
            guard(self.mapper.stream_maps.get(message_dict["stream"], ()))
            self._note_direct(message_dict["stream"])
        except (StopRun, Interrupted, OSError):
            raise
        except Exception as failure:
            stream, reason = message_dict["stream"][:80], f"{type(failure).__name__}: {failure}".splitlines()[0]
            raise InvalidInput(f"The SCHEMA of stream {stream!r} cannot be used ({reason[:200]})") from failure

    def _refuse_unusable(self, stream: str) -> None:
        """Raises InvalidInput for a schema of which every record would be a reject, before the first of them."""
        for each in self.mapper.stream_maps.get(stream, ()):
            keys = each.transformed_key_properties or []
            if each.stream_alias == TEST_STREAM or isinstance(each, RemoveRecordTransform):
                continue
            if reason := self.pipeline.refusal(each.stream_alias, each.transformed_schema, keys):
                raise InvalidInput(f"The SCHEMA of stream {stream[:80]!r} cannot be used: {reason}")

    def _note_direct(self, stream: str) -> None:
        """Whether this stream's records go to the pipeline as they are, from now on."""
        self._direct.pop(stream, None)
        maps = self.mapper.stream_maps.get(stream, ())
        sink = self._sinks_active.get(stream)
        if isinstance(self.message_reader, OrjsonReader) and isinstance(sink, MicroPimSink) and sink.is_direct(maps):
            self._direct[stream] = sink

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Nothing: products are never taken away because a tap reads them anew."""

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        """The pipeline decides when a state may leave; the SDK's own rule forgets it on failure.

        See docs/decisions/0005-when-a-state-may-leave.md.
        """
        self._assert_line_requires(message_dict, requires={"value"})
        if self._probed and self._is_mere_test:
            self._write_state_message(message_dict["value"])
            return
        self.pipeline.checkpoint(message_dict["value"])

    @override
    def _handle_max_record_age(self) -> None:
        """Nothing: the pipeline keeps no records back, and a ticker lets states go."""

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End every wait; a read that may block for ever is ended at once."""
        self.clock.stop()
        if isinstance(self.message_reader, OrjsonReader) and self.message_reader.is_waiting:
            raise Interrupted(f"signal {signum}")

    @classproperty
    @override
    def _env_var_config(cls: Any) -> dict[str, Any]:  # noqa: N805 - the class, as the SDK has it
        return environment_of(cls)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        from target_micropim.settings.values import problems

        self.redactor.install()
        errors = checked_config(self, problems, self.redactor, reads_environment=self._reads_environment)
        if errors and raise_errors:
            raise ConfigValidationError("Settings refused", errors=errors, schema=self.config_jsonschema)
        return errors

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Stream maps and flattening only: this target adds no columns, loads by upsert and has no batches."""
        super(Target, cls).append_builtin_config(config_jsonschema)

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        command.params.extend(FLAGS)
        return quiet(command, cls.logger, WHAT, EXAMPLES)

    @classmethod
    @override
    def invoke(cls, *, about: bool = False, about_format: str | None = None, **given: Any) -> None:
        """Carry out a command line: ``given`` holds the SDK's config and file_input, and the flags of flags.py."""
        super(Target, cls).invoke(about=about, about_format=about_format)
        refuse_together(**{name: given[name] for name in ("check", "replay", "undo", "ledger", "probe", "explain")})
        cls.print_version(print_fn=cls.logger.info)
        config = given["config"]
        target = cls(
            config=config.config, validate_config=True, parse_env_config=config.parse_env, dry_run=given["dry_run"]
        )
        target.carry_out(given)

    def carry_out(self, given: Mapping[str, Any]) -> None:
        """What the command line asks for: one of the flags' errands, else a run over the input."""
        from target_micropim.commands import errands

        if given["probe"] is not None:
            errands.probe(self.connection, given)
        elif given["explain"] is not None:
            errands.explain(self.connection, given["explain"])
        elif given["check"]:
            errands.check(self.connection, self._feed_from(given["file_input"]))
        elif given["ledger"] == "rebind":
            errands.rebind_ledger(self.connection, dry_run=self.config["dry_run"])
        elif given["ledger"] == "create":
            errands.create_ledger(self.connection, dry_run=self.config["dry_run"])
        elif given["ledger"] is not None:
            errands.inspect_ledger(given["ledger"], self.connection)
        elif given["replay"] is not None:
            self.replay(given["replay"])
        elif given["undo"] is not None:
            self.undo(given["undo"])
        else:
            self.listen(given["file_input"])

    def _feed_from(self, file: Any) -> "Feed | None":
        """A way to send a file through the target to a preview, which stands where a pipeline would."""

        def feed(preview: "MatchPreview | LanguageLook") -> None:
            self._preview = preview
            self.listen(file)

        return None if file is None else feed
