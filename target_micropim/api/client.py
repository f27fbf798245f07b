"""MicroPIM's verbs: the envelope opened, every status decided by one table. No retry code.

See docs/api/micropim.md#api. An answer without the envelope is not MicroPIM's, whatever its status: a proxy's page says
nothing about a product. A list that cannot be read to its last item is refused, never taken for an empty one.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import quote

import orjson
import requests

from pim_wire.errors import AccessDenied, KeepsFailing, StaleLook, Unclear
from pim_wire.redaction import Redactor
from pim_wire.wire import Call, Tries, Wire
from target_micropim.api.health import Health
from target_micropim.api.turns import LookAndWriteTurns
from target_micropim.errors import CallFailed, NotFound, Reason, RequestRefused, StaleId, Unreadable
from target_micropim.plan.values import as_id

T = TypeVar("T")
PAGE_LIMIT = 100
MOST_PAGES = 20_000  # two million products
MOST_PAGES_WITHOUT_NEWS = 50  # in a row, without a product that was not seen before: the order is undefined
NO_CONTENT = 204
_SUCCESS = (1, True, "1")
_STATUSES = (*_SUCCESS, 0, False, "0")  # of the envelope (docs/api/micropim.md#envelope)

_ANY_LOOK, _ANY_WRITE = Call("GET", "/api/products", 0), Call("PATCH", "/api/products", 0)  # throttles go by the method

# What a status means for the caller; an unknown one is refused, never retried (docs/api/micropim.md#status-codes).
STATUS_TABLE: dict[int, type[RequestRefused | AccessDenied]] = {
    400: RequestRefused,
    401: AccessDenied,
    403: AccessDenied,
    404: NotFound,
    405: RequestRefused,
    409: RequestRefused,
    413: RequestRefused,
    415: RequestRefused,
    422: RequestRefused,
}


@dataclass(frozen=True)
class ProductPage:
    """One page of the product list. ``total`` counts products that match; None when not told."""

    products: list[dict[str, Any]]
    is_last: bool
    total: int | None


class MicroPimClient:
    """The routes a writer needs. Ids are MicroPIM's."""

    def __init__(self, wire: Wire, redactor: Redactor, timeout: float) -> None:
        self.wire = wire
        self.redactor = redactor
        self.timeout = timeout
        self.health = Health()
        self._may_give_up_reading = self.health.judge("read")
        self._may_give_up_writing = self.health.judge("write")
        self.before_write: Callable[[str, str, Any], None] | None = None  # is told of method, path and body
        self._turns = LookAndWriteTurns(wire.throttle_for(_ANY_LOOK), wire.throttle_for(_ANY_WRITE))
        self._waited_within: dict[Lock, float] = {}  # by lock: how long those who held it have waited

    # A write that follows a look

    def tries(self) -> Tries:
        """The attempts of a write to a product: after each wait its caller looks again."""
        return self.wire.tries(self._may_give_up_writing, must_look_again=True)

    def look_and_write(self, act: Callable[[Tries], T]) -> T:
        """Let ``act`` look and then write with these tries, and do both again after each wait.

        The turns of the look and of the write are taken together before the look, so that no wait lies between the two;
        what is not used is given back. Raises what ``act`` raises, but for StaleLook.
        """
        tries, has_vanished = self.wire.tries(self._may_give_up_writing, must_look_again=True), False
        try:
            while True:
                self.take_turns(tries)
                try:
                    return act(tries)
                except StaleId as stale:
                    if has_vanished:
                        raise stale.refusal from None
                    has_vanished = True
                except StaleLook:
                    self._turns.expect_write()
        finally:
            self._turns.settle(tries)

    def take_turns(self, tries: Tries) -> None:
        """Wait for the turns of a look and of a write."""
        self._turns.take(tries)

    @contextmanager
    def alone(self, lock: Lock) -> Iterator[None]:
        """Hold a lock within which others look; when they waited, the turn of a write in hand is old."""
        before = self._waited_within.get(lock, 0.0)
        if not lock.acquire(blocking=False):
            lock.acquire()
            self._turns.waited(self._waited_within.get(lock, 0.0) - before)
        began = self._turns.waited_in_all
        try:
            yield
        finally:
            own = self._turns.waited_in_all - began
            self._waited_within[lock] = self._waited_within.get(lock, 0.0) + own
            lock.release()

    # Verbs

    def channels(self) -> list[str]:
        """Names of the organization's publishing channels; proves the key and the organization on the way."""
        data = self._ask("GET", "/api/channels")
        return [str(item.get("value")) for item in _shown_items(data, "channels")]

    def products_page(self, number: int, **query: str) -> ProductPage:
        """Page ``number`` (from 1) of the list, narrowed by ``search`` or ``status``."""
        data = self._ask("GET", "/api/products", params={**query, "page": number, "limit": PAGE_LIMIT})
        products = _products(data)
        pagination = data.get("pagination") if isinstance(data, dict) else None
        pages = pagination if isinstance(pagination, dict) else {}
        last, total = _count(pages.get("total_pages")), _count(pages.get("total_items"))
        here = _count(pages.get("current_page")) or number
        return ProductPage(products, not products or not pages or (last is not None and here >= last), total)

    def product_pages(self, **query: str) -> Iterator[ProductPage]:
        """The pages of the list, from the first to the last. Raises RequestRefused for a list that does not end.

        A service that ignores page numbers would show the same products for ever.
        """
        ids: set[str] = set()
        without_news = 0
        for number in range(1, MOST_PAGES + 1):
            page = self.products_page(number, **query)
            yield page
            if page.is_last:
                return
            before = len(ids)
            ids.update(str(product.get("id")) for product in page.products)
            without_news = 0 if len(ids) > before else without_news + 1
            if without_news == MOST_PAGES_WITHOUT_NEWS:
                break
        raise RequestRefused(
            "send", [Reason("$", f"the list of products does not end: {len(ids)} products on {number} pages")]
        )

    def products(self, **query: str) -> Iterator[dict[str, Any]]:
        """Every product of the list, page by page."""
        for page in self.product_pages(**query):
            yield from page.products

    def count_products(self) -> int:
        """How many products the lists say there are, live and archived; what both hold counts twice."""
        return sum(self.products_page(1, **query).total or 0 for query in ({}, {"status": "archived"}))

    def read_tries(self) -> Tries:
        """The attempts of a read, for a caller who wants to know whether there was a wait between them."""
        return self.wire.tries(self._may_give_up_reading)

    def product(self, product_id: int, tries: Tries | None = None) -> dict[str, Any]:
        """One product. Raises NotFound, or RequestRefused for an answer without one: every field would look empty."""
        tries = tries or self.wire.tries(self._may_give_up_reading)
        product = _product(self._ask("GET", f"/api/products/{product_id}", tries=tries))
        if "sku" not in product:
            raise RequestRefused("send", [Reason("$", f"GET /api/products/{product_id} shows no product")])
        return product

    def product_by_barcode(self, code: str) -> dict[str, Any] | None:
        """The product with this EAN, or None; which one of several is not documented.

        See docs/api/micropim.md#find-by-ean.
        """
        try:
            product = _product(self._ask("GET", f"/api/products/barcode/{quote(code, safe='')}"))
        except NotFound:
            return None
        return product if product.get("id") is not None else None

    def create_product(self, payload: dict[str, Any], tries: Tries | None = None) -> dict[str, Any]:
        """POST a product. Raises RequestRefused, Unclear when it may have been made, StaleLook after a wait."""
        tries = tries or self.tries()
        return _product(self._ask("POST", "/api/products", json=payload, repeatable=False, tries=tries))

    def update_product(self, product_id: int, changes: dict[str, Any], tries: Tries | None = None) -> dict[str, Any]:
        """PATCH the given fields. Raises StaleLook after a wait: a person may have typed something meanwhile."""
        return _product(self._ask("PATCH", f"/api/products/{product_id}", json=changes, tries=tries or self.tries()))

    def archive_product(self, product_id: int, tries: Tries | None = None) -> None:
        """DELETE, which MicroPIM documents as setting the status to archived. Raises StaleLook after a wait."""
        self._ask("DELETE", f"/api/products/{product_id}", tries=tries or self.tries())

    def add_media(self, product_id: int, media: dict[str, Any]) -> dict[str, Any]:
        """POST a picture by its address. Raises RequestRefused, or Unclear when it may have been stored."""
        data = self._ask("POST", f"/api/products/{product_id}/media", json=media, repeatable=False)
        return data if isinstance(data, dict) else {}

    def category_tree(self) -> Any:
        """The raw tree; its shape is not documented, api/tree.py reads every known one."""
        return self._ask("GET", "/api/categories/tree")

    def create_category(self, payload: dict[str, Any]) -> dict[str, Any]:
        """POST a category. Raises RequestRefused, or Unclear when it may have been made."""
        data = self._ask("POST", "/api/categories", json=payload, repeatable=False)
        inner = data.get("category") if isinstance(data, dict) else None
        return inner if isinstance(inner, dict) else data if isinstance(data, dict) else {}

    def update_category(self, category_id: int, payload: dict[str, Any], tries: Tries | None = None) -> None:
        """PUT a category, whole: a PUT may replace what it does not name. Raises StaleLook after a wait."""
        self._ask("PUT", f"/api/categories/{category_id}", json=payload, tries=tries)

    def move_category(self, category_id: int, payload: dict[str, Any], tries: Tries | None = None) -> None:
        """POST a new parent; states an absolute place, so it is safe to repeat. Raises StaleLook after a wait."""
        self._ask("POST", f"/api/categories/{category_id}/move", json=payload, tries=tries)

    def category_products(self, category_id: int) -> frozenset[int]:
        """The ids of the products in a category, page by page if there are pages.

        See docs/api/micropim.md#unshown-shapes.
        """
        products: set[int] = set()
        number, last, without_news = 0, 1, 0
        while number < min(last, MOST_PAGES) and without_news < MOST_PAGES_WITHOUT_NEWS:
            number += 1
            params = {"page": number, "limit": PAGE_LIMIT} if number > 1 else None
            data = self._ask("GET", f"/api/categories/{category_id}/products", params=params)
            rows = [item["id"] for item in _products(data)]
            pages = data.get("pagination") if isinstance(data, dict) else None
            last = (_count(pages.get("total_pages")) if isinstance(pages, dict) else None) or 1
            before = len(products)
            products.update(rows)
            without_news = 0 if len(products) > before else without_news + 1
            if not rows:
                break
        return frozenset(products)

    def assign_products(self, category_id: int, product_ids: list[int], tries: Tries | None = None) -> None:
        """POST products into a category. Whether it adds or replaces is not documented. Raises StaleLook after a wait.

        See docs/api/micropim.md#assign-products.
        """
        self._ask("POST", f"/api/categories/{category_id}/products", json={"product_ids": product_ids}, tries=tries)

    def attributes(self) -> Any:
        """The raw list of definitions; its shape is not documented, catalog/attributes.py reads every known one."""
        return self._ask("GET", "/api/product-attributes")

    def create_attribute(self, payload: dict[str, Any]) -> dict[str, Any]:
        """POST a definition. Raises RequestRefused, or Unclear when it may have been made."""
        data = self._ask("POST", "/api/product-attributes", json=payload, repeatable=False)
        return data if isinstance(data, dict) else {}

    def update_attribute(self, attribute_id: int, changes: dict[str, Any]) -> None:
        """PATCH the given fields of a definition; safe to repeat, since it states absolute values."""
        self._ask("PATCH", f"/api/product-attributes/{attribute_id}", json=changes)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: dict[str, Any] | None = None,
        repeatable: bool = True,
        tries: Tries | None = None,
    ) -> Any:
        envelope: dict[str, Any] = {}

        def is_broken(response: requests.Response) -> bool:
            if response.ok and response.status_code == NO_CONTENT:
                return False
            try:
                opened = orjson.loads(response.content)
            except ValueError:
                return True
            if isinstance(opened, dict):
                envelope.update(opened)
            return envelope.get("status") not in _STATUSES

        tries = tries or self.wire.tries()
        call = Call(method, path, self.timeout, json=json, params=params, repeatable=repeatable, is_broken=is_broken)
        call.tries = tries
        if method == "GET":
            tries.turn = self._turns.for_look()
        else:
            self._turns.for_write(tries, call)
            if self.before_write is not None:
                self.before_write(method, path, json)
        try:
            response = self.wire.send(call)
        except KeepsFailing as failure:
            raise CallFailed("send", [Reason("$", f"{failure}, while other calls succeed")]) from None
        if method == "GET":
            self._turns.looked(tries.waited_seconds)
        with closing(response):
            return self._opened(call, response, envelope)

    def _opened(self, call: Call, response: requests.Response, envelope: dict[str, Any]) -> Any:
        """The payload of an answer that is good on both layers, else the exception of the table."""
        if response.status_code == NO_CONTENT:
            return {}
        if response.ok and envelope["status"] in _SUCCESS:
            self.health.succeeded("read" if call.method == "GET" else "write")
            return envelope.get("data")
        self.health.answered()
        said = self.redactor.excerpt(_said(response, envelope))
        kind = STATUS_TABLE.get(response.status_code, RequestRefused)
        if issubclass(kind, AccessDenied):
            raise AccessDenied(self._access_message(response.status_code, said))
        message = f"{call} answered {response.status_code}"
        raise kind("send", [Reason("$", message)], status=response.status_code, said=said)

    def _access_message(self, status: int, said: str) -> str:
        where = f"MicroPIM at {self.wire.base_url}"
        if status == requests.codes.unauthorized:
            return f"{where} does not accept the key (401: {said}): check api_key"
        return f"{where} refuses this key, or a quota is used up (403: {said}): check api_key, organization and plan"


