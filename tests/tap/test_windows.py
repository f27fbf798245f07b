"""Windows over a set that moves while it is read: nothing lost, nothing twice, whatever the server's bounds mean."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_medipim import windows as module
from tap_medipim.client import Page
from tap_medipim.errors import StreamFailed
from tap_medipim.windows import Question, Span, Windows
from tests.support.examples import examples

CAP = 40
SIZE = 10


class MovingServer:
    """Rows that may be touched between two pages; clipped or true totals, inclusive or exclusive bounds."""

    def __init__(
        self, rows: dict[int, tuple[int, int | None]], *, touches: int, inclusive: bool, clip: bool, seed: int
    ) -> None:
        self.rows = dict(rows)
        self.now = max((updated for updated, _ in rows.values()), default=0) + 100
        self._random = random.Random(seed)
        self._touches = touches
        self._inclusive = inclusive
        self._clip = clip
        self.asked = 0

    def ask(self, question: Question, number: int) -> Page:
        self.asked += 1
        matching = sorted(key for key, row in self.rows.items() if self._matches(question, row))
        if question.descending:
            matching.reverse()
        assert (number + 1) * SIZE <= CAP, "asked beyond the cap"
        page = [self._shown(key) for key in matching[number * SIZE : (number + 1) * SIZE]]
        total = min(len(matching), CAP) if self._clip else len(matching)
        for _ in range(self._touches):
            self._touch()
        return Page(page, total)

    def _touch(self) -> None:
        self.now += 1
        key = self._random.choice(list(self.rows))
        self.rows[key] = (self.now, self.rows[key][1])

    def _shown(self, key: int) -> dict[str, Any]:
        updated, created = self.rows[key]
        return {"id": key, "meta": {"updatedAt": updated, "createdAt": created}}

    def _matches(self, question: Question, row: tuple[int, int | None]) -> bool:
        updated, created = row
        if not self._between(updated, question.updated.bounds()):
            return False
        if question.without_creation:
            return created is None
        return question.created is None or (created is not None and self._between(created, question.created.bounds()))

    def _between(self, value: int, bounds: dict[str, int]) -> bool:
        if self._inclusive:
            return bounds["from"] <= value <= bounds["until"]
        return bounds["from"] < value < bounds["until"] or (bounds["from"] == 0 and value == 0)


@pytest.fixture(autouse=True)
def small_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty reachable rows instead of ten thousand."""
    monkeypatch.setattr(module, "MAX_REACHABLE_ROWS", CAP)


times = st.integers(min_value=1, max_value=300)
catalogues = st.dictionaries(
    st.integers(min_value=1, max_value=400), st.tuples(times, st.none() | times), min_size=1, max_size=150
)


@examples(150)
@given(
    rows=catalogues,
    touches=st.integers(min_value=0, max_value=3),
    inclusive=st.booleans(),
    clip=st.booleans(),
    seed=st.integers(min_value=0, max_value=99),
)
def test_nothing_is_lost_or_given_twice_while_rows_move(
    rows: dict[int, tuple[int, int | None]], touches: int, inclusive: bool, clip: bool, seed: int
) -> None:
    """Rows untouched during the read come exactly once; touched ones at most once, and are later than the end."""
    server = MovingServer(rows, touches=touches, inclusive=inclusive, clip=clip, seed=seed)
    end = server.now
    ends: list[int] = []

    given_rows = [row["id"] for row in Windows(server.ask, SIZE).read(Span(1, end), ends.append)]

    unmoved = {key for key, row in server.rows.items() if row[0] <= end}
    assert len(given_rows) == len(set(given_rows))
    assert unmoved <= set(given_rows) <= set(rows)
    assert ends == sorted(ends)
    assert ends[-1] == end


def test_a_finished_window_is_told_after_its_rows() -> None:
    """When ``finished`` is called, every row up to that second has been given."""
    rows = {key: (key, key) for key in range(1, 200)}
    server = MovingServer(rows, touches=0, inclusive=True, clip=True, seed=1)
    seen: list[int] = []
    behind: list[bool] = []

    def finished(end: int) -> None:
        behind.append({key for key, row in rows.items() if row[0] <= end} <= set(seen))

    seen.extend(row["id"] for row in Windows(server.ask, SIZE).read(Span(1, 500), finished))

    assert behind
    assert all(behind)


def test_one_second_with_too_many_rows_is_halved_over_creation_time() -> None:
    """A mass import that touches all rows in one second is read through creation times, those without one included."""
    rows = {key: (50, None if key % 10 == 0 else key) for key in range(1, 300)}
    server = MovingServer(rows, touches=0, inclusive=False, clip=True, seed=1)

    found = {row["id"] for row in Windows(server.ask, SIZE).read(Span(1, 100), lambda _end: None)}

    assert found == set(rows)


def test_twice_the_cap_in_one_second_of_both_times_is_read_from_both_ends() -> None:
    """What nothing can halve any more is read by id upwards and downwards."""
    rows = dict.fromkeys(range(1, 2 * CAP), (50, 50))
    server = MovingServer(rows, touches=0, inclusive=True, clip=True, seed=1)

    assert {row["id"] for row in Windows(server.ask, SIZE).read(Span(1, 100), lambda _end: None)} == set(rows)


def test_what_cannot_be_reached_is_said() -> None:
    """More rows than both ends reach end in a failure, never in a silent gap."""
    rows = dict.fromkeys(range(1, 2 * CAP + 20), (50, 50))
    server = MovingServer(rows, touches=0, inclusive=True, clip=True, seed=1)

    with pytest.raises(StreamFailed, match="cannot reach"):
        list(Windows(server.ask, SIZE).read(Span(1, 100), lambda _end: None))
