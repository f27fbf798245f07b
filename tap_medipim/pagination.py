"""Reading a changing set completely, as one resumable stream or as pages by keyset; and reading reference lists.

No I/O of its own: each function gets the one that asks. Why keyset: rows that are touched while pages are read leave
their place and shift all later rows, so that reading page 1, 2, 3 … of one question loses rows for good
(docs/api/medipim.md#moving-set). Page 0 of an ever later question loses none.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tap_medipim.client import MAX_REACHABLE_ROWS, Page, take
from tap_medipim.errors import OutOfReach, StreamBroken, StreamFailed
from tap_medipim.high_water_mark import HighWaterMark
from tap_medipim.records import Row, key_of, updated_at

MAX_ATTEMPTS_WITHOUT_PROGRESS = 5


def resumed(
    ask: Callable[[int], Iterator[Row]],
    mark: HighWaterMark,
    pause: Callable[[int], None],
    warn: Callable[[str], None],
) -> Iterator[Row]:
    """Rows of a stream that may break, asked again from the edge until one answer is complete.

    ``pause`` waits after so many attempts without progress. Raises StreamFailed after five breaks in a row without a
    single new row.
    """
    fruitless = 0
    while True:
        edge, dated = mark.edge, mark.dated
        try:
            yield from filter(mark.admit, ask(mark.resume_from()))
        except StreamBroken as error:
            progressed = mark.dated > dated and (mark.in_order or edge is None)
            fruitless = 0 if progressed else fruitless + 1
            if fruitless >= MAX_ATTEMPTS_WITHOUT_PROGRESS:
                raise StreamFailed(f"{error}; given up after {fruitless} attempts without a new row") from None
            warn(f"{error}; going on from update time {mark.resume_from()}")
            pause(fruitless)
        else:
            return


def by_keyset(ask: Callable[[int, int], Page], mark: HighWaterMark, size: int) -> Iterator[Row]:
    """Rows of a paged set in order of update time; ``ask(since, page number)`` reads one page of ``size`` rows.

    Raises OutOfReach when more rows share one second than pages can reach, or when rows do not come in order.
    """
    since, number = mark.resume_from(), 0
    while True:
        page = ask(since, number)
        is_last = page.shown < size
        ends_second = number > 0 and mark.in_order and (is_last or _newest(page.results) - 1 > since)
        rows = _with_shifted(ask, since, number, page, mark) if ends_second else page.results
        yield from filter(mark.admit, take(rows))
        if is_last:
            return
        if not mark.in_order:
            raise OutOfReach("rows do not come in order of update time")
        if mark.resume_from() > since:
            since, number = mark.resume_from(), 0
            continue
        number += 1
        if (number + 1) * size > MAX_REACHABLE_ROWS:
            raise OutOfReach(f"more than {MAX_REACHABLE_ROWS} rows share one update time")


def _with_shifted(
    ask: Callable[[int, int], Page], since: int, number: int, page: Page, mark: HighWaterMark
) -> list[Row]:
    """The last page of one second, and what moved to pages below it meanwhile, in order of update time.

    A row that is touched leaves its second and shifts later rows to lower pages. Reading back down to page 0 meets
    each of them, since rows never move up but to the very end.
    """
    rows = {key_of(row): row for row in page.results}
    for below in range(number - 1, -1, -1):
        rows.update((key_of(row), row) for row in ask(since, below).results if not mark.knows(row))
    return sorted(rows.values(), key=lambda row: updated_at(row) or 0)


def _newest(rows: list[Row]) -> int:
    return max((updated_at(row) or 0 for row in rows), default=0)


def all_pages(ask: Callable[[dict[str, Any]], Page], size: int) -> Iterator[Row]:
    """A reference list: everything in one answer as documented, else (a server that pages anyway) page by page.

    Raises StreamFailed when fewer different rows arrive than the service says there are.
    """
    first = ask({})
    if first.total is None or first.shown >= first.total:
        yield from first.take()
        return
    seen: set[Any] = set()
    number = bad = 0
    while True:
        page = ask({"page": {"no": number, "size": size}})
        bad += page.bad
        count = len(seen)
        yield from (row for row in page.results if key_of(row) not in seen)
        seen.update(key_of(row) for row in page.results)
        number += 1
        if page.shown < size or len(seen) == count or number * size >= MAX_REACHABLE_ROWS:
            break  # the last page, the same one again for ever, or as far as pages reach
    if len(seen) + bad < first.total:
        raise StreamFailed(f"only {len(seen)} of {first.total} rows could be read")
