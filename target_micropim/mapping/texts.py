"""Pure: texts of a Medipim record: their language, their form (one line or HTML), their length.

See docs/api/medipim.md#product.

Plain texts and HTML are told apart by the field: names and short texts are plain, whatever stands in them; descriptions
are HTML. A text that is longer than MicroPIM takes is refused, or cut with a warning; nothing is cut silently
(docs/api/micropim.md#text-limits).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from target_micropim.errors import Reason
from target_micropim.mapping.characters import decoded, one_line

Record = dict[str, Any]

# How the tap says that a text is in no language, and where it keeps one that is in several (docs/decisions/0045).
NO_LANGUAGE, BY_LANGUAGE = "und", "ByLanguage"
CONSUMER_GROUPS = frozenset({"public", "webshop"})
TARGET_GROUPS = (
    "public", "pharmacist", "doctor", "homecare", "hospital", "nurse", "physiotherapist", "webshop",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A text and its language; None where the source has it as a plain text, in no language."""

    text: str
    language: str | None


@dataclass
class Notes:
    """What is to be told of a record's texts: languages other than the one asked for, and what a person must see to.

    ``legal`` is the legal text as the description ends in it, or "".
    """

    warnings: list[str] = field(default_factory=list)
    for_a_person: list[str] = field(default_factory=list)
    languages: dict[str, str] = field(default_factory=dict)
    legal: str = ""

    def taken(self, what: str, language: str | None, asked: str) -> None:
        """A text was taken in this language."""
        if language not in (None, asked):
            self.languages[what] = str(language)


def text_in(value: Any, locales: tuple[str, ...]) -> str | None:
    """A localized map, or a plain text, in the first language that has it.

    See docs/api/medipim.md#localized and docs/api/medipim.md#names-as-text.
    """
    found = first_in([value], locales)
    return None if found is None else found.text


def first_in(values: list[Any], locales: tuple[str, ...]) -> Found | None:
    """The first of several plain texts, in the first language in which one of them says something."""
    values = [without_language(value) if isinstance(value, dict) else value for value in values]
    for locale in in_order(locales, values):
        for value in values:
            content = value.get(locale) if isinstance(value, dict) else value
            if isinstance(content, str) and (text := plain(content)):
                return Found(text, locale if isinstance(value, dict) else None)
    return None


def without_language(value: Any) -> Any:
    """The text itself where a localized map holds one that is in no language; it stands in each."""
    return value[NO_LANGUAGE] if isinstance(value, dict) and isinstance(value.get(NO_LANGUAGE), str) else value


def member(record: Record, name: str) -> Any:
    """A field of a record: by language where the source had it so (docs/api/medipim.md#names-as-text)."""
    by_language = record.get(name + BY_LANGUAGE)
    return by_language if isinstance(by_language, dict) else record.get(name)


def plain(text: str) -> str | None:
    """Plain text in one line, its entities as characters; None when nothing is left to see."""
    return one_line(decoded(text) if "&" in text else text)


_STRUCK = re.compile(r"<s>.*?</s>", re.DOTALL)
# Tags inside a line: they leave no gap where they were.
INLINE = frozenset({"a", "b", "i", "em", "strong", "sup", "sub", "span", "s"})


def without_tags(html: str, *, shows_struck: bool = True) -> str | None:
    """The text of HTML that was cleaned before, as one line: a gap where a block, a cell or a line ended.

    Struck text goes where its stroke would be lost: ``19,99 14,99`` would be two prices.
    """
    if not shows_struck and "<s>" in html:
        html = _STRUCK.sub("", html)
    collector = _Text()
    collector.feed(html)
    collector.close()
    return one_line("".join(collector.parts))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002 - the parser's signature
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in INLINE:
            self.parts.append(" ")


