"""Faults of the target's input, for which a tap or a pipe is to blame."""

from collections.abc import Callable, Iterator

from trials.faults.case import Case, Outcome, Says, Strike
from trials.faults.scene import Scene

Change = Callable[[list[bytes]], list[bytes]]


def input_cases() -> Iterator[Case]:
    """The input ends too early, or is not what it should be; the next run gets it whole."""
    half = _given(lambda lines: lines[: len(lines) // 2])
    yield Case("target", "the input ends early, at a line end", half, Outcome.NEXT_RUN)
    says = Says("not a Singer message", "Input line", "errors.md#input")
    for name, change in {
        "the input ends in the middle of a line": lambda lines: [*lines[:60], lines[60][:50]],
        "a line of the input is not JSON": lambda lines: [*lines[:60], b"oops\n", *lines[60:]],
    }.items():
        yield Case("target", name, _given(change), Outcome.STOPPED, says)


def _given(change: Change) -> Strike:
    def act(scene: Scene) -> None:
        file = scene.folder / "given.jsonl"
        whole = file.read_bytes()
        file.write_bytes(b"".join(change(whole.splitlines(keepends=True))))
        scene.undo.append(lambda: file.write_bytes(whole) and None)

    return Strike(act)
