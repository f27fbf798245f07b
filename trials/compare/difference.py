"""Two recordings side by side: a line a night, and the first difference of one that differs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from trials.compare.rules import bare

Texts = Mapping[str, str]
MOST_LINES = 3  # of each side
BEFORE, AFTER = 60, 200  # letters around the place where two lines part


def compared(old: Mapping[str, Texts], new: Mapping[str, Texts]) -> Iterator[tuple[str, list[str]]]:
    """Each night with what is said about its first difference; nothing where it is equal."""
    for night in dict.fromkeys([*old, *new]):
        if night not in old or night not in new:
            yield night, ["is only in the " + ("new" if night in new else "old") + " recording"]
        else:
            yield night, next(differences(old[night], new[night]), [])


def differences(old: Texts, new: Texts) -> Iterator[list[str]]:
    """What differs, text by text in the order of the night."""
    for name in dict.fromkeys([*old, *new]):
        if name not in old or name not in new:
            yield [f"{name}: only the {'new' if name in new else 'old'} one wrote it"]
            continue
        before, after = bare(name, old[name]), bare(name, new[name])
        if before != after:
            yield [f"{name}:", *_first_hunk(before, after)]


def _first_hunk(before: str, after: str) -> list[str]:
    """The first lines of the part that differs, without what stands equal before and behind it."""
    gone, come = before.splitlines(keepends=True), after.splitlines(keepends=True)
    head = _shared(gone, come)
    tail = _shared(gone[head:][::-1], come[head:][::-1])
    gone, come = gone[head : len(gone) - tail], come[head : len(come) - tail]
    place = _shared(gone[0], come[0]) if gone and come else 0
    marked = [("-", line) for line in gone[:MOST_LINES]] + [("+", line) for line in come[:MOST_LINES]]
    return [f"line {head + 1}: {len(gone)} lines became {len(come)}", *(f"{m} {_around(t, place)}" for m, t in marked)]


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items stand equal at the beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _around(line: str, place: int) -> str:
    start = max(0, place - BEFORE)
    part = line[start : place + AFTER].encode("unicode_escape").decode()
    return f"{'…' if start else ''}{part}{'…' if len(line) > place + AFTER else ''}"


def save(folder: Path, night: str, texts: Texts) -> None:
    """A recording on disk: a folder a night, a folder a step, raw."""
    for name, text in texts.items():
        file = folder / night / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())


def load(folder: Path) -> dict[str, dict[str, str]]:
    """A recording from disk, in the order of its names."""
    nights: dict[str, dict[str, str]] = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        night, name = file.relative_to(folder).as_posix().split("/", 1)
        nights.setdefault(night, {})[name] = file.read_bytes().decode()
    return nights
