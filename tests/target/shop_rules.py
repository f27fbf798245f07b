"""Rules of mapping that several tests share."""

from typing import Any

from target_micropim.mapping.html import clean_html
from target_micropim.mapping.medipim import MappingRules, map_product


def rules(**changes: Any) -> MappingRules:
    """The rules of the default settings."""
    return MappingRules(
        **{
            "locales": ("en", "nl", "fr"),
            "currency": "EUR",
            "sku_template": "{id}",
            "create_status": "draft",
            "publishing_channels": (),
            "media_formats": ("huge", "large", "medium"),
            "media_target_groups": frozenset({"public", "webshop"}),
            "allow_private_media_hosts": False,
            "clean_html": clean_html,
            **changes,
        }
    )


def mapped(changes: Any = None, **fields: Any) -> Any:
    """A small record mapped."""
    return map_product({"id": "1", "name": {"en": "Name"}, **fields}, rules(**(changes or {})))


def dutch_rules(**changes: Any) -> MappingRules:
    """The rules of a shop in Dutch, else French."""
    return MappingRules(
        ("nl", "fr"), "EUR", "{id}", "draft", (), ("huge",), frozenset(),
        allow_private_media_hosts=False, clean_html=clean_html, **changes,
    )  # fmt: skip


def few_rules(sku_template: str = "{id}", **changes: Any) -> MappingRules:
    """Rules of mapping, most of them out of the way."""
    return MappingRules(
        ("nl", "en"), "EUR", sku_template, "draft", (), ("huge",), frozenset(),
        allow_private_media_hosts=False, clean_html=clean_html, **changes,
    )  # fmt: skip
