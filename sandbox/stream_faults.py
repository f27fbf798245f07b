"""What the fault script does to the lines of a stream."""

import itertools
from collections.abc import Iterator

import orjson

from sandbox.faults import Fault

ERROR_LINE = b'{"error":{"status":500,"code":"internal_error","message":"Something went wrong."}}\n'
BROKEN_LINE = b'{"meta":{"total":1,"index":0},"result":{"id":"M00\n'


def broken_lines(lines: Iterator[bytes], fault: Fault) -> Iterator[bytes]:
    """Return the lines up to and including the damage; the delivery decides how the connection ends."""
    if fault.kind == "repeat_line":
        return _repeated(lines, fault.after_lines)
    first = itertools.islice(lines, fault.after_lines)
    return itertools.chain(first, _damage(lines, fault))


def _damage(lines: Iterator[bytes], fault: Fault) -> Iterator[bytes]:
    """What follows the good lines; nothing for the kinds that only end early."""
    match fault.kind:
        case "cut_mid_line":
            yield from _half_of_next(lines)
        case "error_line":
            yield fault.line or ERROR_LINE
        case "broken_line":
            yield fault.line or BROKEN_LINE
            yield from _after(lines)
        case "extra_line":
            yield fault.line or b"\n"
            yield from lines
        case "skip_line":
            yield from _after(lines)
        case "wrong_total":
            yield from (_more_total(line) for line in lines)


def _half_of_next(lines: Iterator[bytes]) -> Iterator[bytes]:
    line = next(lines, b"")
    yield line[: len(line) // 2]


def _after(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Everything but the line that is replaced or lost."""
    next(lines, b"")
    yield from lines


def _repeated(lines: Iterator[bytes], at: int) -> Iterator[bytes]:
    for number, line in enumerate(lines, start=1):
        yield line
        if number == at:
            yield line


def _more_total(line: bytes) -> bytes:
    payload = orjson.loads(line)
    payload["meta"]["total"] += 1
    return orjson.dumps(payload) + b"\n"