def shortened(text: str, most: int) -> str:
    """The beginning of a plain text: whole sentences if they fill half of the room, else whole words."""
    if len(text) <= most:
        return text
    room = text[:most]
    sentence = max(room.rfind(f"{mark} ") for mark in ".!?")
    if sentence >= most // 2:
        return room[: sentence + 1]
    words = text[: most - 1].rpartition(" ")[0] or text[: most - 1]
    return f"{words.rstrip(' ,;:-')}\N{HORIZONTAL ELLIPSIS}"


def objects(value: Any) -> list[Record]:
    """The objects of a list; whatever else is there counts as nothing.

    One object alone is a list of one. Where its keys are numbers it is a list with gaps, as PHP writes it: ``formats``
    comes so, too (docs/api/medipim.md#formats-as-object).
    """
    if isinstance(value, dict):
        value = list(value.values()) if is_numbered(value) else [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def is_numbered(value: Record) -> bool:
    """Whether an object is a list whose places are its keys."""
    return all(str(key).isdecimal() for key in value)


def is_for(item: Record, groups: frozenset[str]) -> bool:
    """Whether an item is meant for one of the groups; an item that names no group is meant for all."""
    targets = item.get("targetGroups")
    targets = [targets] if isinstance(targets, str) and targets else targets
    return not isinstance(targets, list) or not targets or not groups or bool(set(map(str, targets)) & groups)


class Descriptions:
    """The HTML texts of a record that are meant for one of the groups, by type; read once for all fields.

    ``languages`` are those in which any of them has an entry, ``types`` the beginnings of all types that there are.
    """

    def __init__(self, record: Record, groups: frozenset[str]) -> None:
        self.types: set[str] = set()
        self.languages: set[str] = set()
        self._contents: dict[str, list[Any]] = {}
        for text in objects(record.get("descriptions")):
            if is_for(text, groups):
                kind, content = text.get("type"), without_language(text.get("content"))
                self.types.add(str(kind)[:40])
                if isinstance(content, dict):
                    self.languages.update(content)
                if isinstance(kind, str):
                    self._contents.setdefault(kind, []).append(content)

    def has(self, kind: str) -> bool:
        """Whether there is a text of this type, in whatever language."""
        return kind in self._contents

    def html(self, kind: str, locale: str) -> list[str]:
        """All texts of one type in one language; one without a language stands in each.

        An entry may be null or false (docs/api/medipim.md#product-collections).
        """
        found: list[str] = []
        for content in self._contents.get(kind, ()):
            html = content.get(locale) if isinstance(content, dict) else content
            if isinstance(html, str) and html.strip():
                found.append(html)
        return found


def consumer_texts(
    record: Record, kind: str, locales: tuple[str, ...], groups: frozenset[str] = CONSUMER_GROUPS
) -> Iterator[str]:
    """The HTML texts for these groups of this type, language by language."""
    texts = Descriptions(record, groups)
    for locale in in_order(locales, [texts.languages]):
        yield from texts.html(kind, locale)


def languages_in(value: Any) -> set[str]:
    """The languages in which a localized map holds a text."""
    value = without_language(value)
    texts = value.items() if isinstance(value, dict) else ()
    return {str(locale) for locale, text in texts if isinstance(text, str) and plain(text)}


# Which language a text is taken in when the first one is missing. Medipim documents an order for three languages (v3
# page, tip under photos): NL: fr, en, others; FR: nl, en, others; EN: nl, others. For the others nothing is documented:
# English first, since every market has it.
LANGUAGES = ("nl", "fr", "en", "de", "es")
DOCUMENTED = {"nl": ("fr", "en"), "fr": ("nl", "en"), "en": ("nl",)}
_UNDOCUMENTED = ("en",)
ANY = "*"  # stands for every language that is not named, in the order of the alphabet
_LANGUAGE = re.compile(r"(?!id)[a-z]{2}(?:[-_][A-Za-z]{2,4})?", re.ASCII)  # "id" names things, not Indonesian


def languages(locale: str, fallbacks: Iterable[str] | None) -> tuple[str, ...]:
    """The language, then exactly its fall-backs; where these are None, the documented order, the rest, then any."""
    if fallbacks is None:
        fallbacks = (*DOCUMENTED.get(locale, _UNDOCUMENTED), *LANGUAGES, ANY)
    return tuple(dict.fromkeys([locale, *fallbacks]))


# Two-letter codes of ISO 639-1, without "id", which names things here.
_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee "
    "el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia ie ig ii ik io is it "
    "iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt "
    "my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl "
    "sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo "
    "za zh zu "
)
_AS_WRITTEN = re.compile(r"([a-z]{2})(?:[-_][a-z0-9]{2,4})*", re.ASCII | re.IGNORECASE)


