"""The values of the settings, and all that is wrong with them in one go."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from pim_wire.config import header_errors, key_errors
from pim_wire.errors import InvalidSettings
from pim_wire.limits import SizeLimits
from pim_wire.urls import checked_base_url
from target_micropim.mapping.channel_rules import CHANNELS, STATUS, ChannelRule
from target_micropim.mapping.description_parts import DescriptionParts
from target_micropim.mapping.overrides import ExtraField
from target_micropim.mapping.picture_formats import KNOWN, unknown_formats
from target_micropim.mapping.sku_template import checked_template, fields_of_maps, fields_of_other_markets
from target_micropim.mapping.texts import checked_language, languages
from target_micropim.plan.limit import Limit
from target_micropim.plan.product import OF_SETTINGS
from target_micropim.settings.capabilities import Capabilities, read_capabilities
from target_micropim.settings.ledger_place import ledger_address
from target_micropim.settings.markets import currency_of, locale_of, missing_tree, remarks
from target_micropim.settings.rates import searched
from target_micropim.settings.readers import checked_currency, languages_given, medipim_fields, policies_of, readers

_MAPS = frozenset({"brand_map", "supplier_map"})
# Raised when records are read in another way: then each is looked into once more when it comes, and gets what became
# better. What did not change is not sent (docs/decisions/0030).
MAPPING = 2
NATIVE_MAPPING = 3  # the same, of native records
_OF_NATIVE = frozenset({"decimal_comma"})  # no part of the digest of another profile
# They decide what becomes of a value, of a product, of its categories and pictures, and leave each value as it is.
_SHAPE_NO_VALUE = frozenset({
    "field_policies", "clear_missing", "write_mode", "create_status", "statuses", "on_inactive", "on_archived",
    "delete_mode", "categories_mode", "category_source", "category_root", "media_mode", "on_unknown_media",
    "media_changes", "media_formats", "max_images", "allow_private_media_hosts", "drop_unmapped",
    "publishing_channels", "channel_rules",
})  # fmt: skip


@dataclass(frozen=True)
class TargetSettings:
    """All settings, typed, under their own names; what needs reading has been read. Only this class knows the config.

    ``base_url`` is ``api_url``, checked. ``policies`` is ``field_policies`` over the defaults of the profile.
    ``locales`` is ``locale`` with ``fallback_locales``. ``size_limits`` are ``max_line_bytes`` and ``max_nesting``.
    ``currency`` may follow from ``market``, ``locales`` from ``market`` or the ledger where ``locale`` is None; then
    ``in_language`` settles them. ``any_language`` says that a language which no fall-back names is better than none.
    ``digest`` changes with every setting that shapes products, ``value_digest`` with those that shape the value of a
    field.
    """

    api_key: str = field(repr=False)
    base_url: str
    organization: str | None
    profile: str
    market: str | None
    locale: str | None
    locales: tuple[str, ...]
    any_language: bool
    currency: str
    sku_template: str
    match_on: tuple[str, ...]
    lookup: str
    write_mode: str
    create_status: str
    statuses: frozenset[str]
    on_inactive: str
    on_archived: str
    delete_mode: str
    policies: Mapping[str, str]
    field_map: Mapping[str, str | None]
    extra_fields: Mapping[str, ExtraField]
    clear_missing: bool
    invalid_ean: str
    native_html: str
    decimal_comma: bool
    on_too_long: str
    max_name_length: int
    max_description_length: int
    max_short_description_length: int
    text_target_groups: frozenset[str]
    description_parts: DescriptionParts
    categories_mode: str
    update_categories: bool
    max_category_depth: int
    category_root: str | None
    category_source: str
    attributes_mode: str
    attribute_template: Mapping[str, Any]
    update_attributes: bool
    attributes_to_description: tuple[str, ...]
    attribute_codes: tuple[str, ...]
    media_mode: str
    on_unknown_media: str
    media_changes: str
    media_formats: tuple[str, ...]
    media_target_groups: frozenset[str]
    max_images: int
    allow_private_media_hosts: bool
    check_media_urls: bool
    brand_map: Mapping[str, int]
    supplier_map: Mapping[str, int]
    drop_unmapped: bool
    publishing_channels: tuple[str, ...]
    channel_rules: tuple[ChannelRule, ...]
    on_missing_channel: str
    reads_per_minute: int
    writes_per_minute: int
    pictures_per_minute: int | None
    searched_rates: frozenset[str]
    throttle_url: str | None
    throttle_scope: str | None
    max_in_flight: int
    ledger_url: str
    report_dir: str
    notify_urls: tuple[str, ...] = field(repr=False)
    notify_on: str
    metrics_file: str | None
    report_language: str
    keep_reports_days: int | None
    decisions_file: str
    capabilities: Capabilities
    max_rejects: Limit
    max_archive: Limit
    max_create: int | None
    streams: Mapping[str, str]
    on_unknown_stream: str
    state_interval_seconds: float
    request_timeout_seconds: float
    max_wait_seconds: float
    dry_run: bool
    size_limits: SizeLimits
    user_agent: str | None
    stream_maps: Mapping[str, Any] | None
    digest: str
    value_digest: str
    read_with: Callable[[str], "TargetSettings"] = field(repr=False, compare=False)

    @property
    def source_market(self) -> str | None:
        """The market that prices and texts come from; native records name their own currency."""
        return self.market if self.profile == "medipim" else None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is odd about the settings, and may be meant: told at start, and by --check."""
        odd = list(remarks(self.source_market, self.locales[0]))
        if self.decimal_comma and self.profile != "native":
            odd.append("decimal_comma: does nothing with the profile medipim, whose prices are cents")
        if self.profile == "medipim":
            odd += [*self.unknown_in_sku, *fields_of_other_markets(self.sku_template, medipim_fields(), self.market)]
        if self.profile != "medipim" or self.media_mode == "off":
            return tuple(odd)
        if unknown := unknown_formats(self.media_formats):
            odd.append(f"media_formats: {', '.join(unknown)} was never seen at Medipim, which has {', '.join(KNOWN)}")
        if not self.media_formats:
            odd.append("media_formats: is empty, so no picture goes; media_mode off says so")
        return tuple(odd)

    @property
    def unknown_in_sku(self) -> tuple[str, ...]:
        """Fields of ``sku_template`` that only a stream map could add: ours, the tap's or one between."""
        return tuple(fields_of_maps(self.sku_template, medipim_fields())) if self.profile == "medipim" else ()

    @property
    def channels(self) -> tuple[str, ...]:
        """Every channel that a new product may get."""
        of_rules = (name for rule in self.channel_rules for name in rule.publishing_channels or ())
        return tuple(dict.fromkeys([*self.publishing_channels, *of_rules]))

    @property
    def of_settings(self) -> frozenset[str]:
        """The fields that settings make: all that no record of the profile native and no rule says."""
        if self.profile == "native":
            return frozenset()
        rules = self.channel_rules
        return OF_SETTINGS - {name for name in (CHANNELS, STATUS) if any(getattr(rule, name) for rule in rules)}

    def in_language(self, locale: str) -> "TargetSettings":
        """The same settings where another one has decided the language; ``read_with`` reads them again."""
        return self if locale == self.locales[0] else self.read_with(locale)

    @classmethod
    def read(cls, config: Mapping[str, Any], shaping: Collection[str]) -> "TargetSettings":
        """Build from a validated config; ``shaping`` names the settings that make the digest.

        Raises InvalidSettings for what a schema cannot see.
        """
        reader = _Reader(config)
        parsed = _parsed(reader, config)
        source_fields = {} if config["profile"] == "native" else medipim_fields()
        reader.get("sku_template", lambda template: checked_template(template, source_fields))
        if reader.errors:
            raise InvalidSettings("; ".join(reader.errors))
        made = {*parsed, "digest", "value_digest", "read_with"}
        plain: dict[str, Any] = {name: config.get(name) for name in cls.__dataclass_fields__ if name not in made}
        of_values = [name for name in shaping if name not in _SHAPE_NO_VALUE]
        plain["digest"], plain["value_digest"] = (_digest(config, names, parsed) for names in (shaping, of_values))
        return cls(**plain, **parsed, read_with=lambda locale: cls.read({**config, "locale": locale}, shaping))


