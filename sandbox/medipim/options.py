"""Every knob of the Medipim simulator (docs/api/medipim.md#sandbox-choices).

Labels: D documented, C observed in client code, A assumed.  A default that is neither D nor C is a guess.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

MarketCode = Literal["be", "fr", "de", "es", "au", "us"]


@dataclass(frozen=True, kw_only=True)
class MedipimOptions:
    """Settings of one simulated market."""

    products: int = 300
    """Size of the generated catalogue; any size, built lazily."""
    market: MarketCode = "be"
    """Market preset: locales, codes, market-only endpoints.

    See docs/api/medipim.md#markets and docs/api/medipim.md#market-fields.
    """
    seed: int = 1
    """The same seed gives the same catalogue."""
    api_key_id: str = "1"
    """User of the Basic pair (D)."""
    api_key_secret: str = "sandbox-medipim-secret"
    """Password of the Basic pair (D)."""
    more_keys: Mapping[str, str] = field(default_factory=dict)
    """User and password of further Basic pairs of the same subscription, each with a limit of its own (D)."""
    requests_per_minute: int | None = 100
    """100 per minute (D) per key, in any 60 s (window type A); None: no limit."""
    retry_after: bool = False
    """Retry-After on 429 (A: nothing is documented)."""
    clock: Callable[[], float] = time.monotonic
    """Seconds, for the limiter only."""
    updated_since_inclusive: bool = True
    """``updatedSince`` is >= (A) or >."""
    clip_total: bool = False
    """``meta.total`` of paged answers never above 10,000 (C: not clipped in AU in 2025)."""
    beyond_cap: Literal["error", "empty"] = "error"
    """Pages past 10,000 rows: 422 or no results (A)."""
    null_scalars: bool = True
    """Absent scalars are null, else the key is left out (A)."""
    null_locales: bool = True
    """Missing translations are null (C), else the key is left out (A)."""
    integer_codes: bool = False
    """``ean[]`` as integers, as documented, instead of strings, as observed (C); leading zeros are lost."""
    missing_endpoints: frozenset[str] = frozenset()
    """Resources that answer 404, such as ``bcfi-categories``."""
    forbidden_endpoints: frozenset[str] = frozenset()
    """Resources that answer 403 (restricted by subscription, D)."""
    validation_status: int = 422
    """Status of validation failures: 422 (D) or 400 (A)."""
    get_queries: bool = False
    """GET on ``.../query`` too, as some pages link it (D, contradicted elsewhere)."""
    post_queries: Literal[200, 404, 405] = 200
    """What POST on ``<list>/query`` answers: the list, or that there is no such thing (A)."""
    integer_ids: bool = False
    """Ids of v3 products as integers (D) instead of the ids of v4."""
    several_keys: bool = True
    """Several keys in one filter object mean ``and`` (C), else 422 (A)."""
    minimum_content: Literal["2024", "old"] = "2024"
    """``minimumContent``: image, description and category (D since Dec 2024), or image or description (D before)."""
    date: Callable[[], float] | None = time.time
    """Unix seconds of the ``Date`` header; None: a proxy leaves it out."""
    latency: float = 0
    """Seconds before each answer."""
    line_delay: float = 0
    """Seconds before each chunk of a stream (slow lines)."""
    gzip: bool = False
    """Compress streams for clients that accept it (A)."""
    html_in_texts: bool = True
    """A few descriptions hold script tags and evil links, to be cleaned by the client (A)."""
    cached_products: int = 50_000
    """How many serialised products are kept in memory."""
