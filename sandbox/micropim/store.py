"""The catalogue of one MicroPIM organization."""

import re
import unicodedata
from collections.abc import Callable, Iterator

from sandbox.exchange import Json
from sandbox.micropim.errors import ApiError
from sandbox.micropim.fields import PRODUCT_FIELDS, default_of
from sandbox.micropim.journal import Journal
from sandbox.micropim.options import MicroPimOptions


class Store:
    """Products, categories, attributes and variants by id; only a person's hand uses an id twice."""

    def __init__(self, options: MicroPimOptions) -> None:
        """Start empty."""
        self.options = options
        self.brands = dict(options.brands)
        self.suppliers = dict(options.suppliers)
        self.products: dict[int, Json] = {}
        self.categories: dict[int, Json] = {}
        self.attributes: dict[int, Json] = {}
        self.variants: dict[int, list[Json]] = {}
        self.journal = Journal()
        self._late: list[tuple[float, Callable[[], None]]] = []
        self._by_sku: dict[str, set[int]] = {}
        self._slugs: dict[str, int] = {}
        self._last = {"product": 90000, "category": 400, "attribute": 10, "media": 55000, "variant": 700}

    def later(self, seconds: float, deed: Callable[[], None]) -> None:
        """Do something when so much time has passed (docs/api/micropim.md#kept-late)."""
        self._late.append((self.options.clock() + seconds, deed))

    def catch_up(self, seconds: float = 0) -> None:
        """Do what is due by now, or in so many seconds, in the order it was put off."""
        until = self.options.clock() + seconds
        due = [deed for at, deed in self._late if at <= until]
        self._late = [(at, deed) for at, deed in self._late if at > until]
        for deed in due:
            deed()

    def is_shown(self, row: Json) -> bool:
        """Whether a product, picture or category that may show late does so by now."""
        shows_from = row.get("_shows_from")
        return shows_from is None or shows_from <= self.options.clock()

    def shows_from(self, seconds: float) -> float | None:
        """The time from which something new shows; None is at once (docs/api/micropim.md#shown-late)."""
        return self.options.clock() + seconds if seconds else None

    def next_id(self, kind: str) -> int:
        """Give out the next server id."""
        self._last[kind] += 1
        return self._last[kind]

    def insert_product(self, fields: Json) -> Json:
        """Store a product whose fields have been checked."""
        product: Json = {
            "id": self.next_id("product"), **{field.name: default_of(field.name) for field in PRODUCT_FIELDS},
            "currency": self.options.currency, **fields, "_media": [], "_reads": 0, "_shows_from": None,
        }  # fmt: skip
        product["slug"] = self.slug(str(fields.get("name", "")))
        self.products[product["id"]] = product
        self.remember_sku(product)
        return product

    def remember_sku(self, product: Json) -> None:
        """Index a new or changed SKU: looking through all products would make each create slower."""
        self._by_sku.setdefault(product["sku"], set()).add(product["id"])

    def remove_product(self, product_id: int) -> None:
        """Take a product away for good."""
        del self.products[product_id]

    def with_sku(self, sku: str) -> list[Json]:
        """Products that have the SKU now."""
        rows = [self.products[key] for key in self._by_sku.get(sku, ()) if key in self.products]
        return [row for row in rows if row["sku"] == sku]

    def product(self, product_id: int) -> Json:
        """Return a product or answer 404."""
        return _found(self.products, product_id, "Product")

    def category(self, category_id: int) -> Json:
        """Return a category or answer 404."""
        return _found(self.categories, category_id, "Category")

    def children(self, parent_id: int | None) -> list[Json]:
        """Direct children by position, ties by age."""
        rows = [row for row in self.categories.values() if row["parent_id"] == parent_id]
        return sorted(rows, key=lambda row: (row["position"], row["id"]))

    def members(self, category_id: int) -> list[Json]:
        """Products of a category."""
        return [product for product in self.products.values() if category_id in product["category_ids"]]

    def ancestors(self, category_id: int | None) -> Iterator[Json]:
        """The category itself, then its parents up to the root."""
        while category_id is not None and category_id in self.categories:
            row = self.categories[category_id]
            yield row
            category_id = row["parent_id"]

    def path(self, category_id: int) -> str:
        """Names from the root, joined by `` > ``."""
        return " > ".join(reversed([row["name"] for row in self.ancestors(category_id)]))

    def slug(self, name: str) -> str:
        """Make a slug from the name; equal names get a suffix or 400 (docs/api/micropim.md#slug-collisions)."""
        ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        base = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-") or "product"
        if base in self._slugs and self.options.slug_collision == "400":
            raise ApiError(400, f"The slug {base} is already in use")
        slug = base
        while slug in self._slugs:
            self._slugs[base] += 1
            slug = f"{base}-{self._slugs[base]}"
        self._slugs[slug] = 1
        return slug


def _found(table: dict[int, Json], key: int, noun: str) -> Json:
    if key not in table:
        raise ApiError(404, f"{noun} not found")
    return table[key]
