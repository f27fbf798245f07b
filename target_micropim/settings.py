"""The settings of target-micropim: declared once, read once; meltano.yml and README are tested against them."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from singer_sdk import typing as th

from pim_wire.errors import SettingsRefused
from pim_wire.wire import checked_base_url
from target_micropim.guards import Limit
from target_micropim.plan import DEFAULT_POLICIES, NATIVE_POLICIES, POLICIES

CHANNELS = ("web", "mobile", "api", "marketplace", "social", "email")
FORMATS = (
    "huge", "hugeJpg", "hugeJpeg", "hugePng", "large", "largeJpg", "largeJpeg", "largePng", "mediumJpeg", "medium",
)  # fmt: skip

_Text = th.StringType(nullable=False)
_Map = th.CustomType({"type": ["object", "string", "null"]})
_Texts = th.CustomType({"type": ["array", "string", "null"], "items": {"type": "string"}})
_Limit = th.CustomType({"type": ["integer", "string", "null"]})


def _choice(name: str, default: str, options: list[str], title: str, description: str) -> "th.Property[Any]":
    return th.Property(name, _Text, default=default, allowed_values=options, title=title, description=description)


SETTINGS = th.PropertiesList(
    th.Property("api_key", _Text, required=True, secret=True, title="API key", description="MicroPIM's X-API-KEY."),
    th.Property(
        "api_url", _Text, default="https://app.micropim.net", title="API URL", description="Base URL, without /api."
    ),
    _choice(
        "profile",
        "medipim",
        ["medipim", "native"],
        "Profile",
        "medipim: records of tap-medipim. native: records in MicroPIM's own shape, from any tap.",
    ),
    th.Property(
        "locale", _Text, default="en", title="Language", description="The language to write (MicroPIM holds one)."
    ),
    th.Property(
        "fallback_locales",
        _Texts,
        default=["nl", "fr", "de", "es"],
        title="Fall-back languages",
        description="Languages to take, in this order, where a text is missing in the first.",
    ),
    th.Property(
        "currency", _Text, default="EUR", title="Currency", description="Three letters; EUR, AUD or USD by market."
    ),
    th.Property(
        "sku_template",
        _Text,
        default="{id}",
        title="SKU template",
        description="How a SKU is made of a record's fields. Never change it once products are in.",
    ),
    th.Property(
        "match_on",
        _Texts,
        default=["sku"],
        title="Match on",
        description='How products already in MicroPIM are recognised: ["sku"] or ["sku", "ean"].',
    ),
    _choice(
        "write_mode",
        "upsert",
        ["upsert", "update_only", "create_only"],
        "Write mode",
        "Make and change products, or only one of the two.",
    ),
    _choice("create_status", "draft", ["draft", "active"], "Status of new products", "Status a new product gets."),
    _choice(
        "on_inactive",
        "archive",
        ["archive", "ignore"],
        "Inactive products",
        "What to do with products that the source calls inactive or replaced; they are never made.",
    ),
    _choice(
        "on_archived",
        "skip",
        ["skip", "update", "revive", "error"],
        "Archived products",
        "What to do with a product that is archived in MicroPIM while the source has it.",
    ),
    th.Property(
        "field_policies",
        _Map,
        title="Field policies",
        description="Per field: create_only, if_empty, if_source_changed, always or never.",
    ),
    _choice(
        "categories_mode", "add", ["off", "add"], "Categories", "off: none. add: make them and add products to them."
    ),
    th.Property(
        "category_root",
        th.StringType,
        title="Category root",
        description="Path under which categories are made, for example Shop > Medipim. Empty: the top.",
    ),
    _choice(
        "media_mode",
        "append",
        ["off", "append"],
        "Pictures",
        "off: none. append: add what is missing, replace nothing.",
    ),
    th.Property(
        "media_formats",
        _Texts,
        default=list(FORMATS),
        title="Picture formats",
        description="Medipim's formats in order of preference.",
    ),
    th.Property(
        "media_target_groups",
        _Texts,
        default=["public", "webshop"],
        title="Picture target groups",
        description="Take pictures meant for one of these groups. Empty list: all.",
    ),
    th.Property(
        "max_images",
        th.IntegerType(nullable=False, minimum=0),
        default=10,
        title="Most pictures",
        description="At most this many pictures a product.",
    ),
    th.Property(
        "allow_private_media_hosts",
        th.BooleanType(nullable=False),
        default=False,
        title="Allow private picture hosts",
        description="Hand on picture addresses in private networks.",
    ),
    th.Property(
        "brand_map",
        _Map,
        title="Brand map",
        description="Brand name to MicroPIM id: an object, or the path of a CSV file with two columns.",
    ),
    th.Property(
        "supplier_map",
        _Map,
        title="Supplier map",
        description="Supplier name to MicroPIM id: an object, or the path of a CSV file with two columns.",
    ),
    th.Property(
        "publishing_channels",
        _Texts,
        default=[],
        title="Publishing channels",
        description="Channels a new product gets. Empty: none is sent.",
    ),
    th.Property(
        "reads_per_minute",
        th.IntegerType(nullable=False, minimum=1),
        default=120,
        title="Reads per minute",
        description="Upper limit of GET requests. MicroPIM publishes no number.",
    ),
    th.Property(
        "writes_per_minute",
        th.IntegerType(nullable=False, minimum=1),
        default=60,
        title="Writes per minute",
        description="Upper limit of all other requests. MicroPIM publishes no number.",
    ),
    th.Property(
        "max_in_flight",
        th.IntegerType(nullable=False, minimum=1, maximum=64),
        default=4,
        title="Requests in flight",
        description="How many products are written at the same time.",
    ),
    th.Property(
        "ledger_url",
        _Text,
        default="sqlite:///.micropim/ledger.db",
        title="Ledger",
        description="Where it is remembered what was sent: a SQLite or PostgreSQL address.",
    ),
    th.Property(
        "report_dir",
        _Text,
        default=".micropim/reports",
        title="Report folder",
        description="Each run gets a folder here: report.json, rejects.jsonl, unmapped.csv.",
    ),
    th.Property("max_rejects", _Limit, title="Most rejects", description='Stop beyond this many rejects: 25 or "5%".'),
    th.Property(
        "max_archive",
        _Limit,
        title="Most archives",
        description='Archive nothing when more would be archived: 25 or "5%". Empty: 20%, at least 50.',
    ),
    _choice(
        "on_unknown_stream",
        "ignore",
        ["ignore", "reject", "fail"],
        "Unknown streams",
        "What to do with streams the profile does not know.",
    ),
    th.Property(
        "state_interval_seconds",
        th.NumberType(nullable=False, minimum=0),
        default=5,
        title="State interval",
        description="How often a safe state may leave: what a crash can cost.",
    ),
    th.Property(
        "request_timeout_seconds",
        th.NumberType(nullable=False, exclusive_minimum=0),
        default=60,
        title="Request timeout",
        description="Longest silence before a request counts as failed.",
    ),
    th.Property(
        "max_wait_seconds",
        th.NumberType(nullable=False, minimum=0),
        default=900,
        title="Patience",
        description="How long one request may be refused (429, 5xx, no connection) before the run ends.",
    ),
    th.Property("user_agent", th.StringType, title="User agent", description="Sent with every request."),
)


@dataclass(frozen=True)
class TargetSettings:
    """The settings that need more than looking up; the rest is read from ``config`` by the target."""

    base_url: str
    locales: tuple[str, ...]
    policies: Mapping[str, str]
    brand_map: Mapping[str, int]
    supplier_map: Mapping[str, int]
    match_on: tuple[str, ...]
    media_formats: tuple[str, ...]
    media_target_groups: frozenset[str]
    publishing_channels: tuple[str, ...]
    max_rejects: Limit
    max_archive: Limit

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> "TargetSettings":
        """Build from a validated config. Raises SettingsRefused for what a schema cannot see."""
        reader = _Reader(config)
        settings = cls(
            base_url=reader.get("api_url", lambda value: checked_base_url("api_url", value)),
            locales=tuple(dict.fromkeys([config["locale"], *reader.get("fallback_locales", _texts)])),
            policies=reader.get("field_policies", lambda value: _policies(value, config["profile"])),
            brand_map=reader.get("brand_map", _id_map),
            supplier_map=reader.get("supplier_map", _id_map),
            match_on=reader.get("match_on", lambda value: _among(_texts(value), ("sku", "ean"))),
            media_formats=reader.get("media_formats", _texts),
            media_target_groups=frozenset(reader.get("media_target_groups", _texts)),
            publishing_channels=reader.get("publishing_channels", lambda value: _among(_texts(value), CHANNELS)),
            max_rejects=reader.get("max_rejects", Limit.read),
            max_archive=reader.get("max_archive", Limit.read),
        )
        reader.get("sku_template", _checked_template)
        reader.get("currency", _checked_currency)
        if reader.wrong:
            raise SettingsRefused("; ".join(reader.wrong))
        return settings


class _Reader:
    """Reads settings one by one and collects what is wrong with them."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self.wrong: list[str] = []

    def get(self, name: str, read: Any) -> Any:
        try:
            return read(self._config.get(name))
        except SettingsRefused as refused:
            self.wrong.append(f"Setting {refused}")
        except (ValueError, OSError) as error:
            self.wrong.append(f"Setting {name}: {error}")
        return ()


