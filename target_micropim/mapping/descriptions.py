"""Pure: the description of a product, composed of the types of text that Medipim has of it, in one language.

A full text stands for all others. Where there is none, the others are joined in the order of ``description_parts``,
each under a heading when there are several. The legal text comes last. It is taken in another language where the one of
the description has none, and is never left out where the product requires one (docs/api/medipim.md#legal-text).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import escape, unescape

from target_micropim.mapping.description_parts import DescriptionParts
from target_micropim.mapping.headings import FULL, KINDS, LEGAL
from target_micropim.mapping.texts import (
    ANY,
    Descriptions,
    Notes,
    Record,
    TextLimits,
    cut_html,
    in_order,
    without_tags,
)

_BLOCK = r"p|div|ul|ol|table|h[1-6]|dl|blockquote"
_ANY_BLOCK, _ALL_BLOCKS = (
    re.compile(rf"<(?:{_BLOCK})[ >]"),
    re.compile(rf"\A<(?:{_BLOCK})[ >].*</(?:{_BLOCK})>\Z", re.DOTALL),
)
# The first line of a text, where it looks like a heading.
_OWN_HEADING = re.compile(
    r"\A(?:<h[1-6]>(?:<(?:strong|b)>)?|(?:<(?:p|div)>)?<(?:strong|b)>)([^<]*)"
    r"(?:</(?:strong|b)>)?:?(?:</(?:h[1-6]|p|div)>|<br>)"
)
_HEADING_LEVEL = re.compile(r"(?:(?<=<h)|(?<=</h))[1-6](?=[ >])")  # in cleaned HTML, where any other "<" is an entity
_KNOWN = frozenset(KINDS)
LEVEL, LOWEST = 3, 6  # of our headings, and of all that HTML has
LEGAL_TEXT = "description (legal text)"
LEFT_OUT = "requires a legal text, and field_map leaves the description out: see to it in MicroPIM"


@dataclass(frozen=True)
class TextRules:
    """The settings that shape texts."""

    locales: tuple[str, ...]
    groups: frozenset[str]
    parts: DescriptionParts
    clean_html: Callable[[str], str]
    limits: TextLimits


@dataclass(frozen=True)
class Block:
    """One text of the description, cleaned."""

    kind: str
    language: str
    html: str


def description(record: Record, texts: Descriptions, rules: TextRules, notes: Notes) -> str | None:
    """The description, or None without any text; what a person must know of it goes into the notes."""
    # types that Medipim does not document (docs/api/medipim.md#description-types), and may have now
    if unknown := sorted(texts.types - _KNOWN):
        notes.warnings.append(
            f"description: texts of type {', '.join(unknown)} are left out: nobody knows what they are"
        )
    is_legal_required = requires_legal_text(record)
    composer = _Composer(texts, rules, notes, is_legal_required=is_legal_required)
    blocks = composer.body()
    legal = composer.legal(blocks)
    if is_legal_required:
        _tell_of_legal_text(record, legal, rules, notes)
    for block in (blocks or legal)[:1]:
        notes.taken("description", block.language, rules.locales[0])
    return _ended(blocks, legal, rules, notes, required=is_legal_required)


def with_required_legal_text(
    record: Record, texts: Descriptions, html: str | None, language: str | None, rules: TextRules, notes: Notes
) -> str | None:
    """A description that field_map takes from elsewhere: the operator's own, but for a legal text that is required."""
    if not requires_legal_text(record):
        return html
    blocks = [Block(FULL, language or rules.locales[0], html)] if html else []
    legal = _Composer(texts, rules, notes, is_legal_required=True).legal(blocks)
    _tell_of_legal_text(record, legal, rules, notes)
    return _ended(blocks, legal, rules, notes, required=True)


def _ended(blocks: list[Block], legal: list[Block], rules: TextRules, notes: Notes, *, required: bool) -> str | None:
    """The texts and their end, the legal one."""
    if len(blocks) == 1 and not legal and len(blocks[0].html) <= rules.limits.text:
        return blocks[0].html
    for block in legal:
        notes.taken(LEGAL_TEXT, block.language, rules.locales[0])
    return _within_limits(blocks, legal, rules, notes, required=required)


def requires_legal_text(record: Record) -> bool:
    """Whether the product may be shown with its legal text only."""
    return str(record.get("requiresLegalText")).lower() in {"true", "1"}


class _Composer:
    """Chooses texts of one record."""

    def __init__(self, texts: Descriptions, rules: TextRules, notes: Notes, *, is_legal_required: bool) -> None:
        self._texts = texts
        self._rules = rules
        self._notes = notes
        self._is_legal_required = is_legal_required

    def body(self) -> list[Block]:
        """The texts without the legal one, in the first language that has any that can be used."""
        kinds = [kind for kind in self._rules.parts.kinds if kind in self._texts.types and kind != LEGAL]
        if not kinds:
            return []
        for language in in_order(self._rules.locales, [self._texts.languages]):
            if FULL in kinds and (full := next(self._usable(FULL, language), None)):
                return [full]
            blocks = (next(self._usable(kind, language), None) for kind in kinds if kind != FULL)
            if found := _distinct([block for block in blocks if block]):
                return found
        return []

    def legal(self, body: list[Block]) -> list[Block]:
        """All legal texts, in the language of the description if it has one, else in the next.

        One that is required comes in any language, also where ``fallback_locales`` names few.
        """
        if LEGAL not in self._texts.types or not (self._is_legal_required or LEGAL in self._rules.parts.kinds):
            return []
        locales = (*self._rules.locales, ANY) if self._is_legal_required else self._rules.locales
        languages = in_order(locales, [self._texts.languages])
        for language in dict.fromkeys([*(block.language for block in body[:1]), *languages]):
            if found := _distinct(list(self._usable(LEGAL, language))):
                return found
        return []

    def _usable(self, kind: str, language: str) -> Iterator[Block]:
        """The texts of a type of which a reader sees something; one that cannot be cleaned is told."""
        for html in self._texts.html(kind, language):
            try:
                cleaned = self._rules.clean_html(html)
            except ValueError as error:
                self._notes.warnings.append(f"description: {kind} in {language}: {error}")
                continue
            if cleaned:
                yield Block(kind, language, cleaned)


