"""The settings that steer the road of a product. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Options:
    """Named like the settings; ``may_assign`` and ``empties_with`` come of a capability file."""

    policies: Mapping[str, str]
    write_mode: str
    on_inactive: str
    on_archived: str
    categories_mode: str
    media_mode: str
    create_status: str
    delete_mode: str = "ignore"
    attributes_mode: str = "off"
    attribute_template: Mapping[str, Any] = field(default_factory=dict)
    update_attributes: bool = False
    update_categories: bool = False
    on_unknown_media: str = "skip"
    media_changes: str = "report"
    clear_missing: bool = False
    drop_unmapped: bool = False
    max_create: int | None = None
    may_assign: bool = True
    empties_with: str | None = None
