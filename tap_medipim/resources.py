"""What Medipim offers, as two tables: the markets, and the resources, each of which is a stream.

See docs/api/medipim.md#markets.

Each market is a database of its own, with its own keys and ids. For the resources see
docs/api/medipim.md#read-endpoints, and 9 for v3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pim_wire.schema_files import read_schema
from tap_medipim.v3 import text_id_schema


@dataclass(frozen=True)
class Market:
    """Where the API of a market is, and which streams only some markets have, this one among them."""

    code: str
    api_url: str
    sandbox_url: str
    only_streams: frozenset[str] = frozenset()

    def url(self, environment: str) -> str:
        """Base URL of the ``production`` or ``sandbox`` API."""
        return self.sandbox_url if environment == "sandbox" else self.api_url


# Assumed, since no document shows them: the hosts of es, the sandbox hosts of de and us; ``api_url`` overrides each.
_TABLE = (
    Market(
        "be",
        "https://api.medipim.be",
        "https://api.sandbox.medipim.be",
        frozenset({"bcfi_categories", "apb_categories", "atc_categories", "medipim_categories"}),
    ),
    Market(
        "fr",
        "https://api.medipim.fr",
        "https://api.sandbox.medipim.fr",
        frozenset({"osp_categories", "medipim_categories"}),
    ),
    Market("de", "https://api.medipim.de", "https://api.sandbox.medipim.de"),
    Market("es", "https://api.medipim.es", "https://api.sandbox.medipim.es"),
    Market("au", "https://api.au.medipim.com", "https://api.sandbox.au.medipim.com"),
    Market(
        "us",
        "https://api.us.medipim.com",
        "https://api.sandbox.us.medipim.com",
        frozenset({"fine_line_categories"}),
    ),
)
MARKETS = {market.code: market for market in _TABLE}
V3_MARKET = "be"


@dataclass(frozen=True)
class Resource:
    """One stream: its name in the catalog, and its path in v4 and in v3 (several where the spelling is unsure).

    ``/query`` and ``/stream`` follow the v4 path. Only some markets have the ``market_only`` ones: see MARKETS.
    """

    name: str
    v4: str
    v3: tuple[str, ...] = ()
    incremental: bool = False
    market_only: bool = False


RESOURCES = (
    Resource("products", "/v4/products", ("/v3/products/search",), incremental=True),
    Resource("media", "/v4/media", incremental=True),
    Resource("brands", "/v4/brands", ("/v3/brands/all",)),
    Resource("organizations", "/v4/organizations", ("/v3/organizations/all",)),
    Resource("categories", "/v4/public-categories", ("/v3/public-categories/all",)),
    Resource("active_ingredients", "/v4/active-ingredients", ("/v3/active-ingredients/all",)),
    Resource("product_families", "/v4/product-families"),
    Resource("attributes", "/v4/product/attributes"),
    Resource("attribute_options", "/v4/product/attribute/options", ("/v3/attributes/all",)),
    Resource("medipim_categories", "/v4/medipim-categories", market_only=True),
    # The vendor's v3 page spells it "bci-categories".
    Resource(
        "bcfi_categories",
        "/v4/bcfi-categories",
        ("/v3/bci-categories/all", "/v3/bcfi-categories/all"),
        market_only=True,
    ),
    Resource("apb_categories", "/v4/apb-categories", ("/v3/apb-categories/all",), market_only=True),
    Resource("atc_categories", "/v4/atc-categories", market_only=True),
    Resource("osp_categories", "/v4/osp-categories", market_only=True),
    Resource("fine_line_categories", "/v4/fine-line-categories", market_only=True),
)


def resources_of(market: str, version: str) -> Iterator[Resource]:
    """The streams that a market has in a version of the API."""
    only = MARKETS.get(market, MARKETS["be"]).only_streams
    for resource in RESOURCES:
        offered = version != "v3" or bool(resource.v3)
        if offered and (not resource.market_only or resource.name in only):
            yield resource


def schema_of(resource: Resource, version: str) -> dict[str, Any]:
    """What its records look like; callers must not modify it."""
    schema = read_schema("medipim", resource.name)
    return text_id_schema(schema) if version == "v3" else schema
