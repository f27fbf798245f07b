"""``--probe``: the eighteen questions of a first use, with the owner's consent, and their file.

See docs/api/micropim.md#first-contact.

Law: nothing is written before the owner has named this very organization as throw-away, by the fingerprint of address
and key; never where a ledger shows that real products were sent, nor among more products than a trial place has.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pim_wire.errors import ProbeNotAllowed, StrangeAnswer, Unclear
from target_micropim.catalog.ownership import fingerprint_of
from target_micropim.commands.probe import lists, products, structure
from target_micropim.commands.probe.client import ProbeClient
from target_micropim.commands.probe.context import SKU, Facts, ProbeContext
from target_micropim.commands.probe.pace import pace
from target_micropim.commands.probe.pictures import Pictures
from target_micropim.connection import Connection
from target_micropim.errors import RecordRejected
from target_micropim.ledger import copy_of, summarize
from target_micropim.settings.capabilities import FORMAT

MOST_OTHER_PRODUCTS = 25
BURST_PER_MINUTE = 60_000
Question = tuple[str, str, Callable[[ProbeContext], Facts]]


@dataclass(frozen=True)
class ProbeRequest:
    """What the command line asks for."""

    file: Path
    consent: str | None
    picture: str | None = None
    big_picture: str | None = None


class Probe:
    """Asks, writes the capability file, clears away. ``tell`` takes the lines for people."""

    def __init__(self, connection: Connection, request: ProbeRequest, tell: Callable[[str], None]) -> None:
        self._connection = connection
        self._request = request
        self._tell = tell
        self._facts: Facts = {}
        self._unsettled: dict[str, str] = {}

    @property
    def fingerprint(self) -> str:
        """Address and key of the organization in twelve characters that do not give the key away."""
        return fingerprint_of(self._connection.organization)

    def run(self) -> bool:
        """Whether it was carried out. Raises StopRun for an organization that does not look like a throw-away."""
        self._explain()
        self._refuse_real_ones()
        if self._request.consent != self.fingerprint:
            self._tell(
                "\nNothing was written. If this organization may be thrown away, run the same command again with\n"
                f"  --throw-away {self.fingerprint}"
            )
            return False
        self._carry_out()
        return True

    def _questions(self) -> Iterator[Question]:
        pictures = Pictures(self._request.picture, self._request.big_picture)
        yield "1", "channels and headers", lists.channels
        yield "2", "paging", lists.paging
        yield "3", "is a SKU unique", products.unique_sku
        yield "4", "what a search finds", lists.search
        yield "5", "the shape of a product", products.shape
        yield "6", "null and empty text", products.emptying
        yield "7", "categories in a PATCH", structure.patched_categories
        yield "8", "assigning products to a category", structure.assigning
        yield "10", "attribute definitions", structure.definitions
        yield "9", "attribute values", structure.values
        yield "11", "undocumented fields", products.undocumented
        yield "12", "the same picture twice (needs --probe-picture)", pictures.twice
        yield "13", "a dead picture address, a big picture (needs --probe-big-picture)", pictures.dead
        yield "14", "the archive", products.archive
        yield "15", "a brand that does not exist", products.unknown_brand
        yield "16", "equal category names, depth", structure.tree
        yield "17", "barcodes", products.barcodes
        yield "18", "limits: 70 reads and 40 writes without a pause", pace

    def _explain(self) -> None:
        self._tell(f"Probe of {self._connection.settings.base_url}, organization {self.fingerprint}. It would ask:")
        for number, title, _question in self._questions():
            self._tell(f"  {number:>2} {title}")
        self._tell(
            f"It makes some 25 products (SKU {SKU}…, drafts), 20 categories and an attribute, archives the products\n"
            f"and deletes the rest, in about ten minutes. What it finds goes into {self._request.file}.\n"
            "\nFirst it only looks whether anything real is here:\n"
            "    GET /api/channels\n    GET /api/products\n    GET /api/products?status=archived"
        )

    def _refuse_real_ones(self) -> None:
        """Raises StopRun. Reads only."""
        connection = self._connection
        connection.channels()
        ledger = copy_of(connection.settings.ledger_url)
        try:
            summary = summarize(ledger)
        finally:
            ledger.close()
        if summary.organization == connection.organization and summary.products:
            raise ProbeNotAllowed(
                f"--probe: the ledger knows {summary.products} products of this organization: no throw-away"
            )
        others = 0
        for query in ({}, {"status": "archived"}):
            for product in self._listed(query):
                others += not str(product.get("sku") or "").startswith(SKU)
                if others > MOST_OTHER_PRODUCTS:
                    raise ProbeNotAllowed(
                        f"--probe: more than {MOST_OTHER_PRODUCTS} products of others are here: no throw-away"
                    )

    def _listed(self, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        try:
            yield from self._connection.client.products(**query)
        except (RecordRejected, Unclear) as error:
            raise StrangeAnswer(f"--probe: the product list cannot be read: {error}") from None

    def _carry_out(self) -> None:
        connection = self._connection
        burst_wire, timeout = connection.wire_at(BURST_PER_MINUTE), connection.settings.request_timeout_seconds
        client = ProbeClient(connection.wire, burst_wire, connection.clock, connection.redactor, timeout, self._tell)
        context = ProbeContext(client)
        try:
            for number, title, question in self._questions():
                self._tell(f"\n{number}. {title}")
                self._ask(number, question, context)
        finally:
            self._tell("\nClearing away")
            left: list[dict[str, Any]] = []
            try:
                left.extend(context.clear())
            finally:
                self._write(left)

    def _ask(self, number: str, question: Callable[[ProbeContext], Facts], context: ProbeContext) -> None:
        try:
            facts = question(context)
        except Unclear as error:
            self._unsettled[number] = str(error)
        else:
            self._facts |= facts
            if not facts:
                self._unsettled[number] = "not asked"

    def _write(self, left: list[dict[str, Any]]) -> None:
        connection = self._connection
        page = {
            "format": FORMAT,
            "service": connection.settings.base_url,
            "organization": self.fingerprint,
            "probed_at": int(connection.clock.wall()),
            "facts": dict(sorted(self._facts.items())),
            "unsettled": self._unsettled,
            "left_behind": left,
            "requests": {
                "reads": connection.throttles.reads.tally.turns,
                "writes": connection.throttles.writes.tally.turns,
            },
        }
        self._request.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._request.file.with_name(f"{self._request.file.name}.part")
        partial.write_text(json.dumps(page, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(self._request.file)
        self._tell(f"\n{len(self._facts)} facts in {self._request.file}; set capabilities_file to it. Left behind:")
        for thing in left:
            self._tell(f"  {thing['kind']} {thing['id']}: {thing['why']}")
