"""Pure: where the texts of a product come from in a Medipim record; docs/mapping.md is made of it.

Whether a source is plain text or HTML is told by its field, never by looking at it: a ``<`` in a name is a ``<``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from target_micropim.mapping.characters import one_line
from target_micropim.mapping.descriptions import TextRules, description, with_required_legal_text
from target_micropim.mapping.lookup import language_of, leaves
from target_micropim.mapping.texts import (
    Descriptions,
    Found,
    Notes,
    Record,
    first_in,
    in_order,
    member,
    shortened,
    without_tags,
)
from target_micropim.plan.fields import Kind

# The source of a short text, and why it stands where it stands; the language counts before the source.
SHORT_TEXTS = (
    ("shortDescription", "made for this, though Medipim fills it no more"),
    ("seoName", "one line that names product, form and size"),
    ("descriptions.indication", "what the product is for, without HTML, its first sentences"),
)
_SHORT_FIELDS = tuple(path for path, _reason in SHORT_TEXTS if "." not in path)
_SHORT_TYPES = tuple(path.partition(".")[2] for path, _reason in SHORT_TEXTS if "." in path)
DESCRIPTIONS = "descriptions"
DESCRIPTION, SHORT = "description", "short_description"
# Plain by their documentation (docs/api/medipim.md#product-fields, docs/api/medipim.md#product-collections). What is
# neither one of these nor a description, such as a field of a stream map, is read as HTML for fields that hold HTML.
PLAIN_SOURCES = frozenset({
    "name", "seoName", "shortDescription", "conservationLabel", "brands", "organizations", "publicCategories",
    "medipimCategories", "productFamilies", "attributes", "activeIngredients", "apbCategory", "bcfiCategory",
    "ospCategory", "atcCategory", "fineLineCategory", "gs1Category", "links", "supplierReference", "packageContent",
    "packageQuantity", "packagingUnit",
})  # fmt: skip


def _name(record: Record, _texts: Descriptions, rules: TextRules, notes: Notes) -> str | None:
    return _told("name", first_in([record.get("name"), record.get("seoName")], rules.locales), rules, notes)


def _short_description(record: Record, texts: Descriptions, rules: TextRules, notes: Notes) -> str | None:
    if not any(map(record.get, _SHORT_FIELDS)) and texts.types.isdisjoint(_SHORT_TYPES):
        return None
    maps = [value for name in _SHORT_FIELDS if (value := record.get(name))]
    kinds = [kind for kind in _SHORT_TYPES if texts.has(kind)]
    return _told(SHORT, _short_text(maps, kinds, texts, rules, notes), rules, notes)


def _short_text(maps: list[Any], kinds: list[str], texts: Descriptions, rules: TextRules, notes: Notes) -> Found | None:
    """The first of the candidates, language by language."""
    for locale in in_order(rules.locales, [*maps, texts.languages]):
        if found := first_in(maps, (locale,)):
            return found
        for html in (html for kind in kinds for html in texts.html(kind, locale)):
            if text := without_tags(_cleaned(SHORT, html, rules, notes), shows_struck=False):
                return Found(shortened(text, rules.limits.short), locale)
    return None


def _told(name: str, found: Found | None, rules: TextRules, notes: Notes) -> str | None:
    """The text, its language noted where it is not the one asked for."""
    if found is None:
        return None
    notes.taken(name, found.language, rules.locales[0])
    if name == SHORT and len(found.text) > rules.limits.short:  # written as a short one, or chosen by field_map
        is_long = f"has {len(found.text)} characters, more than max_short_description_length ({rules.limits.short})"
        notes.warnings.append(f"{SHORT}: {is_long}, and goes whole: only an extract of our own is shortened")
    return found.text


@dataclass(frozen=True)
class TextSource:
    """How the text of one field is made; ``source`` and ``how`` say it on docs/mapping.md."""

    make: Callable[[Record, Descriptions, TextRules, Notes], str | None]
    source: str
    how: str


TEXT_SOURCES: Mapping[str, TextSource] = {
    "name": TextSource(_name, "name, else seoName", "one language, one line"),
    DESCRIPTION: TextSource(
        description,
        "descriptions for `text_target_groups`",
        "composed by `description_parts`; HTML cleaned to a short list of tags",
    ),
    SHORT: TextSource(_short_description, ", else ".join(path for path, _ in SHORT_TEXTS), "one line"),
}


@dataclass(frozen=True)
class MappedText:
    """A field, what kind of text it holds, and the path that field_map gives it."""

    field: str
    kind: Kind
    path: str


TEXT_KINDS: frozenset[Kind] = frozenset({"text", "html", "line"})


def text_at(record: Record, texts: Descriptions, rules: TextRules, notes: Notes, *, mapped: MappedText) -> str | None:
    """The text at a path, in the form that a field of this kind holds; a required legal text ends a description."""
    found = _first_in_form(record, texts, rules, notes, mapped)
    text = _told(mapped.field, found, rules, notes)
    if mapped.field != DESCRIPTION:
        return text
    return with_required_legal_text(record, texts, text, found.language if found else None, rules, notes)


def _first_in_form(
    record: Record, texts: Descriptions, rules: TextRules, notes: Notes, mapped: MappedText
) -> Found | None:
    place = mapped.path.partition(".")[0]
    is_html = place == DESCRIPTIONS or (mapped.kind != "text" and place not in PLAIN_SOURCES)
    for found in _found_at(mapped.path, record, texts, rules, is_html=is_html):
        if text := _in_form(mapped.field, mapped.kind, found.text, rules, notes, is_html=is_html):
            return Found(text, found.language)
    return None


def _found_at(path: str, record: Record, texts: Descriptions, rules: TextRules, *, is_html: bool) -> Iterator[Found]:
    """The texts at a path, with their language where the path tells it."""
    first, _, rest = path.partition(".")
    if first == DESCRIPTIONS:
        for locale in in_order(rules.locales, [texts.languages]):
            yield from (Found(html, locale) for html in texts.html(rest, locale))
    elif not rest and not is_html and (found := first_in([member(record, first)], rules.locales)):
        yield found
    else:
        for value in leaves(record, path, rules.locales, as_html=is_html):
            yield Found(str(value), language_of(value, record, path, rules.locales, as_html=is_html))


def _in_form(name: str, kind: Kind, text: str, rules: TextRules, notes: Notes, *, is_html: bool) -> str | None:
    if not is_html:
        line = one_line(text)
        return escape(line, quote=False) if line and kind == "html" else line
    if kind != "html":
        return _text_of(name, text, rules, notes)
    return _cleaned(name, text, rules, notes)


def _text_of(name: str, html: str, rules: TextRules, notes: Notes) -> str | None:
    return without_tags(_cleaned(name, html, rules, notes), shows_struck=False)


def _cleaned(name: str, html: str, rules: TextRules, notes: Notes) -> str:
    """HTML that is clean; what cannot be cleaned is told, and another text is taken."""
    try:
        return rules.clean_html(html)
    except ValueError as error:
        notes.warnings.append(f"{name}: {error}")
        return ""