def _distinct(blocks: list[Block]) -> list[Block]:
    """Each text once."""
    if len(blocks) < 2:  # noqa: PLR2004 - as nearly always, and telling words costs time
        return blocks
    return list({_words(block.html): block for block in reversed(blocks)}.values())[::-1]


def _words(html: str) -> str:
    return (without_tags(html) or "").casefold()


def _unsaid(legal: list[Block], blocks: list[Block]) -> list[Block]:
    """The legal texts that these texts do not hold word for word."""
    if not (legal and blocks):
        return legal
    said = " ".join(_words(block.html) for block in blocks)
    return [block for block in legal if not _holds(said, _words(block.html))]


def _holds(said: str, words: str) -> bool:
    """Whether a text has these words already, as whole ones: "zink" is not said by "zinkoxide"."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", said) is not None


def _tell_of_legal_text(record: Record, legal: list[Block], rules: TextRules, notes: Notes) -> None:
    if legal and legal[0].language != rules.locales[0]:
        missing = f"the legal text that it requires is missing in {rules.locales[0]}: it came over in"
        notes.for_a_person.append(f"{missing} {legal[0].language}")
    elif not legal:
        others = Descriptions(record, frozenset())
        has_other = any(others.html(LEGAL, language) for language in others.languages)
        known = "Medipim has one for other target groups only" if has_other else "Medipim has none"
        notes.for_a_person.append(f"requires a legal text, and {known}: it is shown without")


def _within_limits(
    blocks: list[Block], legal: list[Block], rules: TextRules, notes: Notes, *, required: bool
) -> str | None:
    """As many texts as fit, the first ones and the legal ones; the rest is judged by ``on_too_long``."""
    kept, left_out = list(blocks), list[str]()
    while len(text := _joined([*kept, *_unsaid(legal, kept)], rules)) > rules.limits.text and len(kept) > 1:
        left_out.insert(0, kept.pop().kind)
    if len(text) > rules.limits.text and legal and kept and not required:
        left_out += [LEGAL] if _unsaid(legal, kept) else []
        legal, text = [], _joined(kept, rules)
    if left_out:
        notes.warnings.append(f"description: {', '.join(left_out)} left out, or it would be too long")
    if len(text) > rules.limits.text and legal and kept and rules.limits.on_too_long == "cut":
        notes.warnings.append(f"description: {kept[0].kind} cut, so that the legal text fits")
        text = _cut(kept[0], legal, rules)
    notes.legal = _ending(legal, rules, alone=text == _joined(legal, rules)) if legal else ""
    return text or None


def _ending(legal: list[Block], rules: TextRules, *, alone: bool) -> str:
    """The legal texts as the description ends in them."""
    return _joined(legal, rules) if alone else "".join(_section(block, rules.parts) for block in legal)


def _cut(block: Block, legal: list[Block], rules: TextRules) -> str:
    """As much of a text as fits beside the legal one; closing it may take some room."""
    beside = len(_joined([block, *legal], rules)) - len(block.html)
    for spare in (0, len("<div></div>"), beside):
        html = cut_html(block.html, rules.limits.text - beside - spare, rules.clean_html)
        text = _joined([*([replace(block, html=html)] if html else []), *legal], rules)
        if len(text) <= rules.limits.text:
            break
    return text


def _joined(blocks: list[Block], rules: TextRules) -> str:
    """One text as it is; several, each closed and under its heading."""
    if len(blocks) < 2:  # noqa: PLR2004 - one is alone
        return blocks[0].html if blocks else ""
    return rules.clean_html("".join(_section(block, rules.parts) for block in blocks))


def _section(block: Block, parts: DescriptionParts) -> str:
    """A text under its heading; headings of its own stand below that one, or it would seem to head nothing.

    A text whose first line is that heading has it already.
    """
    heading, html = parts.heading(block.kind, block.language), _closed(block.html)
    own = _OWN_HEADING.match(block.html)
    if not heading or (own and unescape(own[1]).strip(" :\N{NO-BREAK SPACE}").casefold() == heading.casefold()):
        return _lowered(html, LEVEL) if heading else html
    return f"<h{LEVEL}>{escape(heading, quote=False)}</h{LEVEL}>{_lowered(html, LEVEL + 1)}"


def _lowered(html: str, highest: int) -> str:
    """HTML without a heading above this level, and the others as far below their highest one as before."""
    levels = [int(level) for level in _HEADING_LEVEL.findall(html)]
    down = highest - min(levels, default=LOWEST)
    if down <= 0:
        return html
    return _HEADING_LEVEL.sub(lambda match: str(min(LOWEST, int(match[0]) + down)), html)


def _closed(html: str) -> str:
    """HTML whose words cannot run into what follows."""
    if _ALL_BLOCKS.match(html):
        return html
    return f"<div>{html}</div>" if _ANY_BLOCK.search(html) else f"<p>{html}</p>"