def problems(config: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with settings whose types are right."""
    key = config["api_key"].strip()
    if not key:
        yield "Setting api_key: is empty"
    elif not (key.isascii() and key.isprintable()):
        yield "Setting api_key: holds characters that cannot travel in a header (value not shown)"
    try:
        TargetSettings.read(config)
    except SettingsRefused as refused:
        yield str(refused)


def _texts(value: Any) -> tuple[str, ...]:
    """A list of texts; a text is read as JSON, or as words between commas (how environment variables give lists)."""
    if isinstance(value, str):
        words = value.strip()
        value = json.loads(words) if words.startswith("[") else [word.strip() for word in words.split(",")]
    return tuple(str(item) for item in value or () if str(item))


def _among(values: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [value for value in values if value not in allowed]
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is none of {', '.join(allowed)}")
    return values


def _object(value: Any) -> dict[str, Any]:
    found = json.loads(value) if isinstance(value, str) else value
    if not isinstance(found, dict | None):
        raise ValueError("must be an object")
    return found or {}


def _policies(value: Any, profile: str) -> Mapping[str, str]:
    defaults = NATIVE_POLICIES if profile == "native" else DEFAULT_POLICIES
    given = _object(value)
    if unknown := [name for name in given if name not in defaults]:
        raise ValueError(f"{', '.join(unknown)} is no field; there are {', '.join(defaults)}")
    _among(tuple(str(policy) for policy in given.values()), POLICIES)
    return {**defaults, **given}


def _id_map(value: Any) -> Mapping[str, int]:
    """Name to id, from an object or a CSV file whose first two columns are name and id (a heading is skipped)."""
    if isinstance(value, str) and value.strip() and not value.strip().startswith("{"):
        with Path(value.strip()).open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if len(row) > 1]
        return {row[0].strip(): int(row[1]) for row in rows if row[1].strip().isdigit()}
    found = _object(value or None)
    if any(isinstance(number, bool) or not str(number).isdigit() for number in found.values()):
        raise ValueError("every value must be a MicroPIM id, a number")
    return {str(name): int(number) for name, number in found.items()}


def _checked_template(template: str) -> str:
    parts = [(name, spec, conversion) for _text, name, spec, conversion in Formatter().parse(template)]
    names = [name for name, _spec, _conversion in parts if name is not None]
    if not names or any(not name.isidentifier() for name in names) or any(spec or conv for _, spec, conv in parts):
        raise ValueError("must name fields of a product in braces, like {id} or MDP-{cnk}")
    return template


def _checked_currency(currency: str) -> str:
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():  # noqa: PLR2004 - ISO 4217
        raise ValueError("must be three capital letters, like EUR")
    return currency
