"""Which product of MicroPIM a record is, where the ledger does not know it.

Law: the SKU we create is a pure function of the external id, so a product can always be found again. MicroPIM has no
look-up by SKU, only a text search that may hit a part of it, another field, or nothing of the archive
(docs/api/micropim.md#find-by-sku, docs/api/micropim.md#archive-hidden): every hit is compared exactly, every page is
read, and two exact hits are a reject, never a choice.

Law: not found is proven before anything is made. A list counts only when it is read to its total and shows SKUs. A
search counts only when a witness has shown that it finds SKUs: a product of the list whose SKU stands in none of its
other texts.
"""

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from pim_wire.errors import StrangeAnswer, Unclear
from target_micropim.api.client import MicroPimClient, remote_id
from target_micropim.catalog.names import Names
from target_micropim.errors import NotFound, Reason, RecordRejected, Unreadable
from target_micropim.ledger import Ledger, SeenProduct
from target_micropim.mapping.numbers import has_check_digit
from target_micropim.plan.values import fingerprint, fingerprints, image_count, server_fields
from target_micropim.settings.values import TargetSettings

MANY = 50  # single look-ups, of two reads each, after which reading the whole list is cheaper
MAX_SEARCHES = 16  # of one SKU, when the pages of its hits do not add up; each time more of them were seen
# without a status the archive may be hidden (docs/api/micropim.md#archive-hidden)
_LISTS: tuple[dict[str, str], ...] = ({}, {"status": "archived"})
_ARCHIVED = fingerprint("status", "archived")
_UNTOLD = -1  # pictures of a product in a list that does not show any: nobody knows how many it has

logger = logging.getLogger("target-micropim")


@dataclass(frozen=True)
class RemoteProduct:
    """A product found in MicroPIM: what MicroPIM showed, and its ``fields`` in the names in which they are written.

    Of one from the index only the fingerprints are known, ``server``.
    """

    remote_id: int
    server: Mapping[str, str]
    category_ids: tuple[int, ...]
    images: int
    product: dict[str, Any] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


def remote_product(product: dict[str, Any]) -> RemoteProduct:
    """What a shown product tells, with its id as a number."""
    fields = server_fields(product)
    ids = tuple(fields.pop("category_ids"))
    return RemoteProduct(product["id"], fingerprints(fields), ids, image_count(product), product, fields)


