"""Each documented field of a Medipim product has a line on the page of each market that has it: none is forgotten."""

from pathlib import Path

import pytest

from pim_wire.schema_files import read_schema
from scripts.docs.market_pages import FOLDER, MARKETS, page, parts
from target_micropim.mapping.attribute_rows import ATTRIBUTES
from target_micropim.mapping.medipim_fields import PLACES, markets_of, part_of, place_of
from target_micropim.settings.schema import SETTINGS

SCHEMA = read_schema("medipim", "products")
FIELDS = SCHEMA["properties"]
OF_THE_TAP = {"stream_maps"}
TO_COME = {"description_parts", "text_target_groups"}  # settings of the texts


@pytest.mark.parametrize("market", MARKETS)
def test_a_page_is_in_step_and_leaves_no_field_out(market: str) -> None:
    """Those that the schema names for this market, each with a place or a reason."""
    made = "\n".join(page(market)).rstrip() + "\n"
    assert (FOLDER / f"{market}.md").read_text(encoding="utf-8") == made
    for field in FIELDS:
        if market in markets_of(field):
            place = place_of(field, market)
            assert place is not None
            assert bool(place.default) != bool(place.reason), field
            assert f"\n| `{field}` | " in made


def test_the_markets_are_those_that_the_schema_names() -> None:
    """``BE, FR: whether a prescription is required``."""
    for field, declaration in FIELDS.items():
        head, colon, _ = str(declaration.get("description", "")).partition(":")
        told = {code.strip().casefold() for code in head.replace("v3 only", "").split(",") if code.strip()}
        if colon and told and told <= set(MARKETS):
            assert told <= set(markets_of(field)), field
            assert len(markets_of(field)) < len(MARKETS), field


def test_every_part_of_a_field_has_a_line() -> None:
    """What stands within objects and lists, too."""
    found = list(parts(SCHEMA))
    assert len(found) > 100
    assert [path for path in found if part_of(path) is None] == []


def test_the_table_names_what_exists() -> None:
    """No field that the schema does not have, no setting that nobody has, no attribute of a field that is none."""
    assert set(PLACES) <= set(FIELDS)
    assert {path.partition(".")[0] for row in ATTRIBUTES for path in row.paths} <= set(FIELDS)
    named = {name for place in PLACES.values() for name in place.settings.split(", ")}
    assert named <= set(SETTINGS.wrapped) | OF_THE_TAP | TO_COME


def test_the_page_stands_in_the_navigation() -> None:
    """Where people look for it."""
    nav = Path("mkdocs.yml").read_text(encoding="utf-8")
    assert all(f"markets/{market}.md" in nav for market in MARKETS)
