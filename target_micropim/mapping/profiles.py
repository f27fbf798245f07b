"""The two shapes of input: Medipim's records, or records that are MicroPIM's own already."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from target_micropim.errors import Reason, RecordRejected
from target_micropim.mapping.category_sources import PUBLIC, CategorySource
from target_micropim.mapping.characters import all_fit
from target_micropim.mapping.desired import DELETED, DesiredCategory, DesiredProduct
from target_micropim.mapping.input_schemas import Needs, unusable
from target_micropim.mapping.life import is_deleted, left_out_status, successor_of
from target_micropim.mapping.links import windows
from target_micropim.mapping.medipim import MappingRules, add_table, map_product, names_of, sku_of
from target_micropim.mapping.native import HTML_FIELDS, names_in, native_category, native_product
from target_micropim.mapping.native_categories import OWN, Path, paths_in
from target_micropim.mapping.native_rows import NativeRules, content
from target_micropim.mapping.numbers import as_whole, decimal_of
from target_micropim.mapping.overrides import extra_values
from target_micropim.mapping.plain_values import id_of
from target_micropim.mapping.sku_template import fields_in
from target_micropim.mapping.texts import first_in, in_words

Record = dict[str, Any]
MOST_ORDER = 10**9


@dataclass(frozen=True)
class Profile:
    """How records of one shape are read. ``worker_key`` is what two workers must not have at once: the SKU.

    ``title`` is the product's name for the report, quickly found. ``successor`` is the id of the product that replaces
    one; ``left_out`` the status for which a record is not brought over. ``windows`` says which parts of a record are
    not of now; ``attribute_names`` and ``attribute_options`` are learnt as their streams come. ``text_of_key`` reads a
    key, ``earlier_key`` tells the one that earlier releases made of a record, ``paths`` the categories that it names by
    their path, ``content`` what of a record makes it another one when it changes.
    """

    name: str
    key_field: str
    title: Callable[[Record], str]
    product: Callable[[Record], DesiredProduct]
    category: Callable[[Record], DesiredCategory]
    worker_key: Callable[[Record, str], str]
    names: Callable[[Record], Iterator[tuple[str, str]]]
    writes_categories: bool
    acknowledged: frozenset[str]
    product_needs: Needs
    category_needs: Needs
    category_source: CategorySource = PUBLIC
    windows: Callable[[Record], str] | None = None
    successor: Callable[[Record], str | None] = lambda _record: None
    left_out: Callable[[Record], str | None] | None = None
    attribute_names: dict[str, Any] = field(default_factory=dict)
    attribute_options: dict[str, Any] = field(default_factory=dict)
    text_of_key: Callable[[Any], str] = str
    earlier_key: Callable[[Record], str | None] | None = None
    paths: Callable[[Record], Iterable[Path]] = lambda _record: ()
    content: Callable[[Record], Record] | None = None

    def key(self, record: Record) -> str | None:
        """The external id of a product, or None."""
        value = record.get(self.key_field)
        text = "" if value is None or isinstance(value, dict | list) else self.text_of_key(value).strip()
        return text or None

    def refusal(self, stream: str, schema: Mapping[str, Any], keys: Sequence[str]) -> str | None:
        """Why no record of this schema could be used; None when some can, or when nothing is made of the stream."""
        if stream == "products":
            return unusable(schema, keys, self.product_needs)
        if stream == self.category_source.stream and self.writes_categories:
            return unusable(schema, keys, self.category_needs)
        return None


def medipim_profile(rules: MappingRules, *, writes_categories: bool, acknowledged: frozenset[str]) -> Profile:
    """Records of tap-medipim."""
    names: dict[str, Any] = {}
    options: dict[str, Any] = {}
    rules = replace(rules, attribute_names=names, attribute_options=options)
    shows_links = rules.with_attributes or bool(rules.attributes_to_description)
    return Profile(
        name="medipim",
        key_field="id",
        title=partial(title, locales=rules.locales),
        product=partial(_medipim, rules=rules),
        category=lambda record: _category(record, rules),
        worker_key=lambda record, key: sku_of(record, rules.sku_template) or key,
        names=partial(names_of, rules=rules),
        writes_categories=writes_categories,
        acknowledged=acknowledged,
        product_needs=_medipim_needs(rules),
        category_needs=Needs((("id",), ("name",)), frozenset({"id"}), objects=frozenset({"name"})),
        category_source=rules.category_source,
        windows=partial(windows, now=rules.now) if shows_links else None,
        attribute_names=names,
        attribute_options=options,
        successor=successor_of,
        left_out=partial(left_out_status, wanted=rules.statuses) if rules.statuses else None,
    )


def _medipim_needs(rules: MappingRules) -> Needs:
    """Id, a name, and what the SKU is made of; the tree of everything else that a product is made of."""
    in_sku = [(name,) for name in fields_in(rules.sku_template)]
    path = rules.field_map.get("name")
    names = ("name", "seoName", DELETED, *([path.partition(".")[0]] if path else []))
    return Needs((("id",), *in_sku, names), frozenset({"id", "updated_at"}), _OBJECTS, _LISTS)


_OBJECTS = frozenset({"name", "seoName", "shortDescription", "meta", "apbCategory", "bcfiCategory", "ospCategory"})
_LISTS = frozenset(
    {"ean", "descriptions", "photos", "frontals", "brands", "organizations", "publicCategories", "attributes"}
)


def native_profile(rules: MappingRules, *, writes_categories: bool) -> Profile:
    """Records of any tap, in MicroPIM's shape."""
    return Profile(
        name="native",
        key_field="sku",
        title=_native_title,
        product=lambda record: _deleted(record, "sku", rules) or _native(record, rules),
        category=_own_category,
        worker_key=lambda _record, key: key,
        names=names_in,
        writes_categories=writes_categories,
        acknowledged=frozenset(),
        product_needs=Needs((("sku",), ("name", "status", DELETED)), frozenset({"sku"})),
        category_needs=Needs((("name",),), frozenset({"id"})),
        text_of_key=id_of,
        earlier_key=_sku_with_point,
        paths=paths_in,
        content=partial(content, used=_used(rules)),
    )


