"""Pure: a Medipim record becomes what MicroPIM should hold, as a table of fields.

Adding a field is one line in FIELDS and one small function. Standard library only: no clock, file, network or
framework; what needs a library (HTML cleaning) is handed in with the rules.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from string import Formatter
from typing import Any

from target_micropim.errors import Reason, RecordRejected
from target_micropim.public_url import is_public_url
from target_micropim.wanted import Picture, Wanted

Record = dict[str, Any]

INACTIVE_STATUSES = frozenset({"inactive", "replaced"})
CONSUMER_GROUPS = frozenset({"public", "webshop"})
LONG_TEXT_TYPES = ("full_description", "indication", "properties", "usage", "composition")
MAX_ALT_TEXT = 255
MAX_MINOR = 10**14  # twelve digits before the point: more is no price, and MicroPIM takes no more

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,3})?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class MappingRules:
    """The settings that shape a payload."""

    locales: tuple[str, ...]
    currency: str
    sku_template: str
    create_status: str
    publishing_channels: tuple[str, ...]
    media_formats: tuple[str, ...]
    media_target_groups: frozenset[str]
    max_images: int
    allow_private_media_hosts: bool
    clean_html: Callable[[str], str]


def map_product(record: Record, rules: MappingRules) -> Wanted:
    """What MicroPIM should hold for one Medipim product. Raises RecordRejected with every reason found."""
    reasons: list[Reason] = []
    warnings: list[str] = []
    fields: dict[str, Any] = {}
    for name, make in FIELDS.items():
        try:
            value = make(record, rules)
        except ValueError as error:
            warnings.append(f"{name}: {error}")
            continue
        if value not in (None, ""):
            fields[name] = value
    if "name" not in fields:
        reasons.append(Reason("name", f"no text in any of the languages {', '.join(rules.locales)}"))
    sku = _sku(record, rules.sku_template, reasons)
    if reasons:
        raise RecordRejected("map", reasons)
    return Wanted(
        external_id=str(record["id"]).strip(),
        sku=sku,
        fields=fields,
        brand=_brand(record, rules),
        supplier=_supplier(record, rules),
        categories=tuple(_ids(record.get("publicCategories"))),
        pictures=tuple(_pictures(record, rules, fields["name"], warnings)),
        inactive=str(record.get("status")) in INACTIVE_STATUSES,
        warnings=tuple(warnings),
    )


def sku_of(record: Record, template: str) -> str | None:
    """The SKU alone: cheap, to keep two versions of one product out of two hands."""
    reasons: list[Reason] = []
    sku = _sku(record, template, reasons)
    return None if reasons else sku


def names_of(record: Record, rules: MappingRules) -> Iterator[tuple[str, str]]:
    """The names that must be resolved to ids: ("brand", ...) and ("supplier", ...)."""
    for kind, name in (("brand", _brand(record, rules)), ("supplier", _supplier(record, rules))):
        if name is not None:
            yield kind, name


def text_in(value: Any, locales: tuple[str, ...]) -> str | None:
    """A localized map, or a plain text, in the first language that has it (medipim.md 5: both forms occur)."""
    if isinstance(value, str):
        return plain(value)
    if not isinstance(value, dict):
        return None
    for locale in locales:
        found = value.get(locale)
        if isinstance(found, str) and found.strip():
            return plain(found)
    return None


def plain(text: str) -> str | None:
    """One line, composed characters, no outer or doubled white space; None when nothing is left."""
    return " ".join(unicodedata.normalize("NFC", text).split()) or None


def _name(record: Record, rules: MappingRules) -> str | None:
    return text_in(record.get("name"), rules.locales) or text_in(record.get("seoName"), rules.locales)


def _description(record: Record, rules: MappingRules) -> str | None:
    """The first text for consumers, language by language, then type by type, cleaned."""
    texts = [d for d in _objects(record.get("descriptions")) if _is_for(d, CONSUMER_GROUPS)]
    for locale in rules.locales:
        for kind in LONG_TEXT_TYPES:
            for text in texts:
                content = text.get("content")
                html = content.get(locale) if text.get("type") == kind and isinstance(content, dict) else None
                if isinstance(html, str) and (cleaned := rules.clean_html(html)):
                    return cleaned
    return None


def _short_description(record: Record, rules: MappingRules) -> str | None:
    return text_in(record.get("shortDescription"), rules.locales) or text_in(record.get("seoName"), rules.locales)


def _price(record: Record, _rules: MappingRules) -> str | None:
    return money(record.get("publicPrice"))


def _cost_price(record: Record, _rules: MappingRules) -> str | None:
    return money(record.get("pharmacistPrice")) or money(record.get("manufacturerPrice"))


def money(minor: Any) -> str | None:
    """Minor units (cents) as decimal text, without floats: 1495 -> "14.95". Raises ValueError for what is no price."""
    if minor is None or minor == "":
        return None
    text = str(minor).strip()
    if isinstance(minor, bool) or not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no number of cents")
    amount = Decimal(text)
    if not 0 <= amount < MAX_MINOR:
        raise ValueError(f"{text[:40]!r} is no price")
    return f"{(amount / 100).quantize(Decimal('0.01')):f}"


def _ean(record: Record, _rules: MappingRules) -> str | None:
    """The first code whose check digit is right: 13 digits before 12, 8 and 14, since MicroPIM shows 13."""
    codes = [str(code).strip() for code in _candidates(record) if code not in (None, "")]
    valid = [code for code in codes if has_check_digit(code)]
    if codes and not valid:
        raise ValueError(f"none of {len(codes)} codes has a right check digit")
    return next((code for length in (13, 12, 8, 14) for code in valid if len(code) == length), None)


def _candidates(record: Record) -> Iterator[Any]:
    for name in ("eanGtin13", "ean", "eanGtin12", "eanGtin8", "eanGtin14"):
        value = record.get(name)
        yield from value if isinstance(value, list) else [value]


def has_check_digit(code: str) -> bool:
    """Whether the text is a GTIN-8, -12, -13 or -14 with its right last digit."""
    if not (code.isascii() and code.isdigit()) or len(code) not in {8, 12, 13, 14}:
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code)))
    return weighted % 10 == 0 and code.strip("0") != ""


def _channels(_record: Record, rules: MappingRules) -> list[str] | None:
    return list(rules.publishing_channels) or None


FIELDS: dict[str, Callable[[Record, MappingRules], Any]] = {
    "name": _name,
    "description": _description,
    "short_description": _short_description,
    "price": _price,
    "cost_price": _cost_price,
    "currency": lambda _record, rules: rules.currency,
    "status": lambda _record, rules: rules.create_status,
    "ean": _ean,
    "publishing_channels": _channels,
    "product_type": lambda _record, _rules: "simple",
}


def _sku(record: Record, template: str, reasons: list[Reason]) -> str:
    parts: list[str] = []
    for literal, name, _spec, _conversion in Formatter().parse(template):
        parts.append(literal)
        if name is None:
            continue
        value = record.get(name)
        if value is None or isinstance(value, dict | list) or not str(value).strip():
            reasons.append(Reason(name, f"is needed for the SKU ({template}) and has no value"))
        parts.append(str(value))
    return "".join(parts).strip()


def _brand(record: Record, rules: MappingRules) -> str | None:
    return next((name for b in _objects(record.get("brands")) if (name := text_in(b.get("name"), rules.locales))), None)


def _supplier(record: Record, rules: MappingRules) -> str | None:
    suppliers = (o for o in _objects(record.get("organizations")) if o.get("type") == "supplier")
    return next((name for o in suppliers if (name := text_in(o.get("name"), rules.locales))), None)


def _pictures(record: Record, rules: MappingRules, alt: str, warnings: list[str]) -> Iterator[Picture]:
    """Frontal pictures first, then the others in Medipim's order; each media item once, in one format."""
    frontals = sorted(_objects(record.get("frontals")), key=_display_order)
    seen: set[str] = set()
    for item in [*frontals, *_objects(record.get("photos"))]:
        key = str(item.get("id") or "")
        if not key or key in seen or len(seen) >= rules.max_images or not _is_shown(item, rules):
            continue
        url = _format_url(item.get("formats"), rules.media_formats)
        if url is None or not is_public_url(url, allow_private=rules.allow_private_media_hosts):
            warnings.append(f"picture {key}: no usable address in {', '.join(rules.media_formats)}")
            continue
        seen.add(key)
        yield Picture(key, url, alt[:MAX_ALT_TEXT])


def _is_shown(item: Record, rules: MappingRules) -> bool:
    locales = item.get("locales")
    in_language = not isinstance(locales, list) or not locales or bool(set(map(str, locales)) & set(rules.locales))
    return in_language and _is_for(item, rules.media_target_groups)


def _is_for(item: Record, groups: frozenset[str]) -> bool:
    """Whether an item is meant for one of the groups; an item that names no group is meant for all."""
    meant = item.get("targetGroups")
    return not isinstance(meant, list) or not meant or not groups or bool(set(map(str, meant)) & groups)


def _display_order(item: Record) -> float:
    order = item.get("displayOrder")
    return order if isinstance(order, int | float) else float("inf")


def _format_url(formats: Any, wanted: tuple[str, ...]) -> str | None:
    if not isinstance(formats, dict):
        return None
    return next((formats[name] for name in wanted if isinstance(formats.get(name), str) and formats[name]), None)


def _objects(value: Any) -> list[Record]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _ids(value: Any) -> Iterator[str]:
    seen: set[str] = set()
    for item in _objects(value):
        key = str(item.get("id") or "")
        if key and key not in seen:
            seen.add(key)
            yield key
