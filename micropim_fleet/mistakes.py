"""What is wrong with a fleet file, by file, line and shop; several at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to correct. ``owner`` is whose it is, such as ``shop gent``."""

    line: int
    owner: str
    what: str

    def told(self, file: Path) -> str:
        """In the form that editors and CI jump to."""
        return ": ".join(filter(None, (f"{file}:{self.line}", self.owner, self.what)))


class WrongFleet(Exception):
    """The fleet file, or what it names, is wrong."""

    def __init__(self, file: Path, mistakes: Iterable[Mistake]) -> None:
        self.file = file
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(mistake.told(file) for mistake in self.mistakes))


class CannotGoOn(Exception):
    """Something outside of the fleet file: a file, the store, an executable. One line, without a secret."""


def nearest(name: str, known: Iterable[str]) -> str:
    """``; was X meant?``, where something is near."""
    (near, *_) = [*get_close_matches(name.lower(), list(known), 1), ""]
    return f"; was {near} meant?" if near else ""
