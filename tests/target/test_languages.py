"""The language of a shop: a new ledger takes none by itself, an existing one keeps its own, and it is told."""

import sqlite3
from typing import Any

import pytest

from pim_wire.errors import InvalidSettings
from tests.target.conftest import Json, World
from tests.target.test_check import command

FR_AND_NL = {"nl": "Zalf", "fr": "Pommade", "de": None}


def products(singer: Any, *numbers: int, name: Any = None, **more: Any) -> list[bytes]:
    """Some products of the source, with names in two languages and a place for a third."""
    return list(singer.lines(products=[singer.product(n, name=name or FR_AND_NL, **more) for n in numbers]))


def names(world: World) -> set[str]:
    """What MicroPIM shows."""
    return {product["name"] for product in world.pim.products.values()}


def forget_the_language(world: World) -> None:
    """The ledger as a release left it that noted none."""
    with sqlite3.connect(world.folder / "ledger.db") as database:
        database.execute("DELETE FROM meta WHERE name = 'locale'")
    database.close()


NO_LANGUAGE: Json = {"locale": None}


@pytest.mark.parametrize("market", [None, "be"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_new_ledger_without_a_language_stops_and_lists_them(
    world: World, singer: Any, market: str | None, *, dry_run: bool
) -> None:
    """Before the first write, with the number of products of each; categories do not go either; no state leaves."""
    given = [
        *singer.lines(categories=[{"id": "5", "name": {"nl": "Thee", "en": "Tea"}, "parent": None}]),
        *products(singer, 1, 2, 3),
        *products(singer, 4, name={"nl": "Thee"}, seoName={"en": "Tea"}),
    ]
    for _night in range(2):
        outcome = world.run(given, market=market, dry_run=dry_run, **NO_LANGUAGE)
        assert isinstance(outcome.failure, InvalidSettings)
        assert "locale" in str(outcome.failure)
        assert "nl in 4, fr in 3, en in 1 of the 4 products" in str(outcome.failure)
        assert outcome.states == []
    assert world.writes() == []


def test_a_long_input_is_not_read_to_its_end(world: World, singer: Any) -> None:
    """A few products tell."""
    outcome = world.run([*products(singer, *range(250)), b"never read"], **NO_LANGUAGE)
    assert "in 250 of the 250" in str(outcome.failure)


@pytest.mark.parametrize(
    ("name", "said"), [("One text", "none that is named of the 1"), ({"id": 4, "xx": ""}, "none that is named")]
)
def test_names_without_a_language_stop_as_well(world: World, singer: Any, name: Any, said: str) -> None:
    """Descriptions have one all the same; nobody knows which is meant."""
    outcome = world.run(products(singer, 1, name=name), **NO_LANGUAGE)
    assert said in str(outcome.failure)
    assert world.writes() == []


def test_categories_alone_tell_too(world: World, singer: Any) -> None:
    """They would be made in some language."""
    outcome = world.run(singer.lines(categories=[{"id": "5", "name": FR_AND_NL, "parent": None}]), **NO_LANGUAGE)
    assert "the source has fr, nl:" in str(outcome.failure)
    assert world.writes() == []


def test_nothing_to_write_needs_no_language(world: World, singer: Any) -> None:
    """A state passes."""
    assert world.load([singer.state({"bookmarks": {}})], **NO_LANGUAGE).states == [{"bookmarks": {}}]


@pytest.mark.parametrize(
    ("settings", "language", "by"),
    [
        ({"locale": "fr"}, "fr", "locale"),
        ({"locale": "NL", "market": "fr"}, "nl", "locale"),
        ({"market": "fr"}, "fr", "market fr"),
        ({"market": "de"}, "de", "market de"),
        ({"market": "es"}, "es", "market es"),
        ({"market": "au"}, "en", "market au"),
        ({"market": "us"}, "en", "market us"),
    ],
)
def test_what_decides_the_language_of_a_new_ledger(
    world: World, singer: Any, settings: Json, language: str, by: str
) -> None:
    """And the report says it, with the number of products in which it was found."""
    given = products(singer, 1, 2, name={code: f"In {code}" for code in ("nl", "fr", "de", "es", "en")})
    given += products(singer, 3, name={"it": "Solo"})
    outcome = world.load(given, **{**NO_LANGUAGE, **settings})
    assert f"In {language}" in names(world)
    told = {"locale": language, "decided_by": by, "products": 3, "found_in": 2}
    assert outcome.report["language"] == told
    assert outcome.folder is not None
    assert "found in 2 of 3 products" in (outcome.folder / "report.html").read_text()


def test_the_ledger_keeps_its_language(world: World, singer: Any) -> None:
    """Whatever the market says later; a setting says another one, and that is the ledger's from then on."""
    world.load(products(singer, 1), locale="nl")
    world.forget_requests()
    for settings in ({}, {"market": "fr"}, {"market": "be"}):
        outcome = world.load(products(singer, 1), **{**NO_LANGUAGE, **settings})
        assert outcome.report["language"]["decided_by"] == "ledger"
        assert outcome.report["streams"]["products"]["unchanged"] == 1
    assert world.writes() == []
    world.load(products(singer, 1), locale="fr")
    assert names(world) == {"Pommade"}
    world.load(products(singer, 2), **NO_LANGUAGE)
    assert names(world) == {"Pommade"}


@pytest.mark.parametrize(("market", "language"), [(None, "en"), ("be", "nl"), ("fr", "fr")])
def test_a_ledger_of_an_earlier_release_keeps_what_it_was_filled_in(
    world: World, singer: Any, market: str | None, language: str
) -> None:
    """English without a market, else the market's first: nothing is written again for the upgrade."""
    given = products(singer, 1, name={code: f"In {code}" for code in ("nl", "fr", "en")})
    world.load(given, locale=language, market=market)
    forget_the_language(world)
    world.forget_requests()
    outcome = world.load(given, market=market, **NO_LANGUAGE)
    assert outcome.report["streams"]["products"]["unchanged"] == 1
    assert world.writes() == []
    world.load(given, market="de", **NO_LANGUAGE)
    assert names(world) == {f"In {language}"}


def test_native_records_have_no_language_to_choose(world: World, singer: Any) -> None:
    """They go as they are."""
    given = singer.lines(products=[{"sku": "A", "name": "Tea"}])
    outcome = world.load(given, profile="native", **NO_LANGUAGE)
    assert names(world) == {"Tea"}
    assert outcome.report["language"] is None


def test_a_language_that_no_product_has_is_told(world: World, singer: Any) -> None:
    """Of ten products at least: one that changed may well lack it."""
    few = world.load(products(singer, 1), locale="es")
    many = world.load(products(singer, *range(10)), locale="es")
    assert not any("locale es" in row["what"] for row in few.report["warnings"])
    assert any("locale es: none of 10 products" in row["what"] for row in many.report["warnings"])


def test_a_language_that_a_setting_changes_is_told(world: World, singer: Any) -> None:
    """The setting decides, and only what comes follows it: the report says so, and so does the check before."""
    world.load(products(singer, 1, 2), locale="nl")
    for locale in ("nl", "NL", None):
        assert not any("were written in" in row["what"] for row in world.load([], locale=locale).report["warnings"])
    _, lines, _ = command(world, "--check", locale="fr")
    (row,) = world.load(products(singer, 1), locale="FR").report["warnings"]
    assert row["what"] in lines
    assert "written in nl" in row["what"]
    assert names(world) == {"Pommade", "Zalf"}


def test_the_check_says_it(world: World, singer: Any) -> None:
    """Which language, what decides it, and in how many products of a file it is; without one it is not good."""
    file = world.folder / "in.jsonl"
    file.write_bytes(b"\n".join([*products(singer, 1, 2), *products(singer, 3, name={"en": "Tea"})]) + b"\n")
    code, lines, _ = command(world, "--check", locale="fr")
    assert (code, "Language: fr (locale)" in lines) == (0, True)
    code, lines, _ = command(world, "--check", **NO_LANGUAGE)
    assert code == 1
    assert any(line.startswith("NOT GOOD: Setting locale") for line in lines)
    code, lines, _ = command(world, "--check", "--input", str(file), **NO_LANGUAGE)
    assert code == 1
    assert any("fr in 2, nl in 2, en in 1 of the 3 products" in line for line in lines)
    code, lines, _ = command(world, "--check", "--input", str(file), locale="fr")
    assert (code, "Language: fr in 2 of 3 products" in lines) == (0, True)
