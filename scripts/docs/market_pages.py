"""Keep docs/markets/ equal to the tables of the mapping: a page for each market, with a line for each field of Medipim.

``--write`` the pages, or check (the default).
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pim_wire.schema_files import read_schema
from target_micropim.mapping.attribute_rows import ATTRIBUTES
from target_micropim.mapping.category_sources import CATEGORY_SOURCES
from target_micropim.mapping.medipim_fields import markets_of, part_of, place_of
from target_micropim.mapping.texts import NO_LANGUAGE
from target_micropim.settings import markets

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "markets"
MARKETS = {
    code: (market.name, " or ".join(market.languages), market.currency) for code, market in markets.MARKETS.items()
}
LANGUAGES = frozenset({"nl", "fr", "en", "de", "es", NO_LANGUAGE})
Schema = Mapping[str, Any]


def page(market: str) -> Iterator[str]:
    """The lines of the page of a market."""
    name, locale, currency = MARKETS[market]
    trees = ", ".join(f"`{source.name}`" for source in CATEGORY_SOURCES.values() if market in source.markets)
    yield from (f"# {name}: every field of Medipim", "")
    yield "<!-- made by scripts/docs/market_pages.py --write of the tables in target_micropim: change those instead -->"
    yield ""
    yield f"Usual settings: `locale` {locale}, `currency` {currency}. Trees for `category_source`: {trees}."
    yield "What becomes of a product as a whole, with policies, texts and languages: [mapping](../mapping.md)."
    yield ""
    yield from _fields(market)
    yield from _attributes(market)
    yield from _parts(market)


def _fields(market: str) -> Iterator[str]:
    yield from ("## Where each field goes", "")
    yield "| field | by default | elsewhere with |"
    yield "| --- | --- | --- |"
    for field in read_schema("medipim", "products")["properties"]:
        if market in markets_of(field):
            place = place_of(field, market)
            if place is None:
                raise SystemExit(f"mapping/medipim_fields.py says nothing of {field} in {market}")
            where = place.default or f"nowhere: {place.reason}"
            settings = ", ".join(f"`{name}`" for name in place.settings.split(", "))
            yield f"| `{field}` | {where} | {settings} |"
    yield ""


def _attributes(market: str) -> Iterator[str]:
    yield from ("## Attributes", "")
    yield "With `attributes_mode`. What is not taken by default comes with its code in `attribute_codes`. Medipim's own"
    yield "attributes (`attributes[]`) come by the code of their type, with the names that Medipim gives them."
    yield ""
    yield "| code | name | from Medipim | by default |"
    yield "| --- | --- | --- | --- |"
    language = MARKETS[market][1].split()[0]
    for row in ATTRIBUTES:
        if market in row.markets:
            unit = f", in {row.unit}" if row.unit else ""
            source = ", else ".join(f"`{path}`" for path in row.paths)
            kind = "" if row.kind == "text" else f" ({row.kind})"
            taken = "yes" if row.by_default else "no"
            yield f"| `{row.code}` | {row.name(language)} | {source}{unit}{kind} | {taken} |"
    yield ""


def _parts(market: str) -> Iterator[str]:
    yield from ("## Parts of fields", "")
    yield "| part | what becomes of it |"
    yield "| --- | --- |"
    schema = read_schema("medipim", "products")
    for path in parts(schema):
        if market in markets_of(path.split(".")[0].removesuffix("[]")):
            said = part_of(path)
            if said is None:
                raise SystemExit(f"mapping/medipim_fields.py says nothing of {path}")
            yield f"| `{path}` | {said} |"
    yield ""


def parts(schema: Schema, prefix: str = "") -> Iterator[str]:
    """The paths of everything that stands within a field; languages and times of change are no parts of their own."""
    for name, declaration in schema.get("properties", {}).items():
        if name in LANGUAGES:
            continue
        path = f"{prefix}.{name}" if prefix else name
        if prefix:
            yield path
        if name == "meta" and prefix:
            continue
        yield from parts(declaration, path)
        if isinstance(declaration.get("items"), dict):
            yield from parts(declaration["items"], f"{path}[]")


def main() -> int:
    """Write the pages, or say which are out of step."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--write", action="store_true", help="write the pages instead of checking them")
    write, stale = flags.parse_args().write, []
    for market in MARKETS:
        path, text = FOLDER / f"{market}.md", "\n".join(page(market)).rstrip() + "\n"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if write:
                FOLDER.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    if stale and not write:
        print(f"docs/markets is out of step ({', '.join(stale)}); run: python scripts/docs/market_pages.py --write")
    return int(bool(stale) and not write)


if __name__ == "__main__":
    sys.exit(main())
