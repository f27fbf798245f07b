"""A fleet as its file tells it: markets, egresses, shops, with every default filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from micropim_fleet.assortment import Assortment, assortment_of, mistakes_of_lists
from micropim_fleet.mistakes import WrongFleet
from micropim_fleet.names import feed_of, schema_of
from micropim_fleet.rules import mistakes_of_rules
from micropim_fleet.shape import mistakes_of_shape
from micropim_fleet.yaml_file import Document, read

FILE = "fleet.yml"
ONLY_EGRESS = "main"
_WINDOW = "22:00-06:00"


@dataclass(frozen=True)
class Store:
    """The database of everything that was extracted."""

    host: str
    port: int
    database: str
    user: str
    password: str
    sslmode: str | None


@dataclass(frozen=True)
class Market:
    """What is extracted once, by one key of Medipim."""

    name: str
    market: str
    api_key_id: str
    api_key_secret: str
    streams: tuple[str, ...]
    schedule: str
    schema: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Egress:
    """An address from which MicroPIM is written to."""

    name: str
    rates: Mapping[str, Any]
    concurrent_runs: int
    window: str
    proxy: str | None = None


@dataclass(frozen=True)
class Shop:
    """One organization of MicroPIM, and what it gets."""

    name: str
    market: Market
    egress: Egress
    locale: str | None
    api_key: str
    assortment: Assortment
    filter: Mapping[str, list[Any]]
    on_removed: str
    limits: Mapping[str, Any]
    schedule: str
    settings: Mapping[str, Any]

    @property
    def schema(self) -> str:
        """Its schema for what belongs to it alone: the ledger."""
        return schema_of(self.name)

    @property
    def feed(self) -> str:
        """Its schema with the views that it reads."""
        return feed_of(self.name)


@dataclass(frozen=True)
class Fleet:
    """All of it."""

    file: Path
    store: Store
    folder: str
    timezone: str
    throttle_url: str | None
    late_after_hours: float
    notify_urls: tuple[str, ...]
    notify_on: str
    markets: Mapping[str, Market]
    egresses: Mapping[str, Egress]
    shops: Mapping[str, Shop]
    settings: Mapping[str, Any]  # of defaults: what shops have in common
    install: bool  # whether Meltano installs the plugins

    @property
    def root(self) -> Path:
        """The folder of the fleet file, in which Meltano runs."""
        return self.file.resolve().parent

    def reports(self, shop: Shop) -> Path:
        """The folder with a shop's reports."""
        return self.root / self.folder / "reports" / shop.name


def load(file: Path, environment: Mapping[str, str] | None = None) -> Fleet:
    """The fleet of a file. Raises WrongFleet with all its mistakes. ``environment``: variables that must be set."""
    document = read(file)
    mistakes = [*mistakes_of_shape(document), *mistakes_of_rules(document, environment)]
    mistakes += mistakes_of_lists(document)
    if mistakes:
        raise WrongFleet(file, mistakes)
    return _fleet(document)


def _fleet(document: Document) -> Fleet:
    content: Mapping[str, Any] = document.content
    markets = {name: _market(name, value) for name, value in content["markets"].items()}
    window = content.get("window", _WINDOW)
    egresses = {name: _egress(name, value or {}, window) for name, value in (content.get("egresses") or {}).items()}
    egresses = egresses or {ONLY_EGRESS: _egress(ONLY_EGRESS, {}, window)}
    defaults = content.get("defaults") or {}
    shops = {
        name: _shop(document.file, name, _merged(defaults, own), markets, egresses)
        for name, own in content["shops"].items()
    }
    urls = content.get("notify_urls", [])
    return Fleet(
        file=document.file,
        store=_store(content["store"]),
        folder=content.get("folder", ".micropim"),
        timezone=content.get("timezone", "UTC"),
        throttle_url=content.get("throttle_url"),
        late_after_hours=float(content.get("late_after_hours", 26)),
        notify_urls=(urls,) if isinstance(urls, str) else tuple(urls),
        notify_on=content.get("notify_on", "failure"),
        markets=markets,
        egresses=egresses,
        shops=shops,
        settings=defaults.get("settings") or {},
        install=content.get("install", True),
    )


def _store(content: Mapping[str, Any]) -> Store:
    return Store(
        host=content["host"],
        port=content.get("port", 5432),
        database=content["database"],
        user=content["user"],
        password=content["password"],
        sslmode=content.get("sslmode"),
    )


def _market(name: str, content: Mapping[str, Any]) -> Market:
    return Market(
        name=name,
        market=content["market"],
        api_key_id=content["api_key_id"],
        api_key_secret=content["api_key_secret"],
        streams=tuple(content.get("streams", ("products", "categories"))),
        schedule=content.get("schedule", "0 21 * * *"),
        schema=content.get("schema", schema_of(name)),
        settings=content.get("settings", {}),
    )


def _egress(name: str, content: Mapping[str, Any], window: str) -> Egress:
    rates = {"writes_per_minute": 60} | {key: value for key, value in content.items() if key.endswith("_per_minute")}
    return Egress(name, rates, content.get("concurrent_runs", 1), content.get("window", window), content.get("proxy"))


def _merged(defaults: Mapping[str, Any], own: Mapping[str, Any] | None) -> dict[str, Any]:
    """A shop over the defaults: settings and limits name by name, all else as a whole."""
    both = {**defaults, **(own or {})}
    for key in ("settings", "limits"):
        both[key] = {**(defaults.get(key) or {}), **((own or {}).get(key) or {})}
    return both


def _shop(
    file: Path, name: str, content: Mapping[str, Any], markets: Mapping[str, Market], egresses: Mapping[str, Egress]
) -> Shop:
    wanted = {
        field: value if isinstance(value, list) else [value] for field, value in content.get("filter", {}).items()
    }
    return Shop(
        name=name,
        market=markets[content.get("market", next(iter(markets)))],
        egress=egresses[content.get("egress", next(iter(egresses)))],
        locale=content.get("locale"),
        api_key=content["api_key"],
        assortment=assortment_of(file, content.get("assortment", "all")),
        filter=wanted,
        on_removed=content.get("on_removed", "keep"),
        limits=content["limits"],
        schedule=content.get("schedule", "0 23 * * *"),
        settings=content["settings"],
    )
