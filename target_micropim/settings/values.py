"""The values of the settings: texts read as lists, maps and limits, and all that is wrong with them in one go."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from typing import Any

import orjson

from pim_wire.config import header_errors, key_errors
from pim_wire.errors import InvalidSettings
from pim_wire.limits import SizeLimits
from pim_wire.schema_files import read_schema
from pim_wire.urls import checked_base_url, checked_scope, checked_throttle_url
from target_micropim.mapping.attribute_rows import ATTRIBUTES
from target_micropim.mapping.attributes import ALL_CODES, DEFAULT_CODES, checked_attribute_template
from target_micropim.mapping.channel_rules import OFFERED, ChannelRule, checked_channel_rules
from target_micropim.mapping.description_parts import DescriptionParts, checked_parts
from target_micropim.mapping.life import ALL_STATUSES, STATUSES
from target_micropim.mapping.overrides import ExtraField, checked_extra_fields, checked_field_map
from target_micropim.mapping.picture_formats import KNOWN, checked_formats, unknown_formats
from target_micropim.mapping.sku_template import checked_template, odd_fields
from target_micropim.mapping.texts import TARGET_GROUPS, checked_language, languages
from target_micropim.plan.limit import Limit
from target_micropim.plan.product import DEFAULT_POLICIES, NATIVE_POLICIES, POLICIES
from target_micropim.settings.capabilities import Capabilities, read_capabilities
from target_micropim.settings.id_maps import flat, read_id_map
from target_micropim.settings.ledger_place import ledger_address
from target_micropim.settings.markets import currency_of, locale_of, missing_tree, remarks
from target_micropim.settings.notices import read_urls
from target_micropim.settings.rates import RATES, rate, searched

_ATTRIBUTE_CODE = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9a-f]{12}", re.ASCII)
_MAPS = frozenset({"brand_map", "supplier_map"})
STREAMS = ("products", "categories")
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
            odd += odd_fields(self.sku_template, _medipim_fields(), self.market)
        if self.profile != "medipim" or self.media_mode == "off":
            return tuple(odd)
        if unknown := unknown_formats(self.media_formats):
            odd.append(f"media_formats: {', '.join(unknown)} was never seen at Medipim, which has {', '.join(KNOWN)}")
        if not self.media_formats:
            odd.append("media_formats: is empty, so no picture goes; media_mode off says so")
        return tuple(odd)

    @property
    def channels(self) -> tuple[str, ...]:
        """Every channel that a new product may get."""
        of_rules = (name for rule in self.channel_rules for name in rule.publishing_channels or ())
        return tuple(dict.fromkeys([*self.publishing_channels, *of_rules]))

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
        source_fields = {} if config["profile"] == "native" else _medipim_fields()
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
    readers: dict[str, Callable[[Any], Any]] = {
        "field_map": lambda value: checked_field_map(_object(value), _medipim_fields()),
        "extra_fields": lambda value: _extra_fields(value, profile),
        "attribute_template": lambda value: checked_attribute_template(_object(value)),
        "attributes_to_description": lambda value: _attribute_codes(value, profile),
        "attribute_codes": lambda value: _attribute_codes(value, profile),
        "brand_map": lambda value: read_id_map(value, "brand"),
        "supplier_map": lambda value: read_id_map(value, "supplier"),
        "match_on": lambda value: _among(_texts(value), ("sku", "ean")),
        "media_formats": lambda value: checked_formats(_texts(value)),
        "text_target_groups": lambda value: frozenset(_among(_texts(value), TARGET_GROUPS)),
        "description_parts": lambda value: checked_parts(_parts(value)),
        "media_target_groups": lambda value: frozenset(_among(_texts(value), TARGET_GROUPS)),
        "statuses": _statuses,
        "channel_rules": lambda value: _channel_rules(value, profile),
        "publishing_channels": lambda value: _among(_texts(value), OFFERED),
        "streams": lambda value: _streams(flat(_object(value)), profile),
        "max_rejects": Limit.read,
        "max_archive": Limit.read,
        "throttle_url": checked_throttle_url,
        "throttle_scope": checked_scope,
        "notify_urls": read_urls,
    }
    readers |= {name: partial(rate, name) for name in RATES}
    locale = reader.get("locale", lambda value: None if value is None else checked_language(value)) or None
    return {
        "base_url": base_url,
        "locale": locale,
        "organization": reader.get("organization", _fingerprint),
        "locales": languages(
            locale_of(market, locale),
            reader.get("fallback_locales", _languages),
        ),
        "searched_rates": searched(config),
        "ledger_url": reader.get("ledger_schema", partial(ledger_address, config["ledger_url"])),
        "any_language": config.get("fallback_locales") is None,
        "currency": reader.get("currency", lambda value: _checked_currency(currency_of(market, value))),
        "policies": reader.get("field_policies", lambda value: _policies(value, profile)),
        **{name: reader.get(name, read) for name, read in readers.items()},
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


def _fingerprint(value: Any) -> str | None:
    """The name of an organization, as --check prints it."""
    name = None if value is None else value.strip().lower()
    if name is not None and not _FINGERPRINT.fullmatch(name):
        raise ValueError(
            f"{value!r} is no fingerprint of an organization: --check prints it, 12 characters 0-9 and a-f"
        )
    return name


def _texts(value: Any) -> tuple[str, ...]:
    """A list of texts; a text is read as JSON, or as words between commas (how environment variables give lists)."""
    return tuple(str(item) for item in (_words(value) if isinstance(value, str) else value) or () if str(item))


def _words(text: str) -> list[Any]:
    """A list that is written as JSON, or as words between commas."""
    words = text.strip()
    read: list[Any] = _json(words) if words.startswith("[") else [word.strip() for word in words.split(",")]
    return [item for item in read if item != ""]


def _json(text: str) -> Any:
    """A value that is written as JSON."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"is no JSON text: {error}") from None


