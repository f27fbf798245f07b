"""What has been read of a set that is ordered by update time: the edge, and the rows at the edge. Pure.

Law: the bookmark moves only past what is certain. As long as rows come in order, all before the newest one is certain;
the first row out of order makes nothing certain until the whole set has been read (medipim.md section 8).
"""

from typing import Any

from tap_medipim.normalise import updated_at

# No documented filter means "everything"; every product has an update time, and 0 could be read as "not given".
BEGINNING = 1


class Frontier:
    """Tells new rows from repeated ones across resumed answers and overlapping pages."""

    def __init__(self, since: int) -> None:
        self.start = since
        self.edge: int | None = None
        self.in_order = True
        self.dated = 0  # rows admitted that have an update time: one without comes again with every answer
        self._at_edge: set[str] = set()
        self._second_before: set[str] = set()

    def admit(self, row: dict[str, Any]) -> bool:
        """Whether the row was not given before in this version; remembers it."""
        moment, key = updated_at(row), str(row["id"])
        if moment is None:
            return True
        if not self._is_new(moment, key):
            return False
        self.dated += 1
        return True

    def _is_new(self, moment: int, key: str) -> bool:
        if self.edge is None or moment > self.edge:
            self._second_before = self._at_edge if self.edge == moment - 1 else set()
            self._at_edge, self.edge = {key}, moment
            return True
        known = self._keys_at(moment)
        if known is None:
            self.in_order = False
            return True
        if key in known:
            return False
        self.in_order = self.in_order and moment == self.edge
        known.add(key)
        return True

    def knows(self, row: dict[str, Any]) -> bool:
        """Whether the row was given before in this version, as far as that is remembered."""
        moment = updated_at(row)
        return moment is not None and str(row["id"]) in (self._keys_at(moment) or ())

    def _keys_at(self, moment: int) -> set[str] | None:
        """What was given at the edge or one second before it; None for any other time."""
        if self.edge is None:
            return None
        return {0: self._at_edge, 1: self._second_before}.get(self.edge - moment)

    def resume_from(self) -> int:
        """Where to ask from next: one second before the edge, since nobody knows whether the bound is inclusive."""
        if self.edge is None or not self.in_order:
            return self.start
        return max(self.start, self.edge - 1)
