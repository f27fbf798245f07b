"""Pure: the ``native`` profile. Records already have MicroPIM's shape and come from any tap.

See docs/api/micropim.md#product-fields.
"""

from collections.abc import Iterator
from typing import Any

from target_micropim.errors import Reason, RecordRejected
from target_micropim.mapping.characters import fit
from target_micropim.mapping.desired import AttributeValue, DesiredCategory, DesiredProduct, Picture
from target_micropim.mapping.public_url import is_public_url
from target_micropim.plan.fields import FIELDS
from target_micropim.plan.values import MONEY_FIELDS

WRITABLE = tuple(field.name for field in FIELDS if field.kind != "map")
HTML_FIELDS = tuple(field.name for field in FIELDS if field.kind in {"html", "line"})
_MADE_BY_STOCK = "out_of_stock"  # docs/api/micropim.md#stock-and-status


def native_product(
    record: dict[str, Any], *, allow_private_media_hosts: bool, with_attributes: bool = False
) -> DesiredProduct:
    """A record as it is, without what MicroPIM does not let us write. Raises RecordRejected without a SKU or name."""
    if is_ended(record):
        return DesiredProduct(str(record["sku"]).strip(), str(record["sku"]).strip(), {}, inactive=True)
    missing = [Reason(name, "is missing") for name in ("sku", "name") if not str(record.get(name) or "").strip()]
    if missing:
        raise RecordRejected("map", missing)
    sku = str(record["sku"]).strip()
    fields = {name: record[name] for name in WRITABLE if record.get(name) not in (None, "", [])}
    for name in MONEY_FIELDS & fields.keys():
        fields[name] = str(fields[name])
    warnings: list[str] = []
    if fields.get("status") == _MADE_BY_STOCK:
        del fields["status"]
        warnings.append("status: out_of_stock follows from the stock and is never sent")
    pictures = _pictures(record, sku, warnings, allow_private=allow_private_media_hosts)
    return DesiredProduct(
        external_id=sku,
        sku=sku,
        fields=fields,
        category_ids=tuple(number for number in _list(record.get("category_ids")) if type(number) is int),
        pictures=tuple(pictures),
        source_addresses=frozenset(_addresses(record)) if "images" in record else None,
        attributes=tuple(_attributes(record.get("attributes"))) if with_attributes else (),
        warnings=tuple(warnings),
    )


def is_ended(record: dict[str, Any]) -> bool:
    """Whether a record says that the product is archived: all that counts of it then is who it is."""
    return record.get("status") == "archived" and bool(str(record.get("sku") or "").strip())


def _pictures(record: dict[str, Any], sku: str, warnings: list[str], *, allow_private: bool) -> list[Picture]:
    pictures: dict[str, Picture] = {}
    for item in _list(record.get("images")):
        url, alt = _address(item), item.get("alt_text") if isinstance(item, dict) else None
        if not isinstance(url, str) or not is_public_url(url, allow_private=allow_private):
            warnings.append("picture: no usable address")
            continue
        pictures.setdefault(url, Picture(url, url, str(alt or record.get("name") or sku)[:255]))
    return list(pictures.values())


def _addresses(record: dict[str, Any]) -> Iterator[str]:
    """Every address that the record names, whether it can be handed on or not."""
    return (url for item in _list(record.get("images")) if isinstance(url := _address(item), str))


def _address(item: Any) -> Any:
    return item.get("file_url") if isinstance(item, dict) else item


def _attributes(values: Any) -> Iterator[AttributeValue]:
    """A map of code to value; a definition that is missing gets the code as its name."""
    for code, value in values.items() if isinstance(values, dict) else ():
        if isinstance(value, str | bool | int | float) and value != "" and str(code).strip():
            kind = "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
            yield AttributeValue(str(code).strip(), str(code).strip(), kind, value)


def native_category(record: dict[str, Any]) -> DesiredCategory:
    """A category by its own ids: ``parent_id`` names the ``id`` of another record. Raises RecordRejected."""
    key, name = record.get("id", record.get("name")), fit(str(record.get("name") or "")).strip()
    if key is None or not name:
        raise RecordRejected("map", [Reason("name", "is missing")])
    parent = record.get("parent_id")
    return DesiredCategory(
        str(key), name, None if parent is None else str(parent), fit(str(record.get("description") or ""))
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
