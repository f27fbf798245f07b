"""Pure: the ``native`` profile. Records have MicroPIM's field names and come from any tap, values as it writes them.

See docs/api/micropim.md#product-fields. Where the meaning of a value is plain it goes in as MicroPIM wants it; else the
field is left out and named, or the record is refused.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from target_micropim.errors import Reason, RecordRejected
from target_micropim.mapping.channel_rules import STATUS
from target_micropim.mapping.characters import fit, one_line
from target_micropim.mapping.desired import AttributeValue, DesiredCategory, DesiredProduct, Picture
from target_micropim.mapping.field_rows import DoubtfulValue, InvalidValue
from target_micropim.mapping.native_categories import category_names
from target_micropim.mapping.native_rows import (
    FIELD_READERS,
    KNOWN_OF_CATEGORIES,
    KNOWN_OF_PRODUCTS,
    NativeRules,
    read_field,
    unknown_fields,
)
from target_micropim.mapping.numbers import moment_of
from target_micropim.mapping.plain_values import addresses_of, id_of, is_nothing, row_id_of, shown, text_of
from target_micropim.mapping.public_url import is_public_url
from target_micropim.plan.fields import ATTRIBUTES, FIELDS
from target_micropim.plan.values import attributes

WRITABLE = tuple(FIELD_READERS)
HTML_FIELDS = tuple(field.name for field in FIELDS if field.kind in {"html", "line"})
PLAIN = NativeRules()
NAMED = ("brand", "supplier")
_ADDRESSES = ("file_url", "url", "src")
_REQUIRED = ("sku", "name")


def native_product(
    record: dict[str, Any],
    *,
    allow_private_media_hosts: bool,
    with_attributes: bool = False,
    rules: NativeRules = PLAIN,
    used: frozenset[str] = frozenset(),
) -> DesiredProduct:
    """The product that a record means. Raises RecordRejected without a SKU or name; ``used`` are fields of settings."""
    sku = id_of(record.get("sku"))
    if is_ended(record):
        return DesiredProduct(sku, sku, {}, inactive=True)
    warnings: list[str] = []
    fields = _fields(record, sku, rules, warnings)
    pictures = _pictures(record, sku, warnings, allow_private=allow_private_media_hosts)
    places = category_names(record, warnings)
    if not is_nothing(changed := record.get("updated_at")) and moment_of(changed) is None:
        warnings.append(f"updated_at: {shown(changed)} is no time: which version is the newer one cannot be told")
    return DesiredProduct(
        external_id=sku,
        sku=sku,
        fields=fields,
        brand=_named(record, "brand", fields, warnings),
        supplier=_named(record, "supplier", fields, warnings),
        categories=places.keys,
        named_categories=places.ids,
        pictures=tuple(pictures),
        source_addresses=frozenset(_addresses(record)) if "images" in record else None,
        attributes=tuple(_attributes(record.get(ATTRIBUTES), warnings)) if with_attributes else (),
        warnings=tuple(warnings),
        unknown_fields=unknown_fields(record, KNOWN_OF_PRODUCTS, used),
    )


def is_ended(record: dict[str, Any]) -> bool:
    """Whether a record says that the product is archived: all that counts of it then is who it is."""
    status = record.get(STATUS)
    return isinstance(status, str) and status.strip().lower() == "archived" and bool(id_of(record.get("sku")))


def names_in(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The names that must be resolved to ids: ("brand", ...) and ("supplier", ...)."""
    for kind in NAMED:
        if is_nothing(record.get(f"{kind}_id")) and (name := _name_at(record.get(kind))):
            yield kind, name