def checked_language(locale: str) -> str:
    """The language of a setting as Medipim writes it: ``NL``, ``nl_BE`` and ``nl-BE`` are ``nl``.

    Raises ValueError for what is no language.
    """
    if locale == ANY:
        return locale
    written = _AS_WRITTEN.fullmatch(locale.strip())
    code = written[1].lower() if written else ""
    if code not in _CODES.split():
        raise ValueError(f"{locale!r} is no language: give two letters, like {', '.join(LANGUAGES)}")
    return code


def in_order(locales: tuple[str, ...], present: Iterable[Any]) -> Sequence[str]:
    """The languages to look into, one after the other; ``present`` are maps or sets that may name more of them."""
    if ANY not in locales:
        return locales
    order = dict.fromkeys(locales)
    del order[ANY]
    more: set[Any] = set()
    for names in present:
        if isinstance(names, dict | set):
            more.update(names)
    if more := more - order.keys():
        return [*order, *sorted(key for key in more if isinstance(key, str) and _LANGUAGE.fullmatch(key))]
    return list(order)


def first_language(locales: tuple[str, ...], has: Callable[[str], bool]) -> str:
    """The first language that has something, in words where it is none of those that are named."""
    return next((locale for locale in locales if locale != ANY and has(locale)), "another one")


def in_words(locales: tuple[str, ...]) -> str:
    """The languages as people read them."""
    return ", ".join(locale if locale != ANY else "any other" for locale in locales)


# limits are unknown (docs/api/micropim.md#text-limits); schemas/micropim goes no further
MOST_NAME, MOST_TEXT, MOST_SHORT = 255, 65_000, 500


@dataclass(frozen=True)
class TextLimits:
    """The most characters of a name and of the two texts; ``cut`` or ``reject`` beyond them.

    ``short`` is how much of a longer text makes a short one.
    """

    name: int = MOST_NAME
    text: int = MOST_TEXT
    on_too_long: str = "reject"
    short: int = MOST_SHORT

    def apply(
        self, fields: dict[str, Any], clean_html: Callable[[str], str], reasons: list[Reason], warnings: list[str]
    ) -> None:
        """Shorten what is too long in ``fields``, or add the reason why the record is refused."""
        for name, most in (("name", self.name), ("description", self.text), ("short_description", self.text)):
            value = fields.get(name)
            if not isinstance(value, str) or len(value) <= most:
                continue
            message = f"has {len(value)} characters, {most} are allowed (on_too_long: {self.on_too_long})"
            if self.on_too_long == "cut":
                fields[name] = cut_html(value, most, clean_html) if name == "description" else value[:most].rstrip()
                warnings.append(f"{name}: {message}")
                if not fields[name]:
                    del fields[name]
            else:
                reasons.append(Reason(name, message))


def cut_html(html: str, most: int, clean_html: Callable[[str], str]) -> str:
    """The beginning of a text with its open tags closed again, which makes it longer: so cut until it fits."""
    keep = most
    while keep > 0:
        cut = html[:keep]
        if cut.rfind("<") > cut.rfind(">"):
            cut = cut[: cut.rfind("<")]
        try:
            cleaned = clean_html(cut)
        except ValueError:
            return ""
        if len(cleaned) <= most:
            return cleaned
        keep = min(keep, len(cut)) - max(1, len(cleaned) - most)
    return ""
