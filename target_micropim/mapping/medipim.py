"""Pure: a Medipim record becomes what MicroPIM should hold.

Fields are made by field_rows.py, attributes by attributes.py. Standard library only: no clock, file, network or
framework; what needs a library (HTML cleaning) is handed in with the rules.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from string import Formatter
from typing import Any

from target_micropim.errors import Reason, RecordRejected
from target_micropim.mapping.attribute_table import selected, with_table
from target_micropim.mapping.attributes import (
    ALL_CODES,
    DEFAULT_CODES,
    AttributeRules,
    attribute_values,
    ended_links,
    other_languages,
)
from target_micropim.mapping.category_sources import PUBLIC, CategorySource
from target_micropim.mapping.channel_rules import ChannelRule
from target_micropim.mapping.characters import all_fit, one_line
from target_micropim.mapping.description_parts import DescriptionParts
from target_micropim.mapping.desired import AttributeValue, DesiredProduct
from target_micropim.mapping.field_rows import NAMED_FIELDS, DoubtfulValue, FieldRules, InvalidValue, Maker, makers
from target_micropim.mapping.life import ENDED, STATUSES, odd_status, status_of
from target_micropim.mapping.lookup import leaves
from target_micropim.mapping.numbers import decimal_of, decimal_text
from target_micropim.mapping.overrides import ExtraField, extra_languages, extra_values
from target_micropim.mapping.pictures import Media, PictureRules, pictures
from target_micropim.mapping.texts import (
    CONSUMER_GROUPS,
    Descriptions,
    Notes,
    TextLimits,
    in_order,
    in_words,
    languages_in,
    member,
    objects,
    text_in,
)
from target_micropim.plan.values import attribute_field

Record = dict[str, Any]


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
    allow_private_media_hosts: bool
    clean_html: Callable[[str], str]
    invalid_ean: str = "drop"
    field_map: Mapping[str, str | None] = field(default_factory=dict)
    limits: TextLimits = field(default_factory=TextLimits)
    with_attributes: bool = False
    extra_fields: Mapping[str, ExtraField] = field(default_factory=dict)
    attributes_to_description: tuple[str, ...] = ()
    statuses: frozenset[str] = frozenset()
    channel_rules: tuple[ChannelRule, ...] = ()
    category_source: CategorySource = PUBLIC
    attribute_codes: tuple[str, ...] = (DEFAULT_CODES,)
    attribute_names: Mapping[str, Any] = field(default_factory=dict)
    attribute_options: Mapping[str, Any] = field(default_factory=dict)
    now: Callable[[], float] = lambda: 0.0
    keeps_native_html: bool = False
    decimal_comma: bool = False
    text_target_groups: frozenset[str] = CONSUMER_GROUPS
    description_parts: DescriptionParts = field(default_factory=DescriptionParts)
    never_sent: frozenset[str] = frozenset()
    any_language: bool = False

    @cached_property
    def for_fields(self) -> FieldRules:
        """The part that single fields need."""
        return FieldRules(
            self.locales,
            self.text_target_groups,
            self.description_parts,
            self.clean_html,
            self.limits,
            self.currency,
            self.create_status,
            self.publishing_channels,
            self.invalid_ean,
            self.field_map,
            self.channel_rules,
        )

    @cached_property
    def for_attributes(self) -> AttributeRules:
        """The part that attributes need."""
        return AttributeRules(
            self.locales,
            self.attribute_codes,
            self.media_target_groups,
            self.now,
            self.attribute_names,
            self.attribute_options,
        )

    @cached_property
    def for_table(self) -> AttributeRules:
        """The same for those in the description: a code that is named there is shown whether it is sent or not."""
        named = self.attributes_to_description
        return replace(self.for_attributes, codes=self.attribute_codes if ALL_CODES in named else named)

    @cached_property
    def field_makers(self) -> Mapping[str, Maker]:
        """What makes each field."""
        return makers(self.for_fields)

    @cached_property
    def for_pictures(self) -> PictureRules:
        """The part that pictures need."""
        return PictureRules(self.media_formats, self.allow_private_media_hosts, self.any_language)


def map_product(record: Record, rules: MappingRules) -> DesiredProduct:
    """What MicroPIM should hold for one Medipim product. Raises RecordRejected with every reason found."""
    reasons: list[Reason] = []
    notes = Notes()
    fields = _fields(record, rules, reasons, notes)
    values = _attributes(record, rules.for_attributes) if rules.with_attributes else ()
    shown = _attributes(record, rules.for_table) if rules.attributes_to_description else ()
    if rules.attributes_to_description:
        add_table(fields, shown, rules, notes.warnings, legal=notes.legal)
    sku = _sku(record, rules.sku_template, reasons)
    status = status_of(record)
    inactive = status in ENDED
    if reasons:
        return _ended(record, sku, reasons, is_ended=inactive)
    if status not in STATUSES:
        notes.warnings.append(odd_status(status))
    vat = None if record.get("vat") is None else decimal_of(record["vat"])
    groups = rules.text_target_groups
    extras = extra_values(record, rules.extra_fields, rules.locales, groups) if rules.extra_fields else {}
    if not inactive and (values or rules.extra_fields):
        _note_languages(record, values, rules, notes)
    media = Media(record, rules.media_target_groups)
    return DesiredProduct(
        external_id=str(record["id"]).strip(),
        sku=sku,
        fields=fields | extras,
        brand=_named("brand", record, rules),
        supplier=_named("supplier", record, rules),
        categories=rules.category_source.keys_of(record),
        pictures=tuple(pictures(media, rules.for_pictures, rules.locales, fields["name"], notes.warnings)),
        source_addresses=media.addresses,
        addresses_for_others=frozenset(media.addresses_for_others),
        attributes=values,
        ended_attributes=ended_links(record, rules.for_attributes) if rules.with_attributes else (),
        vat=None if vat is None else decimal_text(vat),
        languages=_languages_left(record, rules.locales),
        inactive=inactive,
        warnings=tuple(notes.warnings),
        other_languages=_languages_told(notes, fields) if notes.languages and not inactive else {},
        for_a_person=() if inactive else tuple(notes.for_a_person),
    )


def _ended(record: Record, sku: str, reasons: list[Reason], *, is_ended: bool) -> DesiredProduct:
    """A record that no longer fits: no reason to leave its product on sale. Raises RecordRejected for a living one."""
    if not is_ended:
        raise RecordRejected("map", reasons)
    external_id = str(record["id"]).strip()
    return DesiredProduct(external_id, sku or external_id, {}, inactive=True)


def _note_languages(record: Record, values: tuple[AttributeValue, ...], rules: MappingRules, notes: Notes) -> None:
    """Attributes and extra fields in another language than the one asked for."""
    asked, groups = rules.locales[0], rules.text_target_groups
    for code, language in other_languages(values, record, rules.for_attributes).items() if values else ():
        notes.taken(attribute_field(code), language, asked)
    for name, language in extra_languages(record, rules.extra_fields, rules.locales, groups).items():
        notes.taken(name, language, asked)


def _languages_told(notes: Notes, fields: Mapping[str, Any]) -> dict[str, str]:
    """Of the fields that have a value, of attributes and of extra fields."""
    return {name: language for name, language in notes.languages.items() if "." in name or name.split()[0] in fields}


def _attributes(record: Record, rules: AttributeRules) -> tuple[AttributeValue, ...]:
    """Without characters that nobody sees."""
    return tuple(replace(value, value=all_fit(value.value)) for value in attribute_values(record, rules))


def _fields(record: Record, rules: MappingRules, reasons: list[Reason], notes: Notes) -> dict[str, Any]:
    """The fields that have a value; what is wrong with them goes into the two lists."""
    fields: dict[str, Any] = {}
    for_fields, texts = rules.for_fields, Descriptions(record, rules.text_target_groups)
    for name, make in rules.field_makers.items():
        try:
            value = make(record, texts, for_fields, notes)
        except InvalidValue as error:
            reasons.append(Reason(name, str(error)))
            continue
        except DoubtfulValue as doubt:
            value = doubt.value
            if name not in rules.never_sent:
                notes.warnings.append(f"{name}: {doubt}")
        except ValueError as error:
            notes.warnings.append(f"{name}: {error}")
            continue
        if value not in (None, ""):
            fields[name] = value
    if "name" not in fields:
        reasons.append(Reason("name", f"no text in any of the languages {in_words(rules.locales)}"))
    rules.limits.apply(fields, rules.clean_html, reasons, notes.warnings)
    return fields


def add_table(
    fields: dict[str, Any],
    values: tuple[AttributeValue, ...],
    rules: MappingRules,
    warnings: list[str],
    *,
    legal: str = "",
) -> None:
    """Attributes under the description, before its ``legal`` text, when asked to.

    A text that would become too long stays without.

    See docs/api/micropim.md#text-limits.
    """
    if not rules.attributes_to_description:
        return
    before = fields.get("description")
    chosen = selected(values, rules.attributes_to_description)
    text = with_table(before, chosen, rules.locales[0], rules.clean_html, legal=legal)
    if text is None:
        fields.pop("description", None)
    elif len(text) > rules.limits.text:
        warnings.append(f"attributes_to_description: the description would have {len(text)} characters: left out")
    else:
        fields["description"] = text


def sku_of(record: Record, template: str) -> str | None:
    """The SKU alone: cheap, so that one worker alone gets all versions of a product."""
    reasons: list[Reason] = []
    sku = _sku(record, template, reasons)
    return None if reasons else sku


def names_of(record: Record, rules: MappingRules) -> Iterator[tuple[str, str]]:
    """The names that must be resolved to ids: ("brand", ...) and ("supplier", ...)."""
    for kind in NAMED_FIELDS:
        if (name := _named(kind, record, rules)) is not None:
            yield kind, name


def _sku(record: Record, template: str, reasons: list[Reason]) -> str:
    parts: list[str] = []
    for literal, name in _parts_of(template):
        parts.append(literal)
        if name is None:
            continue
        value = record.get(name)
        if value is None or isinstance(value, dict | list) or not str(value).strip():
            reasons.append(Reason(name, f"is needed for the SKU ({template}) and has no value"))
        parts.append(str(value))
    return "".join(parts).strip()


@lru_cache(maxsize=8)
def _parts_of(template: str) -> tuple[tuple[str, str | None], ...]:
    """A text and the field behind it, for each field of a template."""
    return tuple((literal, name) for literal, name, _spec, _conversion in Formatter().parse(template))


def _named(kind: str, record: Record, rules: MappingRules) -> str | None:
    """The name of the brand or supplier, by field_map or as Medipim has it."""
    if kind in rules.field_map:
        path = rules.field_map[kind]
        values = leaves(record, path, rules.locales) if path is not None else iter(())
        return next((name for value in values if (name := one_line(str(value)))), None)
    place, item_type = NAMED_FIELDS[kind]
    for item in objects(value) if (value := record.get(place)) else ():
        if item_type in (None, item.get("type")) and (name := text_in(member(item, "name"), rules.locales)):
            return name
    return None


def _languages_left(record: Record, locales: tuple[str, ...]) -> frozenset[str]:
    """Languages that the name has and MicroPIM will not hold (docs/api/micropim.md#translations)."""
    name = record.get("name")
    if not isinstance(name, dict) or name.keys() <= {locales[0]}:
        return frozenset()
    languages = languages_in(name)
    for locale in in_order(locales, [languages]):
        if locale in languages:
            languages.remove(locale)
            break
    return frozenset(languages)
