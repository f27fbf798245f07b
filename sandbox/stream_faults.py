"""What the fault script does to the lines of a stream."""

import itertools
from collections.abc import Iterator

import orjson

from sandbox.faults import Fault

ERROR_LINE = b'{"error":{"status":500,"code":"internal_error","message":"Something went wrong."}}\n'
BROKEN_LINE = b'{"meta":{"total":1,"index":0},"result":{"id":"M00\n'


def broken_lines(lines: Iterator[bytes], fault: Fault) -> Iterator[bytes]:
    """Return the lines up to and including the damage; the delivery decides how the connection ends."""
    first = itertools.islice(lines, fault.after_lines)
    match fault.kind:
        case "cut_mid_line":
            return itertools.chain(first, _half_of_next(lines))
        case "error_line":
            return itertools.chain(first, [fault.line or ERROR_LINE])
        case "broken_line":
            return itertools.chain(first, [fault.line or BROKEN_LINE], _after(lines))
        case "extra_line":
            return itertools.chain(first, [fault.line or b"\n"], lines)
        case "skip_line":
            return itertools.chain(first, _after(lines))
        case "repeat_line":
            return _repeated(lines, fault.after_lines)
        case "wrong_total":
            return itertools.chain(first, (_more_total(line) for line in lines))
        case _:
            return first


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
