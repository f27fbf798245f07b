"""What one reading has met, and whether that was all. Pure.

``HighWaterMark`` holds the newest update time and the rows there. ``Completeness`` says whether nothing can be missing.
"""

from tap_medipim.records import Row, key_of, updated_at

_MOST_BAD = 1000  # more prove nothing, and are read once more


class HighWaterMark:
    """Tells new rows from repeated ones across resumed answers and overlapping pages.

    ``edge`` is the newest update time so far, ``second`` that of the row looked at last. ``dated`` counts admitted rows
    that have an update time, since a row without one comes again with every answer.
    """

    def __init__(self, since: int) -> None:
        self.start = since
        self.edge: int | None = None
        self.second: int | None = None
        self.in_order = True
        self.dated = 0
        self._at_edge: set[str] = set()
        self._second_before: set[str] = set()

    def admit(self, row: Row) -> bool:
        """Whether this version of the row is new; remembers it."""
        self.second = second = updated_at(row)
        if second is None:
            return True
        key = str(key_of(row))
        if self.edge is None or second > self.edge:
            self._second_before = self._at_edge if self.edge == second - 1 else set()
            self._at_edge, self.edge = {key}, second
        elif (keys := self._keys_at(second)) is None:
            self.in_order = False
        elif key in keys:
            return False
        else:
            self.in_order = self.in_order and second == self.edge
            keys.add(key)
        self.dated += 1
        return True

    def knows(self, row: Row) -> bool:
        """Whether this version of the row was admitted before, as far as that is remembered."""
        second = updated_at(row)
        return second is not None and str(key_of(row)) in (self._keys_at(second) or ())

    def _keys_at(self, second: int) -> set[str] | None:
        """The keys admitted at the edge or one second before it; None for any other time."""
        if self.edge is None:
            return None
        return {0: self._at_edge, 1: self._second_before}.get(self.edge - second)

    def resume_from(self) -> int:
        """Where to ask from next: one second before the edge, since nobody knows whether the bound is inclusive."""
        if self.edge is None or not self.in_order:
            return self.start
        return max(self.start, self.edge - 1)


class Completeness:
    """Whether one reading, of one question or of several that each went on at the edge, met all that there was.

    Going on at the edge trusts that rows come in the order of the time that they show, and nobody promises that
    (docs/api/medipim.md#incremental): what stands further back is not asked for again. One answer that is complete
    proves itself. Several prove it by number: the first one told how many rows there were, and so many that are older
    than it were given. A row that is touched meanwhile counts as newer, so that it never hides a missing one.
    """

    def __init__(self) -> None:
        self._questions = 0
        self._total: int | None = None
        self._older = 0
        self._bad: set[tuple[str, int]] = set()
        self._undated: set[str] = set()

    def ask(self, *, from_start: bool) -> None:
        """One more question is sent; one that begins where the first began stands for all before it."""
        self._questions = 1 if from_start else self._questions + 1

    def tell(self, total: int | None) -> None:
        """How many rows the answer has; None when that is not told for certain."""
        if self._questions == 1:
            self._total = total

    def count(self, second: int | None, first_answer: int | None) -> None:
        """A row was given; its update time, and the service's time at the first answer."""
        if second is not None and first_answer is not None and second < first_answer:
            self._older += 1

    def count_bad(self, key: str, second: int, first_answer: int | None) -> None:
        """A row that cannot be read was there; once, however often answers show it."""
        if (key, second) not in self._bad and len(self._bad) < _MOST_BAD:
            self._bad.add((key, second))
            self.count(second, first_answer)

    def count_undated(self, key: str) -> None:
        """A row without an update time was given; once, however often answers show it."""
        if key not in self._undated and len(self._undated) < _MOST_BAD:
            self._undated.add(key)
            self._older += 1

    @property
    def is_proven(self) -> bool:
        """Whether nothing can be missing, once the last question was answered to its end."""
        return self._questions <= 1 or (self._total is not None and self._older >= self._total)
