"""The markets as a table (medipim.md section 1). Each market is a database of its own with its own keys and ids."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Market:
    """Where a market's API is, which languages its texts come in, and which streams only it has.

    ``assumed`` names the hosts that no document shows; ``api_url`` overrides them.
    """

    code: str
    api_url: str
    sandbox_url: str
    locales: tuple[str, ...]
    currency: str
    only_streams: frozenset[str] = frozenset()
    assumed: frozenset[str] = frozenset()

    def url(self, environment: str) -> str:
        """Base URL of the ``production`` or ``sandbox`` API."""
        return self.sandbox_url if environment == "sandbox" else self.api_url


_TABLE = (
    Market(
        "be",
        "https://api.medipim.be",
        "https://api.sandbox.medipim.be",
        ("nl", "fr", "en", "de"),
        "EUR",
        frozenset({"bcfi_categories", "apb_categories", "atc_categories", "medipim_categories"}),
    ),
    Market(
        "fr",
        "https://api.medipim.fr",
        "https://api.sandbox.medipim.fr",
        ("fr", "en"),
        "EUR",
        frozenset({"osp_categories", "medipim_categories"}),
    ),
    Market(
        "de",
        "https://api.medipim.de",
        "https://api.sandbox.medipim.de",
        ("de", "en"),
        "EUR",
        assumed=frozenset({"sandbox"}),
    ),
    Market(
        "es",
        "https://api.medipim.es",
        "https://api.sandbox.medipim.es",
        ("es", "en"),
        "EUR",
        assumed=frozenset({"production", "sandbox"}),
    ),
    Market("au", "https://api.au.medipim.com", "https://api.sandbox.au.medipim.com", ("en",), "AUD"),
    Market(
        "us",
        "https://api.us.medipim.com",
        "https://api.sandbox.us.medipim.com",
        ("en",),
        "USD",
        frozenset({"fine_line_categories"}),
        assumed=frozenset({"sandbox"}),
    ),
)
MARKETS = {market.code: market for market in _TABLE}
