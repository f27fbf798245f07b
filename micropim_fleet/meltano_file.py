"""What Meltano needs, of a fleet: one extraction per market, and per shop a pair that inherits all that is the same."""

import json
import re
from collections.abc import Mapping
from typing import Any

from micropim_fleet.fleet import Fleet, Market, Shop

TAP_POSTGRES = "meltanolabs-tap-postgres~=0.10.0"
TARGET_POSTGRES = "meltanolabs-target-postgres~=0.8.0"
OURS = "medipim-micropim"
CHANGED_AT = "changed_at"
ENVIRONMENT = "fleet"  # Meltano keeps a state for each environment
_LONE_DOLLAR = re.compile(r"(\\*)\$(?!\{[A-Za-z_][A-Za-z0-9_]*\})(?=\w|\{\w)")
Plugin = dict[str, Any]


def extraction(market: Market) -> list[str]:
    """The plugins that carry a market into the store."""
    return [f"tap-medipim--{market.name}", f"target-postgres--{market.name}"]


def feeding(shop: Shop) -> list[str]:
    """The plugins that carry a shop's products out of the store."""
    return [f"tap-postgres--{shop.name}", f"target-micropim--{shop.name}"]


def project(fleet: Fleet, only: Market | Shop | None = None) -> dict[str, Any]:
    """The content of meltano.yml, in an order that only the fleet file decides.

    ``only``: with one market or shop, for its run. Meltano reads the whole file several times, at a millisecond a line.
    """
    markets = [market for market in fleet.markets.values() if only in (None, market)]
    shops = [shop for shop in fleet.shops.values() if only in (None, shop)]
    extractors = [_tap_medipim(fleet), *map(_extraction, markets), _tap_postgres(fleet), *map(_reading, shops)]
    loaders = [_target_postgres(fleet), *map(_storing, markets)]
    loaders += [_target_micropim(fleet), *(_writing(fleet, shop) for shop in shops)]
    if not fleet.install:
        for plugin in (*extractors, *loaders):
            plugin.pop("pip_url", None)
    return {
        "requires_meltano": ">=4.0",
        "project_id": "micropim-fleet",
        "send_anonymous_usage_stats": False,
        "default_environment": ENVIRONMENT,
        "environments": [{"name": ENVIRONMENT}],
        "plugins": {"extractors": extractors, "loaders": loaders},
    }


def _plugin(name: str, pip_url: str, secrets: list[str], config: Mapping[str, Any], **more: Any) -> Plugin:
    """A plugin that needs nothing of Meltano's Hub."""
    settings: list[dict[str, Any]] = [{"name": secret, "sensitive": True} for secret in secrets]
    return {
        "name": name,
        "namespace": name.replace("-", "_"),
        "executable": name,
        "pip_url": pip_url,
        **more,
        "settings": settings,
        "config": dict(config),
    }


def _tap_medipim(fleet: Fleet) -> Plugin:
    capabilities = ["catalog", "state", "discover", "about", "stream-maps"]
    secrets = ["api_key_id", "api_key_secret", "throttle_url"]
    return _plugin("tap-medipim", _ours(fleet), secrets, {}, capabilities=capabilities)


def _ours(fleet: Fleet) -> str:
    """This distribution with the extras that the settings need; an address in a variable may be one of Redis."""
    everybody = [fleet.settings, *(shop.settings for shop in fleet.shops.values())]
    asked = {name for settings in everybody for name in settings}
    addresses = [fleet.throttle_url, *(market.settings.get("throttle_url") for market in fleet.markets.values())]
    extras = {
        "postgres": True,
        "redis": any(str(address).startswith(("redis", "${")) for address in addresses),
        "notify": "notify_urls" in asked,
        "metrics": "metrics_file" in asked,
    }
    return f"{OURS}[{','.join(name for name, wanted in extras.items() if wanted)}]"


def _extraction(market: Market) -> Plugin:
    config = {
        "market": market.market,
        "api_key_id": market.api_key_id,
        "api_key_secret": market.api_key_secret,
        **market.settings,
    }
    select = [f"{stream}.*" for stream in market.streams]
    return {
        "name": extraction(market)[0],
        "inherit_from": "tap-medipim",
        "select": select,
        "config": for_meltano(config),
    }


