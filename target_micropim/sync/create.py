"""Making a product that MicroPIM does not have, once.

See docs/api/micropim.md#sku-taken and docs/api/micropim.md#post-unclear.
"""

import threading
from typing import Any

from target_micropim.api.client import remote_id
from target_micropim.api.payloads import check_payload
from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct, remote_product
from target_micropim.catalog.pictures import RemotePictures
from target_micropim.errors import Reason, RequestRefused, TooMany
from target_micropim.ledger import ABSENT, ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.product import plan_create
from target_micropim.plan.write import body_of, without_extras
from target_micropim.services import Services
from target_micropim.sync.write import Fields, ProductWriter, Write

MAX_POSTS = 6
_SKU_MAY_BE_TAKEN = frozenset({400, 409, 422})
_HINT = "this SKU may belong to a variant or an archived product, or to one that no search finds (see lookup)"


class ProductCreator:
    """Used from several threads."""

    def __init__(self, services: Services, catalog: Catalog, writer: ProductWriter) -> None:
        self._services = services
        self._matching = catalog.matching
        self._writer = writer
        self._lock = threading.Lock()
        self._created = 0

    def create(
        self, desired: DesiredProduct, fields: Fields, categories: dict[str, int]
    ) -> tuple[ProductRow, RemotePictures] | RemoteProduct:
        """Make it; or the product that turns out to have the SKU already. Raises RequestRefused."""
        sent: Fields = {"sku": desired.sku, **plan_create(fields, self._services.settings.policies).fields}
        if categories:
            sent["category_ids"] = list(dict.fromkeys(categories.values()))
        check_payload("product", body_of(without_extras(sent)))
        self._count(1)
        self._writer.announce(ProductRow(desired.external_id, desired.sku, ABSENT, archived=True), sent)
        try:
            product = self._post(sent)
        except RequestRefused as refusal:
            if refusal.status in _SKU_MAY_BE_TAKEN:
                existing = self._matching.search_one(desired.sku)
                if existing is not None:
                    self._count(-1)
                    return existing
            product, sent = self._post_smaller(refusal, sent, desired)
        after = self._writer.assign(remote_product(product), categories)
        row = ProductRow(desired.external_id, desired.sku, after.remote_id)
        row = self._writer.remember(desired, row, fields, Write(sent, None, after, categories))
        return row, RemotePictures(row.remote_id, after.images, is_ours=True)

    def _count(self, step: int) -> None:
        """Counted before it is made, so that several threads together do not go over. Raises TooMany."""
        most = self._services.settings.max_create
        with self._lock:
            if most is not None and self._created + step > most:
                raise TooMany(
                    f"more than {most} new products: more than max_create allows; if the source is right, raise "
                    "max_create for one run"
                )
            self._created += step

    def _post_smaller(
        self, refusal: RequestRefused, fields: Fields, desired: DesiredProduct
    ) -> tuple[dict[str, Any], Fields]:
        """Once more with less. Raises the refusal, and then nothing is announced any more."""
        refusal = _with_hint(refusal)
        for fallback in self._writer.fallbacks(refusal, fields):
            try:
                product = self._post(fallback.fields)
            except RequestRefused:
                continue
            self._writer.tell_fallback(refusal, fallback, desired)
            return product, fallback.fields
        self._services.ledger.forget(desired.external_id)
        raise refusal

    def _post(self, fields: Fields) -> dict[str, Any]:
        """POST; after an unclear answer the product with this SKU, if it was made."""

        def post() -> dict[str, Any]:
            answer = self._services.client.create_product(body_of(fields))
            return self._writer.shown_after(remote_id(answer, "POST product"), answer)

        def look() -> dict[str, Any] | None:
            existing = self._matching.search_one(fields["sku"])
            return existing.product if existing else None

        return self._services.post_once.post(post, look, MAX_POSTS)


def _with_hint(refusal: RequestRefused) -> RequestRefused:
    """The refusal; where it speaks of the SKU, with what that can mean when no product has it.

    See docs/api/micropim.md#sku-taken.
    """
    if "sku" not in (refusal.said or "").casefold():
        return refusal
    reasons = [*refusal.reasons, Reason("sku", _HINT)]
    return RequestRefused(refusal.stage, reasons, status=refusal.status, said=refusal.said)
