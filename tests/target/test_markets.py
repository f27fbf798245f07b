"""The setting ``market`` of the target: what follows from it, and what does not fit it."""

from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from pim_wire.docs_site import docs_page
from tap_medipim.resources import MARKETS as TAP_MARKETS
from target_micropim.settings.markets import MARKETS
from target_micropim.settings.schema import SHAPING
from target_micropim.settings.values import TargetSettings
from target_micropim.target import TargetMicroPim
from tests.target.test_check import command


def read(**config: Any) -> TargetSettings:
    """The settings as a run has them."""
    target = TargetMicroPim(config={"api_key": "x" * 20, **config})
    return TargetSettings.read(target.config, SHAPING)


def test_both_plugins_know_the_same_markets() -> None:
    """One variable feeds them."""
    assert set(MARKETS) == set(TAP_MARKETS)
    for code, market in TAP_MARKETS.items():
        trees = {f"{source}_categories" for source in MARKETS[code].category_sources} - {"public_categories"}
        assert trees == market.only_streams


@pytest.mark.parametrize(
    ("config", "currency", "locale"),
    [
        ({}, "EUR", "en"),
        ({"market": ""}, "EUR", "en"),
        ({"market": "be"}, "EUR", "nl"),
        ({"market": "fr"}, "EUR", "fr"),
        ({"market": "de"}, "EUR", "de"),
        ({"market": "es"}, "EUR", "es"),
        ({"market": "au"}, "AUD", "en"),
        ({"market": "us"}, "USD", "en"),
        ({"market": "be", "locale": "fr", "currency": "EUR"}, "EUR", "fr"),
        ({"currency": "USD", "locale": "nl"}, "USD", "nl"),
    ],
)
def test_currency_and_language_follow_from_the_market(config: Any, currency: str, locale: str) -> None:
    """Unless they are set; without a market it is as it always was."""
    settings = read(**config)
    assert (settings.currency, settings.locales[0]) == (currency, locale)


def test_who_says_it_makes_no_difference() -> None:
    """A record counts as changed when the currency changes, not when the market names the same one."""
    plain = read()
    assert read(currency="EUR", locale="en").digest == plain.digest
    assert read(market="be", locale="en").digest == plain.digest
    assert read(market="au").digest != plain.digest


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ({"market": "au"}, 0, "Market: au; language en, prices in AUD"),
        ({"market": "au", "currency": "EUR"}, 1, "NOT GOOD: market au has prices in AUD, and currency is EUR"),
        ({"market": "de", "currency": "USD"}, 1, "NOT GOOD: market de has prices in EUR, and currency is USD"),
        ({"market": "us", "currency": "EUR", "profile": "native"}, 0, "Market: us"),
        ({"currency": "USD"}, 0, "Market: not set; language en, prices in USD"),
        ({"market": "fr", "locale": "nl"}, 0, "locale nl: market fr has texts in fr, en only"),
    ],
)
def test_the_check_says_what_does_not_fit_the_market(world: Any, settings: Any, code: int, said: str) -> None:
    """The wrong currency is not good; another language may be meant."""
    ended, lines, _said = command(world, "--check", **settings)
    assert ended == code
    assert any(line.startswith(said) for line in lines)
    assert any(line.startswith("Pictures: ") and docs_page("how-to/pictures") in line for line in lines)


def test_a_run_tells_what_does_not_fit_the_market(world: Any, singer: Any) -> None:
    """Each night, since nobody need have checked; prices go as the settings say."""
    given = singer.lines(products=[singer.product(1, publicPrice=1495)])
    outcome = world.load(given, market="au", currency="EUR", locale="nl")
    told = [row["what"] for row in outcome.report["warnings"]]
    assert any("currency is EUR" in what for what in told)
    assert any("locale nl" in what for what in told)
    assert world.load(given, market="be", locale="nl").report["warnings"] == []


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"market": "us", "category_source": "bcfi"}, "bcfi is no tree of market us, which has public, fine_line"),
        ({"market": "be", "category_source": "osp"}, "osp is no tree of market be"),
        ({"market": "de", "category_source": "medipim"}, "medipim is no tree of market de, which has public"),
        ({"market": "be", "category_source": "atc"}, None),
        ({"market": "us", "category_source": "public"}, None),
        ({"category_source": "fine_line"}, None),
        ({"market": "us", "category_source": "bcfi", "profile": "native"}, None),
    ],
)
def test_a_tree_that_the_market_does_not_have_is_refused(config: Any, said: str | None) -> None:
    """No product would get a category; without a market nobody can tell."""
    if said is None:
        assert read(**config).category_source == config["category_source"]
        return
    with pytest.raises(ConfigValidationError) as refused:
        read(**config)
    assert any(f"Setting category_source: {said}" in error for error in refused.value.errors)