def _connection(fleet: Fleet) -> dict[str, Any]:
    store = fleet.store
    parts = {"host": store.host, "port": store.port, "database": store.database, "user": store.user}
    return for_meltano({**parts, "password": store.password})


def _target_postgres(fleet: Fleet) -> Plugin:
    # Rows of a batch get one moment, by which shops see what is new; nothing that a market drops is deleted.
    config = {**_connection(fleet), "add_record_metadata": True, "hard_delete": False, "activate_version": False}
    plugin = _plugin("target-postgres", TARGET_POSTGRES, ["password"], config, variant="meltanolabs")
    return plugin | {"capabilities": ["about", "stream-maps", "schema-flattening"]}


def _storing(market: Market) -> Plugin:
    return {
        "name": extraction(market)[1],
        "inherit_from": "target-postgres",
        "config": {"default_target_schema": market.schema},
    }


def _tap_postgres(fleet: Fleet) -> Plugin:
    """All shops read streams of the same names, ``feed_SHOP-products``: what is said of them is said once."""
    streams = list(dict.fromkeys(stream for market in fleet.markets.values() for stream in market.streams))
    key = {"replication-method": "INCREMENTAL", "replication-key": CHANGED_AT, "table-key-properties": ["id"]}
    config = {
        **_connection(fleet),
        "stream_maps": {f"*-{stream}": {"__alias__": stream} for stream in streams},
    }
    plugin = _plugin("tap-postgres", TAP_POSTGRES, ["password"], config, variant="meltanolabs")
    return plugin | {
        "capabilities": ["catalog", "state", "discover", "about", "stream-maps"],
        "use_cached_catalog": False,  # a view gets a column when the market gets a field
        "select": ["*.*"],
        "metadata": {f"*-{stream}": dict(key) for stream in streams},
    }


def _reading(shop: Shop) -> Plugin:
    return {
        "name": feeding(shop)[0],
        "inherit_from": "tap-postgres",
        "config": {"filter_schemas": [shop.feed]},
    }


def _target_micropim(fleet: Fleet) -> Plugin:
    """With what shops have in common."""
    store = fleet.store
    config = {
        "ledger_url": f"postgresql://{store.user}@{store.host}:{store.port}/{store.database}",
        **({"throttle_url": fleet.throttle_url} if fleet.throttle_url else {}),
        **fleet.settings,
    }
    secrets = ["api_key", "ledger_url", "throttle_url", "notify_urls"]
    plugin = _plugin("target-micropim", _ours(fleet), secrets, for_meltano(config))
    plugin["settings"].append({"name": "dry_run", "kind": "string"})
    return plugin | {"capabilities": ["about", "stream-maps", "schema-flattening"]}


def _writing(fleet: Fleet, shop: Shop) -> Plugin:
    common = fleet.settings
    config: dict[str, Any] = {
        "api_key": shop.api_key,
        "market": shop.market.market,
        **({"locale": shop.locale} if shop.locale else {}),
        **({} if str(shop.settings.get("ledger_url", "")).startswith("sqlite") else {"ledger_schema": shop.schema}),
        "throttle_scope": shop.egress.name,
        **shop.egress.rates,
        "report_dir": f"{fleet.folder}/reports/{shop.name}",
        "decisions_file": f"{fleet.folder}/decisions/{shop.name}.csv",
        **shop.limits,
        **{name: value for name, value in shop.settings.items() if name not in common or common[name] != value},
    }
    return {"name": feeding(shop)[1], "inherit_from": "target-micropim", "config": for_meltano(config)}


def for_meltano(config: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as Meltano leaves them alone.

    It takes ``$name`` for a variable, and reads a name with a dot within a mapping as two. So only ``${NAME}`` stays
    one, and lists and mappings go as the JSON that both plugins read too.
    """
    return {name: _for_meltano(value) for name, value in config.items()}


def _for_meltano(value: Any) -> Any:
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    return _LONE_DOLLAR.sub(lambda found: found[1] + "\\$", value) if isinstance(value, str) else value