def is_picture(call: Call) -> bool:
    """Whether the call has MicroPIM fetch a picture."""
    return call.method == "POST" and call.path.endswith("/media")


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        envelope = orjson.loads(body)
    except ValueError:
        return {}
    return envelope if isinstance(envelope, dict) else {}


def _said(response: requests.Response, envelope: dict[str, Any]) -> str:
    error = (envelope or _envelope(response.content)).get("error")
    return error if isinstance(error, str) and error else response.text


def _count(value: Any) -> int | None:
    """A number of pages or products, when it can be one; some services write numbers as texts."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    return number if type(number) is int and number >= 0 else None


def _products(data: Any) -> list[dict[str, Any]]:
    """The products of a list, each with its id as a number. Raises Unreadable.

    Read as empty, all of them would be made again.
    """
    items = data.get("products") if isinstance(data, dict) else data
    if not isinstance(items, list):
        raise Unreadable("a list of products", "holds no list")
    products = []
    for item in items:
        number = as_id(item.get("id")) if isinstance(item, dict) else None
        if number is None:
            raise Unreadable("a list of products", "holds something that is no product with an id")
        products.append({**item, "id": number})
    return products


def _shown_items(data: Any, name: str) -> list[dict[str, Any]]:
    """What can be read of the list in ``data.<name>``, or in ``data`` itself, where nothing is made of its absence."""
    items = data.get(name) if isinstance(data, dict) else data
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _product(data: Any) -> dict[str, Any]:
    """The product in ``data`` or in ``data.product`` (docs/api/micropim.md#unshown-shapes)."""
    if isinstance(data, dict):
        inner = data.get("product")
        return inner if isinstance(inner, dict) else data
    return {}


def remote_id(answer: dict[str, Any], call: str) -> int:
    """The id of what was made. Raises Unclear when the answer does not tell it."""
    number = as_id(answer.get("id"))
    if number is None:
        raise Unclear(f"{call} was answered without an id")
    return number
