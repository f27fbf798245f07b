"""Settings that shape what is sent, as the engine takes them: profile, rules, options, and one digest of them all."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from pim_wire.schema_files import schema_dir
from target_micropim.mapping.html import clean_html
from target_micropim.mapping.medipim import MappingRules
from target_micropim.mapping.profiles import Profile, medipim_profile, native_profile
from target_micropim.mapping.texts import TextLimits
from target_micropim.plan.options import Options
from target_micropim.settings.values import TargetSettings

# When one of these changes, every record counts as changed.
SHAPING = (
    "profile", "locale", "fallback_locales", "currency", "sku_template", "create_status", "on_inactive",
    "on_archived", "delete_mode", "write_mode", "field_policies", "field_map", "extra_fields", "attribute_template",
    "update_attributes", "attributes_to_description", "clear_missing", "invalid_ean", "native_html", "on_too_long",
    "max_name_length", "max_description_length", "categories_mode", "category_root", "attributes_mode", "media_mode",
    "on_unknown_media", "media_changes", "media_formats", "media_target_groups", "max_images",
    "allow_private_media_hosts", "publishing_channels", "drop_unmapped",
)  # fmt: skip

STEERING = (
    "write_mode", "on_inactive", "on_archived", "delete_mode", "categories_mode", "update_categories",
    "attributes_mode", "update_attributes", "media_mode", "on_unknown_media", "media_changes", "create_status",
    "clear_missing",
    "drop_unmapped",
)  # fmt: skip


def profile_of(config: Mapping[str, Any], settings: TargetSettings) -> Profile:
    """How records are read. Streams that Medipim has and MicroPIM has no place for are those with a schema."""
    rules, writes = rules_of(config, settings), config["categories_mode"] != "off"
    if config["profile"] == "native":
        return native_profile(rules, writes_categories=writes)
    files = (entry.name for entry in schema_dir("medipim").iterdir())
    streams = frozenset(name.removesuffix(".json") for name in files if name.endswith(".json"))
    return medipim_profile(rules, writes_categories=writes, acknowledged=streams)


def rules_of(config: Mapping[str, Any], settings: TargetSettings) -> MappingRules:
    """The rules of the mapping."""
    return MappingRules(
        locales=settings.locales,
        currency=config["currency"],
        sku_template=config["sku_template"],
        create_status=config["create_status"],
        publishing_channels=settings.publishing_channels,
        media_formats=settings.media_formats,
        media_target_groups=settings.media_target_groups,
        max_images=config["max_images"],
        allow_private_media_hosts=config["allow_private_media_hosts"],
        clean_html=clean_html,
        invalid_ean=config["invalid_ean"],
        field_map=settings.field_map,
        extra_fields=settings.extra_fields,
        attributes_to_description=settings.attributes_to_description,
        limits=TextLimits(config["max_name_length"], config["max_description_length"], config["on_too_long"]),
        with_attributes=config["attributes_mode"] != "off",
        keeps_native_html=config["native_html"] == "keep",
    )


def options_of(config: Mapping[str, Any], settings: TargetSettings) -> Options:
    """What steers the road of a product."""
    known = settings.capabilities
    return Options(
        policies=settings.policies,
        attribute_template=settings.attribute_template,
        may_assign=known.may_assign,
        empties_with=known.empties_with,
        max_create=config.get("max_create"),
        **{name: config[name] for name in STEERING},
    )


def organization(base_url: str, key: str) -> str:
    """What a ledger is bound to: the address, and a slow digest of the key that does not give the key away."""
    derived = hashlib.scrypt(key.encode(), salt=base_url.encode(), n=2**12, r=8, p=1, dklen=16)
    return f"{base_url} {derived.hex()}"


def settings_digest(config: Mapping[str, Any], settings: TargetSettings) -> str:
    """A digest of the settings that shape what is sent; of the maps what they hold, wherever it is written."""
    shaping: dict[str, Any] = {name: config.get(name) for name in SHAPING}
    shaping |= {"brand_map": dict(settings.brand_map), "supplier_map": dict(settings.supplier_map)}
    return hashlib.blake2b(orjson.dumps(shaping, option=orjson.OPT_SORT_KEYS, default=str), digest_size=16).hexdigest()
