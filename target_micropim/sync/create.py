"""Making a product that MicroPIM does not have, once.

See docs/api/micropim.md#sku-taken and docs/api/micropim.md#post-unclear.
"""

import threading
from dataclasses import replace

from pim_wire.errors import AccessDenied, StaleLook, StrangeAnswer, Unclear
from pim_wire.wire import Tries
from target_micropim.api.client import remote_id
from target_micropim.api.payloads import check_payload
from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.matching import RemoteProduct
from target_micropim.errors import NotYet, Reason, RecordRejected, RequestRefused, TooMany
from target_micropim.ledger import ABSENT, ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.product import plan_create
from target_micropim.plan.write import body_of, without_extras
from target_micropim.report.run_report import Row
from target_micropim.services import Services
from target_micropim.sync.doubles import Doubles
from target_micropim.sync.visibility import Visibility
from target_micropim.sync.write import STREAM, Fields, ProductWriter, Write

MOST_UNCLEAR_IN_A_ROW = 10
_SKU_MAY_BE_TAKEN = frozenset({400, 409, 422})
_HINT = "this SKU may belong to a variant or an archived product, or to one that no search finds (see lookup)"


class ProductCreator:
    """Used from several threads."""

    def __init__(self, services: Services, catalog: Catalog, writer: ProductWriter) -> None:
        self._services = services
        self._matching = catalog.matching
        self._writer = writer
        self._visibility = Visibility(services, catalog.matching)
        self.doubles = Doubles(services, catalog.matching, self._visibility)
        self._lock = threading.Lock()
        self._counted: set[str] = set()
        self._unclear = 0
        self._other_form: str | None = None
        self.has_made_one = False  # and has seen how long it needs to show, and what the search finds
        self._first = threading.Lock()  # until one product has shown how MicroPIM stores a SKU
        self._is_form_known = False

    def find(self, desired: DesiredProduct, row: ProductRow | None, *, is_last: bool) -> RemoteProduct | None:
        """The last look before a product is made; None is the proof that it is not there.

        Raises NotYet, or RecordRejected, where a POST of before may have made it and it does not show yet.
        """
        announced_at = self._announced_at(desired, row)
        if announced_at is None:
            return self._matching.newer_than_index(desired.sku, is_form_known=self._is_form_known)
        if is_last:
            return self._visibility.wait_for(desired.sku, announced_at)
        match = self._matching.search_one(desired.sku)
        if match is None:
            raise NotYet("recognise", [Reason("sku", f"whether {desired.sku} was made is not known yet")])
        return match

    def _announced_at(self, desired: DesiredProduct, row: ProductRow | None) -> float | None:
        """Since when a creation with this SKU may be on its way, also one for a record that this one replaces."""
        if row is None and (maker := self._services.ledger.maker_of_sku(desired.sku)) is not None:
            row = self._services.ledger.product(maker)
        return None if row is None else row.announced_at

    def create(self, desired: DesiredProduct, fields: Fields, categories: dict[str, int], tries: Tries) -> Write:
        """Make it. Raises RequestRefused, NotYet where the end is not known, StaleLook after a wait."""
        sent: Fields = {"sku": desired.sku, **plan_create(fields, self._services.settings.policies).fields}
        if categories:
            sent["category_ids"] = list(dict.fromkeys(categories.values()))
        check_payload("product", body_of(without_extras(sent)))
        if self._is_form_known:
            return self._create(desired, sent, categories, tries)
        with self._services.client.alone(self._first):
            return self._create(desired, sent, categories, tries)

    def _create(self, desired: DesiredProduct, sent: Fields, categories: dict[str, int], tries: Tries) -> Write:
        self._refuse_other_form()
        self._count(desired.external_id)
        row = ProductRow(
            desired.external_id,
            desired.sku,
            ABSENT,
            categories=tuple(categories),  # sent with the rest (docs/api/micropim.md#categories-in-patch)
            archived=True,
            announced_at=self._services.ledger.now(),
        )
        if self.doubles.making() and self._matching.search_one(desired.sku) is not None:
            raise SkuTaken
        self._writer.announce(row, sent)
        answer, sent = self._post(desired, row, sent, tries)
        views = self._writer.views(remote_id(answer, "POST product"), answer, sent)
        with self._lock:
            self._unclear = 0
        product = views[-1]
        self._compare_sku(desired, product)
        self._services.ledger.claim(desired.external_id, product.remote_id)
        self.doubles.made(desired.sku, desired.external_id)
        self._visibility.made(desired.sku, product.remote_id)
        self.has_made_one = self._is_form_known
        if any(number not in product.category_ids for number in categories.values()):
            self._forget_categories(desired.external_id)
        return Write(sent, None, product, tuple(views), categories).assigned(self._writer.assign(product, categories))

    def _forget_categories(self, external_id: str) -> None:
        """The creation did not put the product into all of them: they follow one by one, and a run may be killed."""
        if (row := self._services.ledger.product(external_id)) is not None:
            self._services.ledger.remember(replace(row, categories=()))

    def _post(
        self, desired: DesiredProduct, row: ProductRow, fields: Fields, tries: Tries
    ) -> tuple[dict[str, object], Fields]:
        """POST, and once more with less when it is refused."""
        try:
            return self._posted(desired, fields, tries), fields
        except (StaleLook, AccessDenied):  # nothing was sent, or nothing was taken
            self._services.ledger.unannounce(row)
            raise
        except RequestRefused as refusal:
            self._refuse_found(desired, refusal)
            hinted = _with_hint(refusal)
            for fallback in self._writer.fallbacks(hinted, fields, desired):
                try:
                    answer = self._posted(desired, fallback.fields, self._services.client.tries())
                except RequestRefused:
                    continue
                self._writer.tell_fallback(hinted, fallback, desired)
                return answer, fallback.fields
            self._services.ledger.unannounce(row)
            raise hinted from None

    def _posted(self, desired: DesiredProduct, fields: Fields, tries: Tries) -> dict[str, object]:
        try:
            answer = self._services.client.create_product(body_of(fields), tries)
            remote_id(answer, "POST product")
        except Unclear as unclear:
            raise self._after_unclear(desired, str(unclear)) from None
        return answer

    def _after_unclear(self, desired: DesiredProduct, message: str) -> Exception:
        """A failing service gets longer and longer waits, and then an end; the product is looked for later.

        Made anyway and shown at once, it is found when its record is tried again, at the end of the input.
        """
        with self._lock:
            self._unclear += 1
            unclear = self._unclear
        if unclear > MOST_UNCLEAR_IN_A_ROW:
            return StrangeAnswer(
                f"MicroPIM makes nothing any more ({message}): stopped after {unclear} in a row; try again later"
            )
        if unclear > 1:
            self._services.client.wire.back_off(unclear - 1)
        return NotYet("send", [Reason("$", f"whether {desired.sku} was made is not known: {message}")])

    def _refuse_found(self, desired: DesiredProduct, refusal: RequestRefused) -> None:
        """Raises SkuTaken when a product with this SKU turns up after a refusal."""
        if refusal.status in _SKU_MAY_BE_TAKEN and self._matching.search_one(desired.sku) is not None:
            self._discount(desired.external_id)
            raise SkuTaken

    def _count(self, external_id: str) -> None:
        """Counted before it is made, so that several threads together do not go over. Raises TooMany."""
        most = self._services.settings.max_create
        with self._lock:
            if most is not None and len(self._counted | {external_id}) > most:
                raise TooMany(
                    f"more than {most} new products: more than max_create allows; if the source is right, raise "
                    "max_create for one run"
                )
            if most is not None:
                self._counted.add(external_id)

    def _discount(self, external_id: str) -> None:
        with self._lock:
            self._counted.discard(external_id)

    def _compare_sku(self, desired: DesiredProduct, product: RemoteProduct) -> None:
        """A SKU that is stored in another form finds no product again, so nothing more is made in this run."""
        shown = str((product.product or {}).get("sku") or "").strip()
        if shown == desired.sku:
            self._is_form_known = True
            return
        self._other_form = f"MicroPIM stored the SKU {desired.sku} as {shown}"
        what = f"{self._other_form}: a lost ledger could not find it again; choose another sku_template"
        self._services.report.add("manual_actions", Row(STREAM, desired.external_id, desired.sku, what))

    def _refuse_other_form(self) -> None:
        if self._other_form:
            message = f"{self._other_form}: nothing more is made in this run, since it could not be found again"
            raise RecordRejected("plan", [Reason("sku", message)])


class SkuTaken(StaleLook):
    """A product with this SKU is there after all: look again."""


def _with_hint(refusal: RequestRefused) -> RequestRefused:
    """The refusal; where it speaks of the SKU, with what that can mean when no product has it.

    See docs/api/micropim.md#sku-taken.
    """
    if "sku" not in (refusal.said or "").casefold():
        return refusal
    reasons = [*refusal.reasons, Reason("sku", _HINT)]
    return RequestRefused(refusal.stage, reasons, status=refusal.status, said=refusal.said)
