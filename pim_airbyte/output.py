"""Standard output as Airbyte reads it: whole messages, one a line, from whichever thread; no secret in their words."""

from threading import Lock, current_thread, main_thread

from airbyte_protocol_dataclasses.models import AirbyteMessage

from pim_airbyte import messages
from pim_wire.clock import Clock
from pim_wire.redaction import Redactor
from pim_wire.stdout import write_whole

MILLISECONDS = 1000


class Output:
    """Writes messages to stdout. ``redactor`` masks the words of people's messages, never a record or a state.

    A stop signal must not tear a line: its handler reads ``is_writing``, which is about the main thread, before it
    interrupts.
    """

    def __init__(self, clock: Clock | None = None, redactor: Redactor | None = None) -> None:
        self._clock = clock or Clock()
        self._lock = Lock()
        self.redactor = redactor or Redactor([])
        self.is_writing = False

    @property
    def now(self) -> int:
        """The time for a message, in milliseconds."""
        return int(self._clock.wall() * MILLISECONDS)

    def mask(self, redactor: Redactor) -> None:
        """From now on, mask what this one knows, in the log as well."""
        self.redactor = redactor
        redactor.install()

    def write(self, message: AirbyteMessage) -> None:
        """Write a message. Raises CannotWrite, or BrokenPipeError when the reader went away."""
        self._mask(message)
        self.write_lines(messages.line(message))

    def write_lines(self, lines: bytes) -> None:
        """Write lines that are messages, in one write. Raises as ``write`` does."""
        is_main = current_thread() is main_thread()  # where signals are handled
        self.is_writing = self.is_writing or is_main
        try:
            with self._lock:
                write_whole(lines)
        finally:
            self.is_writing = self.is_writing and not is_main

    def _mask(self, message: AirbyteMessage) -> None:
        clean = self.redactor.clean
        if message.log is not None:
            message.log.message = clean(message.log.message)
            message.log.stack_trace = clean(message.log.stack_trace) if message.log.stack_trace else None
        if message.trace is not None and (error := message.trace.error) is not None:
            error.message = clean(error.message)
            error.internal_message = clean(error.internal_message) if error.internal_message else None
        if (status := message.connectionStatus) is not None and status.message:
            status.message = clean(status.message)