def _fields(record: dict[str, Any], sku: str, rules: NativeRules, warnings: list[str]) -> dict[str, Any]:
    """The fields that have a value; what is wrong with the others is told. Raises RecordRejected."""
    fields: dict[str, Any] = {}
    reasons = [] if sku else [Reason("sku", "is missing")]
    for name in WRITABLE:
        try:
            value = read_field(name, record.get(name), rules)
        except InvalidValue as error:
            reasons.append(Reason(name, str(error)))
            continue
        except DoubtfulValue as doubt:
            warnings.append(f"{name}: {doubt}")
            value = doubt.value
        except ValueError as error:
            if name in _REQUIRED:
                reasons.append(Reason(name, str(error)))
            warnings.append(f"{name}: {error}: left out")
            continue
        if value is not None:
            fields[name] = value
    if "name" not in fields and not any(reason.path == "name" for reason in reasons):
        reasons.append(Reason("name", "is missing"))
    if reasons:
        raise RecordRejected("map", reasons)
    return fields


def _named(record: dict[str, Any], kind: str, fields: dict[str, Any], warnings: list[str]) -> str | None:
    """The name of the brand or supplier, where the record has no id of it."""
    value = record.get(kind)
    if f"{kind}_id" in fields or is_nothing(value):
        return None
    name = _name_at(value)
    if name is None:
        warnings.append(f"{kind}_id: {kind} {shown(value)} is no name: left out")
    return name


def _name_at(value: Any) -> str | None:
    """A name as a text, in an object, or alone in a list."""
    found = value if isinstance(value, list) else [value]
    if len(found) != 1:
        return None
    one = found[0].get("name") if isinstance(found[0], dict) else found[0]
    try:
        return one_line(text_of(one))
    except ValueError:
        return None


def _pictures(record: dict[str, Any], sku: str, warnings: list[str], *, allow_private: bool) -> list[Picture]:
    pictures: dict[str, Picture] = {}
    for item in addresses_of(record.get("images")):
        url, alt = _address(item), item.get("alt_text") or item.get("alt") if isinstance(item, dict) else None
        if not isinstance(url, str) or not is_public_url(url, allow_private=allow_private):
            warnings.append("picture: no usable address")
            continue
        pictures.setdefault(url, Picture(url, url, str(alt or record.get("name") or sku)[:255]))
    return list(pictures.values())


def _addresses(record: dict[str, Any]) -> Iterator[str]:
    """Every address that the record names, whether it can be handed on or not."""
    return (url for item in addresses_of(record.get("images")) if isinstance(url := _address(item), str))


def _address(item: Any) -> Any:
    return next((item[name] for name in _ADDRESSES if item.get(name)), None) if isinstance(item, dict) else item


def _attributes(values: Any, warnings: list[str]) -> Iterator[AttributeValue]:
    """A map of code to value, or a list of pairs; a definition that is missing gets the code as its name."""
    if isinstance(values, str) and values.strip()[:1] in {"{", "["}:
        try:
            values = json.loads(values)
        except (ValueError, RecursionError):
            warnings.append(f"{ATTRIBUTES}: is no JSON text: left out")
    pairs = attributes({ATTRIBUTES: values})
    if not pairs and not is_nothing(values) and not (isinstance(values, str) and values.strip()[:1] in {"{", "["}):
        warnings.append(f"{ATTRIBUTES}: {shown(values)} is no object of codes and values: left out")
    for code, found in pairs.items():
        value = text_of(found) if isinstance(found, Decimal) else found  # no number of JSON holds its digits
        if isinstance(value, str | bool | int | float) and value != "" and code.strip():
            kind = "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
            yield AttributeValue(code.strip(), code.strip(), kind, value)
        elif not is_nothing(value):
            warnings.append(f"{ATTRIBUTES}.{code}: {shown(value)} is no single value: left out")


def native_category(record: dict[str, Any]) -> DesiredCategory:
    """A category by its own ids: ``parent_id`` names the ``id`` of another record. Raises RecordRejected."""
    name = fit(id_of(record.get("name"))).strip()
    key = row_id_of(record["id"]) if "id" in record else name
    reasons = [Reason(path, "is missing") for path, found in (("id", key), ("name", name)) if not found]
    if reasons:
        raise RecordRejected("map", reasons)
    parent, description = row_id_of(record.get("parent_id")), id_of(record.get("description"))
    return DesiredCategory(
        key, name, parent or None, fit(description), unknown_fields=unknown_fields(record, KNOWN_OF_CATEGORIES)
    )
