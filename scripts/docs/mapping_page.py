"""Keep docs/mapping.md equal to the tables of the mapping: ``--write`` it, or check (the default)."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.docs.market_pages import MARKETS
from target_micropim.mapping.category_sources import CATEGORY_SOURCES
from target_micropim.mapping.field_rows import MADE_FIELDS, source_of
from target_micropim.mapping.headings import TEXT_TYPES
from target_micropim.mapping.html import TAGS
from target_micropim.mapping.overrides import MAPPABLE
from target_micropim.mapping.text_rows import SHORT_TEXTS
from target_micropim.mapping.texts import LANGUAGES, in_words, languages
from target_micropim.plan.product import DEFAULT_POLICIES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mapping.md"
POLICIES = {
    "create_only": "only when the product is made",
    "if_empty": "when MicroPIM has none",
    "if_source_changed": "when Medipim changed it and nobody changed it in MicroPIM",
    "always": "whenever it differs",
    "never": "not sent",
}


def page() -> Iterator[str]:
    """The lines of the page."""
    yield from _top()
    yield from _fields()
    yield from _texts()
    yield from _languages()
    yield from _rest()
    yield from _life()
    yield from _markets()


def _top() -> Iterator[str]:
    yield "# What of Medipim goes where in MicroPIM"
    yield ""
    yield "<!-- made by scripts/docs/mapping_page.py --write of the tables in target_micropim: change those instead -->"
    yield ""
    yield "For shop owners: what a product in your shop is made of, and how to change that without a programmer."
    yield ""


_CHANGED = """
**When a field is sent** is changed with `field_policies`: {policies}.
**Where it comes from** is changed with `field_map`: the name of a Medipim field, or `null` to leave it out:

```json
{"name": "seoName", "short_description": "descriptions.indication", "cost_price": null}
```

**Fields that MicroPIM does not document** go with `extra_fields`: a path as above, or one value for all.
**Links and leaflets** are attributes while they are available and for the shop's target groups. One that
is over is taken out of its attribute when its product comes again, unless a person changed it there.
**Attributes under the description**, a table before the legal text: `attributes_to_description`, by code.
**Channels and status of a new product by what Medipim says of it**: `channel_rules`, a table of rows. The
first that fits decides. Prescription products on no web channel, and live at once:

```json
[{"when": {"prescription": true}, "publishing_channels": ["marketplace"], "status": "active"}]
```
"""


def _fields() -> Iterator[str]:
    yield "## Fields of a product"
    yield ""
    yield "| in MicroPIM | from Medipim | how | sent | can be mapped |"
    yield "| --- | --- | --- | --- | --- |"
    for name in MADE_FIELDS:
        source, how = source_of(name)
        mapped = "yes" if name in MAPPABLE else "no"
        yield f"| `{name}` | {source} | {how} | {POLICIES[DEFAULT_POLICIES[name]]} | {mapped} |"
    sent, changed = POLICIES[DEFAULT_POLICIES["brand_id"]], POLICIES["if_source_changed"]
    for cells in (
        ("`brand_id`", "the first of `brands`", "`brand_map`, else as MicroPIM shows it", sent, "yes: `brand`"),
        (
            "`supplier_id`",
            "the first supplier of `organizations`",
            "`supplier_map`, else same",
            sent,
            "yes: `supplier`",
        ),
        (
            "`category_ids`",
            "`publicCategories`, or another tree by `category_source`",
            "by path, see `categories_mode`",
            "what is missing",
            "no",
        ),
        ("pictures", "`frontals`, then `photos`", "each once; `media_formats`", "what is missing", "no"),
        ("`attributes`", "the [pages by market](#every-field-by-market)", "only with `attributes_mode`", changed, "no"),
    ):
        yield f"| {' | '.join(cells)} |"
    yield from _CHANGED.replace("{policies}", ", ".join(f"`{name}`" for name in POLICIES)).splitlines()
    yield ""


_COMPOSED = """
A text that is alone has no heading; a full text never has one. Headings inside a text stand below ours.
Which types, in which order, under which headings: the setting `description_parts`:

```json
["full_description", "indication", {"type": "usage", "heading": {"nl": "Zo gebruik je het"}}, "legal_text"]
```

`{"headings": false}` leaves all headings out, `{"type": "usage", "heading": false}` one of them. The legal text comes
last. Where the product requires one (`requiresLegalText`), no setting leaves it out: it comes over in the next language
that has it, and the product is listed for a person, as is one that has none. A description that `field_map` takes from
elsewhere is not composed, and ends in the legal text only where the product requires one. Where `field_map` leaves the
description out, such products are listed for a person.

