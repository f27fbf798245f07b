"""The fields of one product as MicroPIM takes them: ids for names, channels that are there, attributes with a code."""

import threading
from typing import Any

from target_micropim.catalog.catalog import Catalog
from target_micropim.catalog.names import KINDS
from target_micropim.mapping.characters import folded
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.report.run_report import Row
from target_micropim.services import Services

CHANNELS = "publishing_channels"


class FieldResolver:
    """Used from several threads."""

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self._services = services
        self._catalog = catalog
        self._offered: frozenset[str] | None = None
        self._lock = threading.Lock()

    def fields(self, desired: DesiredProduct) -> dict[str, Any]:
        """The mapped fields, and what needs a look into MicroPIM or the ledger."""
        fields, names = dict(desired.fields), self._catalog.names
        for kind, name in zip(KINDS, (desired.brand, desired.supplier), strict=True):
            if name is None:
                continue
            number = names.id_of(kind, name)
            if number is not None:
                fields[f"{kind}_id"] = number
            else:
                names.unmapped.add(kind, name, desired.sku)
        if isinstance(fields.get(CHANNELS), list):
            fields[CHANNELS] = self._offered_among(fields[CHANNELS])
        if [] in fields.values():
            fields = {name: value for name, value in fields.items() if value != []}
        return fields | self._catalog.attributes.fields(desired) if desired.attributes else fields

    def ended(self, desired: DesiredProduct) -> frozenset[str]:
        """The attributes whose links are over."""
        return self._catalog.attributes.ended(desired)

    def category_ids(self, desired: DesiredProduct) -> dict[str, int]:
        """MicroPIM's ids of the categories that the product should be in, by external id."""
        if self._services.settings.categories_mode == "off":
            return {}
        ids = self._catalog.categories.ids(desired.categories) if desired.categories else {}
        return ids | {str(number): number for number in desired.category_ids} if desired.category_ids else ids

    def unsure(self, desired: DesiredProduct) -> frozenset[str]:
        """Fields that are missing here though the source has something: never a reason to clear them."""
        names = zip(KINDS, (desired.brand, desired.supplier), strict=True)
        warned = {warning.partition(":")[0] for warning in desired.warnings}
        return frozenset({f"{kind}_id" for kind, name in names if name is not None} | warned)

    def names_without_id(self, desired: DesiredProduct) -> list[tuple[str, str, str]]:
        """Brand and supplier that have no id yet: kind, name as people see it, name. The product waits for them."""
        id_of, policies = self._catalog.names.id_of, self._services.settings.policies
        return [
            (kind, folded(name), name)
            for kind, name in zip(KINDS, (desired.brand, desired.supplier), strict=True)
            if name and folded(name) and id_of(kind, name) is None and policies[f"{kind}_id"] != "never"
        ]

    def _offered_among(self, channels: list[str]) -> list[str]:
        """The channels that the organization has; others would be refused with the whole product.

        See docs/api/micropim.md#channels.
        """
        with self._lock:
            if self._offered is None:
                self._offered = frozenset(self._services.client.channels())
                if missing := [name for name in channels if name not in self._offered]:
                    what = f"{CHANNELS}: {', '.join(missing)} not set up in this organization, left out"
                    self._services.report.add("warnings", Row("products", "", None, what))
            return [name for name in channels if name in self._offered]
