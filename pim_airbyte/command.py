"""The command line of an Airbyte connector: ``spec``, ``check``, ``discover``, ``read``, ``write``.

Whatever happens is a message on stdout and an exit code. A check that fails is an answer: its exit code is 0. Every
other failure is a TRACE, and exit code 1; stopped on request it is 130.
"""

import argparse
import logging
import os
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, ClassVar, NoReturn

from airbyte_protocol_dataclasses.models import AirbyteCatalog, ConfiguredAirbyteCatalog, ConnectorSpecification
from typing_extensions import override

from pim_airbyte import failures, messages
from pim_airbyte.files import configured, read_json, read_text
from pim_airbyte.form import Form
from pim_airbyte.logs import logs_as_messages, wants_debug
from pim_airbyte.output import Output
from pim_wire.clock import Clock
from pim_wire.errors import Interrupted, StopRun
from pim_wire.startup import EXIT_INTERRUPTED
from pim_wire.stdout import discard_stdout

logger = logging.getLogger(__name__)

EXIT_FAILED = 1
CONFIG, CATALOG, STATE = "--config", "--catalog", "--state"
FILES: Mapping[str, tuple[str, ...]] = {
    "spec": (),
    "check": (CONFIG,),
    "discover": (CONFIG,),
    "read": (CONFIG, CATALOG),
    "write": (CONFIG, CATALOG),
}


@dataclass(frozen=True)
class Given:
    """What a command was given, read and checked: the settings, and for a run its catalog and state.

    ``state`` is the text of the file as it came; its source judges it. ``clock`` ends every wait when it is stopped.
    """

    settings: dict[str, Any]
    output: Output
    clock: Clock
    catalog: ConfiguredAirbyteCatalog
    state: bytes | None = None


class Connector(ABC):
    """A source or a destination. Each method raises StopRun for what a person has to know."""

    name: ClassVar[str]
    form: ClassVar[Form]

    @abstractmethod
    def spec(self) -> ConnectorSpecification:
        """The form, and what the connector can do."""

    @abstractmethod
    def check(self, given: Given) -> None:
        """Ask the service one cheap question."""

    def may_interrupt(self) -> bool:
        """Whether a stop signal may end what the main thread does just now; else the next wait ends."""
        return True


class Source(Connector):
    """What reads."""

    @abstractmethod
    def discover(self, given: Given) -> AirbyteCatalog:
        """The streams that these settings offer."""

    @abstractmethod
    def read(self, given: Given) -> None:
        """Write the records of the configured streams, and their states."""


class Destination(Connector):
    """What writes."""

    @abstractmethod
    def write(self, given: Given) -> None:
        """Take messages from stdin, and give back states when all before them is safe."""


class _Arguments(argparse.ArgumentParser):
    """Raises instead of printing a usage that nobody reads."""

    @override
    def error(self, message: str) -> NoReturn:
        raise WrongArguments(f"{message}: --help lists what can be given")


class WrongArguments(StopRun):
    """The command line is not one of a connector."""

    section = failures.COMMAND_LINE


def main(connector: Connector, arguments: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """Carry out the arguments; the exit code."""
    clock = clock or Clock()
    output = Output(clock)
    try:
        options = _parser(connector).parse_args(arguments)
    except SystemExit:  # --help
        return 0
    except StopRun as failure:
        return _ended(connector, failure, output)
    with (
        logs_as_messages(output, debug=options.debug or wants_debug(os.environ)),
        _stop_signals(connector, output, clock),
    ):
        try:
            _carry_out(connector, options, output, clock)
        except BaseException as failure:  # noqa: BLE001 - the outermost frame: every failure becomes a message and a code
            return _ended(connector, failure, output)
    return 0


def _parser(connector: Connector) -> argparse.ArgumentParser:
    parser = _Arguments(prog=connector.name, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Arguments)
    common = _Arguments(add_help=False)
    common.add_argument("--debug", action="store_true", help="log everything")
    for name, files in FILES.items():
        if not hasattr(connector, name):
            continue
        command = commands.add_parser(name, parents=[common], allow_abbrev=False)
        for option in files:
            command.add_argument(option, type=Path, required=True, metavar="FILE")
        if name == "read":
            command.add_argument(STATE, type=Path, metavar="FILE")
    return parser


def _carry_out(connector: Connector, options: argparse.Namespace, output: Output, clock: Clock) -> None:
    if options.command == "spec":
        output.write(messages.specification(connector.spec()))
        return
    values = read_json(options.config, CONFIG)
    output.mask(connector.form.redactor(values))
    if options.command == "check":
        output.write(messages.connection_status(_refusal(connector, values, output, clock)))
        return
    settings, nothing = connector.form.settings(values), ConfiguredAirbyteCatalog([])
    if options.command == "discover" and isinstance(connector, Source):
        output.write(messages.catalog(connector.discover(Given(settings, output, clock, nothing))))
        return
    catalog = configured(read_json(options.catalog, CATALOG))
    if isinstance(connector, Source):
        state = read_text(options.state, STATE) if options.state else None
        connector.read(Given(settings, output, clock, catalog, state))
    elif isinstance(connector, Destination):
        connector.write(Given(settings, output, clock, catalog))


def _refusal(connector: Connector, values: Any, output: Output, clock: Clock) -> str | None:
    """Why these settings do not serve. That they do not is an answer, and no failure of the check."""
    try:
        settings = connector.form.settings(values)
        connector.check(Given(settings, output, clock, ConfiguredAirbyteCatalog([])))
    except BrokenPipeError:
        raise
    except (StopRun, OSError) as failure:
        return connector.form.in_its_words(failures.told(failure))
    return None


def _ended(connector: Connector, failure: BaseException, output: Output) -> int:
    """Say why; the exit code."""
    is_stopped = isinstance(failure, Interrupted | KeyboardInterrupt)
    words = connector.form.in_its_words(failures.told(failure))
    try:
        logger.debug("The failure in full", exc_info=failure)
        output.write(failures.trace(failure, words, output.now))
    except BrokenPipeError:
        discard_stdout()
    except StopRun:  # stdout is closed, or its disk is full: nothing but stderr is left
        sys.stderr.write(f"{output.redactor.clean(words)}\n")
    return EXIT_INTERRUPTED if is_stopped else EXIT_FAILED


@contextmanager
def _stop_signals(connector: Connector, output: Output, clock: Clock) -> Iterator[None]:
    """SIGTERM, Ctrl-C: end every wait now, but never within a line that is being written."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        is_first = not clock.stopped
        clock.stop()
        if is_first and not output.is_writing and connector.may_interrupt():
            raise Interrupted("told to stop")

    if current_thread() is not main_thread():  # a program that runs connectors in its threads has its own handlers
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