class ProductMatching:
    """Finds products by exact SKU, and by EAN when asked to: singly, or in an index of the whole list."""

    def __init__(self, client: MicroPimClient, ledger: Ledger, settings: TargetSettings) -> None:
        capabilities = settings.capabilities
        self._lookup = settings.lookup
        self.may_index = settings.lookup != "search"  # whether the whole list may be read at all
        self._client = client
        self._ledger = ledger
        self._by_ean = "ean" in settings.match_on
        self._searches: bool | None = None if capabilities.search_finds_sku else False  # None: not proven yet
        self._archive_shows: bool | None = None if capabilities.may_show_archive else False
        self._archive_lock = threading.Lock()
        self._has_nameless = False  # whether a product was seen that has no SKU, when it is looked at either
        self._indexed = False
        self._was_read = False
        self._lookups = 0

    def wants_index(self, unknown: int) -> bool:
        """Whether so many unknown products make reading the whole list the cheaper way."""
        self._lookups += unknown
        enough = {"index": 1, "auto": 1 if self._searches is False else MANY}.get(self._lookup)
        return enough is not None and not self._was_read and self._lookups >= enough

    @property
    def is_indexed(self) -> bool:
        """Whether the whole list was read, and nothing of it was missing."""
        return self._indexed

    def build_index(self, names: Names | None = None) -> None:
        """Read the whole list into the ledger. Nothing may be written meanwhile: the order of pages is undefined.

        Raises StopRun when the list cannot be read: without it products could be taken for missing.

        ``names`` learns the brands and suppliers of every product.
        """
        self._was_read = True  # a list that changes all the time is not read again and again
        for attempt in (1, 2):
            self._ledger.forget_seen()
            try:
                complete = [self._read_list(query, names) for query in _LISTS]
            except (RecordRejected, Unclear) as error:
                raise StrangeAnswer(f"The product list of MicroPIM cannot be read: {error}") from None
            self._indexed = all(complete)
            if self._indexed:
                logger.info("Index: %d products of MicroPIM read", self._ledger.count_seen())
                return
            logger.warning("The product list changed while it was read (attempt %d of 2)", attempt)

    def _read_list(self, query: dict[str, str], names: Names | None) -> bool:
        """Read one list; whether as many different products came as it says it has, from its first page to its last.

        When a product leaves the list meanwhile, the later ones move up, and one of them is never seen: totals differ.
        """
        ids: set[int] = set()
        totals = set()
        for page in self._client.product_pages(**query):
            totals.add(page.total)
            self._check_skus(page.products)
            if names is not None:
                for product in page.products:
                    names.notice(product)
            rows = [_seen(product) for product in page.products]
            ids.update(row.remote_id for row in rows)
            self._ledger.remember_seen(rows)
        if None in totals:
            raise Unreadable("the product list", "does not say how many products it has")
        return totals == {len(ids)}

    def find(self, sku: str, ean: str | None) -> RemoteProduct | None:
        """The product with exactly this SKU, else with this EAN if asked for, or None.

        Raises RecordRejected when several products match.
        """
        by_sku = self._indexed_by(sku=sku) if self._indexed else self.search(sku)
        if match := self._one(by_sku, "sku", sku):
            return match
        if not (self._by_ean and ean and has_check_digit(ean)):
            return None
        if self._indexed:
            return self._one(self._indexed_by(gtin=ean.zfill(14)), "ean", ean)
        return self._by_barcode(ean)

    def _one(self, hits: list[RemoteProduct], field: str, value: str) -> RemoteProduct | None:
        """The one product among hits, with its pictures; None without hits. Raises RecordRejected for several."""
        match = _only(hits, field, value)
        if match is None or match.images != _UNTOLD:
            return match
        return remote_product({**self._client.product(match.remote_id), "id": match.remote_id})

    def _check_skus(self, products: list[dict[str, Any]]) -> None:
        """A list that hides SKUs proves nothing: a product that shows none is looked at. Raises Unreadable."""
        if self._has_nameless:
            return
        nameless = next((product for product in products if not str(product.get("sku") or "").strip()), None)
        if nameless is None:
            return
        with suppress(NotFound):  # deleted meanwhile: the next one tells
            if str(self._client.product(nameless["id"]).get("sku") or "").strip():
                raise Unreadable("a list of products", "does not show their SKUs")
            self._has_nameless = True

    def search(self, sku: str) -> list[RemoteProduct]:
        """Exact hits of a text search, every page of it: live products, and the archive when none is live."""
        self._prove_search()
        hits = self._hits(sku, _LISTS[0])
        return hits if hits or self._shows_archive() else self._hits(sku, _LISTS[1])

    @property
    def can_look_up(self) -> bool:
        """Whether one look by SKU says more than the index does; else each look would read the whole list."""
        self._prove_search()
        return bool(self._searches)

    @property
    def is_search_proven(self) -> bool:
        """Whether a search was seen to find a SKU so far; nothing is asked for it."""
        return bool(self._searches)

    def newer_than_index(self, sku: str, *, is_form_known: bool) -> RemoteProduct | None:
        """A product that was made since the list was read; one question, since the archive was read with it.

        Raises RecordRejected when one is there whose SKU differs only in case: a service may store it so. The list is
        looked through for it until one creation has shown that this service does not: that takes long.
        """
        if not self._indexed:
            return None
        can_look_up = self.can_look_up
        if not (can_look_up and is_form_known):
            near = {row.remote_id: row.sku for row in self._ledger.seen_in_another_case(sku)}
            _refuse_near(sku, near)
        if not can_look_up:
            return None
        return self._one(self._hits(sku, _LISTS[0]), "sku", sku)

    def _prove_search(self) -> None:
        """Until it is known: a product of the list is searched by its SKU. Without a witness the list is read instead.

        In an empty catalogue there is nothing to find, and its total says so.
        """
        if self._searches is None:
            with self._client.alone(self._archive_lock):
                if self._searches is None and (witness := self._witness()) is not None:
                    self._searches = self._finds(witness)
                    if not self._searches:
                        logger.warning("The search of MicroPIM does not find a SKU that is there: the list is read")

    def _witness(self) -> dict[str, Any] | None:
        """A product whose SKU only a search in SKUs can find, among the first of the list."""
        for query in _LISTS:
            products = self._client.products_page(1, **query).products
            if witness := next((product for product in products if _is_telling(product)), None):
                return witness
        return None

    def _finds(self, witness: dict[str, Any]) -> bool:
        sku, number = str(witness["sku"]).strip(), witness["id"]
        query = _LISTS[1] if witness.get("status") == "archived" else _LISTS[0]
        pages = self._client.product_pages(**query, search=sku)
        return any(product["id"] == number for page in pages for product in page.products)

    def _shows_archive(self) -> bool:
        """Whether a search without a status holds the archive: proven in this run by a product that is archived."""
        if self._archive_shows is None:
            with self._client.alone(self._archive_lock):
                if self._archive_shows is None:
                    self._archive_shows = self._finds_archived()
        return self._archive_shows

    def _finds_archived(self) -> bool:
        page = self._client.products_page(1, status="archived")
        archived = next((product for product in page.products if product.get("sku")), None)
        if archived is None:  # no witness, no proof
            return False
        hits = self._hits(str(archived["sku"]).strip(), _LISTS[0])
        return any(hit.remote_id == archived["id"] for hit in hits)

    def _hits(self, sku: str, query: dict[str, str]) -> list[RemoteProduct]:
        """Exact hits among all pages. Their order is undefined, so pages that do not add up are read again.

        Raises RecordRejected when they never do: a product that was not seen would be made a second time.
        """
        ids: set[int] = set()
        hits: dict[int, RemoteProduct] = {}
        near: dict[int, str] = {}
        narrowed = {**query, "search": sku} if self._searches else query
        for _ in range(MAX_SEARCHES):
            total, here = None, set()
            for page in self._client.product_pages(**narrowed):
                total = page.total
                self._check_skus(page.products)
                here |= {product["id"] for product in page.products}
                for product in page.products:
                    shown = str(product.get("sku") or "").strip()
                    if shown == sku:
                        hits[product["id"]] = _listed(product)
                    elif shown.casefold() == sku.casefold():
                        near[product["id"]] = shown
            ids |= here
            if total is None or (total == 0 and here):
                raise Unreadable(f"the search for {sku}", "does not say how many products it has")
            if len(ids) >= total:
                return list(hits.values()) or _refuse_near(sku, near)
        message = f"the search for {sku} shows other products each time: nobody can tell whether it is there"
        raise RecordRejected("recognise", [Reason("sku", message)])

    def search_one(self, sku: str) -> RemoteProduct | None:
        """The product a search finds with exactly this SKU, or None. Raises RecordRejected when there are several."""
        return self._one(self.search(sku), "sku", sku)

    def _indexed_by(self, *, sku: str | None = None, gtin: str | None = None) -> list[RemoteProduct]:
        rows = self._ledger.seen(sku=sku, gtin=gtin)
        return [RemoteProduct(row.remote_id, row.server, row.category_ids, row.images) for row in rows]

    def _by_barcode(self, ean: str) -> RemoteProduct | None:
        product = self._client.product_by_barcode(ean)
        if product is not None and not product.get("ean"):  # an answer that hides it proves nothing
            number = remote_id(product, "GET barcode")
            product = {**self._client.product(number), "id": number}
        if product is None or str(product.get("ean") or "").zfill(14) != ean.zfill(14):
            return None
        return remote_product({**product, "id": remote_id(product, "GET product")})


