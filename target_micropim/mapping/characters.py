"""Pure: characters: those that no text may hold, those that nobody sees, and entities in plain text."""

import re
import unicodedata
from html import unescape
from typing import Any

# White space of another age, told from other control characters as str.split() tells it: a blank keeps words apart.
_BLANK = re.compile("[\x0b\x0c\x1c-\x1f\x85]")
_PLANES = "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
# Control characters but tab and line end, halves of surrogate pairs, and what Unicode says is no character.
_UNFIT = re.compile(f"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef{_PLANES}]")
_UNSEEN_CLASSES = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
# Letters and marks by their class, though no font draws anything for them.
_FILLERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def fit(text: str) -> str:
    """The text without characters that databases refuse and readers do not see.

    See docs/api/micropim.md#text-limits: what MicroPIM makes of them is not documented.
    """
    if text.isprintable():  # as nearly all short ones are
        return text
    return _UNFIT.sub("", _BLANK.sub(" ", text))


def all_fit(value: Any) -> Any:
    """The value, with every text in it made fit, whatever it is made of."""
    if isinstance(value, str):
        return fit(value)
    if isinstance(value, list | tuple):
        return type(value)(map(all_fit, value))
    if isinstance(value, dict):
        return {all_fit(key): all_fit(item) for key, item in value.items()}
    return value


def is_visible(text: str) -> bool:
    """Whether a reader sees anything of it: blanks, marks of direction and of zero width are no text."""
    text = _FILLERS.sub("", text)
    if text.isprintable():  # then a blank is all that may not be seen
        return text.strip(" ") != ""
    return any(unicodedata.category(character) not in _UNSEEN_CLASSES for character in text)


def without_unseen(text: str) -> str:
    """The text without marks of direction and of zero width, and letters that no font draws."""
    if text.isascii():
        return text
    seen = (character for character in text if unicodedata.category(character) != "Cf")
    return _FILLERS.sub("", "".join(seen))


def decoded(text: str) -> str:
    """Plain text with its entities as characters; one without its semicolon is text, as in ``R&D`` or ``1&copy``."""
    return _ENTITY.sub(lambda entity: unescape(entity[0]), text) if "&" in text else text


def one_line(text: str) -> str | None:
    """One line, composed characters, no outer or doubled white space; None when nothing is left to see."""
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", fit(text))
    line = " ".join(text.split())
    return line if line and (line.isascii() or is_visible(line)) else None


def as_seen(name: str) -> str:
    """A name as people see it: composed, without what nobody sees and outer or doubled blanks."""
    return " ".join(without_unseen(unicodedata.normalize("NFC", name)).split())


def folded(name: str) -> str:
    """A name as people compare it: as they see it, case-folded."""
    return as_seen(name).casefold()
