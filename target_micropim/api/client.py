"""MicroPIM's verbs: the envelope opened, every status decided by one table. No retry code.

See docs/api/micropim.md#api.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
import requests

from pim_wire.errors import AccessDenied, Unclear
from pim_wire.redaction import Redactor
from pim_wire.wire import Call, Wire
from target_micropim.errors import NotFound, Reason, RequestRefused
from target_micropim.plan.values import is_id

PAGE_LIMIT = 100
MOST_PAGES = 20_000  # two million products
MOST_PAGES_WITHOUT_NEWS = 50  # in a row, without a product that was not seen before: the order is undefined
NO_CONTENT = 204

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

    def channels(self) -> list[str]:
        """Names of the organization's publishing channels; proves the key and the organization on the way."""
        data = self._ask("GET", "/api/channels")
        return [str(item.get("value")) for item in _listed(data, "channels")]

    def products_page(self, number: int, **query: str) -> ProductPage:
        """Page ``number`` (from 1) of the list, narrowed by ``search`` or ``status``."""
        data = self._ask("GET", "/api/products", params={**query, "page": number, "limit": PAGE_LIMIT})
        products = _listed(data, "products")
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

    def product(self, product_id: int) -> dict[str, Any]:
        """One product. Raises NotFound, or RequestRefused for an answer without one: every field would look empty."""
        product = _product(self._ask("GET", f"/api/products/{product_id}"))
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

    def create_product(self, payload: dict[str, Any]) -> dict[str, Any]:
        """POST a product. Raises RequestRefused, or Unclear when it may have been made."""
        return _product(self._ask("POST", "/api/products", json=payload, repeatable=False))

    def update_product(self, product_id: int, changes: dict[str, Any]) -> dict[str, Any]:
        """PATCH the given fields; safe to repeat, since it states absolute values."""
        return _product(self._ask("PATCH", f"/api/products/{product_id}", json=changes))

    def archive_product(self, product_id: int) -> None:
        """DELETE, which MicroPIM documents as setting the status to archived."""
        self._ask("DELETE", f"/api/products/{product_id}")

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

    def update_category(self, category_id: int, payload: dict[str, Any]) -> None:
        """PUT a category, whole: a PUT may replace what it does not name."""
        self._ask("PUT", f"/api/categories/{category_id}", json=payload)

    def move_category(self, category_id: int, payload: dict[str, Any]) -> None:
        """POST a new parent; states an absolute place, so it is safe to repeat."""
        self._ask("POST", f"/api/categories/{category_id}/move", json=payload)

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
            rows = [item.get("id") for item in _listed(data, "products")]
            pages = data.get("pagination") if isinstance(data, dict) else None
            last = (_count(pages.get("total_pages")) if isinstance(pages, dict) else None) or 1
            before = len(products)
            products.update(row for row in rows if is_id(row))
            without_news = 0 if len(products) > before else without_news + 1
            if not rows:
                break
        return frozenset(products)

    def assign_products(self, category_id: int, product_ids: list[int]) -> None:
        """POST products into a category. Whether it adds or replaces is not documented.

        See docs/api/micropim.md#assign-products.
        """
        self._ask("POST", f"/api/categories/{category_id}/products", json={"product_ids": product_ids})

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
        self, method: str, path: str, *, json: Any = None, params: dict[str, Any] | None = None, repeatable: bool = True
    ) -> Any:
        envelope: dict[str, Any] = {}

        def is_broken(response: requests.Response) -> bool:
            if not response.ok or response.status_code == NO_CONTENT:
                return False
            envelope.update(_envelope(response.content))
            return "status" not in envelope

        call = Call(method, path, self.timeout, json=json, params=params, repeatable=repeatable, is_broken=is_broken)
        with closing(self.wire.send(call)) as response:
            return self._opened(call, response, envelope)

    def _opened(self, call: Call, response: requests.Response, envelope: dict[str, Any]) -> Any:
        """The payload of an answer that is good on both layers, else the exception of the table."""
        if response.status_code == NO_CONTENT:
            return {}
        if response.ok and envelope.get("status") in (1, True, "1"):
            return envelope.get("data")
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
    """A number of pages or products, when it can be one."""
    return value if type(value) is int and value >= 0 else None


def _listed(data: Any, name: str) -> list[dict[str, Any]]:
    """The list in ``data.<name>``, or ``data`` itself (docs/api/micropim.md#unshown-shapes)."""
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
    number = answer.get("id")
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 20:  # noqa: PLR2004 - of 2**63
        number = int(number)
    if not is_id(number):
        raise Unclear(f"{call} was answered without an id")
    return number
