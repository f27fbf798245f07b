"""The fields of one product as MicroPIM takes them: ids for names, channels that are there, attributes with a code."""

import threading
from typing import Any

from target_micropim.api.client import MicroPimClient
from target_micropim.catalog.attributes import Attributes
from target_micropim.catalog.names import KINDS, Names
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.report.run_report import Report, Row

CHANNELS = "publishing_channels"


class FieldResolver:
    """Used from several threads."""

    def __init__(self, client: MicroPimClient, names: Names, attributes: Attributes, report: Report) -> None:
        self._client = client
        self._names = names
        self._attributes = attributes
        self._report = report
        self._offered: frozenset[str] | None = None
        self._lock = threading.Lock()

    def fields(self, wanted: DesiredProduct) -> dict[str, Any]:
        """The mapped fields, and what needs a look into MicroPIM or the ledger."""
        fields = dict(wanted.fields)
        for kind, name in zip(KINDS, (wanted.brand, wanted.supplier), strict=True):
            number = self._names.id_of(kind, name)
            if number is not None:
                fields[f"{kind}_id"] = number
            elif name is not None:
                self._names.unmapped.add(kind, name, wanted.sku)
        if isinstance(fields.get(CHANNELS), list):
            fields[CHANNELS] = self._offered_of(fields[CHANNELS])
        return {name: value for name, value in fields.items() if value != []} | self._attributes.fields(wanted)

    def unsure(self, wanted: DesiredProduct) -> frozenset[str]:
        """Fields that are missing here though the source has something: never a reason to clear them."""
        pairs = zip(KINDS, (wanted.brand, wanted.supplier), strict=True)
        told = {warning.partition(":")[0] for warning in wanted.warnings}
        return frozenset({f"{kind}_id" for kind, name in pairs if name is not None} | told)

    def _offered_of(self, asked: list[str]) -> list[str]:
        """The channels that the organization has; others would be refused with the whole product (row 32)."""
        with self._lock:
            if self._offered is None:
                self._offered = frozenset(self._client.channels())
                if missing := [name for name in asked if name not in self._offered]:
                    what = f"{CHANNELS}: {', '.join(missing)} not set up in this organization, left out"
                    self._report.add("warnings", Row("products", "", None, what))
            return [name for name in asked if name in self._offered]
