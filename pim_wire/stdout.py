"""Standard output, flushed after each write: a host reads the last line even of a run that was killed."""

import os
import sys

from pim_wire.errors import CannotWrite, not_written

CLOSED = "Standard output is closed: start the command with one, or with > /dev/null"


def write_whole(data: bytes) -> None:
    """Write and flush all bytes. Raises CannotWrite, or BrokenPipeError when the reader went away.

    With PYTHONUNBUFFERED, as in containers, stdout is a raw file, and a signal may cut a write short.
    """
    if sys.stdout is None:
        raise CannotWrite(CLOSED)
    stream = getattr(sys.stdout, "buffer", None)
    try:
        if stream is None:  # the SDK's test suite replaces stdout by text in memory
            sys.stdout.write(data.decode())
            return
        remaining = memoryview(data)
        while remaining:
            remaining = remaining[stream.write(remaining) or 0 :]
        stream.flush()
    except OSError as error:
        raise not_written("Standard output", error) from None


def discard_stdout() -> None:
    """Redirect stdout to the null device, so that the interpreter's last flush does not fail as well."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
