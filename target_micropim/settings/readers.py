"""How single settings are read: texts as lists, maps and limits. Each reader raises ValueError with what is wrong."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any

from pim_wire.schema_files import read_schema
from pim_wire.settings_json import TwiceNamed, read_json
from pim_wire.urls import checked_scope, checked_throttle_url
from target_micropim.mapping.attribute_rows import ATTRIBUTES
from target_micropim.mapping.attributes import ALL_CODES, DEFAULT_CODES, checked_attribute_template
from target_micropim.mapping.channel_rules import OFFERED, ChannelRule, checked_channel_rules
from target_micropim.mapping.description_parts import checked_parts
from target_micropim.mapping.life import ALL_STATUSES, STATUSES
from target_micropim.mapping.overrides import ExtraField, checked_extra_fields, checked_field_map
from target_micropim.mapping.picture_formats import checked_formats
from target_micropim.mapping.texts import TARGET_GROUPS, checked_language
from target_micropim.plan.limit import Limit
from target_micropim.plan.product import DEFAULT_POLICIES, NATIVE_POLICIES, POLICIES
from target_micropim.settings.id_maps import flat, read_id_map
from target_micropim.settings.notices import read_urls
from target_micropim.settings.rates import RATES, rate

Read = Callable[[Any], Any]
_STREAMS = ("products", "categories")
_ATTRIBUTE_CODE = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9a-f]{12}", re.ASCII)


def readers(profile: str) -> dict[str, Read]:
    """The reader of each setting that needs nothing but its own value and the profile."""
    return {
        "field_map": lambda value: checked_field_map(_object(value), medipim_fields()),
        "extra_fields": partial(_extra_fields, profile=profile),
        "attribute_template": lambda value: checked_attribute_template(_object(value)),
        "attributes_to_description": partial(_attribute_codes, profile=profile),
        "attribute_codes": partial(_attribute_codes, profile=profile),
        "brand_map": lambda value: read_id_map(value, "brand"),
        "supplier_map": lambda value: read_id_map(value, "supplier"),
        "match_on": lambda value: _among(_texts(value), ("sku", "ean")),
        "media_formats": lambda value: checked_formats(_texts(value)),
        "text_target_groups": lambda value: frozenset(_among(_texts(value), TARGET_GROUPS)),
        "description_parts": lambda value: checked_parts(_parts(value)),
        "media_target_groups": lambda value: frozenset(_among(_texts(value), TARGET_GROUPS)),
        "statuses": _statuses,
        "channel_rules": partial(_channel_rules, profile=profile),
        "publishing_channels": lambda value: _among(_texts(value), OFFERED),
        "streams": lambda value: _streams(flat(_object(value)), profile),
        "max_rejects": Limit.read,
        "max_archive": Limit.read,
        "throttle_url": checked_throttle_url,
        "throttle_scope": checked_scope,
        "notify_urls": read_urls,
        "organization": _fingerprint,
        **{name: partial(rate, name) for name in RATES},
    }


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
        return read_json(text)
    except TwiceNamed:
        raise
    except ValueError as error:
        raise ValueError(f"is no JSON text: {error}") from None


def _parts(value: Any) -> Any:
    """A list or object, also as JSON text, or types between commas."""
    if isinstance(value, str) and value.strip().startswith("{"):
        return _json(value)
    return list(_words(value)) if isinstance(value, str) else value


def languages_given(value: Any) -> tuple[str, ...] | None:
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
    rules = checked_channel_rules(_json(value) if isinstance(value, str) and value else value, medipim_fields())
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
    _among(tuple(str(name) for name in names.values()), _STREAMS)
    if names and profile != "native":
        raise ValueError("is for the profile native; Medipim's streams have their names")
    return {str(name): str(meant) for name, meant in names.items()}


def medipim_fields() -> Mapping[str, Any]:
    """The fields of a product of Medipim, by name, each with its schema."""
    fields: dict[str, Any] = read_schema("medipim", "products")["properties"]
    return fields


def _extra_fields(value: Any, profile: str) -> Mapping[str, ExtraField]:
    """Checked against what MicroPIM documents, and against Medipim's fields where records are Medipim's."""
    source_fields = {} if profile == "native" else medipim_fields()
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


def policies_of(value: Any, profile: str) -> Mapping[str, str]:
    """When each field is sent: the defaults of the profile, with what is given over them."""
    defaults = NATIVE_POLICIES if profile == "native" else DEFAULT_POLICIES
    given = _object(value)
    if unknown := [name for name in given if name not in defaults]:
        raise ValueError(f"{', '.join(unknown)} is no field; there are {', '.join(defaults)}")
    _among(tuple(str(policy) for policy in given.values()), POLICIES)
    return {**defaults, **given}


def checked_currency(currency: str) -> str:
    """A currency by its code in ISO 4217."""
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():  # noqa: PLR2004 - ISO 4217
        raise ValueError("must be three capital letters, like EUR")
    return currency