The short text is the first of these; the language counts before the source:
"""
_FORMS = """
Names, short texts, brands and categories are plain texts: entities such as `&amp;` become characters, and a `<` is a
`<`. Descriptions are HTML, and keep these tags only: {tags}.
Scripts, styles, comments, office data and pictures inside texts go; where a tag that goes ended a line, there is a
`<br>`. Control characters leave every text. A text that is too long is refused, or cut with a warning (`on_too_long`);
a composed one loses its last parts first, and the report says which.
"""
_CHAIN = """
`fallback_locales` replaces that row. The report counts and lists the products that got a text in another language than
`locale` (`other_languages` in report.json). A text of which nobody sees anything counts as missing. Pictures follow the
same order: of those made for a language, only the first language that has any of a usable format goes; after that row,
any other. See [pictures](how-to/pictures.md). The default follows from `market`; without one it is `en`, which every
market has.
"""


def _texts() -> Iterator[str]:
    yield "## Texts"
    yield ""
    yield "The description is composed of the types of text that Medipim has for `text_target_groups`, all in one"
    yield "language: the first that has any. The order, with the headings in Dutch, French, German, Spanish, English:"
    yield ""
    yield "| type | why there | headings |"
    yield "| --- | --- | --- |"
    for row in TEXT_TYPES:
        yield f"| `{row.kind}` | {row.reason} | {', '.join(row.headings.values()) or 'none'} |"
    yield from _COMPOSED.splitlines()
    yield ""
    yield from (f"{place}. `{path}`: {reason}" for place, (path, reason) in enumerate(SHORT_TEXTS, 1))
    yield from _FORMS.format(tags=", ".join(sorted(TAGS))).splitlines()
    yield ""


def _languages() -> Iterator[str]:
    yield "## Languages"
    yield ""
    yield "MicroPIM holds one language: `locale`. Where a text is missing in it, the next of the row is taken:"
    yield ""
    yield "| `locale` | then |"
    yield "| --- | --- |"
    for locale in LANGUAGES:
        yield f"| {locale} | {in_words(languages(locale, None)[1:])} |"
    yield from _CHAIN.splitlines()
    yield ""


def _rest() -> Iterator[str]:
    yield "## Codes and prices"
    yield ""
    yield "The EAN is the first code with a right check digit: of the EAN fields 13 digits before 12, 8 and 14, then"
    yield "`gtin`, `cip13`, `acl13`, `upc12` (else see `invalid_ean`). Numbers that lost leading zeros get them back;"
    yield "14 digits with a leading 0 go as 13."
    yield ""
    yield "Prices come in cents and go as `14.95`. 0 and fractions of a cent are no price: the next field counts, and"
    yield "the report says so. The currency follows from `market`, or is `currency`, since Medipim names none."
    yield "VAT cannot be written: where it differs, the report says so."
    yield ""


def _life() -> Iterator[str]:
    yield "## Which products, and how long"
    yield ""
    yield "| Medipim's status | a new product | one that the shop has |"
    yield "| --- | --- | --- |"
    yield "| `active` | is made (`create_status`, `channel_rules`) | follows the source |"
    yield "| `no_selection` | is made, as an active one | follows the source |"
    yield "| `inactive`, `replaced` | is not made | is archived at the end of the run (`on_inactive`) |"
    yield ""
    yield "`no_selection` is a status that Medipim documents without a word of explanation; most likely, sources"
    yield "disagree and nobody has chosen yet. Nothing says that it is not sold, so it comes. `statuses: [active]`"
    yield "keeps it out: a product of a status that is not named is neither made nor changed. What ends a product"
    yield "always comes, whatever `statuses` says."
    yield ""
    yield "What ends a product needs no more of its record than its id. Where Medipim names a successor"
    yield "(`replacement`), the report names both, by SKU and name, so that links and stock can go there."
    yield ""
    yield "## Categories"
    yield ""
    yield "| `category_source` | stream to select in the tap | field of a product | markets |"
    yield "| --- | --- | --- | --- |"
    for source in CATEGORY_SOURCES.values():
        fields = ", else ".join(f"`{name}`" for name in source.fields)
        yield f"| `{source.name}` | `{source.stream}` | {fields} | {', '.join(source.markets)} |"
    yield ""
    yield "Names are compared as people see them: case, blanks and invisible characters do not count. Two categories"
    yield "of the source with one path share one category of the shop. With `update_categories` it is renamed or"
    yield "moved when all of them want the same; where they differ, it stays, and the report says so. New categories"
    yield "then also take the place among their siblings that the source's `order` gives them, unless a person has"
    yield "moved one of those."
    yield ""


def _markets() -> Iterator[str]:
    yield "## Every field, by market"
    yield ""
    yield "Each field that Medipim documents, where it goes, which setting sends it elsewhere, or why it goes nowhere:"
    yield ""
    for market, (name, locale, currency) in MARKETS.items():
        yield f"- [{name}](markets/{market}.md): usually `locale` {locale}, `currency` {currency}"
    yield ""


def main() -> int:
    """Write the page, or say that it is out of step."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--write", action="store_true", help="write the page instead of checking it")
    text = "\n".join(page()).rstrip() + "\n"
    if flags.parse_args().write:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/mapping.md is out of step with the tables; run: python scripts/docs/mapping_page.py --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