def title(record: Record, locales: tuple[str, ...] = ()) -> str:
    """The name of a record on one line; where it has none in these languages, one in another."""
    text = record.get("name")
    if isinstance(text, dict):
        text = text.get(locales[0]) if locales else None
        if not text or not isinstance(text, str):  # seldom: nearly every name is there in the shop's language
            named = (record["name"].get(locale) for locale in (*locales[1:], *record["name"]))
            text = next((one for one in named if isinstance(one, str) and one), "")
    if not isinstance(text, str):
        return ""
    return text if text.isprintable() else " ".join(text.split())


def _native_title(record: Record, _locales: tuple[str, ...] = ()) -> str:
    """The name on one line; a number is one, too."""
    return title({"name": id_of(record.get("name"))})


def _used(rules: MappingRules) -> frozenset[str]:
    """The fields of a record that settings name."""
    return frozenset(extra.path.partition(".")[0] for extra in rules.extra_fields.values() if extra.path)


def _own_category(record: Record) -> DesiredCategory:
    """A category of the source's own stream, under the key that products name it by."""
    desired = native_category(record)
    parent = None if desired.parent is None else OWN + desired.parent
    return replace(desired, external_id=OWN + desired.external_id, parent=parent)


def _sku_with_point(record: Record) -> str | None:
    """What earlier releases made of a whole number with a point: ``1003.0``, which a product may still be known by."""
    sku = record.get("sku")
    return str(sku) if isinstance(sku, float) and sku.is_integer() else None


def _deleted(record: Record, key_field: str, rules: MappingRules) -> DesiredProduct | None:
    """A record that says that it was deleted: all that counts of it is who it was. None for any other.

    See docs/api/micropim.md#product-delete.
    """
    if not is_deleted(record):
        return None
    sku = id_of(record.get("sku")) if key_field == "sku" else sku_of(record, rules.sku_template)
    if not sku:
        return None
    external_id = sku if key_field == "sku" else str(record[key_field]).strip()
    return DesiredProduct(external_id, sku, {}, inactive=True, deleted=True)


def _medipim(record: Record, rules: MappingRules) -> DesiredProduct:
    deleted = _deleted(record, "id", rules) if record.get(DELETED) else None
    return deleted or map_product(record, rules)


def _native(record: Record, rules: MappingRules) -> DesiredProduct:
    desired = native_product(
        record,
        allow_private_media_hosts=rules.allow_private_media_hosts,
        with_attributes=rules.with_attributes or bool(rules.attributes_to_description),
        rules=NativeRules(rules.invalid_ean, rules.decimal_comma),
        used=_used(rules),
    )
    fields = all_fit(desired.fields) | extra_values(record, rules.extra_fields, rules.locales)
    warnings = list(desired.warnings)
    if not rules.keeps_native_html:
        _clean(fields, rules, warnings)
    add_table(fields, desired.attributes, rules, warnings)
    values = tuple(replace(value, value=all_fit(value.value)) for value in desired.attributes)
    attributes = values if rules.with_attributes else ()
    return replace(desired, fields=fields, attributes=attributes, warnings=tuple(warnings))


def _clean(fields: dict[str, Any], rules: MappingRules, warnings: list[str]) -> None:
    """HTML of any tap is as untrusted as Medipim's. A text without a tag stays as it is: it may be no HTML at all."""
    for name in HTML_FIELDS:
        if "<" not in str(fields.get(name, "")):
            continue
        try:
            fields[name] = rules.clean_html(str(fields[name]))
        except ValueError as error:
            warnings.append(f"{name}: {error}")
            fields[name] = ""
        if not fields[name]:
            del fields[name]


def _category(record: Record, rules: MappingRules) -> DesiredCategory:
    key = _id(record.get("id"))
    if not key:
        raise RecordRejected("map", [Reason("id", "is missing")])
    found = first_in([record.get("name")], rules.locales)
    if found is None:
        raise RecordRejected("map", [Reason("name", f"no text in any of the languages {in_words(rules.locales)}")])
    source, parent = rules.category_source, record.get("parent")
    parent = _id(parent.get("id") if isinstance(parent, dict) else parent)
    above = None if parent in ("", "0") else source.key(parent)
    language = found.language if found.language != rules.locales[0] else None
    return DesiredCategory(
        source.key(key), found.text, above, order=_order(record.get("order")), other_language=language
    )


def _id(value: object) -> str:
    """An id as the records of products name it, as a number or as a text; nothing for what is none."""
    value = as_whole(value)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _order(value: object) -> float | None:
    """A place among siblings; a number as text counts, too."""
    number = decimal_of(value)
    return None if number is None or abs(number) > MOST_ORDER else float(number)
