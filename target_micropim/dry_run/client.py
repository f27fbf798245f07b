"""A client that reads for real and only pretends to write: the very same road decides, and a plan is what remains.

Law: whatever is not a GET never reaches the wire from here, not even a verb that this file has never heard of.
"""

import itertools
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from typing_extensions import override

from pim_wire.wire import Tries
from target_micropim.api.client import MicroPimClient, ProductPage
from target_micropim.dry_run.tree import DryRunTree
from target_micropim.errors import NotFound, Reason
from target_micropim.ledger import PlannedProducts
from target_micropim.plan.values import REFERENCES, server_fields
from target_micropim.report.plan_file import FIRST_PLANNED_ID, PlanFile, changes

LATELY = 500  # products whose last look is kept, to tell what a change would replace
Json = dict[str, Any]


class DryRunClient(MicroPimClient):
    """MicroPIM as it would be. Refusals cannot be foreseen: a plan shows what would be sent."""

    def __init__(self, real: MicroPimClient, plan: PlanFile, planned: PlannedProducts) -> None:
        super().__init__(real.wire, real.redactor, real.timeout)
        self._plan = plan
        self._planned = planned
        self._tree = DryRunTree()
        self._lately: OrderedDict[int, Json] = OrderedDict()
        self._lock = threading.Lock()
        self._next = itertools.count(FIRST_PLANNED_ID)
        self._writes: tuple[tuple[str, re.Pattern[str], Callable[..., Any]], ...] = (
            ("POST", re.compile(r"/api/products"), self._create),
            ("PATCH", re.compile(r"/api/products/(\d+)"), self._update),
            ("DELETE", re.compile(r"/api/products/(\d+)"), self._archive),
            ("POST", re.compile(r"/api/products/(\d+)/media"), self._picture),
            ("POST", re.compile(r"/api/categories"), self._category),
            ("PUT", re.compile(r"/api/categories/(\d+)"), self._change_category),
            ("POST", re.compile(r"/api/categories/(\d+)/move"), self._move_category),
        )

    # Reads: MicroPIM's answers, with what is planned laid over them

    @override
    def product(self, product_id: int, tries: Tries | None = None) -> Json:
        if planned := self._planned.among([product_id]):
            with self._lock:
                self._plan.looks += 1
            return planned[product_id]
        if product_id >= FIRST_PLANNED_ID:
            raise NotFound("send", [Reason("$", "a product of this plan that is not there any more")], status=404)
        return self._noted({**super().product(product_id, tries), "id": product_id})

    @override
    def products_page(self, number: int, **query: str) -> ProductPage:
        page = super().products_page(number, **query)
        planned = self._planned.among(int(p["id"]) for p in page.products if isinstance(p.get("id"), int))
        products = [planned.get(product.get("id", 0)) or self._noted(product) for product in page.products]
        if not page.is_last or query.get("status") == "archived":
            return replace(page, products=products)
        made = self._planned.new(sku=query.get("search"))
        return replace(page, products=products + made, total=None if page.total is None else page.total + len(made))

    @override
    def count_products(self) -> int:
        counts = (super(DryRunClient, self).products_page(1, **query).total for query in ({}, {"status": "archived"}))
        return sum(count or 0 for count in counts) + self._planned.count_new()

    @override
    def product_by_barcode(self, code: str) -> Json | None:
        product = super().product_by_barcode(code)
        if product is None:
            return next(iter(self._planned.new(ean=code)), None)
        return self._planned.among([product["id"]]).get(product["id"]) or self._noted(product)

    @override
    def category_tree(self) -> Any:
        return self._tree.over(super().category_tree())

    def _noted(self, product: Json) -> Json:
        number = product.get("id")
        if isinstance(number, int):
            with self._lock:
                self._lately[number] = product
                self._lately.move_to_end(number)
                while len(self._lately) > LATELY:
                    self._lately.popitem(last=False)
        return product

    def _before(self, number: int) -> Json:
        """The product as it would be when the write at hand is sent; read only if that was not done lately."""
        with self._lock:
            seen = self._lately.get(number)
        return next(iter(self._planned.among([number]).values()), None) or seen or self.product(number)

    # Writes: noted, and answered as MicroPIM would

    @override
    def take_turns(self, tries: Tries) -> None:
        """No turn: nothing is written, and a look takes its own."""

    @override
    def _ask(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Json | None = None,
        repeatable: bool = True,
        tries: Tries | None = None,
    ) -> Any:
        if method == "GET":
            return super()._ask(method, path, json=json, params=params, repeatable=repeatable, tries=tries)
        for verb, pattern, pretend in self._writes:
            if verb == method and (fits := pattern.fullmatch(path)):
                return pretend(*(int(group) for group in fits.groups()), json or {})
        return self._other(method, path, json or {})

    def _create(self, body: Json) -> Json:
        product = _shown({"id": next(self._next), "status": "draft", "images": [], "categories": []}, body)
        with self._plan.action("products", "create", product["id"], body.get("sku")) as action:
            action.fields = changes({}, _without_lists(body))
            action.categories = self._categories([], body.get("category_ids", []))
        self._planned.put(product, is_new=True)
        return product

    def _update(self, number: int, body: Json) -> Json:
        before = self._before(number)
        fields = server_fields(before)
        with self._plan.action("products", "update", number, before.get("sku")) as action:
            action.fields |= changes({**before, **fields}, _without_lists(body))
            if "category_ids" in body:
                action.categories = self._categories(fields["category_ids"], body["category_ids"])
        after = _shown(before, body)
        self._planned.put(after, is_new=number >= FIRST_PLANNED_ID)
        return after

    def _archive(self, number: int, _body: Json) -> Json:
        before = self._before(number)
        with self._plan.action("products", "archive", number, before.get("sku")) as action:
            action.fields |= changes(before, {"status": "archived"})
        self._planned.put({**before, "status": "archived"}, is_new=number >= FIRST_PLANNED_ID)
        return {}

    def _picture(self, number: int, body: Json) -> Json:
        before = self._before(number)
        with self._plan.action("products", "add_pictures", number, before.get("sku")) as action:
            action.pictures.append(body)
        images = before.get("images") if isinstance(before.get("images"), list) else []
        self._planned.put(
            {**before, "images": [*(images or []), body.get("file_url")]}, is_new=number >= FIRST_PLANNED_ID
        )
        return {"id": next(self._next)}

    def _category(self, body: Json) -> Json:
        number = next(self._next)
        self._tree.plan(number, body)
        return self._category_line("create", number, {}, body)

    def _change_category(self, number: int, body: Json) -> Json:
        before = self._tree.row(number)
        self._tree.plan(number, body)
        return self._category_line("update", number, before, body)

    def _move_category(self, number: int, body: Json) -> Json:
        before = self._tree.row(number)
        self._tree.plan(number, body)
        return self._category_line("move", number, before, body)

    def _category_line(self, action: str, number: int, before: Json, body: Json) -> Json:
        with self._plan.action("categories", action, number) as noted:
            noted.fields |= changes(before, {name: _known(value) for name, value in body.items()})
            noted.categories = self._categories([], [number])
        return {**self._tree.row(number), "id": number}

    def _other(self, method: str, path: str, body: Json) -> Json:
        """A write that has no form of its own here: its address says what it is."""
        number = next((int(part) for part in path.split("/") if part.isdigit()), None)
        stream = path.split("/")[2] if path.count("/") > 1 else path
        key = next(self._next) if number is None else number
        with self._plan.action(stream, f"{method} {path}", key) as action:
            action.fields |= changes({}, body)
        return {**body, "id": key}

    def _categories(self, before: list[int], after: list[int]) -> list[Json]:
        """The categories of a product after the write; those that are new get no id before they are there."""
        return [
            {"id": _known(number), "path": self._tree.path(number), "added": number not in before} for number in after
        ]


def _known(value: Any) -> Any:
    return None if isinstance(value, int) and value >= FIRST_PLANNED_ID else value


def _without_lists(body: Json) -> Json:
    return {name: value for name, value in body.items() if name != "category_ids"}


def _shown(before: Json, body: Json) -> Json:
    """A product as MicroPIM shows it after a write (docs/api/micropim.md#product-fields)."""
    after = {**before, **{name: value for name, value in body.items() if name != "category_ids"}}
    for name, shown in REFERENCES.items():
        if name in body:
            after[shown] = {"id": body[name]}
    if "category_ids" in body:
        after["categories"] = [{"id": number} for number in body["category_ids"]]
    return after
