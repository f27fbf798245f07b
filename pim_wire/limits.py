"""What is held of strangers' input: bytes of a line or an answer, and levels of JSON in each other.

Levels count since what reads or writes JSON calls itself once a level (docs/decisions/0014).
"""

import re
from dataclasses import dataclass
from itertools import accumulate

import requests

LEAST_LINE_BYTES, LINE_BYTES, MOST_LINE_BYTES = 65_536, 16 * 1024 * 1024, 1024 * 1024 * 1024
LEAST_NESTING, NESTING, MOST_NESTING = 16, 128, 250  # orjson writes 254 levels and no more
LINES_IN_AN_ANSWER = 4  # a page holds many rows, though hardly four of the longest that is allowed
LEVELS_AROUND_A_ROW = 3
ERROR_BYTES = 65_536  # of an answer that is an error: enough for what it says
_CHUNK_BYTES = 65_536
_DOWN_AND_UP = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_LEAF = b"\x01\xff"
_LEVELS_OF_A_PAGE = 16  # more than a page of rows has; looking on costs more than counting step by step
_OTHERS = bytes(set(range(256)) - set(b'[]{}"'))
_IS_JSON = re.compile(rb"\s*[\[{]")
_STRING = re.compile(rb'"[^"]*"')


@dataclass(frozen=True)
class SizeLimits:
    """The settings ``max_line_bytes`` and ``max_nesting``, and what follows from them for whole answers."""

    line_bytes: int = LINE_BYTES
    nesting: int = NESTING

    @property
    def answer_bytes(self) -> int:
        """Most bytes, after decompression, of an answer that is read whole."""
        return LINES_IN_AN_ANSWER * self.line_bytes

    def refusal(self, response: requests.Response, *, but_depth: bool = False) -> str | None:
        """Read a good answer whole; in words what is too much of it, or None."""
        if not hold_body(response, self.answer_bytes):
            return f"with more than {self.answer_bytes} bytes ({LINES_IN_AN_ANSWER} times max_line_bytes)"
        return None if but_depth else self.too_deep(response.content)

    def too_deep(self, answer: bytes) -> str | None:
        """In words that an answer is nested too deep, or None."""
        if _IS_JSON.match(answer) and is_nested_deeper(answer, self.nesting + LEVELS_AROUND_A_ROW):
            return f"nested more than {self.nesting} levels deep (max_nesting)"
        return None


def hold_body(response: requests.Response, most: int) -> bool:
    """Read an answer's body, at most ``most`` bytes of it after decompression; whether that was all."""
    parts: list[bytes] = []
    held = 0
    for chunk in response.iter_content(_CHUNK_BYTES):
        parts.append(chunk)
        held += len(chunk)
        if held > most:
            response.close()
            break
    response._content = b"".join(parts)[:most]  # noqa: SLF001 - where requests keeps a body that has been read
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
    return held <= most


def is_nested_deeper(text: bytes | bytearray, most: int) -> bool:
    """Whether arrays and objects lie in each other more than ``most`` deep; what is no JSON may count as either.

    Nothing is deeper than it has opening brackets: counting them is enough for nearly every line. Leaving them out
    finds them with the processor's own search, where ``count`` looks at each byte: half the time, for the same number.
    """
    if 2 * len(text) - len(text.replace(b"{", b"")) - len(text.replace(b"[", b"")) <= most:
        return False
    return _depth(_steps(text)) > most


def _depth(steps: bytes) -> int:
    """The deepest level that steps lead to.

    A step down and up again is a leaf: without its leaves all of it is one level lower, and nothing is left of what
    lies no deeper than rows do. Only the rest is counted step by step, in a tenth of the time.
    """
    peeled = 0
    while peeled < _LEVELS_OF_A_PAGE and len(rest := steps.replace(_LEAF, b"")) < len(steps):
        steps, peeled = rest, peeled + 1
    return peeled + max(accumulate(memoryview(steps).cast("b")), default=0)


def _steps(text: bytes | bytearray) -> bytes:
    """Each bracket that is not within a string as a step: 1 down, -1 (255) up."""
    if b'\\"' in text:
        text = (text.replace(b"\\\\", b"") if b"\\\\" in text else text).replace(b'\\"', b"")
    marks = text.translate(_DOWN_AND_UP, _OTHERS)
    bare = marks.replace(b'""', b"")  # strings without brackets; where quotes are left over, a string holds some
    return bytes(_STRING.sub(b"", marks) if b'"' in bare else bare)
