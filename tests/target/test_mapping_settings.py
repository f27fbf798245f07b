"""What people can change about the mapping without code, seen in MicroPIM; and the page that tells it."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from pim_wire.errors import InvalidSettings
from target_micropim.mapping.field_rows import MADE_FIELDS
from target_micropim.mapping.overrides import MAPPABLE
from target_micropim.plan.product import DEFAULT_POLICIES

ROOT = Path(__file__).resolve().parents[2]


def test_the_setting_decides_what_a_product_is_called(world: Any, singer: Any) -> None:
    """Unset: the documented order; an empty list: no other language at all."""
    given = singer.lines(products=[singer.product(1, name={"nl": "N", "fr": "F", "en": None})])
    world.load(given)
    assert world.pim.products[90001]["name"] == "N"
    assert len(world.load(given, fallback_locales=[]).rejects) == 1
    world.load(given, fallback_locales=["fr"], field_policies={"name": "always"})
    assert world.pim.products[90001]["name"] == "F"


def mapped(world: Any, singer: Any, field_map: Any, **fields: Any) -> Any:
    """What MicroPIM gets of a product."""
    record = singer.product(1, seoName={"en": "Seo"}, publicPrice=100, manufacturerPrice=50, **fields)
    outcome = world.load(singer.lines(products=[record]), field_map=field_map, field_policies={"sale_price": "always"})
    return world.bodies("POST")[-1], outcome


def test_a_field_can_come_from_elsewhere_or_not_at_all(world: Any, singer: Any) -> None:
    """Paths, localized maps, types of descriptions, prices in cents; given as JSON text as well."""
    texts = [{"type": "indication", "content": {"en": "<p>For <b>dry</b> skin</p>"}}]
    field_map = {
        "name": "seoName", "short_description": "descriptions.indication", "description": "bcfiCategory.name",
        "price": None, "sale_price": "manufacturerPrice", "ean": "myCode", "brand": None, "stock": "packageQuantity",
    }  # fmt: skip
    body, _ = mapped(
        world, singer, field_map, descriptions=texts, bcfiCategory={"name": {"en": "Gels"}}, myCode="4006381333931",
        brands=[{"name": "B"}], packageQuantity="12",
    )  # fmt: skip
    assert body == {
        "sku": "1", "name": "Seo", "short_description": "For dry skin", "description": "Gels", "sale_price": "0.50",
        "currency": "EUR", "status": "draft", "ean": "4006381333931", "product_type": "simple", "stock": 12,
    }  # fmt: skip


def test_what_an_override_finds_is_checked_like_any_value(world: Any, singer: Any) -> None:
    """A number of pieces that is none costs the field, a wrong EAN too; the product goes in."""
    body, outcome = mapped(world, singer, {"stock": "packageQuantity", "ean": "cnk"}, packageQuantity="750 ml", cnk="1")
    assert "stock" not in body
    assert len(outcome.report["warnings"]) == 2


@pytest.mark.parametrize(
    ("field_map", "words"),
    [
        ({"colour": "name"}, "colour is no field"),
        ({"status": "status"}, "status is no field that can be mapped"),
        ({"name": None}, "cannot be left out"),
        ({"name": "seoname"}, "is seoName meant"),
        ({"name": "a b"}, "must be a field of Medipim"),
        ({"name": ["seoName"]}, "must be a field of Medipim"),
        ({"name": "descriptions"}, "no type of description"),
        ({"name": "descriptions.novel"}, "no type of description"),
        ("[1]", "must be an object"),
    ],
)
def test_a_map_that_makes_no_sense_is_refused_before_the_first_record(world: Any, field_map: Any, words: str) -> None:
    """With the words that help."""
    outcome = world.run([], field_map=field_map)
    assert outcome.failure is not None
    assert words in str(outcome.failure) + str(getattr(outcome.failure, "errors", ""))


def test_the_page_of_the_mapping_is_in_step() -> None:
    """docs/mapping.md is made of the tables."""
    found = importlib.util.spec_from_file_location("mapping_page", ROOT / "scripts" / "docs" / "mapping_page.py")
    assert found is not None
    assert found.loader is not None
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    made = "\n".join(script.page()).rstrip() + "\n"
    assert (ROOT / "docs" / "mapping.md").read_text() == made
    assert all(f"[{name}](markets/" in made for name, _locale, _currency in script.MARKETS.values())


def test_every_field_has_a_policy_and_a_place_on_the_page() -> None:
    """What is mapped can be steered."""
    assert set(MADE_FIELDS) <= set(DEFAULT_POLICIES)
    assert set(MAPPABLE) - {"brand", "supplier"} <= set(MADE_FIELDS)


def test_unknown_settings_values_are_refused(world: Any) -> None:
    """Choices are choices."""
    for name in ("invalid_ean", "on_too_long", "on_unknown_media", "media_changes", "attributes_mode"):
        assert not isinstance(world.run([], **{name: "perhaps"}).failure, InvalidSettings | None)