def _parsed(reader: "_Reader", config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that need more than looking up."""
    profile, market = config["profile"], config.get("market")
    base_url = reader.get("api_url", lambda value: checked_base_url("api_url", value, ("/api",)))
    locale = reader.get("locale", lambda value: None if value is None else checked_language(value)) or None
    return {
        "base_url": base_url,
        "locale": locale,
        "locales": languages(
            locale_of(market, locale),
            reader.get("fallback_locales", languages_given),
        ),
        "searched_rates": searched(config),
        "ledger_url": reader.get("ledger_schema", partial(ledger_address, config["ledger_url"])),
        "any_language": config.get("fallback_locales") is None,
        "currency": reader.get("currency", lambda value: checked_currency(currency_of(market, value))),
        "policies": reader.get("field_policies", partial(policies_of, profile=profile)),
        **{name: reader.get(name, read) for name, read in readers(profile).items()},
        "capabilities": reader.get("capabilities_file", lambda value: read_capabilities(value, base_url)),
        "size_limits": SizeLimits(config["max_line_bytes"], config["max_nesting"]),
    }


def _digest(config: Mapping[str, Any], shaping: Collection[str], parsed: Mapping[str, Any]) -> str:
    """A digest of the settings that shape what is sent; of the maps what they hold, wherever it is written."""
    is_native = config["profile"] == "native"
    named = [name for name in shaping if is_native or name not in _OF_NATIVE]
    values = {name: dict(parsed[name]) if name in _MAPS else config.get(name) for name in named}
    resolved = {"currency": parsed["currency"], "locale": next(iter(parsed["locales"]), None)}
    values |= {name: value for name, value in resolved.items() if name in values}  # whoever has said it
    values["mapping"] = NATIVE_MAPPING if is_native else MAPPING
    return hashlib.blake2b(orjson.dumps(values, option=orjson.OPT_SORT_KEYS, default=str), digest_size=16).hexdigest()


class _Reader:
    """Reads settings one by one and collects what is wrong with them."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self.errors: list[str] = []

    def get(self, name: str, read: Any) -> Any:
        try:
            return read(self._config.get(name))
        except InvalidSettings as invalid:
            self.errors.append(f"Setting {invalid}")
        except OSError as error:
            place, reason = error.filename or self._config.get(name), error.strerror or error
            self.errors.append(f"Setting {name}: {place} cannot be read ({reason}): give the path of a file")
        except ValueError as error:
            self.errors.append(f"Setting {name}: {error}")
        return ()


def problems(config: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with settings whose types are right."""
    key = config["api_key"].strip()
    yield from key_errors(config, "api_key")
    yield from header_errors(config, "user_agent")
    if key and not (key.isascii() and key.isprintable()):
        yield "Setting api_key: holds characters that cannot travel in a header (value not shown)"
    try:
        settings = TargetSettings.read(config, ())
    except InvalidSettings as invalid:
        yield str(invalid)
    else:
        if missing := missing_tree(settings.source_market, settings.category_source):
            yield f"Setting category_source: {missing}"
        if settings.profile == "medipim" and config.get("flattening_enabled"):
            yield "Setting flattening_enabled: profile medipim reads the tree of a record; leave it out"
