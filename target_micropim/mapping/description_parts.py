"""Pure: the setting description_parts: which types of text make a description, their order, and their headings.

Three forms, each also as JSON text: a list of types; a list whose items may be objects, ``{"type": "usage", "heading":
{"nl": "Zo gebruik je het"}}``, with a text for all languages, a text by language, or false for none; and an object
``{"headings": false, "parts": [...]}``, which switches all headings off.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from target_micropim.mapping.characters import one_line
from target_micropim.mapping.headings import KEYWORDS, KINDS, heading

DEFAULT_KINDS = tuple(kind for kind in KINDS if kind != KEYWORDS)
_PART_KEYS, _KEYS = {"type", "heading"}, {"parts", "headings"}


@dataclass(frozen=True)
class DescriptionParts:
    """The types in their order; ``own`` are headings by type and language, with ``*`` for every language."""

    kinds: tuple[str, ...] = DEFAULT_KINDS
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    has_headings: bool = True

    def heading(self, kind: str, language: str) -> str | None:
        """The heading of a type in a language, or None."""
        if not self.has_headings:
            return None
        own = self.own.get(kind, {})
        return own.get(language, own.get("*", heading(kind, language))) or None


def checked_parts(value: Any) -> DescriptionParts:
    """The setting, when it makes sense; without one, the default. Raises ValueError with everything that does not."""
    options = value if isinstance(value, dict) else {"parts": value}
    items, switch = options.get("parts") or list(DEFAULT_KINDS), options.get("headings", True)
    problems = [f"{name} is no part of it; there are parts, headings" for name in options.keys() - _KEYS]
    if not isinstance(switch, bool):
        problems.append("headings must be true or false")
    if not isinstance(items, list):
        raise ValueError("; ".join([*problems, "must be a list of types of text, or an object with parts"]))
    problems += [problem for item in items for problem in _problems(item)]
    kinds = [item.get("type") if isinstance(item, dict) else item for item in items]
    problems += sorted(
        {f"{kind} stands there twice" for kind in kinds if isinstance(kind, str) and kinds.count(kind) > 1}
    )
    if problems:
        raise ValueError("; ".join(problems))
    own = {item["type"]: _own(item["heading"]) for item in items if isinstance(item, dict) and "heading" in item}
    return DescriptionParts(tuple(map(str, kinds)), own, switch)


def _problems(item: Any) -> Iterator[str]:
    kind = item.get("type") if isinstance(item, dict) else item
    if kind not in KINDS:
        close = next(iter(get_close_matches(str(kind), KINDS, 1, 0.7)), None)
        meant = f"is {close} meant?" if close else f"there are {', '.join(KINDS)}"
        yield f"{kind} is no type of description; {meant}"
    if not isinstance(item, dict):
        return
    yield from (f"{kind}: {name} is unknown; there are type, heading" for name in item.keys() - _PART_KEYS)
    texts = item.get("heading", "")
    for text in texts.values() if isinstance(texts, dict) else [texts]:
        if not isinstance(text, str) and text is not False:
            yield f"{kind}: heading must be a text, texts by language, or false"


def _own(texts: Any) -> dict[str, str]:
    """Own headings by language; false is an empty one."""
    by_language = texts if isinstance(texts, dict) else {"*": texts}
    return {str(language): one_line(text or "") or "" for language, text in by_language.items()}
