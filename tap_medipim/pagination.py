"""Reading a changing set completely: one resumable stream, or pages by keyset. Pure but for the asking.

Why keyset: rows that are touched while pages are read leave their place and shift all later rows, so that reading page
1, 2, 3 … of one question loses rows for good (reliability sheet 5.1). Page 0 of an ever later question loses none.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tap_medipim.bookmark import HighWaterMark
from tap_medipim.client import Page, given
from tap_medipim.errors import OutOfReach, StreamBroken, StreamFailed
from tap_medipim.records import updated_at

Row = dict[str, Any]
MAX_REACHABLE_ROWS = 10_000
MAX_ATTEMPTS_WITHOUT_PROGRESS = 5


def resumed(
    ask: Callable[[int], Iterator[Row]],
    frontier: HighWaterMark,
    breathe: Callable[[int], None],
    warn: Callable[[str], None],
) -> Iterator[Row]:
    """Rows of a stream that may break, asked again from the edge until one answer is complete.

    Raises StreamFailed after five breaks in a row without a single new row.
    """
    fruitless = 0
    while True:
        before, dated = frontier.edge, frontier.dated
        try:
            yield from filter(frontier.admit, ask(frontier.resume_from()))
        except StreamBroken as broken:
            progressed = frontier.dated > dated and (frontier.in_order or before is None)
            fruitless = 0 if progressed else fruitless + 1
            if fruitless >= MAX_ATTEMPTS_WITHOUT_PROGRESS:
                raise StreamFailed(f"{broken}; given up after {fruitless} attempts without a new row") from None
            warn(f"{broken}; going on from update time {frontier.resume_from()}")
            breathe(fruitless)
        else:
            return


def by_keyset(ask: Callable[[int, int], Page], frontier: HighWaterMark, size: int) -> Iterator[Row]:
    """Rows of a paged set in order of update time; ``ask(since, page number)`` reads one page of ``size`` rows.

    Raises OutOfReach when more rows share one second than pages can reach, or when rows do not come in order.
    """
    since, number = frontier.resume_from(), 0
    while True:
        page = ask(since, number)
        short = len(page.results) < size
        swept = number > 0 and frontier.in_order and (short or _newest(page.results) - 1 > since)
        rows = _with_shifted(ask, since, number, page, frontier) if swept else page.results
        yield from filter(frontier.admit, given(rows))
        if short:
            return
        if not frontier.in_order:
            raise OutOfReach("rows do not come in order of update time")
        if frontier.resume_from() > since:
            since, number = frontier.resume_from(), 0
            continue
        number += 1
        if (number + 1) * size > MAX_REACHABLE_ROWS:
            raise OutOfReach(f"more than {MAX_REACHABLE_ROWS} rows share one update time")


def _with_shifted(
    ask: Callable[[int, int], Page], since: int, number: int, page: Page, frontier: HighWaterMark
) -> list[Row]:
    """The last page of one second, and what moved to pages below it meanwhile, in order of update time.

    A row that is touched leaves its second and shifts later rows to lower pages. Reading back down to page 0 meets
    each of them, since rows never move up but to the very end.
    """
    found = {row["id"]: row for row in page.results}
    for below in range(number - 1, -1, -1):
        found.update((row["id"], row) for row in ask(since, below).results if not frontier.knows(row))
    return sorted(found.values(), key=lambda row: updated_at(row) or 0)


def _newest(rows: list[Row]) -> int:
    return max((updated_at(row) or 0 for row in rows), default=0)


def all_pages(ask: Callable[[dict[str, Any]], Page], size: int) -> Iterator[Row]:
    """A reference list: everything in one answer as documented, else (a server that pages anyway) page by page.

    Raises StreamFailed when fewer different rows arrive than the service says there are.
    """
    whole = ask({})
    if whole.total is None or len(whole.results) >= whole.total:
        yield from whole.given()
        return
    seen: set[Any] = set()
    number = 0
    while True:
        page = ask({"page": {"no": number, "size": size}})
        before = len(seen)
        yield from (row for row in page.results if row.get("id") not in seen)
        seen.update(row.get("id") for row in page.results)
        number += 1
        if len(page.results) < size or len(seen) == before or number * size >= MAX_REACHABLE_ROWS:
            break  # the last page, the same one again for ever, or as far as pages reach
    if len(seen) < whole.total:
        raise StreamFailed(f"only {len(seen)} of {whole.total} rows could be read")
