"""target-micropim: settings in, Singer messages handed to the run, and how the run ends."""

from functools import cached_property
from types import FrameType
from typing import Any, ClassVar

import click
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from singer_sdk.target_base import Target
from typing_extensions import override

from pim_wire.clock import Clock
from pim_wire.errors import Interrupted
from pim_wire.plugin import checked_config, quiet
from pim_wire.redaction import Redactor
from target_micropim.engine import Engine
from target_micropim.messages import OrjsonReader
from target_micropim.run import Run
from target_micropim.settings import SETTINGS
from target_micropim.settings_values import TargetSettings, problems
from target_micropim.sinks import MicroPimSink


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

    def __init__(self, *args: Any, clock: Clock | None = None, **kwargs: Any) -> None:
        """``clock`` is the seam for tests: nothing else in the target waits or asks the time."""
        self.clock = clock or Clock()
        super().__init__(*args, **kwargs)
        if isinstance(self.message_reader, OrjsonReader):
            self.message_reader.on_failure = self._abort
            self.message_reader.is_stopped = lambda: self.clock.stopped
        self._max_parallelism = 1  # sinks only hand over; the engine has its own pool

    @cached_property
    def run(self) -> Run:
        """The run, opened when the first message needs it. Raises LedgerUnusable, OSError."""
        agent = f"{self.name}/{self.plugin_version}"
        return Run(
            self.config, TargetSettings.read(self.config), agent, self.clock, self.redactor, self._write_state_message
        )

    @property
    def engine(self) -> Engine:
        """The engine of the run."""
        return self.run.engine

    @cached_property
    def redactor(self) -> Redactor:
        """Masks the key in whatever this target writes."""
        return Redactor([str(self.config.get("api_key", "")).strip()])

    @override
    def process_endofpipe(self) -> None:
        try:
            self.run.finish()
        except BaseException as failure:
            self._abort(failure)
            raise
        super().process_endofpipe()

    def _abort(self, failure: BaseException) -> None:
        """Whatever ends the run early: what is safe is kept, the report says why."""
        if "run" in self.__dict__:
            self.run.abort(failure)

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        """A record that is no object goes to the engine as it is, to be rejected: the SDK would fail on it."""
        self._assert_line_requires(message_dict, requires={"stream", "record"})
        if isinstance(message_dict["record"], dict):
            super()._process_record_message(message_dict)
        else:
            self._assert_sink_exists(message_dict["stream"])
            self.engine.receive(message_dict["stream"], message_dict["record"])

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        """The engine decides when a state may leave; the SDK's own rule forgets it on failure (singer.md 1.5)."""
        self._assert_line_requires(message_dict, requires={"value"})
        self.engine.checkpoint(message_dict["value"])

    @override
    def _handle_max_record_age(self) -> None:
        """Nothing: the engine keeps no records back, and a ticker lets states go."""

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End every wait; a read that may block for ever is ended at once."""
        self.clock.stop()
        if isinstance(self.message_reader, OrjsonReader) and self.message_reader.is_waiting:
            raise Interrupted(f"signal {signum}")

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self.redactor.install()
        errors = checked_config(self, problems, self.redactor)
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
        return quiet(super().get_singer_command(), cls.logger)
