"""Standard output, written by the line: a host reads the last line of a run that ended anyhow."""

import sys

from pim_wire.errors import writing


def write_whole(data: bytes) -> None:
    """Write and flush all of it. Raises CannotWrite, or BrokenPipeError when the reader went away.

    With PYTHONUNBUFFERED, as in containers, stdout is a raw file, whose writes a signal cuts short.
    """
    out = getattr(sys.stdout, "buffer", None)
    with writing("Standard output"):
        if out is None:  # a test of the SDK collects text in memory
            sys.stdout.write(data.decode())
            return
        rest = memoryview(data)
        while rest:
            rest = rest[out.write(rest) or 0 :]
        out.flush()
