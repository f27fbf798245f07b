"""Pure: MicroPIM's product fields, each with where its value comes from and why. Also the source of docs/mapping.md."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from target_micropim.mapping.lookup import leaves
from target_micropim.mapping.numbers import best_code, codes, is_code, money
from target_micropim.mapping.texts import consumer_texts, plain, text_in, without_tags

Record = dict[str, Any]

# The type of text, and why it stands where it stands (types: medipim.md 5.4).
LONG_TEXTS = (
    ("full_description", "the whole text, written to stand alone"),
    ("indication", "what the product is for: the one thing every buyer looks for"),
    ("properties", "what it does"),
    ("usage", "how it is used"),
    ("composition", "what is in it: better than an empty page"),
)
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


@dataclass(frozen=True)
class FieldRow:
    """How one field is made. ``take`` makes it of the path of an override; None: it cannot be overridden."""

    make: Callable[[Record, FieldRules], Any]
    source: str
    how: str
    take: Callable[[list[Any], FieldRules], Any] | None = None


def field_value(name: str, record: Record, rules: FieldRules) -> Any:
    """The value of a field. Raises ValueError when only the field is bad, Unfit when the record is."""
    row = FIELDS[name]
    if name not in rules.overrides or row.take is None:
        return row.make(record, rules)
    path = rules.overrides[name]
    return None if path is None else row.take(list(leaves(record, path, rules.locales)), rules)


def _name(record: Record, rules: FieldRules) -> str | None:
    return text_in(record.get("name"), rules.locales) or text_in(record.get("seoName"), rules.locales)


def _description(record: Record, rules: FieldRules) -> str | None:
    return _cleaned(list(consumer_texts(record, [kind for kind, _why in LONG_TEXTS], rules.locales)), rules)


def _short_description(record: Record, rules: FieldRules) -> str | None:
    for path, _why in SHORT_TEXTS:
        if text := _one_line(list(leaves(record, path, rules.locales)), rules):
            return text
    return None


def _ean(record: Record, rules: FieldRules) -> str | None:
    return _checked_ean(codes(record), rules)


def _checked_ean(found: list[Any], rules: FieldRules) -> str | None:
    texts = [str(code).strip() for code in found]
    code = best_code(texts)
    if code is not None or not texts:
        return code
    told = f"none of {len(texts)} codes has a right check digit"
    if rules.invalid_ean == "error":
        raise InvalidValue(told)
    if rules.invalid_ean == "send" and (code := next(filter(is_code, texts), None)):
        return code
    raise ValueError(told)


def _cleaned(found: list[Any], rules: FieldRules) -> str | None:
    return next((cleaned for html in found if (cleaned := rules.clean_html(str(html)))), None)


def _one_line(found: list[Any], rules: FieldRules) -> str | None:
    texts = (without_tags(rules.clean_html(str(value))) for value in found)
    return next((text for text in texts if text), None)


def _plain(found: list[Any], _rules: FieldRules) -> str | None:
    return next((text for value in found if (text := plain(str(value)))), None)


def _amount(found: list[Any], _rules: FieldRules) -> str | None:
    return next((amount for value in found if (amount := money(value)) is not None), None)


def _pieces(found: list[Any], _rules: FieldRules) -> int | None:
    if not found:
        return None
    text = str(found[0])
    if isinstance(found[0], bool) or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text[:40]!r} is no number of pieces")
    return int(text)


def _price_from(*names: str) -> Callable[[Record, FieldRules], str | None]:
    return lambda record, rules: _amount([v for name in names if (v := record.get(name)) is not None], rules)


FIELDS: dict[str, FieldRow] = {
    "name": FieldRow(_name, "name, else seoName", "one language, one line", _plain),
    "description": FieldRow(
        _description, "descriptions for the public or webshops", "HTML cleaned to a short list of tags", _cleaned
    ),
    "short_description": FieldRow(_short_description, ", else ".join(p for p, _ in SHORT_TEXTS), "one line", _one_line),
    "price": FieldRow(_price_from("publicPrice", "ttcPrice"), "publicPrice, else ttcPrice", "cents to 14.95", _amount),
    "cost_price": FieldRow(
        _price_from("pharmacistPrice", "manufacturerPrice"),
        "pharmacistPrice, else manufacturerPrice",
        "cents to 8.20, without VAT; policy never, unless field_policies says otherwise",
        _amount,
    ),
    "sale_price": FieldRow(lambda _record, _rules: None, "nothing", "only by field_map and field_policies", _amount),
    "currency": FieldRow(lambda _record, rules: rules.currency, "setting currency", "Medipim names none"),
    "status": FieldRow(lambda _record, rules: rules.create_status, "setting create_status", "new products only"),
    "stock": FieldRow(
        lambda _record, _rules: None, "nothing", "only by field_map: 0 may take a product off sale", _pieces
    ),
    "ean": FieldRow(
        _ean, "eanGtin13, ean, eanGtin12, eanGtin8, eanGtin14", "13 digits first, check digit verified", _checked_ean
    ),
    "publishing_channels": FieldRow(
        lambda _record, rules: list(rules.publishing_channels) or None,
        "setting publishing_channels",
        "new products only",
    ),
    "product_type": FieldRow(lambda _record, _rules: "simple", "always simple", "the only type that is documented"),
}
