"""What the probe makes, under names that say what it is, and how it is cleared away again."""

import secrets
from collections.abc import Iterator
from typing import Any

from pim_wire.errors import StopRun, Unclear
from target_micropim.commands.probe.client import Answer, ProbeClient

SKU = "PROBE-"
NAME = "Probe of target-micropim, may be deleted"
Facts = dict[str, Any]


class ProbeContext:
    """Makes things and remembers them. ``token`` makes every SKU and name new."""

    def __init__(self, client: ProbeClient) -> None:
        self.ask = client.ask
        self.client = client
        self.token = f"{secrets.randbelow(90) + 10}{secrets.token_hex(3).replace('e', 'f')}z"
        self._products: list[int] = []
        self._categories: list[int] = []
        self._attributes: list[int] = []
        self._number = 0

    def sku(self) -> str:
        """A SKU that nobody had yet."""
        self._number += 1
        return f"{SKU}{self.token}-{self._number}"

    def product(self, purpose: str, **fields: Any) -> Answer:
        """POST a product; one that was made is cleared away later."""
        sku = fields.pop("sku", None) or self.sku()
        body = {"name": f"{NAME} ({sku.rpartition('-')[2]})", "sku": sku, **fields}
        return self._remember(self._products, self.ask(purpose, "POST", "/api/products", json=body))

    def category(self, purpose: str, name: str, parent: int | None) -> Answer:
        """POST a category."""
        body = {"name": f"{NAME} {self.token} {name}", "parent_id": parent}
        return self._remember(self._categories, self.ask(purpose, "POST", "/api/categories", json=body))

    def attribute(self, purpose: str, **fields: Any) -> Answer:
        """POST a definition."""
        body = {"name": f"Probe {self.token}", **fields}
        return self._remember(self._attributes, self.ask(purpose, "POST", "/api/product-attributes", json=body))

    def patch(self, purpose: str, product_id: int, **fields: Any) -> Answer:
        """PATCH a product of ours."""
        return self.ask(purpose, "PATCH", f"/api/products/{product_id}", json=fields)

    def shown(self, product_id: int, purpose: str = "look at it again") -> Facts:
        """GET a product of ours."""
        return self.ask(purpose, "GET", f"/api/products/{product_id}").record

    def clear(self) -> Iterator[dict[str, Any]]:
        """Archive the products, delete the categories and definitions; what stays, and why."""
        self.client.is_cleaning = True
        for number in self._products:
            self._remove(f"/api/products/{number}/", "PATCH", {"category_ids": []})
            failed = self._remove(f"/api/products/{number}")
            yield {"kind": "product", "id": number, "why": failed or "archived: MicroPIM deletes no product"}
        for kind, path, ids in (
            ("category", "/api/categories", reversed(self._categories)),
            ("attribute", "/api/product-attributes", reversed(self._attributes)),
        ):
            for number in ids:
                if failed := self._remove(f"{path}/{number}"):
                    yield {"kind": kind, "id": number, "why": failed}

    def _remove(self, path: str, method: str = "DELETE", body: Any = None) -> str:
        """Why it did not work; empty when it did."""
        try:
            answer = self.ask("clearing away", method, path.rstrip("/"), json=body)
        except (StopRun, Unclear) as error:
            return str(error)
        return "" if answer.good else f"{answer.status} {answer.said}"

    @staticmethod
    def _remember(ids: list[int], answer: Answer) -> Answer:
        if answer.good and answer.id is not None and answer.id not in ids:
            ids.append(answer.id)
        return answer
