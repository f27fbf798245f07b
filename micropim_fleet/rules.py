"""What a schema cannot say of a fleet file: names that lead somewhere, secrets, schedules, limits."""

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from micropim_fleet.cron import wrong_in
from micropim_fleet.mistakes import Mistake, nearest
from micropim_fleet.names import NAME, feed_of, is_free, schema_of
from micropim_fleet.shape import schema
from micropim_fleet.variables import has_password, is_variable, variables_in
from micropim_fleet.yaml_file import Document, Path_, owner_of
from pim_wire.schema_files import read_schema, schema_dir

_KINDS = ("markets", "egresses", "shops")
_RATES = ("writes_per_minute", "reads_per_minute", "pictures_per_minute")
_OTHER_LANGUAGES = "be"  # the market in which no language follows from the market
_FIVE = 5


def mistakes_of_rules(document: Document, environment: Mapping[str, str] | None) -> Iterator[Mistake]:
    """Every broken rule. ``environment``: the variables that are set; None looks at none."""
    rules = _Rules(document)
    yield from rules.names()
    yield from rules.references()
    yield from rules.keys()
    yield from rules.schedules()
    yield from rules.limits()
    yield from rules.fields()
    yield from rules.addresses()
    if environment is not None:
        yield from rules.variables(environment)