def _is_telling(product: dict[str, Any]) -> bool:
    """Whether a product's SKU stands in none of its texts that a search may look into as well."""
    sku = str(product.get("sku") or "").strip().casefold()
    texts = (product.get("name"), product.get("description"), product.get("short_description"))
    return bool(sku) and not any(sku in str(text or "").casefold() for text in texts)


def _refuse_near(sku: str, near: dict[int, str]) -> list[RemoteProduct]:
    """Nothing has exactly this SKU. Raises RecordRejected when one differs only in case: it may be the same."""
    if near:
        shown = ", ".join(f"{name} (id {number})" for number, name in sorted(near.items())[:5])
        message = f"MicroPIM has {shown}, which differs from {sku} only in case: nobody can tell whether it is the same"
        raise RecordRejected("recognise", [Reason("sku", message)])
    return []


def _only(hits: list[RemoteProduct], field: str, value: str) -> RemoteProduct | None:
    """The one live hit, or the one archived hit when none is live."""
    live = [hit for hit in hits if hit.server.get("status") != _ARCHIVED] or hits
    if len(live) > 1:
        ids = ", ".join(str(hit.remote_id) for hit in live[:5])
        raise RecordRejected(
            "recognise",
            [Reason(field, f"{len(live)} products of MicroPIM have {value} (ids {ids}): nobody can tell which")],
        )
    return live[0] if live else None


def _listed(product: dict[str, Any]) -> RemoteProduct:
    """A product of a list, which may leave its pictures out."""
    remote = remote_product(product)
    return remote if isinstance(product.get("images"), list | dict) else replace(remote, images=_UNTOLD)


def _seen(product: dict[str, Any]) -> SeenProduct:
    remote = _listed(product)
    ean = str(product.get("ean") or "").strip()
    return SeenProduct(
        remote_id=remote.remote_id,
        sku=str(product.get("sku") or "").strip()[:255],
        gtin=ean.zfill(14) if has_check_digit(ean) else None,
        images=remote.images,
        server=remote.server,
        category_ids=remote.category_ids,
    )
