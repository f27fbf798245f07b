"""How the settings shape records: the profile and the rules of the mapping."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from pim_wire.schema_files import schema_dir
from target_micropim.mapping.category_sources import CATEGORY_SOURCES
from target_micropim.mapping.html import clean_html
from target_micropim.mapping.medipim import MappingRules
from target_micropim.mapping.profiles import Profile, medipim_profile, native_profile
from target_micropim.mapping.texts import TextLimits
from target_micropim.settings.values import TargetSettings


def profile_of(settings: TargetSettings, now: Callable[[], float] = time.time) -> Profile:
    """How records are read. Streams that Medipim has and MicroPIM has no place for are those with a schema.

    ``now`` gives unix seconds: links have a time.
    """
    rules, writes_categories = replace(rules_of(settings), now=now), settings.categories_mode != "off"
    if settings.profile == "native":
        return native_profile(rules, writes_categories=writes_categories)
    files = (entry.name for entry in schema_dir("medipim").iterdir())
    streams = frozenset(name.removesuffix(".json") for name in files if name.endswith(".json"))
    return medipim_profile(rules, writes_categories=writes_categories, acknowledged=streams)


def rules_of(settings: TargetSettings) -> MappingRules:
    """The rules of the mapping."""
    return MappingRules(
        locales=settings.locales,
        currency=settings.currency,
        sku_template=settings.sku_template,
        create_status=settings.create_status,
        publishing_channels=settings.publishing_channels,
        media_formats=settings.media_formats,
        media_target_groups=settings.media_target_groups,
        allow_private_media_hosts=settings.allow_private_media_hosts,
        clean_html=clean_html,
        invalid_ean=settings.invalid_ean,
        field_map=settings.field_map,
        extra_fields=settings.extra_fields,
        attributes_to_description=settings.attributes_to_description,
        limits=TextLimits(
            settings.max_name_length,
            settings.max_description_length,
            settings.on_too_long,
            settings.max_short_description_length,
        ),
        text_target_groups=settings.text_target_groups,
        description_parts=settings.description_parts,
        statuses=settings.statuses,
        channel_rules=settings.channel_rules,
        attribute_codes=settings.attribute_codes,
        category_source=CATEGORY_SOURCES[settings.category_source],
        with_attributes=settings.attributes_mode != "off",
        keeps_native_html=settings.native_html == "keep",
        decimal_comma=settings.decimal_comma,
        never_sent=frozenset(name for name, policy in settings.policies.items() if policy == "never"),
        any_language=settings.any_language,
    )


@lru_cache(maxsize=8)  # a run asks several times, for 17 ms each
def organization(base_url: str, key: str) -> str:
    """What a ledger is bound to: the address, and a slow digest of the key that does not give the key away."""
    derived = hashlib.scrypt(key.strip().encode(), salt=base_url.encode(), n=2**12, r=8, p=1, dklen=16)
    return f"{base_url} {derived.hex()}"
