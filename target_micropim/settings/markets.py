"""What follows from the market that records come from, where the settings do not say otherwise.

See docs/api/medipim.md#markets and docs/api/medipim.md#prices: Medipim names no currency, it is that of the market.
"""

from collections.abc import Iterator
from dataclasses import dataclass

EURO = "EUR"
PUBLIC = "public"  # every market has public categories (docs/api/medipim.md#read-endpoints)


@dataclass(frozen=True)
class Market:
    """One of Medipim's databases.

    ``languages`` are those of its texts, the usual one first. ``category_sources`` are the trees that it has, by the
    names that the tap gives their streams; the usual one first. ``has_one_language`` says whether the shops of this
    market all have the usual one, whatever others Medipim has texts in.
    """

    code: str
    name: str
    currency: str
    languages: tuple[str, ...]
    category_sources: tuple[str, ...] = (PUBLIC,)
    has_one_language: bool = True


_TABLE = (
    Market(
        "be",
        "Belgium",
        EURO,
        ("nl", "fr", "en", "de"),
        (PUBLIC, "bcfi", "apb", "atc", "medipim"),
        has_one_language=False,
    ),
    Market("fr", "France", EURO, ("fr", "en"), (PUBLIC, "osp", "medipim")),
    Market("de", "Germany", EURO, ("de", "en")),
    Market("es", "Spain", EURO, ("es", "en")),
    Market("au", "Australia", "AUD", ("en",)),
    Market("us", "United States", "USD", ("en",), (PUBLIC, "fine_line")),
)
MARKETS = {market.code: market for market in _TABLE}
DEFAULT_LOCALE = "en"  # the one language that every market has


def currency_of(market: str | None, given: str | None) -> str:
    """The currency: as given, else that of the market, else euros."""
    return given or (MARKETS[market].currency if market in MARKETS else EURO)


def locale_of(market: str | None, given: str | None) -> str:
    """The language: as given, else the usual one of the market, else English: what ledgers were filled in before."""
    return given or (MARKETS[market].languages[0] if market in MARKETS else DEFAULT_LOCALE)


def wrong_for(market: str | None, currency: str) -> str | None:
    """Why prices of this market cannot be in that currency; None where they can, or nobody can tell."""
    if market not in MARKETS or MARKETS[market].currency == currency:
        return None
    right = MARKETS[market].currency
    return (
        f"market {market} has prices in {right}, and currency is {currency}: new products would get prices of one "
        f"currency in the name of the other; set currency to {right}, or market to where the records come from"
    )


def missing_tree(market: str | None, name: str) -> str | None:
    """Why this market cannot have that tree of categories; None where it can, or nobody can tell."""
    if market not in MARKETS or name in MARKETS[market].category_sources:
        return None
    has = ", ".join(MARKETS[market].category_sources)
    return f"{name} is no tree of market {market}, which has {has}: no product would get a category"


def remarks(market: str | None, locale: str) -> Iterator[str]:
    """What is odd, and may be meant."""
    if market in MARKETS and locale not in MARKETS[market].languages:
        has = ", ".join(MARKETS[market].languages)
        yield f"locale {locale}: market {market} has texts in {has} only, so every text comes in another language"
