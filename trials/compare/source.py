"""Singer lines for the target alone, of the sandbox's catalogue: what a tap could send tonight, and tomorrow."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from sandbox import MedipimOptions, MedipimService
from trials.compare.stage import Json

CATALOGUE = MedipimOptions(products=17, seed=3)
LATE = 14  # the products from here on are new tomorrow
NO_CODES: Json = dict.fromkeys(("gtin", "eanGtin8", "eanGtin12", "eanGtin13", "eanGtin14"))
DEEP = 200  # levels of nesting, more than max_nesting
STATE_EVERY = 4


class Source:
    """Categories and products, all of them sold, each with a name in every language."""

    def __init__(self) -> None:
        found = MedipimService(CATALOGUE).catalogue
        self.products: list[Json] = [_sold(raw) for raw in found.products.values()]
        used = {row["id"] for product in self.products for row in product["publicCategories"]}
        rows = {row["id"]: row for row in found.public_categories}
        for key in list(used):
            used |= set(_ancestors(rows, key))
        self.categories: list[Json] = [copy.deepcopy(row) for key, row in rows.items() if key in used]
        self.tonight = self.products[:LATE]

    def tomorrow(self) -> list[Json]:
        """Every way in which a product can change; the order is that of the products."""
        rows = copy.deepcopy(self.products)
        rows[0]["name"] = {locale: f"{name} renamed" for locale, name in rows[0]["name"].items()}
        rows[2] |= {"descriptions": [], "publicPrice": None, "photos": rows[2]["photos"][:1]}
        rows[6]["name"] = {locale: f"{name} renamed" for locale, name in rows[6]["name"].items()}
        rows[7]["status"] = "inactive"
        rows[8]["_sdc_deleted_at"] = "2026-11-01T00:00:00Z"
        rows[9]["photos"] = json.loads(json.dumps(rows[9]["photos"]).replace(".jpeg", ".v2.jpeg"))
        rows[10]["publicCategories"] = [self.categories[-1]]
        rows[11]["name"] = dict.fromkeys(rows[11]["name"], "long " * 60)
        rows[12] |= {"ean": ["5400000000001"], **NO_CODES}
        rows[13]["brands"] = [{"id": 999, "name": "A brand of tomorrow"}]
        rows[15]["name"] = None
        return rows

    def tree_of_tomorrow(self) -> list[Json]:
        """One category has another name and no parent."""
        rows = copy.deepcopy(self.categories)
        rows[-1] |= {"name": dict.fromkeys(rows[-1]["name"], "Another name"), "parent": None}
        return rows


def lines(every: int = STATE_EVERY, **streams: list[Any]) -> list[bytes]:
    """Whole streams, each behind a loose SCHEMA, with a STATE after every few records and at the end."""
    made: list[bytes] = []
    for stream, records in streams.items():
        schema = {"type": "object", "properties": {"id": {"type": ["string", "integer", "null"]}}}
        made.append(_line({"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": []}))
        for number, record in enumerate(records, start=1):
            made.append(_line({"type": "RECORD", "stream": stream, "record": record}))
            if number % every == 0 or number == len(records):
                made.append(_line({"type": "STATE", "value": {"bookmarks": {stream: {"at": number}}}}))
    return made


def too_deep(stream: str) -> bytes:
    """A record that is nested deeper than the target reads."""
    nest = b'{"a":' * DEEP + b"1" + b"}" * DEEP
    return b'{"type":"RECORD","stream":"%b","record":{"id":"deep","x":%b}}\n' % (stream.encode(), nest)


def _line(message: Json) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _sold(raw: Json) -> Json:
    """As the tap emits it."""
    record: Json = json.loads(json.dumps(raw))
    names = {locale: text or f"Product {record['id']}" for locale, text in record["name"].items()}
    return record | {"status": "active", "replacement": None, "name": names, "updated_at": record["meta"]["updatedAt"]}


def _ancestors(rows: dict[str, Json], key: str) -> Iterator[str]:
    parent = rows[key]["parent"]
    while parent is not None:
        yield parent
        parent = rows[parent]["parent"]
