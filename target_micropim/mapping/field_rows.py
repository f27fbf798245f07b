"""Pure: where the value of each of MicroPIM's fields comes from in a Medipim record; docs/mapping.md is made of it.

A field of plan/fields.py needs a row here only when its value is chosen among several, checked, or made by a setting.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from target_micropim.mapping.channel_rules import ChannelRule, channels_of, status_of
from target_micropim.mapping.lookup import leaves
from target_micropim.mapping.numbers import best_code, codes, is_code, money
from target_micropim.mapping.texts import consumer_texts, plain, text_in, without_tags
from target_micropim.plan.fields import FIELDS, Field, Kind
from target_micropim.plan.values import PLAIN_FIELDS

Record = dict[str, Any]

# The type of text, and why it stands where it stands (types: docs/api/medipim.md#description-types).
LONG_TEXTS = (
    ("full_description", "the whole text, written to stand alone"),
    ("indication", "what the product is for: the one thing every buyer looks for"),
    ("properties", "what it does"),
    ("usage", "how it is used"),
    ("composition", "what is in it: better than an empty page"),
)
_LONG_TYPES = tuple(kind for kind, _reason in LONG_TEXTS)
SHORT_TEXTS = (
    ("shortDescription", "made for this, though Medipim fills it no more"),
    ("seoName", "one line that names product, form and size"),
    ("descriptions.indication", "what the product is for, without HTML"),
)


class InvalidValue(ValueError):
    """A value for which the record is refused; a plain ValueError costs the field only."""


@dataclass(frozen=True)
class FieldRules:
    """The settings that shape single fields. ``overrides`` are paths by field, None to leave a field out."""

    locales: tuple[str, ...]
    currency: str
    create_status: str
    publishing_channels: tuple[str, ...]
    invalid_ean: str
    clean_html: Callable[[str], str]
    overrides: Mapping[str, str | None]
    channel_rules: tuple[ChannelRule, ...] = ()


def _name(record: Record, rules: FieldRules) -> str | None:
    return text_in(record.get("name"), rules.locales) or text_in(record.get("seoName"), rules.locales)


def _description(record: Record, rules: FieldRules) -> str | None:
    return _cleaned(list(consumer_texts(record, _LONG_TYPES, rules.locales)), rules)


def _short_description(record: Record, rules: FieldRules) -> str | None:
    for path, _reason in SHORT_TEXTS:
        values = list(leaves(record, path, rules.locales))
        if values and (text := _one_line(values, rules)):
            return text
    return None


def _ean(record: Record, rules: FieldRules) -> str | None:
    return _checked_ean(codes(record), rules)


def _checked_ean(values: list[Any], rules: FieldRules) -> str | None:
    texts = [str(code).strip() for code in values]
    code = best_code(texts)
    if code is not None or not texts:
        return code
    message = f"none of {len(texts)} codes has a right check digit"
    if rules.invalid_ean == "error":
        raise InvalidValue(message)
    if rules.invalid_ean == "send" and (code := next(filter(is_code, texts), None)):
        return code
    raise ValueError(message)


def _cleaned(values: list[Any], rules: FieldRules) -> str | None:
    for html in values:
        if cleaned := rules.clean_html(str(html)):
            return cleaned
    return None


def _one_line(values: list[Any], rules: FieldRules) -> str | None:
    for value in values:
        if text := without_tags(rules.clean_html(str(value))):
            return text
    return None


def _plain(values: list[Any], _rules: FieldRules) -> str | None:
    return next((text for value in values if (text := plain(str(value)))), None)


def _amount(values: list[Any], _rules: FieldRules) -> str | None:
    for value in values:
        if (amount := money(value)) is not None:
            return amount
    return None


def _pieces(values: list[Any], _rules: FieldRules) -> int | None:
    if not values:
        return None
    text = str(values[0])
    if isinstance(values[0], bool) or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text[:40]!r} is no number of pieces")
    return int(text)


def _price_from(*names: str) -> Callable[[Record, FieldRules], str | None]:
    return lambda record, rules: _amount([v for name in names if (v := record.get(name)) is not None], rules)


def _status(record: Record, rules: FieldRules) -> str:
    if not rules.channel_rules:
        return rules.create_status
    return status_of(rules.channel_rules, record, rules.locales, rules.create_status)


def _channels(record: Record, rules: FieldRules) -> list[str] | None:
    if not rules.channel_rules:
        return list(rules.publishing_channels) or None
    return list(channels_of(rules.channel_rules, record, rules.locales, rules.publishing_channels)) or None


def _nothing(_record: Record, _rules: FieldRules) -> None:
    return None


# How a field of each kind is made of what stands at a path; a kind without a reader cannot be mapped by field_map.
READERS: Mapping[Kind, Callable[[list[Any], FieldRules], Any]] = {
    "text": _plain,
    "html": _cleaned,
    "line": _one_line,
    "money": _amount,
    "pieces": _pieces,
    "gtin": _checked_ean,
}


@dataclass(frozen=True)
class Source:
    """How the value of one field is made; ``source`` and ``how`` say it on docs/mapping.md."""

    make: Callable[[Record, FieldRules], Any]
    source: str
    how: str


SOURCES: dict[str, Source] = {
    "name": Source(_name, "name, else seoName", "one language, one line"),
    "description": Source(
        _description, "descriptions for the public or webshops", "HTML cleaned to a short list of tags"
    ),
    "short_description": Source(_short_description, ", else ".join(path for path, _ in SHORT_TEXTS), "one line"),
    "price": Source(_price_from("publicPrice", "ttcPrice"), "publicPrice, else ttcPrice", "cents to 14.95"),
    "cost_price": Source(
        _price_from("pharmacistPrice", "manufacturerPrice"),
        "pharmacistPrice, else manufacturerPrice",
        "cents to 8.20, without VAT; policy never, unless field_policies says otherwise",
    ),
    "sale_price": Source(_nothing, "nothing", "only by field_map and field_policies"),
    "currency": Source(lambda _record, rules: rules.currency, "setting currency", "Medipim names none"),
    "status": Source(_status, "setting create_status", "new products only; channel_rules, by a field of the source"),
    "stock": Source(_nothing, "nothing", "only by field_map: 0 may take a product off sale"),
    "ean": Source(_ean, "eanGtin13, ean, eanGtin12, eanGtin8, eanGtin14", "13 digits first, check digit verified"),
    "publishing_channels": Source(
        _channels, "setting publishing_channels", "new products only; channel_rules, by a field of the source"
    ),
    "product_type": Source(lambda _record, _rules: "simple", "always simple", "the only type that is documented"),
}

# References that Medipim names, under their names in field_map: the list that holds them, and the type of its item.
NAMED_FIELDS: Mapping[str, tuple[str, str | None]] = {
    "brand": ("brands", None),
    "supplier": ("organizations", "supplier"),
}

_BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}
# In the order of requests of the medipim profile; references are resolved later, maps are made elsewhere.
MADE_FIELDS = (*SOURCES, *(name for name in PLAIN_FIELDS if name not in SOURCES))
MAPPABLE_FIELDS = tuple(name for name in MADE_FIELDS if _BY_NAME[name].kind in READERS)


def makers(rules: FieldRules) -> dict[str, Callable[[Record, FieldRules], Any]]:
    """What makes each field that can have a value.

    It raises ValueError when only the field is bad, InvalidValue when the record is.
    """
    return {name: maker for name in MADE_FIELDS if (maker := _maker(name, rules)) not in (None, _nothing)}


def _maker(name: str, rules: FieldRules) -> Callable[[Record, FieldRules], Any] | None:
    read = READERS.get(_BY_NAME[name].kind)
    path = _BY_NAME[name].path
    if name in rules.overrides and read is not None:
        path = rules.overrides[name]
    elif name in SOURCES:
        return SOURCES[name].make
    return None if path is None or read is None else partial(_at, path, read)


def _at(path: str, read: Callable[[list[Any], FieldRules], Any], record: Record, rules: FieldRules) -> Any:
    return read(list(leaves(record, path, rules.locales)), rules)


def source_of(name: str) -> tuple[str, str]:
    """Where the value of a field comes from, and how, in words."""
    if name in SOURCES:
        return SOURCES[name].source, SOURCES[name].how
    path = _BY_NAME[name].path
    return (path, "as it stands there") if path else ("nothing", "only by field_map")
