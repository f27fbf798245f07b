"""Faults of the target's input, as a broken tap or pipe causes them."""

from collections.abc import Callable, Iterator

from trials.faults.case import Case, ExpectedMessage, Injection, Outcome
from trials.faults.fixture import Fixture

Change = Callable[[list[bytes]], list[bytes]]


def input_cases() -> Iterator[Case]:
    """The input ends too early, or is not what it should be; the next run gets it whole."""
    half = _given(lambda lines: lines[: len(lines) // 2])
    message = ExpectedMessage(
        "of 55 records rejected", "rejects.jsonl", "errors/#limit-reached"
    )  # without their parent
    yield Case("target", "the input ends early, at a line end", half, Outcome.STOPPED, message)
    message = ExpectedMessage("not a Singer message", "Input line", "errors/#input")
    for name, change in {
        "the input ends in the middle of a line": lambda lines: [*lines[:60], lines[60][:50]],
        "a line of the input is not JSON": lambda lines: [*lines[:60], b"oops\n", *lines[60:]],
    }.items():
        yield Case("target", name, _given(change), Outcome.STOPPED, message)


def _given(change: Change) -> Injection:
    def act(fixture: Fixture) -> None:
        file = fixture.folder / "given.jsonl"
        content = file.read_bytes()
        file.write_bytes(b"".join(change(content.splitlines(keepends=True))))
        fixture.undo.append(lambda: file.write_bytes(content) and None)

    return Injection(act)
