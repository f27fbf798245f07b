"""What is known of MicroPIM's side: which product is which, categories, attributes, names, pictures."""

from dataclasses import dataclass
from typing import Self

from target_micropim.catalog.assignments import CategoryAssigner
from target_micropim.catalog.attributes import Attributes
from target_micropim.catalog.categories import Categories
from target_micropim.catalog.category_ids import CategoryIds
from target_micropim.catalog.category_paths import CategoryPaths
from target_micropim.catalog.matching import ProductMatching
from target_micropim.catalog.names import Names
from target_micropim.catalog.pictures import ProductPictures
from target_micropim.services import Services


@dataclass(frozen=True)
class Catalog:
    """The knowledge of one run; each part asks MicroPIM when it has to and keeps what it learns in the ledger."""

    matching: ProductMatching
    categories: Categories
    category_ids: CategoryIds
    category_paths: CategoryPaths
    assignments: CategoryAssigner
    attributes: Attributes
    names: Names
    pictures: ProductPictures

    @classmethod
    def of(cls, services: Services) -> Self:
        """Over the edges of one run."""
        categories = Categories(services)
        return cls(
            ProductMatching(services.client, services.ledger, services.settings),
            categories,
            CategoryIds(services, categories),
            CategoryPaths(services, categories),
            CategoryAssigner(services),
            Attributes(services),
            Names(services),
            ProductPictures(services),
        )
