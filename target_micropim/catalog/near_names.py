"""Names of MicroPIM that may be meant by a name of the source: they differ in accents, signs or a letter."""

import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches

_LIKENESS = 0.8
_MOST_COMPARED = 200  # names that begin alike
_MOST_SEARCHES = 300  # a thousand unknown brands shall not cost minutes
_BEGINNING = 2  # letters
_TELLING = 4  # letters: "Mylan" may be meant by "Mylan Viatris", "La" by nothing


class NearNames:
    """Finds the nearest of many names; names are compared only with those that begin like them."""

    def __init__(self, ids: Mapping[str, int]) -> None:
        self._ids = ids
        self._searches = 0
        self._by_letters: dict[str, list[str]] = {}
        self._by_beginning: dict[str, dict[str, str]] = {}
        for name in sorted(ids):
            letters = _letters(name)
            self._by_letters.setdefault(letters, []).append(name)
            self._by_beginning.setdefault(letters[:_BEGINNING], {}).setdefault(letters, name)

    def find(self, name: str) -> tuple[str, int] | None:
        """The nearest name with its id; None where none is near, or several are equally."""
        letters = _letters(name)
        if not letters:
            return None
        found = self._by_letters.get(letters, [])
        if not found:
            alike = list(self._by_beginning.get(letters[:_BEGINNING], {}))[:_MOST_COMPARED]
            self._searches += 1
            if self._searches > _MOST_SEARCHES:
                return None
            longer = [other for other in alike if _is_beginning(other, letters) or _is_beginning(letters, other)]
            near = longer if len(longer) == 1 else get_close_matches(letters, alike, 1, _LIKENESS)
            found = [name for other in near for name in self._by_letters[other]]
        return (found[0], self._ids[found[0]]) if len({self._ids[one] for one in found}) == 1 else None


def _is_beginning(one: str, other: str) -> bool:
    return len(one) >= _TELLING and other.startswith(one)


def _letters(name: str) -> str:
    """Letters and digits alone, without accents."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain if letter.isalnum() and not unicodedata.combining(letter))
