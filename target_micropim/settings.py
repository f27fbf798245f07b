"""The settings of target-micropim: declared once, read once; meltano.yml and README are tested against them."""

from typing import Any

from singer_sdk import typing as th

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
