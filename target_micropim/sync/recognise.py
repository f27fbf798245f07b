"""Which product of MicroPIM a record is, and whether the record may have it.

Law: nothing is forgotten on somebody else's word. An id that MicroPIM does not know, or that shows another SKU, is a
reason to look by SKU; the ledger's row keeps its memory. Law: one owner per product; a record follows another one only
when the source has given that one up.
"""

from dataclasses import dataclass, replace

from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct, remote_product
from target_micropim.errors import NotFound, NotYet, Reason
from target_micropim.ledger import ABSENT, ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.ownership import (
    ARCHIVED,
    EXISTENCE,
    LIVE,
    is_made_by_us,
    is_recognised,
    with_decided,
    with_pending,
)
from target_micropim.services import Services
from target_micropim.sync.archives import PendingArchives


@dataclass(frozen=True)
class Recognised:
    """A record's row of the ledger and its product, where there are.

    ``gone`` says why a product that was there is not there any more.
    """

    row: ProductRow | None
    product: RemoteProduct | None
    gone: str | None = None


def shown_sku(product: RemoteProduct) -> str | None:
    """The SKU that MicroPIM shows; None where the product comes from the index."""
    return None if product.product is None else str(product.product.get("sku") or "").strip()


class Recognition:
    """Used from several threads."""

    def __init__(self, services: Services, catalog: Catalog, archives: PendingArchives) -> None:
        self._client = services.client
        self._ledger = services.ledger
        self._matching = catalog.matching
        self._categories = catalog.categories
        self._names = catalog.names
        self._archives = archives

    def find(self, desired: DesiredProduct, *, is_last: bool) -> Recognised:
        """The ledger first, else the exact SKU, else the EAN if asked for.

        Raises RecordRejected when several match, NotYet when another record owns the product and, unless it
        ``is_last``, may give it up before the input ends.
        """
        row = self._ledger.product(desired.external_id)
        if row is not None and row.remote_id != ABSENT:
            return self._known(desired, row)
        return self._unknown(desired, row, is_last=is_last)

    def look(self, product_id: int) -> RemoteProduct:
        """A product as it is now. Raises NotFound."""
        product = {**self._client.product(product_id), "id": product_id}
        self._names.notice(product)
        return remote_product(product)

    def _known(self, desired: DesiredProduct, row: ProductRow) -> Recognised:
        try:
            product = self.look(row.remote_id)
        except NotFound:
            return self.look_by_sku(row)
        if shown_sku(product) == desired.sku or self.is_same(row, product):
            return Recognised(row, product)
        return self.look_by_sku(row, f"its id {row.remote_id} shows another product (SKU {shown_sku(product)})")

    @staticmethod
    def is_same(row: ProductRow, product: RemoteProduct) -> bool:
        """Whether an id still shows the product of the ledger: by its SKU, or by a value of ours that is telling."""
        return shown_sku(product) in {row.shown_sku, row.sku} or is_recognised(row.ours, product.server)

    def look_by_sku(self, row: ProductRow, reason: str = "MicroPIM does not have it any more") -> Recognised:
        """The id says nothing any more: the SKU decides. The same product keeps its memory under another id too."""
        match = self._matching.search_one(row.shown_sku or row.sku)
        if match is None:
            return Recognised(row, None, gone=reason)
        if match.remote_id != row.remote_id:
            owner = self._ledger.claim(row.external_id, match.remote_id)
            if owner != row.external_id:
                raise _taken_by(owner, "id", match.remote_id)
            if not match.images:
                self._ledger.forget_pictures(row.external_id)
        return Recognised(replace(row, remote_id=match.remote_id), match)

    def _unknown(self, desired: DesiredProduct, row: ProductRow | None, *, is_last: bool) -> Recognised:
        owner = self._ledger.owner_of_sku(desired.sku)
        if owner not in {None, desired.external_id}:
            return self._follow(desired, str(owner), "sku", desired.sku)
        match = self._matching.find(desired.sku, desired.fields.get("ean"))
        return Recognised(row, None) if match is None else self.recognise(desired, row, match, is_last=is_last)

    def recognise(
        self, desired: DesiredProduct, row: ProductRow | None, match: RemoteProduct, *, is_last: bool
    ) -> Recognised:
        """Whose a product is that was found by SKU or EAN; ``row`` knows of none so far. Raises as ``find`` does."""
        maker = self._maker(desired, match) if row is None else None
        owner = self._ledger.claim(maker or desired.external_id, match.remote_id)
        if owner != desired.external_id:
            try:
                return self._follow(desired, owner, "id", match.remote_id, match)
            except NotYet:
                if is_last and self._is_another_of_ours(desired, match, owner):
                    return Recognised(row, None)
                raise
        return Recognised(self._made_unseen(row, match), match)

    def _maker(self, desired: DesiredProduct, match: RemoteProduct) -> str | None:
        """The record for which this product was made by an earlier run that did not see the end of it."""
        maker = self._ledger.maker_of_sku(desired.sku)
        row = None if maker is None else self._ledger.product(maker)
        return maker if row is not None and is_made_by_us(row.on_its_way, match.server) else None

    def _is_another_of_ours(self, desired: DesiredProduct, match: RemoteProduct, owner: str) -> bool:
        """Whether an EAN found what we made for another record: codes are shared, so that is no match.

        See docs/api/medipim.md#shared-codes. A product that the shop had before goes to one record alone.
        """
        made_for = self._ledger.product(owner)
        product = match if match.product is not None else self.look(match.remote_id)
        is_by_ean = shown_sku(product) != desired.sku
        return is_by_ean and made_for is not None and made_for.was_made_by_us

    def _made_unseen(self, row: ProductRow | None, match: RemoteProduct) -> ProductRow | None:
        """The row of a product that a run has made whose end was not seen, if the one that was found is that one.

        Where it shows one of the categories that were sent with it, it was put into all of them. Where it shows none,
        nobody can tell whether it was put into any.
        """
        if row is None or not is_made_by_us(row.on_its_way, match.server):
            return None
        sent_values = {name: (value,) for name, value in row.on_its_way.items()}
        ours = {EXISTENCE: (LIVE,), **sent_values}  # it was sent as a live one
        sent = self._categories.ids(row.categories) if row.categories else {}
        categories = () if set(match.category_ids).isdisjoint(sent.values()) else row.categories
        return replace(row, remote_id=match.remote_id, ours=ours, made=True, categories=categories)

    def _follow(
        self, desired: DesiredProduct, owner: str, field: str, value: str | int, match: RemoteProduct | None = None
    ) -> Recognised:
        """Take over from a predecessor that the source has given up: the product goes on with all its memory."""
        if desired.inactive:
            return Recognised(None, None)
        predecessor = self._ledger.product(owner)
        if not (owner in self._archives or (predecessor is not None and _is_given_up(predecessor))):
            raise _taken_by(owner, field, value)
        if match is not None and (predecessor is None or not predecessor.is_made):  # found, and no write of it was seen
            predecessor = self._made_unseen(predecessor, match) or ProductRow(owner, desired.sku, match.remote_id)
        if predecessor is None:
            raise _taken_by(owner, field, value)
        given_up_at = self._archives.source_at(owner) or predecessor.source_at  # in this run, or in an earlier one
        self._archives.replace(owner)
        taken_over = self._ledger.take_over(replace(predecessor, source_at=given_up_at), desired.external_id)
        # its id may show another product by now, or none: the ledger's row is as old as its last night
        return self._known(desired, taken_over)


def _taken_by(owner: str, field: str, value: str | int) -> NotYet:
    """Another record owns the product; the source may give it up before the input ends."""
    return NotYet("recognise", [Reason(field, f"{value} already belongs to {owner} of this source")])


def _is_given_up(row: ProductRow) -> bool:
    """Whether the source has called this record inactive; an older ledger only knows that it is in the archive.

    One that is being made is in no archive yet.
    """
    handled = row.acknowledged.get(EXISTENCE)
    return handled == ARCHIVED or (handled is None and row.archived and row.announced_at is None)


def existence(row: ProductRow | None) -> tuple[tuple[str, ...] | None, str | None]:
    """What is ours of a product's existence, and what the source last said of it."""
    if row is None:
        return None, None
    ours = with_pending(row.ours, row.on_its_way) if row.on_its_way else row.ours
    if EXISTENCE in row.decided:  # a person lets the source's word go
        return with_decided(ours, row.decided).get(EXISTENCE), None
    return ours.get(EXISTENCE), row.acknowledged.get(EXISTENCE)
