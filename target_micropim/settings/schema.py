"""The settings of target-micropim, declared once; meltano.yml and docs/settings.md are tested against them.

Each declaration says by its class whether the setting shapes products (``Shaping``) or only steers a run
(``Operating``).
"""

from singer_sdk import typing as th

from pim_wire.cli import size_limit_settings, throttle_scope_setting, throttle_setting
from target_micropim.report.words import LANGUAGES
from target_micropim.settings.content import CONTENT, Map, Operating, Shaping, Text, Texts, choice
from target_micropim.settings.markets import MARKETS
from target_micropim.settings.rates import DEFAULT_RATES

_Limit = th.CustomType({"type": ["integer", "string", "null"]})
_Rate = th.CustomType({"type": ["integer", "string"], "minimum": 1})
_AUTO = "auto: searched for, from {} on upwards, and remembered for the next run."

SETTINGS = th.PropertiesList(
    Operating("api_key", Text, required=True, secret=True, title="API key", description="MicroPIM's X-API-KEY."),
    Operating(
        "api_url", Text, default="https://app.micropim.net", title="API URL", description="Base URL, without /api."
    ),
    Operating(
        "organization",
        th.StringType,
        title="Organization",
        description="The shop that is meant, by its fingerprint, which --check prints: a key of another one stops.",
    ),
    choice(
        Shaping,
        "profile",
        "medipim",
        ["medipim", "native"],
        "Profile",
        "medipim: records of tap-medipim. native: records in MicroPIM's own shape, from any tap.",
    ),
    choice(
        Operating,
        "market",
        None,
        list(MARKETS),
        "Market",
        "Where Medipim's records come from, as in the tap: sets what currency and (except in be) locale are unless "
        "they are set.",
    ),
    Shaping(
        "locale",
        th.StringType,
        title="Language",
        description="The language to write (MicroPIM holds one). Unset: that of the ledger; a new one takes fr, de, es "
        "or en by market, and in be, or without market, stops and lists the languages of the source.",
    ),
    Shaping(
        "fallback_locales",
        Texts,
        title="Fall-back languages",
        description="Languages to take, in this order, where a text is missing in the first; an empty list: none. "
        "Unset: Medipim's documented order (nl: fr, en; fr: nl, en; en: nl), then the rest.",
    ),
    Shaping(
        "currency",
        th.StringType,
        title="Currency",
        description="Three letters. Unset: AUD in market au, USD in us, else EUR.",
    ),
    Shaping(
        "sku_template",
        Text,
        default="{id}",
        title="SKU template",
        description="How a SKU is made of a record's fields. Never change it once products are in.",
    ),
    Operating(
        "match_on",
        Texts,
        default=["sku"],
        title="Match on",
        description='How products already in MicroPIM are recognised: ["sku"] or ["sku", "ean"].',
    ),
    choice(
        Operating,
        "lookup",
        "auto",
        ["auto", "index", "search"],
        "Look-up of products",
        "How products are found that the ledger does not know. index: read the whole list once. search: one search "
        "each. auto: searches for a few, the list for many.",
    ),
    choice(
        Shaping,
        "write_mode",
        "upsert",
        ["upsert", "update_only", "create_only"],
        "Write mode",
        "Make and change products, or only one of the two.",
    ),
    choice(
        Shaping, "create_status", "draft", ["draft", "active"], "Status of new products", "Status a new product gets."
    ),
    Shaping(
        "statuses",
        Texts,
        default=["all"],
        title="Statuses",
        description="Which of Medipim's statuses are brought over: all, or some of active, inactive, replaced, "
        "no_selection. A product of another status is neither made nor changed; what ends one (inactive, replaced) is "
        "up to on_inactive alone.",
    ),
    choice(
        Shaping,
        "on_inactive",
        "archive",
        ["archive", "ignore"],
        "Inactive products",
        "What to do with products that the source calls inactive or replaced; they are never made.",
    ),
    choice(
        Shaping,
        "on_archived",
        "skip",
        ["skip", "update", "revive", "error"],
        "Archived products",
        "What to do with a product that is archived in MicroPIM while the source has it.",
    ),
    choice(
        Shaping,
        "delete_mode",
        "ignore",
        ["ignore", "archive"],
        "Deleted records",
        "What to do with a product whose record says that it was deleted (_sdc_deleted_at). It is never made; absence "
        "from the stream means nothing.",
    ),
    *CONTENT,
    Operating(
        "reads_per_minute",
        _Rate,
        default=DEFAULT_RATES["reads_per_minute"],
        title="Reads per minute",
        description=f"Upper limit of GET requests. MicroPIM publishes no number. {_AUTO.format(120)}",
    ),
    Operating(
        "writes_per_minute",
        _Rate,
        default=DEFAULT_RATES["writes_per_minute"],
        title="Writes per minute",
        description=f"Upper limit of all other requests. MicroPIM publishes no number. {_AUTO.format(60)}",
    ),
    Operating(
        "pictures_per_minute",
        th.CustomType({"type": ["integer", "string", "null"], "minimum": 1}),
        title="Pictures per minute",
        description="Upper limit of pictures, each of which counts among the writes too. Unset: that of the writes. "
        f"{_AUTO.format(60)}",
    ),
    throttle_setting("these limits"),
    throttle_scope_setting("the address of MicroPIM"),
    Operating(
        "max_in_flight",
        th.IntegerType(nullable=False, minimum=1, maximum=64),
        default=4,
        title="Requests in flight",
        description="How many products are written at the same time.",
    ),
    Operating(
        "ledger_url",
        Text,
        default="sqlite:///.micropim/ledger.db",
        title="Ledger",
        description="Where it is remembered what was sent: sqlite:///path or postgresql://user@host/name.",
    ),
    Operating(
        "ledger_schema",
        th.StringType,
        title="Schema of the ledger",
        description="PostgreSQL only: the schema that holds this shop's ledger, made where there is none, so that many "
        "shops share one database.",
    ),
    Operating(
        "report_dir",
        Text,
        default=".micropim/reports",
        title="Report folder",
        description="Each run gets a folder here: report.html, report.json, products.csv, rejects.jsonl and more; "
        "index.html lists them.",
    ),
    choice(
        Operating,
        "report_language",
        "en",
        list(LANGUAGES),
        "Language of the report",
        "Language of the words on the pages for people; tables beside them stay English.",
    ),
    Operating(
        "keep_reports_days",
        th.IntegerType(minimum=1),
        title="Days to keep reports",
        description="Older folders of runs are deleted at the end of a run, never the newest one. Empty: all stay.",
    ),
    Operating(
        "notify_urls",
        Texts,
        secret=True,
        title="Notices",
        description="Where a notice goes at the end of a run, as addresses of the apprise library: "
        "mailto://..., slack://..., json://... Needs the extra notify.",
    ),
    choice(
        Operating,
        "notify_on",
        "attention",
        ["failure", "attention", "always"],
        "When to notify",
        "failure: when a run stopped. attention: also when something needs a person. always: after each run. Never "
        "after a dry run.",
    ),
    Operating(
        "metrics_file",
        th.StringType,
        title="Metrics file",
        description="The numbers of the last run for Prometheus, such as /var/lib/node_exporter/shop.prom. Needs the "
        "extra metrics.",
    ),
    Operating(
        "decisions_file",
        Text,
        default=".micropim/decisions.csv",
        title="Decisions file",
        description="All that waits for a person, a line each: fill in its column decision, and the next run acts on "
        "it.",
    ),
    Operating(
        "capabilities_file",
        th.StringType,
        title="Capability file",
        description="What --probe found out about MicroPIM: saves requests; a wrong one costs some, never a product.",
    ),
    Operating(
        "max_rejects",
        _Limit,
        title="Most rejects",
        description='Stop beyond this many rejects: 25 or "5%". Unset: 5 %, never below 10.',
    ),
    Operating(
        "max_archive",
        _Limit,
        title="Most archives",
        description='Archive nothing when more would be archived: 25 or "5%". Empty: 20%, at least 50.',
    ),
    Operating(
        "max_create",
        th.IntegerType(minimum=0),
        title="Most new products",
        description="Stop before a run makes more new products than this. Empty: no limit.",
    ),
    Operating(
        "streams",
        Map,
        title="Streams under other names",
        description='Profile native only: which streams hold products or categories, {"items": "products"}.',
    ),
    choice(
        Operating,
        "on_unknown_stream",
        "ignore",
        ["ignore", "reject", "fail"],
        "Unknown streams",
        "What to do with streams the profile does not know.",
    ),
    Operating(
        "state_interval_seconds",
        th.NumberType(nullable=False, minimum=0),
        default=5,
        title="State interval",
        description="How often a safe state may leave: what a crash can cost.",
    ),
    Operating(
        "request_timeout_seconds",
        th.NumberType(nullable=False, exclusive_minimum=0),
        default=60,
        title="Request timeout",
        description="Longest silence before a request counts as failed; a whole answer may take ten times as long.",
    ),
    Operating(
        "max_wait_seconds",
        th.NumberType(nullable=False, minimum=0),
        default=900,
        title="Patience",
        description="How long one request may be refused (429, 5xx, no connection) before the run ends.",
    ),
    Operating(
        "dry_run",
        th.BooleanType(nullable=False),
        default=False,
        title="Dry run",
        description="Read everything and write nothing, not even ledger or state; plan.jsonl says what would be done.",
    ),
    *size_limit_settings("a record is rejected", "An answer of MicroPIM"),
    Operating("user_agent", th.StringType, title="User agent", description="Sent with every request."),
)

SHAPING = frozenset(setting.name for setting in SETTINGS.wrapped.values() if isinstance(setting, Shaping))
