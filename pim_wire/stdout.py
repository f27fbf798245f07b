"""Standard output, written by the line: a host reads the last line of a run that ended anyhow."""

import sys

from pim_wire.errors import writing


def write_whole(data: bytes) -> None:
    """Write and flush all of it. Raises CannotWrite, or BrokenPipeError when the reader went away.

    With PYTHONUNBUFFERED, as in containers, stdout is a raw file, whose writes a signal cuts short.
    """
    rest = memoryview(data)
    with writing("Standard output"):
        while rest:
            rest = rest[sys.stdout.buffer.write(rest) or 0 :]
        sys.stdout.buffer.flush()
