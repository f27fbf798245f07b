"""Pure: what a person can answer to an open question, and by what a line of the decisions file is known again."""

import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from enum import Enum
from hashlib import blake2b

from target_micropim.plan.ownership import ARCHIVED, EXISTENCE
from target_micropim.plan.question import PICTURE, Question
from target_micropim.plan.values import as_id

CATEGORIES = "categories"
ARCHIVED_BY_HAND, REVIVED_BY_HAND, DELETED_BY_HAND = "archived", "revived", "deleted"
CATEGORY = "category"
NAME_KINDS = ("brand", "supplier")
DELETED = "deleted"  # MicroPIM's side of a product's existence, beside live and archived
_LETTERS = "abcdefghijklmnop"
_MARK = "q"
_PREFIX, _REST = 4, 12


class Answer(Enum):
    """What a person wants: the source's value, MicroPIM's, or nothing more, since it is done by hand."""

    SOURCE = "source"
    KEEP = "keep"
    DONE = "done"


# English, Dutch, French, German, Spanish; without accents and in small letters
_WORDS: dict[str, Answer] = {
    **dict.fromkeys(("source", "medipim", "bron", "quelle", "fuente", "origen"), Answer.SOURCE),
    **dict.fromkeys(("keep", "micropim", "behouden", "houden", "behoud", "garder", "conserver"), Answer.KEEP),
    **dict.fromkeys(("behalten", "mantener", "conservar"), Answer.KEEP),
    **dict.fromkeys(
        ("done", "klaar", "gedaan", "fait", "termine", "erledigt", "fertig", "hecho", "listo"), Answer.DONE
    ),
}


def read_answer(text: str) -> Answer | int | None:
    """A word or an id as a person or a spreadsheet writes it; None where it is neither."""
    word = text.strip().strip("'\".!").casefold()
    if not word.isascii():  # which most cells are; letter by letter takes ten times as long
        letters = unicodedata.normalize("NFKD", word)
        word = "".join(letter for letter in letters if not unicodedata.combining(letter))
    word = word.strip()
    return _WORDS.get(word) or as_id(word.removesuffix(".0").removesuffix(",0"))


def kind_of(question: Question) -> str:
    """The kind of a question as the file names it."""
    if question.kind == PICTURE:
        return PICTURE
    if question.stream == CATEGORIES:
        return CATEGORY
    if question.fact == EXISTENCE:
        if question.source == ARCHIVED:
            return REVIVED_BY_HAND
        return ARCHIVED_BY_HAND if question.kind == "manual_actions" else DELETED_BY_HAND
    return "conflict" if question.kind == "conflicts" else question.kind


def answers_to(question: Question) -> tuple[Answer, ...]:
    """What can be answered."""
    if question.kind == PICTURE:
        return (Answer.DONE, Answer.KEEP)
    if question.stream == CATEGORIES and question.kind == "manual_actions":
        return (Answer.KEEP, Answer.DONE)  # it shares its category: no single source decides
    return (Answer.SOURCE, Answer.KEEP, Answer.DONE)


def mark_of_ledger(place: str) -> str:
    """The beginning of the keys of one ledger: several may share one file."""
    return _MARK + _letters([place], _PREFIX)


def key_of(mark: str, question: Question) -> str:
    """By what the line of a question is known again, while both its values are the same."""
    shown = question.micropim if question.micropim_print is None else question.micropim_print
    parts = (question.stream, question.external_id, question.fact, question.source_print, shown or "")
    return mark + _letters(parts, _REST)


def key_of_name(mark: str, kind: str, folded: str) -> str:
    """The same for a brand or supplier."""
    return mark + _letters((kind, folded), _REST)


def is_key(text: str) -> bool:
    """Whether a cell holds such a key, of whichever ledger."""
    return len(text) == len(_MARK) + _PREFIX + _REST and text.startswith(_MARK) and set(text[1:]) <= set(_LETTERS)


def _letters(parts: Iterable[str], number: int) -> str:
    """Letters alone: no spreadsheet takes them for a number or a date."""
    digest = blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=number // 2).hexdigest()
    return "".join(_LETTERS[int(digit, 16)] for digit in digest)


def is_same_text(cell: str, text: str | None) -> bool:
    """Whether a cell shows this value, as a spreadsheet may have stored it; an empty cell says nothing."""
    one, other = " ".join(cell.split()), " ".join((text or "").split())
    return one in {"", other} or _is_same_number(one, other)


def _is_same_number(one: str, other: str) -> bool:
    try:
        return Decimal(one.replace(",", ".")) == Decimal(other)
    except InvalidOperation:
        return False
