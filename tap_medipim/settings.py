"""The settings of tap-medipim: declared once, read once. Tests compare meltano.yml and docs/settings.md with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from singer_sdk import typing as th

from pim_wire.cli import size_limit_settings, throttle_scope_setting, throttle_setting
from pim_wire.config import header_errors, key_errors
from pim_wire.errors import InvalidSettings
from pim_wire.limits import SizeLimits
from pim_wire.urls import checked_base_url, checked_scope, checked_throttle_url
from tap_medipim.bookmark_state import FUTURE_SECONDS, LEAST_BELIEVABLE, Circumstances, digest, unix_seconds
from tap_medipim.errors import StreamFailed
from tap_medipim.filters import read_filter, refusals, sorting_refusals
from tap_medipim.records import rfc3339
from tap_medipim.resources import MARKETS, V3_MARKET

PAGE_SIZES = (10, 50, 100, 250)

SETTINGS = th.PropertiesList(
    th.Property(
        "api_key_id",
        th.StringType(nullable=False),
        required=True,
        title="API key ID",
        description="User name of the Medipim API key (a number).",
    ),
    th.Property(
        "api_key_secret",
        th.StringType(nullable=False),
        required=True,
        secret=True,
        title="API key secret",
        description="Password of the Medipim API key.",
    ),
    th.Property(
        "market",
        th.StringType(nullable=False),
        default="be",
        allowed_values=list(MARKETS),
        title="Market",
        description="Which Medipim database: sets the host and the streams that only this market has.",
    ),
    th.Property(
        "api_version",
        th.StringType(nullable=False),
        default="v4",
        allowed_values=["v4", "v3"],
        title="API version",
        description="v4, or the older v3, which Belgium still has.",
    ),
    th.Property(
        "environment",
        th.StringType(nullable=False),
        default="production",
        allowed_values=["production", "sandbox"],
        title="Environment",
        description="Medipim's production or sandbox API of the market.",
    ),
    th.Property(
        "api_url",
        th.StringType,
        title="API URL",
        description="Base URL, without /v4; overrides market and environment.",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description="Read only what changed since then. Empty: everything.",
    ),
    th.Property(
        "products_endpoint",
        th.StringType(nullable=False),
        default="stream",
        allowed_values=["stream", "query"],
        title="Products endpoint",
        description="stream: all products in one answer, read line by line. query: page by page.",
    ),
    th.Property(
        "filter",
        th.CustomType({"type": ["object", "string", "null"]}),
        title="Filter",
        description='A Medipim filter for products, for example {"brand": [21]}; and-ed with the tap\'s own.',
    ),
    th.Property(
        "sorting",
        th.CustomType({"type": ["object", "string", "null"]}),
        title="Sorting",
        description='The order of products in a one-off pull, for example {"id": "ASC"}; empty: by update time, which '
        "alone lets a broken run go on where it was.",
    ),
    th.Property(
        "page_size",
        th.IntegerType(nullable=False),
        default=250,
        allowed_values=list(PAGE_SIZES),
        title="Page size",
        description="Rows a page where pages are read.",
    ),
    th.Property(
        "requests_per_minute",
        th.IntegerType(nullable=False, minimum=1),
        default=100,
        title="Requests per minute",
        description="Upper limit for the whole tap; Medipim allows 100.",
    ),
    throttle_setting("this limit"),
    throttle_scope_setting("the key"),
    th.Property(
        "lookback_seconds",
        th.IntegerType(nullable=False, minimum=0),
        default=600,
        title="Look-back",
        description="Re-read this much before the last bookmark, for changes that Medipim's index shows late.",
    ),
    th.Property(
        "full_read_every_days",
        th.IntegerType(nullable=False, minimum=0),
        default=30,
        title="Full read",
        description="Read everything after so many days, which finds what no update time shows, such as products that "
        "were subscribed to since; unchanged ones cost MicroPIM nothing. 0: never.",
    ),
    th.Property(
        "unknown_fields",
        th.StringType(nullable=False),
        default="extend",
        allowed_values=["extend", "drop", "fail"],
        title="Unknown fields",
        description="A field, or a type of one, that the schema does not have: extend: a new SCHEMA declares it before "
        "the record. drop: it is left out. fail: the stream ends there. Each is told.",
    ),
    th.Property(
        "keep_embed_url",
        th.BooleanType(nullable=False),
        default=False,
        title="Keep embed URL",
        description="Keep meta.embedUrl, which differs in every answer.",
    ),
    th.Property(
        "request_timeout_seconds",
        th.NumberType(nullable=False, exclusive_minimum=0),
        default=60,
        title="Request timeout",
        description="Longest silence in an answer before it is asked again; a whole one may take ten times as long.",
    ),
    th.Property(
        "stream_timeout_seconds",
        th.NumberType(nullable=False, exclusive_minimum=0),
        default=300,
        title="Stream timeout",
        description="Longest time without a whole row in a streamed answer before it is resumed.",
    ),
    th.Property(
        "max_wait_seconds",
        th.NumberType(nullable=False, minimum=0),
        default=900,
        title="Patience",
        description="How long one request may be refused (429, 5xx, no connection) before the run ends.",
    ),
    *size_limit_settings("a row counts as broken", "A page"),
    th.Property("user_agent", th.StringType, title="User agent", description="Sent with every request."),
)


@dataclass(frozen=True)
class TapSettings:
    """The settings as the code uses them: defaults filled in, texts checked."""

    key_id: str
    key_secret: str
    market: str
    environment: str
    base_url: str
    api_version: str
    start_date: str | None
    products_endpoint: str
    filter: dict[str, Any] | None
    sorting: dict[str, Any] | None
    page_size: int
    requests_per_minute: int
    throttle_url: str | None
    throttle_scope: str | None
    lookback_seconds: int
    full_read_every_days: int
    unknown_fields: str
    keep_embed_url: bool
    request_timeout: float
    stream_timeout: float
    max_wait: float
    user_agent: str
    bounds: SizeLimits

    @property
    def key_mark(self) -> str:
        """Tells keys apart where a limit is shared; Medipim counts by key (docs/api/medipim.md#rate-limits)."""
        return digest(self.key_id)

    def circumstances(self, row_filter: Mapping[str, Any] | None) -> Circumstances:
        """What a bookmark made with these settings is for."""
        return Circumstances(self.base_url, self.market, self.api_version, self.environment, self.key_mark, row_filter)

    @classmethod
    def read(cls, config: Mapping[str, Any], default_agent: str) -> "TapSettings":
        """Build from a validated config. Raises InvalidSettings for what a schema cannot see."""
        if errors := list(setting_errors(config)):
            raise InvalidSettings("; ".join(errors))
        return cls(
            key_id=config["api_key_id"].strip(),
            key_secret=config["api_key_secret"].strip(),
            market=config["market"],
            environment=config["environment"],
            base_url=checked_base_url("api_url", _base_url(config), ("/v3", "/v4")),
            api_version=config["api_version"],
            start_date=config.get("start_date"),
            products_endpoint=config["products_endpoint"],
            filter=read_filter(config.get("filter")),
            sorting=read_filter(config.get("sorting")),
            page_size=config["page_size"],
            requests_per_minute=config["requests_per_minute"],
            throttle_url=checked_throttle_url(config.get("throttle_url")),
            throttle_scope=checked_scope(config.get("throttle_scope")),
            lookback_seconds=config["lookback_seconds"],
            full_read_every_days=config["full_read_every_days"],
            unknown_fields=config["unknown_fields"],
            keep_embed_url=config["keep_embed_url"],
            request_timeout=config["request_timeout_seconds"],
            stream_timeout=config["stream_timeout_seconds"],
            max_wait=config["max_wait_seconds"],
            user_agent=config.get("user_agent") or default_agent,
            bounds=SizeLimits(config["max_line_bytes"], config["max_nesting"]),
        )


def setting_errors(config: Mapping[str, Any], now: float = 0.0) -> Iterator[str]:
    """What is wrong with settings whose types are right; ``now`` is this machine's time in unix seconds."""
    yield from key_errors(config, "api_key_id", "api_key_secret")
    yield from header_errors(config, "user_agent")
    try:
        checked_base_url("api_url", _base_url(config), ("/v3", "/v4"))
        checked_throttle_url(config.get("throttle_url"))
        checked_scope(config.get("throttle_scope"))
    except InvalidSettings as error:
        yield f"Setting {error}"
    yield from _start_date_errors(config.get("start_date"), now)
    yield from _filter_errors(config)
    yield from _sorting_errors(config)
    if config["api_version"] == "v3" and config["market"] != V3_MARKET:
        yield f"Setting api_version: v3 exists in market {V3_MARKET} only"


def _start_date_errors(start_date: Any, now: float) -> Iterator[str]:
    """A time that is none, or that lies in the future: nothing would be read, every night, as a success."""
    try:
        start = unix_seconds(start_date, "start_date")
    except StreamFailed as error:
        yield f"Setting {error}"
        return
    if start is not None and LEAST_BELIEVABLE <= now < start - FUTURE_SECONDS:
        yield f"Setting start_date: {rfc3339(start)} lies in the future of this machine's clock ({rfc3339(int(now))})"


def _filter_errors(config: Mapping[str, Any]) -> Iterator[str]:
    try:
        row_filter = read_filter(config.get("filter"))
    except ValueError as error:
        yield f"Setting filter: {error}"
        return
    if row_filter:
        yield from (f"Setting {error}" for error in refusals(row_filter, config["api_version"], config["market"]))


def _sorting_errors(config: Mapping[str, Any]) -> Iterator[str]:
    try:
        sorting = read_filter(config.get("sorting"))
    except ValueError as error:
        yield f"Setting sorting: {error}"
        return
    if not sorting:
        return
    errors = sorting_refusals(sorting, config["api_version"], config["market"])
    yield from (f"Setting sorting: {error}" for error in errors)
    if config["api_version"] == "v4" and config["products_endpoint"] == "query":
        yield "Setting sorting: pages of v4 are read by update time; use products_endpoint: stream"


def _base_url(config: Mapping[str, Any]) -> str:
    return config.get("api_url") or MARKETS[config["market"]].url(config["environment"])
