"""Making a product that MicroPIM does not have, once (micropim.md 4, rows 4 and 5)."""

import threading
from typing import Any

from target_micropim.api.client import remote_id
from target_micropim.api.payloads import check_payload
from target_micropim.api.post_once import PostOnce
from target_micropim.catalog.matching import ProductMatching, RemoteProduct, remote_product
from target_micropim.catalog.pictures import RemotePictures
from target_micropim.errors import Reason, RequestRefused, TooMany
from target_micropim.ledger import ABSENT, ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.options import Options
from target_micropim.plan.product import plan_create
from target_micropim.plan.write import body_of, without_extras
from target_micropim.sync.write import Desk, Fields, ProductWriter, Sent

MAX_POSTS = 6
_TAKEN = frozenset({400, 409, 422})
_HINT = "this SKU may belong to a variant or an archived product, or to one that no search finds (see lookup)"


class ProductCreator:
    """Used from several threads."""

    def __init__(
        self, desk: Desk, writing: ProductWriter, identity: ProductMatching, once: PostOnce, options: Options
    ) -> None:
        self._desk = desk
        self._writing = writing
        self._identity = identity
        self._once = once
        self._options = options
        self._lock = threading.Lock()
        self._made = 0

    def create(
        self, wanted: DesiredProduct, fields: Fields, asked: dict[str, int]
    ) -> tuple[ProductRow, RemotePictures] | RemoteProduct:
        """Make it; or the product that turns out to have the SKU already. Raises Refused."""
        sent: Fields = {"sku": wanted.sku, **plan_create(fields, self._options.policies).fields}
        if asked:
            sent["category_ids"] = list(dict.fromkeys(asked.values()))
        check_payload("product", body_of(without_extras(sent)))
        self._count(1)
        self._writing.announce(ProductRow(wanted.external_id, wanted.sku, ABSENT, archived=True), sent)
        try:
            product = self._post(sent)
        except RequestRefused as refused:
            if refused.status in _TAKEN and (found := self._identity.search_one(wanted.sku)) is not None:
                self._count(-1)
                return found
            product, sent = self._retreat(refused, sent, wanted)
        after = self._writing.assigned(remote_product(product), asked)
        row = ProductRow(wanted.external_id, wanted.sku, after.remote_id)
        row = self._writing.remember(wanted, row, fields, Sent(sent, None, after, asked))
        return row, RemotePictures(row.remote_id, after.images, is_ours=True)

    def _count(self, step: int) -> None:
        """Counted before it is made, so that several hands together do not go over. Raises TooMany."""
        most = self._options.max_create
        with self._lock:
            if most is not None and self._made + step > most:
                raise TooMany(
                    f"more than {most} new products: more than max_create allows; if the source is right, raise "
                    "max_create for one run"
                )
            self._made += step

    def _retreat(self, refused: RequestRefused, sent: Fields, wanted: DesiredProduct) -> tuple[dict[str, Any], Fields]:
        """Once more with less. Raises Refused, and then nothing is on its way any more."""
        who = (wanted.external_id, wanted.sku)
        try:
            return self._desk.sending.retreat(_with_hint(refused), sent, self._post, who)
        except RequestRefused:
            self._desk.ledger.forget(wanted.external_id)
            raise

    def _post(self, fields: Fields) -> dict[str, Any]:
        """POST; after an unclear answer the product with this SKU, if it was made."""

        def post() -> dict[str, Any]:
            product = self._desk.client.create_product(body_of(fields))
            return self._writing.whole(remote_id(product, "POST product"), product)

        def look() -> dict[str, Any] | None:
            found = self._identity.search_one(fields["sku"])
            return found.product if found else None

        return self._once.post(post, look, MAX_POSTS)


def _with_hint(refused: RequestRefused) -> RequestRefused:
    """The refusal; where it speaks of the SKU, with what that can mean when no product has it (row 4)."""
    if "sku" not in (refused.said or "").casefold():
        return refused
    reasons = [*refused.reasons, Reason("sku", _HINT)]
    return RequestRefused(refused.stage, reasons, status=refused.status, said=refused.said)
