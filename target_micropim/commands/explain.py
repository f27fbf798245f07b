"""``--explain SKU``: why a product is, or is not, in MicroPIM; all that is known of it, from every side."""

import csv
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pim_wire.docs_site import docs_page
from pim_wire.errors import StopRun, Unclear
from target_micropim.connection import Connection
from target_micropim.errors import NotFound, RecordRejected
from target_micropim.ledger import Ledger, ProductRow, copy_of, products_called
from target_micropim.report.nights import runs_in
from target_micropim.report.sheet import unescaped
from target_micropim.report.shown import cut, visible

MOST_RUNS = 60
MOST_OUTCOMES = 5
_SHOWN = ("sku", "name", "status", "ean", "price")
Outcome = tuple[Path, dict[str, str]]


class Explain:
    """Reads a copy of the ledger, the folders of the last runs, and asks MicroPIM once; writes nothing.

    ``is_known`` says, after the last line, whether anybody knows the product.
    """

    def __init__(self, connection: Connection, sku: str) -> None:
        self._connection = connection
        self._sku = sku.strip()
        self.is_known = False

    @property
    def verdict(self) -> str:
        """The last word where nobody knows the product."""
        return f"--explain: nobody knows {visible(cut(self._sku))}: see {docs_page('how-to/explain')}"

    def lines(self) -> Iterator[str]:
        """What there is to say, one line each."""
        settings = self._connection.settings
        ledger = copy_of(settings.ledger_url, self._connection.clock.wall)
        try:
            ledger.upgrade()
            rows = products_called(ledger, self._sku)
            outcomes = list(_outcomes(Path(settings.report_dir), self._sku, {row.external_id for row in rows}))
            keys = list(dict.fromkeys([*(row.external_id for row in rows), *(row["id"] for _run, row in outcomes)]))
            shown, what_shows = self._look(rows)
            yield from self._of_source(rows, outcomes)
            yield from _of_ledger(ledger, rows, keys or [self._sku])
            yield from what_shows
            yield from _of_runs(outcomes)
            yield from _of_questions(ledger, set(keys))
        finally:
            ledger.close()
        self.is_known = bool(rows or outcomes or shown)
        yield from self._in_short(rows, outcomes, shown=shown)

    def _of_source(self, rows: list[ProductRow], outcomes: list[Outcome]) -> Iterator[str]:
        """What the ledger and the last runs know of the source, which is not asked."""
        name = next((row["name"] for _run, row in outcomes if row["name"]), "")
        for row in rows:
            seen = f"its newest version is of {_moment(row.source_at)}" if row.source_at else "the time is not known"
            yield f"Source: {row.external_id}{f', {visible(name)}' if name else ''}; {seen}"
        if not rows:
            known = f"{outcomes[0][1]['id']}, {visible(name)}" if outcomes else "no record of it has come"
            yield f"Source: {known}"

    def _look(self, rows: list[ProductRow]) -> tuple[bool, list[str]]:
        """Whether MicroPIM shows it, and how."""
        made = [row for row in rows if row.is_made]
        try:
            if made:
                return True, [_product(self._connection.client.product(row.remote_id), row.remote_id) for row in made]
            found = [*self._found_by_sku(), *self._found_by_sku(status="archived")]
        except NotFound:
            return False, [f"MicroPIM: its id {made[0].remote_id} is not there any more"]
        except (StopRun, RecordRejected, Unclear) as error:
            return False, [f"MicroPIM: could not be asked: {error}"]
        if not found:
            return False, [f"MicroPIM: no product has the SKU {self._sku}"]
        return True, [_product(product, product.get("id")) for product in found]

    def _found_by_sku(self, **query: str) -> list[dict[str, Any]]:
        page = self._connection.client.products_page(1, search=self._sku, **query)
        return [product for product in page.products if str(product.get("sku") or "").strip() == self._sku]

    def _in_short(self, rows: list[ProductRow], outcomes: list[Outcome], *, shown: bool) -> Iterator[str]:
        where = "is in MicroPIM" if shown else "is not in MicroPIM"
        if outcomes:
            run, last = outcomes[0]
            why = f": {last['reason']}" if last["reason"] else ""
            yield f"In short: {self._sku} {where}; {last['action']} in the run {run.name}{why}"
        elif rows or shown:
            yield f"In short: {self._sku} {where}; none of the last {MOST_RUNS} runs has met it"
        else:
            yield (
                f"In short: {self._sku} is unknown: not in the ledger, not in MicroPIM, in none of the last "
                f"{MOST_RUNS} runs. Is it a SKU or an id of the source, and of this shop?"
            )


