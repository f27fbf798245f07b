"""From our failures to Airbyte's three kinds, in one table by the section of the page of errors. Pure.

``config_error``: a person has to change something. ``transient_error``: the next try may succeed by itself, and Airbyte
makes one. ``system_error``: a fault of the program or its machine.
"""

from collections.abc import Mapping

from airbyte_protocol_dataclasses.models import AirbyteMessage, FailureType

from pim_airbyte import messages
from pim_wire.errors import CannotWrite, Interrupted, StopRun, page_of

CONFIG, TRANSIENT, SYSTEM = FailureType.config_error, FailureType.transient_error, FailureType.system_error

COMMAND_LINE, PIPE, UNEXPECTED = "command-line", "pipe", "unexpected"
KINDS: Mapping[str, FailureType] = {
    "settings": CONFIG,
    "key-not-accepted": CONFIG,
    "input": CONFIG,
    "no-room": SYSTEM,
    "strange-answer": TRANSIENT,
    "probe": CONFIG,
    "shared-throttle": TRANSIENT,
    "no-answer": TRANSIENT,
    "address-refused": CONFIG,
    "answer-too-large": CONFIG,
    "not-complete": TRANSIENT,
    "limit-reached": CONFIG,
    "ledger": CONFIG,
    "another-shop": CONFIG,
    "state": CONFIG,
    "stopped-on-request": TRANSIENT,
    COMMAND_LINE: CONFIG,
    PIPE: SYSTEM,
    UNEXPECTED: SYSTEM,
}


class Incomplete(StopRun):
    """Streams were left out, each told before with its reason; ``kind`` is that of the worst."""

    section = "not-complete"

    def __init__(self, message: str, kind: FailureType) -> None:
        super().__init__(message)
        self.kind = kind


def section_of(failure: BaseException) -> str:
    """The section of the page of errors about a failure."""
    if isinstance(failure, StopRun | Interrupted):
        return failure.section
    if isinstance(failure, KeyboardInterrupt):
        return Interrupted.section
    if isinstance(failure, BrokenPipeError):
        return PIPE
    return CannotWrite.section if isinstance(failure, OSError) else UNEXPECTED


def kind_of(failure: BaseException) -> FailureType:
    """Who can do something about it: the person, time, or the programmer."""
    return failure.kind if isinstance(failure, Incomplete) else KINDS[section_of(failure)]


def told(failure: BaseException) -> str:
    """The failure in one line, with the page that says what to do."""
    return f"{_said(failure).removesuffix('.')} ({page_of(section_of(failure))})"


def _said(failure: BaseException) -> str:
    if isinstance(failure, StopRun):
        return str(failure)
    if isinstance(failure, Interrupted | KeyboardInterrupt):
        return "Stopped on request; the next run goes on from the last state written"
    if isinstance(failure, BrokenPipeError):
        return "The other side of the pipe stopped reading: its own last lines say why"
    if isinstance(failure, OSError) and failure.strerror:
        place = f" ({failure.filename})" if failure.filename else ""
        return f"The system refused: {failure.strerror}{place}: put that right, then run it again"
    text = str(failure).splitlines()[0][:200] if str(failure) else "no text"
    return f"Unexpected {type(failure).__name__}: {text} (--debug, or LOG_LEVEL=DEBUG, shows where)"


def trace(failure: BaseException, words: str, emitted_at: int) -> AirbyteMessage:
    """The TRACE of a failure that ends a run, in ``words``."""
    return messages.error(words, kind_of(failure), emitted_at, internal=type(failure).__name__)