def _parts(value: Any) -> Any:
    """A list or object, also as JSON text, or types between commas."""
    if isinstance(value, str) and value.strip().startswith("{"):
        return _json(value)
    return list(_words(value)) if isinstance(value, str) else value


def _languages(value: Any) -> tuple[str, ...] | None:
    """A list that was not given is not an empty one."""
    return None if value is None else tuple(map(checked_language, _texts(value)))


def _among(values: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [value for value in values if value not in allowed]
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is none of {', '.join(allowed)}")
    return values


def _statuses(value: Any) -> frozenset[str]:
    """The statuses that are brought over; none where all are."""
    names = _among(_texts(value), (ALL_STATUSES, *STATUSES))
    return frozenset() if ALL_STATUSES in names else frozenset(names)


def _channel_rules(value: Any, profile: str) -> tuple[ChannelRule, ...]:
    """The table, as a text too; records in MicroPIM's own shape say themselves what they want."""
    rules = checked_channel_rules(_json(value) if isinstance(value, str) and value else value, _medipim_fields())
    if rules and profile == "native":
        raise ValueError("is for the profile medipim; native records have publishing_channels and status of their own")
    return rules


def _object(value: Any) -> dict[str, Any]:
    parsed = _json(value) if isinstance(value, str) else value
    if not isinstance(parsed, dict | None):
        raise ValueError("must be an object")
    return parsed or {}


def _streams(names: Mapping[str, Any], profile: str) -> dict[str, str]:
    """The stream that is meant by the name of another one."""
    _among(tuple(str(name) for name in names.values()), STREAMS)
    if names and profile != "native":
        raise ValueError("is for the profile native; Medipim's streams have their names")
    return {str(name): str(meant) for name, meant in names.items()}


def _medipim_fields() -> Mapping[str, Any]:
    fields: dict[str, Any] = read_schema("medipim", "products")["properties"]
    return fields


def _extra_fields(value: Any, profile: str) -> Mapping[str, ExtraField]:
    """Checked against what MicroPIM documents, and against Medipim's fields where records are Medipim's."""
    source_fields = {} if profile == "native" else _medipim_fields()
    return checked_extra_fields(_object(value), read_schema("micropim", "product")["properties"], source_fields)


def _attribute_codes(value: Any, profile: str) -> tuple[str, ...]:
    """Codes of the table of attributes, of Medipim's own, ``default`` or ``all``; native records may have any.

    Which attributes Medipim has is told by its stream of them: so only what looks misspelt is refused.
    """
    codes = _texts(value)
    known = (ALL_CODES, *(row.code for row in ATTRIBUTES), DEFAULT_CODES)
    for code in codes if profile != "native" else ():
        if code not in known and (close := get_close_matches(code, known, 1, 0.8)):
            raise ValueError(f"{code} is none of {', '.join(known)}; is {close[0]} meant?")
        if not _ATTRIBUTE_CODE.fullmatch(code):
            raise ValueError(f"{code!r} is no code of an attribute; there are {', '.join(known)}, and Medipim's own")
    return codes


def _policies(value: Any, profile: str) -> Mapping[str, str]:
    defaults = NATIVE_POLICIES if profile == "native" else DEFAULT_POLICIES
    given = _object(value)
    if unknown := [name for name in given if name not in defaults]:
        raise ValueError(f"{', '.join(unknown)} is no field; there are {', '.join(defaults)}")
    _among(tuple(str(policy) for policy in given.values()), POLICIES)
    return {**defaults, **given}


def _checked_currency(currency: str) -> str:
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():  # noqa: PLR2004 - ISO 4217
        raise ValueError("must be three capital letters, like EUR")
    return currency