class _Rules:
    """The rules over one document. A value of a wrong shape is passed over: the schema has told of it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._content: Mapping[str, Any] = document.content if isinstance(document.content, dict) else {}
        self._defaults = self._mapping(self._content.get("defaults"))

    def _mapping(self, value: Any) -> Mapping[str, Any]:
        return value if isinstance(value, dict) else {}

    def _all(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        found = self._mapping(self._content.get(kind))
        return {name: self._mapping(value) for name, value in found.items()}

    def _wrong(self, path: Path_, what: str) -> Mistake:
        return Mistake(self._document.line(path), owner_of(path), what)

    def names(self) -> Iterator[Mistake]:
        """Names become SQL schemas, plugins and variables: each needs one of its own, in small letters too."""
        owners: dict[str, Path_] = {}
        for kind in _KINDS:
            for name, value in self._all(kind).items():
                path = (kind, name)
                if not NAME.fullmatch(name):
                    yield self._wrong(path, f"{name!r} is no name: a letter, then at most 39 letters, digits, - or _")
                elif kind != "egresses":
                    yield from self._claimed(owners, path, value)

    def _claimed(self, owners: dict[str, Path_], path: Path_, value: Mapping[str, Any]) -> Iterator[Mistake]:
        kind, name = path
        if (other := owners.setdefault(f"name {schema_of(str(name))}", path)) != path:
            line = self._document.line(other)
            yield self._wrong(
                path, f"has the name of {owner_of(other)} of line {line}, but for letters that count alike"
            )
            return
        own = str(value.get("schema") or schema_of(str(name)))
        for schema_name in [own] if kind == "markets" else [own, feed_of(str(name))]:
            if not is_free(schema_name):
                yield self._wrong(path, f"the SQL schema {schema_name} has another purpose: take another name")
            elif (other := owners.setdefault(schema_name, path)) != path:
                line = self._document.line(other)
                yield self._wrong(path, f"needs the SQL schema {schema_name}, as {owner_of(other)} of line {line} does")

    def references(self) -> Iterator[Mistake]:
        """A shop names a market and an egress that are there."""
        markets, egresses = self._all("markets"), self._all("egresses")
        for name, shop in self._all("shops").items():
            market = shop.get("market", self._defaults.get("market"))
            if market is None and len(markets) != 1:
                yield self._wrong(("shops", name), f"market is missing: one of {', '.join(markets)}")
            elif market is not None and market not in markets:
                yield self._wrong(
                    self._path(name, "market"), f"market {market} is none of markets{nearest(str(market), markets)}"
                )
            egress = shop.get("egress", self._defaults.get("egress"))
            if egress is None and len(egresses) > 1:
                yield self._wrong(("shops", name), f"egress is missing: one of {', '.join(egresses)}")
            elif egress is not None and egress not in egresses:
                yield self._wrong(
                    self._path(name, "egress"), f"egress {egress} is none of egresses{nearest(str(egress), egresses)}"
                )
            yield from self._language(name, shop, markets.get(str(market)) or next(iter(markets.values()), {}))

    def _language(self, name: str, shop: Mapping[str, Any], market: Mapping[str, Any]) -> Iterator[Mistake]:
        locale = shop.get("locale", self._defaults.get("locale"))
        if locale is None and market.get("market") == _OTHER_LANGUAGES:
            yield self._wrong(
                ("shops", name), "locale is missing: in Belgium the language does not follow from the market"
            )

    def _path(self, shop: str, key: str) -> Path_:
        """Where a value of a shop stands: with it, or among the defaults."""
        return ("shops", shop, key) if key in self._all("shops")[shop] else ("defaults", key)

    def keys(self) -> Iterator[Mistake]:
        """One key, one shop: two shops with one would write into the same organization."""
        if "api_key" in self._defaults:
            yield self._wrong(("defaults", "api_key"), "defaults.api_key: a key belongs to one shop")
        owners: dict[str, str] = {}
        for name, shop in self._all("shops").items():
            key = shop.get("api_key")
            if key is None:
                yield self._wrong(("shops", name), "api_key is missing: MicroPIM's key of this shop, as ${NAME}")
            elif is_variable(key) and (other := owners.setdefault(key, name)) != name:
                yield self._wrong(("shops", name, "api_key"), f"api_key: shop {other} has {key} too: one shop, one key")

    def schedules(self) -> Iterator[Mistake]:
        """Five fields of cron within their bounds, in a time zone that exists."""
        places: list[Path_] = [("defaults", "schedule")]
        places += [(kind, name, "schedule") for kind in ("markets", "shops") for name in self._all(kind)]
        for path in places:
            schedule = self._at(path)
            if isinstance(schedule, str) and len(schedule.split()) == _FIVE and (what := wrong_in(schedule)):
                yield self._wrong(path, f"schedule: {what}")
        zone = self._content.get("timezone")
        if isinstance(zone, str) and not is_variable(zone) and not _is_zone(zone):
            yield self._wrong(("timezone",), "timezone: there is no such time zone; it looks like Europe/Brussels")

    def _at(self, path: Path_) -> Any:
        value: Any = self._content
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def limits(self) -> Iterator[Mistake]:
        """Rates are numbers or auto; several runs of an egress need a place to share its limits."""
        for name, egress in self._all("egresses").items():
            for rate in _RATES:
                value = egress.get(rate)
                if isinstance(value, str) and value != "auto" and not is_variable(value):
                    yield self._wrong(("egresses", name, rate), f"{rate}: {value!r} is neither a whole number nor auto")
            runs = egress.get("concurrent_runs", 1)
            if isinstance(runs, int) and runs > 1 and not self._content.get("throttle_url"):
                what = "concurrent_runs: several runs at a time share a limit by throttle_url, at the top of the file"
                yield self._wrong(("egresses", name, "concurrent_runs"), what)

    def fields(self) -> Iterator[Mistake]:
        """Streams of markets, and fields of products in filters and assortments, are those of the tap."""
        streams = _streams()
        for name, market in self._all("markets").items():
            asked = market.get("streams")
            for number, stream in enumerate(asked if isinstance(asked, list) else []):
                if stream not in streams:
                    place: Path_ = ("markets", name, "streams", number)
                    yield self._wrong(place, f"stream {stream} does not exist{nearest(str(stream), streams)}")
            if isinstance(asked, list) and "products" not in asked:
                yield self._wrong(("markets", name, "streams"), "streams: products is missing, which shops are made of")
        for path, shop in [
            (("defaults",), self._defaults),
            *((("shops", n), s) for n, s in self._all("shops").items()),
        ]:
            yield from self._product_fields(path, shop)

    def _product_fields(self, path: Path_, shop: Mapping[str, Any]) -> Iterator[Mistake]:
        known = read_schema("medipim", "products")["properties"]
        match = self._mapping(shop.get("assortment")).get("match", "id")
        asked = [((*path, "filter", name), name) for name in self._mapping(shop.get("filter"))]
        for place, name in [*asked, ((*path, "assortment", "match"), match)]:
            if name not in known:
                yield self._wrong(place, f"products have no field {name}{nearest(str(name), known)}")

    def addresses(self) -> Iterator[Mistake]:
        """An address with a password stands as a variable, wherever settings are declared secret."""
        yield from self._address(("throttle_url",), self._content.get("throttle_url"))
        for name, egress in self._all("egresses").items():
            yield from self._address(("egresses", name, "proxy"), egress.get("proxy"))
        for kind, settings in (
            ("markets", "tap_settings"),
            ("shops", "target_settings"),
            ("defaults", "target_settings"),
        ):
            owners: list[Path_] = [(kind,)] if kind == "defaults" else [(kind, name) for name in self._all(kind)]
            for owner in owners:
                for name, value in self._mapping(self._at((*owner, "settings"))).items():
                    yield from self._setting((*owner, "settings", name), settings, value)

    def _setting(self, path: Path_, settings: str, value: Any) -> Iterator[Mistake]:
        declared = schema()["$defs"][settings]["properties"].get(path[-1], {})
        if str(path[-1]).endswith("_url"):
            yield from self._address(path, value)
        elif declared.get("secret"):
            for each in value if isinstance(value, list) else [value]:
                if not is_variable(each):
                    yield self._wrong(path, f"{path[-1]}: stands as a variable only, ${{NAME}}")

    def _address(self, path: Path_, value: Any) -> Iterator[Mistake]:
        if isinstance(value, str) and has_password(value):
            yield self._wrong(path, f"{path[-1]}: holds a password; give the whole address as ${{NAME}}")

    def variables(self, environment: Mapping[str, str]) -> Iterator[Mistake]:
        """Each variable is set; ``${}`` in any other form is none."""
        for path, name in variables_in(self._content):
            if not environment.get(name, "").strip():
                yield self._wrong(path, f"variable {name} is not set")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True


def _streams() -> list[str]:
    """The streams of the tap, by their schema files."""
    names = [file.name for file in schema_dir("medipim").iterdir()]
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))