def _outcomes(folder: Path, sku: str, keys: set[str]) -> Iterator[Outcome]:
    """The rows of products.csv about a product, from the newest run on."""
    found = 0
    for run in islice(runs_in(folder), MOST_RUNS):
        for row in _rows_about(run / "products.csv", {sku, *keys}):
            yield run, row
            found += 1
        if found >= MOST_OUTCOMES:
            return


def _rows_about(file: Path, called: set[str]) -> Iterator[dict[str, str]]:
    """Only lines that hold one of the names are read as a table: a file may have a million."""
    if not file.is_file():
        return
    written = {name.replace('"', '""') for name in called}  # as a cell has it
    with file.open(encoding="utf-8", newline="") as lines:
        heads = next(csv.reader(lines), None)
        held = (line for line in lines if any(name in line for name in written))
        for cells in csv.reader(held) if heads else ():
            row = dict(zip(heads or (), map(unescaped, cells), strict=False))
            if {row.get("id"), row.get("sku")} & called:
                yield row


def _of_ledger(ledger: Ledger, rows: list[ProductRow], keys: list[str]) -> Iterator[str]:
    for row in rows:
        facts = [f"SKU {row.sku}" + (f", shown as {row.shown_sku}" if row.shown_sku not in {None, row.sku} else "")]
        facts.append(f"MicroPIM's id {row.remote_id}" if row.is_made else "never made in MicroPIM")
        if row.is_made:
            facts.append("made by us" if row.was_made_by_us else "was in MicroPIM before")
        if row.archived and row.is_made:
            facts.append("archived")
        if not row.digest:
            facts.append("not finished: looked at again when its record comes")
        pictures = ledger.media(row.external_id)
        facts.append(f"{len(pictures)} pictures dealt with")
        yield f"Ledger: {'; '.join(facts)}"
    if not rows:
        yield "Ledger: does not know it"
    for key in keys:
        if reject := ledger.reject("products", key):
            times, last = reject.attempts, _moment(reject.rejected_at)
            yield f"Ledger: refused {times} times, last {last}; the next run tries it again"


def _of_runs(outcomes: list[Outcome]) -> Iterator[str]:
    for run, row in outcomes[:MOST_OUTCOMES]:
        more = "; ".join(text for text in (row.get("reason"), row.get("changes")) if text)
        yield visible(f"Run {run.name}: {row['action']}" + (f" ({more})" if more else ""))
    if not outcomes:
        yield "Runs: none of those that are kept has met it"


def _of_questions(ledger: Ledger, keys: set[str]) -> Iterator[str]:
    """What waits for a person, and what the settings hold back."""
    for question in ledger.questions():
        if question.stream == "products" and question.external_id in keys:
            values = f"source: {question.source or 'nothing'}; MicroPIM: {question.micropim or 'nothing'}"
            yield visible(f"Open question: {question.fact}: {question.reason} ({values})")
    for held in ledger.held_back():
        if held.external_id in keys:
            yield visible(f"Held back: {held.fact} (source: {held.source}); it would come with {held.reason}")


def _product(product: dict[str, Any], number: object) -> str:
    shown = "; ".join(f"{name} {cut(product[name])}" for name in _SHOWN if product.get(name) not in (None, ""))
    return visible(f"MicroPIM: id {number}; {shown}")


def _moment(unix_seconds: float) -> str:
    return f"{datetime.fromtimestamp(unix_seconds).astimezone():%Y-%m-%d %H:%M %Z}"
