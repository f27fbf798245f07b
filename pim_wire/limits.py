"""Size limits for input from outside: bytes of a line or an answer, and levels of nested JSON.

Nesting is limited since readers and writers of JSON recurse once per level (docs/decisions/0014).
"""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import requests

MIN_LINE_BYTES, LINE_BYTES, MAX_LINE_BYTES = 65_536, 16 * 1024 * 1024, 1024 * 1024 * 1024
MIN_NESTING, NESTING, MAX_NESTING = 16, 128, 250  # orjson writes at most 254 levels
LINES_IN_AN_ANSWER = 4  # a page has many rows, though hardly four of the longest allowed one
LEVELS_AROUND_A_ROW = 3
ERROR_BYTES = 65_536  # of an error's body: enough for its message
_CHUNK_BYTES = 65_536
_BRACKETS_TO_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_LEAF = b"\x01\xff"
_LEVELS_OF_A_PAGE = 16  # more than a page of rows has; further passes cost more than counting step by step
_OTHERS = bytes(set(range(256)) - set(b'[]{}"'))
_IS_JSON = re.compile(rb"\s*[\[{]")
_STRING = re.compile(rb'"[^"]*"')


@dataclass(frozen=True)
class SizeLimits:
    """The settings ``max_line_bytes`` and ``max_nesting``, and the limits for whole answers derived from them."""

    line_bytes: int = LINE_BYTES
    nesting: int = NESTING

    @cached_property
    def answer_bytes(self) -> int:
        """Most bytes, after decompression, of an answer that is read whole."""
        return LINES_IN_AN_ANSWER * self.line_bytes

    def read_answer(self, response: requests.Response, *, is_streamed: bool, check_nesting: bool) -> str | None:
        """Read a good answer whole unless it is streamed, of an error the beginning.

        A description of the limit that it exceeds, or None.
        """
        if not response.ok:
            read_body(response, ERROR_BYTES)
            return None
        if is_streamed:
            return None
        most = self.answer_bytes
        if not read_body(response, most):
            return f"with more than {most} bytes ({LINES_IN_AN_ANSWER} times max_line_bytes)"
        return self.too_deep(response.content) if check_nesting else None

    def too_deep(self, answer: bytes) -> str | None:
        """A description of the limit when an answer is nested too deep, or None."""
        if _IS_JSON.match(answer) and is_nested_deeper(answer, self.nesting + LEVELS_AROUND_A_ROW):
            return f"nested more than {self.nesting} levels deep (max_nesting)"
        return None


def read_body(response: requests.Response, limit: int) -> bool:
    """Read at most ``limit`` bytes of a body, counted after decompression; whether that was all of it."""
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(_CHUNK_BYTES):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            response.close()
            break
    response._content = b"".join(chunks)[:limit]  # noqa: SLF001 - where requests keeps a body that has been read
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
    return size <= limit


def is_nested_deeper(text: bytes | bytearray, limit: int) -> bool:
    """Whether arrays and objects are nested more than ``limit`` deep; of text that is no JSON the answer is arbitrary.

    Nesting is never deeper than the number of opening brackets, and for nearly every line counting them is enough.
    ``replace`` finds them with the processor's own search, where ``count`` examines each byte: it takes half the time.
    """
    if 2 * len(text) - len(text.replace(b"{", b"")) - len(text.replace(b"[", b"")) <= limit:
        return False
    return _depth(_steps(text)) > limit


def _depth(steps: bytes) -> int:
    """The deepest level that steps lead to.

    A step down followed by a step up is a leaf. Without its leaves everything is one level lower, and of values no
    deeper than rows nothing remains. Only the rest is counted step by step: a tenth of the time.
    """
    removed = 0
    while removed < _LEVELS_OF_A_PAGE and len(pruned := steps.replace(_LEAF, b"")) < len(steps):
        steps, removed = pruned, removed + 1
    return removed + max(accumulate(memoryview(steps).cast("b")), default=0)


def _steps(text: bytes | bytearray) -> bytes:
    """Each bracket outside of strings as a step: 1 down, -1 (255) up."""
    if b'\\"' in text:
        text = (text.replace(b"\\\\", b"") if b"\\\\" in text else text).replace(b'\\"', b"")
    marks = text.translate(_BRACKETS_TO_STEPS, _OTHERS)
    steps = marks.replace(b'""', b"")  # strings without brackets; a remaining quote means a string with brackets
    return bytes(_STRING.sub(b"", marks) if b'"' in steps else steps)
