"""Texts that come by language here and plain there, brought to the one form that their field has. Pure.

A loader has one type for a column (docs/decisions/0045). See docs/api/medipim.md#localized and
docs/api/medipim.md#names-as-text.
"""

import re
from collections.abc import Mapping
from typing import Any

from tap_medipim.schema_types import types_of

# The names that the target reads, too: target_micropim/mapping/texts.py.
NO_LANGUAGE = "und"  # BCP 47: undetermined
BY_LANGUAGE = "ByLanguage"  # ends the name of the field that holds all languages of a text
_VALUE = "value"  # of an object such as that of a region (docs/api/medipim.md#contact-spellings)
_LANGUAGE = re.compile(r"(?!id$)[a-z]{2}([-_][A-Za-z]{2,4})?", re.ASCII)  # "id" names things, not Indonesian


def is_language(name: str) -> bool:
    """Whether a key of an object is a language."""
    return name == NO_LANGUAGE or _LANGUAGE.fullmatch(name) is not None


def is_by_language(value: Any) -> bool:
    """Whether a value is a text by language."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(is_language(name) and (text is None or isinstance(text, str)) for name, text in value.items())
    )


def is_localized(node: Mapping[str, Any]) -> bool:
    """Whether a schema means a text by language: all fields that it names are languages."""
    names = node.get("properties") or ()
    return bool(names) and all(map(is_language, names))


def place_of_plain(node: Mapping[str, Any], kind: str) -> str | None:
    """Under which key a plain value goes where an object is meant; None where no key is made for it."""
    if is_localized(node):
        return NO_LANGUAGE
    value = node.get("properties", {}).get(_VALUE)
    return _VALUE if value is not None and kind in types_of(value) and kind == "string" else None


def first_text(texts: Mapping[str, str | None]) -> str | None:
    """The text of the first language that has one."""
    return next((text for text in texts.values() if text), None)


def with_first_text(row: dict[str, Any], name: str) -> dict[str, Any]:
    """The row with a text that came by language as its first one, and with all of them beside it."""
    texts = row.get(name)
    if not isinstance(texts, dict):
        return row
    return {**row, name: first_text(texts), name + BY_LANGUAGE: texts}
