"""Pure: where the value of each of MicroPIM's fields comes from in a Medipim record; docs/mapping.md is made of it.

A field of plan/fields.py needs a row here only when its value is chosen among several, checked, or made by a setting.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from target_micropim.mapping.channel_rules import ChannelRule, channels_of, status_of
from target_micropim.mapping.descriptions import LEFT_OUT, TextRules, requires_legal_text
from target_micropim.mapping.lookup import leaves
from target_micropim.mapping.numbers import CODE_FIELDS, Code, best_code, codes, is_code, money, read_codes
from target_micropim.mapping.text_rows import DESCRIPTION, TEXT_KINDS, TEXT_SOURCES, MappedText, text_at
from target_micropim.mapping.texts import Descriptions, Notes
from target_micropim.plan.fields import FIELDS, Field, Kind
from target_micropim.plan.values import PLAIN_FIELDS

Record = dict[str, Any]


class InvalidValue(ValueError):
    """A value for which the record is refused; a plain ValueError costs the field only."""


class DoubtfulValue(ValueError):
    """A person hears what is odd about the field; ``value`` goes all the same, None for none."""

    def __init__(self, message: str, value: Any) -> None:
        super().__init__(message)
        self.value = value


@dataclass(frozen=True)
class FieldRules(TextRules):
    """The settings that shape single fields. ``overrides`` are paths by field, None to leave a field out."""

    currency: str
    create_status: str
    publishing_channels: tuple[str, ...]
    invalid_ean: str
    overrides: Mapping[str, str | None]
    channel_rules: tuple[ChannelRule, ...] = ()


Maker = Callable[[Record, Descriptions, FieldRules, Notes], Any]


def _ean(record: Record, _texts: Descriptions, rules: FieldRules, _notes: Notes) -> str | None:
    return _checked_ean(codes(record), rules)


def _mapped_ean(values: list[Any], rules: FieldRules) -> str | None:
    return _checked_ean(read_codes(values), rules)


def _checked_ean(found: list[Code], rules: FieldRules) -> str | None:
    if not found:
        return None
    if (code := best_code(found)) is not None:
        return code
    message = f"none of {len(found)} codes has a right check digit"
    if rules.invalid_ean == "error":
        raise InvalidValue(message)
    if rules.invalid_ean == "send" and (text := next((code.text for code in found if is_code(code.text)), None)):
        return text
    raise ValueError(message)


def _amount(values: list[Any], _rules: FieldRules) -> str | None:
    return _first_price(("", value) for value in values)


def _first_price(values: Iterable[tuple[str, Any]]) -> str | None:
    """The first price; 0 and what is no whole number of cents hide none behind them, and are told by their field.

    Raises DoubtfulValue where there is something to tell.
    """
    odd: list[str] = []
    price = None
    for name, value in values:
        if value is None:
            continue
        try:
            price = money(value)
        except ValueError as error:
            odd.append(f"{name}: {error}" if name else str(error))
            continue
        if price is not None:
            break
    if odd:
        raise DoubtfulValue(f"{'; '.join(odd)}; {'none is sent' if price is None else f'{price} is taken'}", price)
    return price


def _pieces(values: list[Any], _rules: FieldRules) -> int | None:
    if not values:
        return None
    text = str(values[0])
    if isinstance(values[0], bool) or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text[:40]!r} is no number of pieces")
    return int(text)


def _price_from(*names: str) -> Maker:
    return lambda record, _texts, _rules, _notes: _first_price(zip(names, map(record.get, names), strict=True))


def _status(record: Record, _texts: Descriptions, rules: FieldRules, _notes: Notes) -> str:
    if not rules.channel_rules:
        return rules.create_status
    return status_of(rules.channel_rules, record, rules.locales, rules.create_status)


def _channels(record: Record, _texts: Descriptions, rules: FieldRules, _notes: Notes) -> list[str] | None:
    if not rules.channel_rules:
        return list(rules.publishing_channels) or None
    return list(channels_of(rules.channel_rules, record, rules.locales, rules.publishing_channels)) or None


def _no_description(record: Record, _texts: Descriptions, _rules: FieldRules, notes: Notes) -> None:
    """field_map leaves the description out: whoever writes it has to see to a legal text."""
    if requires_legal_text(record):
        notes.for_a_person.append(LEFT_OUT)


def _nothing(_record: Record, _texts: Descriptions, _rules: FieldRules, _notes: Notes) -> None:
    return None


# How a field of each kind is made of what stands at a path; for texts see text_rows.py. A kind without a reader cannot
# be mapped by field_map.
READERS: Mapping[Kind, Callable[[list[Any], FieldRules], Any]] = {
    "money": _amount,
    "pieces": _pieces,
    "gtin": _mapped_ean,
}


@dataclass(frozen=True)
class Source:
    """How the value of one field is made; ``source`` and ``how`` say it on docs/mapping.md."""

    make: Maker
    source: str
    how: str


SOURCES: dict[str, Source] = {
    "price": Source(_price_from("publicPrice", "ttcPrice"), "publicPrice, else ttcPrice", "cents to 14.95; 0 is none"),
    "cost_price": Source(
        _price_from("pharmacistPrice", "manufacturerPrice"),
        "pharmacistPrice, else manufacturerPrice",
        "cents to 8.20, without VAT; policy never, unless field_policies says otherwise",
    ),
    "sale_price": Source(_nothing, "nothing", "only by field_map and field_policies"),
    "currency": Source(lambda _record, _texts, rules, _notes: rules.currency, "setting currency", "Medipim names none"),
    "status": Source(_status, "setting create_status", "new products only; channel_rules, by a field of the source"),
    "stock": Source(_nothing, "nothing", "only by field_map: 0 may take a product off sale"),
    "ean": Source(_ean, ", ".join(CODE_FIELDS), "of the first five 13 digits first, check digit verified"),
    "publishing_channels": Source(
        _channels, "setting publishing_channels", "new products only; channel_rules, by a field of the source"
    ),
    "product_type": Source(
        lambda _record, _texts, _rules, _notes: "simple", "always simple", "the only type that is documented"
    ),
}

# References that Medipim names, under their names in field_map: the list that holds them, and the type of its item.
NAMED_FIELDS: Mapping[str, tuple[str, str | None]] = {
    "brand": ("brands", None),
    "supplier": ("organizations", "supplier"),
}

_BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}
# In the order of requests of the medipim profile; references are resolved later, maps are made elsewhere.
_CHOSEN = (*TEXT_SOURCES, *SOURCES)
MADE_FIELDS = (*_CHOSEN, *(name for name in PLAIN_FIELDS if name not in _CHOSEN))
MAPPABLE_KINDS = TEXT_KINDS | READERS.keys()
MAPPABLE_FIELDS = tuple(name for name in MADE_FIELDS if _BY_NAME[name].kind in MAPPABLE_KINDS)


def makers(rules: FieldRules) -> dict[str, Maker]:
    """What makes each field that can have a value.

    It raises ValueError when only the field is bad, InvalidValue when the record is, DoubtfulValue when it is to
    be told.
    """
    return {name: maker for name in MADE_FIELDS if (maker := _maker(name, rules)) not in (None, _nothing)}


def _maker(name: str, rules: FieldRules) -> Maker | None:
    kind, path = _BY_NAME[name].kind, _BY_NAME[name].path
    if name in rules.overrides and kind in MAPPABLE_KINDS:
        path = rules.overrides[name]
        if path is None and name == DESCRIPTION:
            return _no_description
    elif name in TEXT_SOURCES:
        return TEXT_SOURCES[name].make
    elif name in SOURCES:
        return SOURCES[name].make
    if path is None or kind not in MAPPABLE_KINDS:
        return None
    if kind in TEXT_KINDS:
        return partial(text_at, mapped=MappedText(name, kind, path))
    return partial(_at, path, READERS[kind])


def _at(
    path: str,
    read: Callable[[list[Any], FieldRules], Any],
    record: Record,
    _texts: Descriptions,
    rules: FieldRules,
    _notes: Notes,
) -> Any:
    try:
        return read(list(leaves(record, path, rules.locales)), rules)
    except DoubtfulValue as doubt:
        raise DoubtfulValue(f"{path}: {doubt}", doubt.value) from None


def source_of(name: str) -> tuple[str, str]:
    """Where the value of a field comes from, and how, in words."""
    if (chosen := TEXT_SOURCES.get(name) or SOURCES.get(name)) is not None:
        return chosen.source, chosen.how
    path = _BY_NAME[name].path
    return (path, "as it stands there") if path else ("nothing", "only by field_map")
