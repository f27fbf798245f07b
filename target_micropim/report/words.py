"""The words of the pages in the languages of the shops, numbers and times as people there write them.

The English words stand where they are used; ``locales/`` has the others, as gettext catalogues that Babel reads when a
page is written (docs/decisions/0044). Some sentences are made elsewhere, with a name or a value in them; they are known
again by their form. One that is not in the catalogue stays English: a reader loses nothing but comfort. Tables beside
the page stay English, for programs.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

LANGUAGES = ("en", "nl", "fr", "de", "es")
CATALOGUES = Path(__file__).with_name("locales")
SENTENCE = "sentence"  # the context of what is made elsewhere
_REGIONS = {"en": "en_GB"}  # the day before the month
_DEEPEST = 3  # sentences within sentences
_LONGEST = 1000  # letters: what is longer is no sentence of ours


def marked(text: str) -> str:
    """A text that is put into the reader's language later; the test of the catalogues finds it by this name."""
    return text


class Words:
    """The words in one language."""

    def __init__(self, language: str = "en") -> None:
        self.language = language

    def __call__(self, text: str, /, **values: Any) -> str:
        """A word or sentence in this language, with values where it has places for them."""
        said = _translations(self.language).gettext(text)
        return said.format(**values) if values else said

    def pgettext(self, context: str, text: str) -> str:
        """The same of a text that means two things."""
        return _translations(self.language).pgettext(context, text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The same of a text with a number in it."""
        return _translations(self.language).ngettext(one, many, number).format(number=self.number(number))

    def sentence(self, text: str, depth: int = 0) -> str:
        """A sentence of the program, and those within it, in this language."""
        if self.language == "en" or not text or len(text) > _LONGEST or depth > _DEEPEST:
            return text
        for form, sentence in _forms(self.language):
            if found := form.fullmatch(text):
                parts = {name: self.sentence(value, depth + 1) for name, value in found.groupdict().items()}
                return sentence.format(**parts)
        return text

    def number(self, value: float) -> str:
        """A number with all its decimals."""
        return _number(value, self.language)

    def moment(self, moment: datetime, *, with_day: bool = True) -> str:
        """A moment in local time."""
        from babel.dates import format_date, format_time

        local, locale = moment.astimezone(), _locale(self.language)
        time = format_time(local, "HH:mm", tzinfo=local.tzinfo, locale=locale)
        return f"{format_date(local, 'long', locale=locale)}, {time}" if with_day else time


def duration(seconds: float, words: Words | None = None) -> str:
    """A duration in words; without a language as the log has it."""
    say = words or Words()
    hours, rest = divmod(round(seconds), 3600)
    minutes, full_seconds = divmod(rest, 60)
    if hours:
        return say("{hours} h {minutes} min", hours=hours, minutes=f"{minutes:02d}")
    if minutes:
        return say("{minutes} min {seconds} s", minutes=minutes, seconds=f"{full_seconds:02d}")
    rounded = round(seconds, 1)
    return f"{words.number(rounded) if words else f'{rounded:g}'} s"


@lru_cache(maxsize=1000, typed=True)
def _number(value: float, language: str) -> str:
    """Written once: a page and the list of the nights have the same few numbers, small ones, again and again."""
    from babel.numbers import format_decimal

    return format_decimal(value, locale=_locale(language), decimal_quantization=False)


@cache
def _locale(language: str) -> Any:
    from babel import Locale

    return Locale.parse(_REGIONS.get(language, language))


@cache
def catalogue(language: str) -> Any:
    """The catalogue of a language other than English, as Babel reads it."""
    from babel.messages.pofile import read_po

    with (CATALOGUES / language / "LC_MESSAGES" / "report.po").open("rb") as file:
        return read_po(file, locale=language)


@cache
def _translations(language: str) -> NullTranslations:
    if language == "en":
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.support import Translations

    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def _forms(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each sentence as an expression that finds it with its values; those without a value come first."""
    sentences: Mapping[str, str] = {one.id: one.string for one in catalogue(language) if one.context == SENTENCE}
    ordered = sorted(sentences, key=lambda sentence: sentence.count("{"))
    return tuple((re.compile(_expression(sentence), re.DOTALL), sentences[sentence]) for sentence in ordered)


def _expression(text: str) -> str:
    parts = Formatter().parse(text)
    return "".join(re.escape(plain) + (f"(?P<{name}>.*?)" if name else "") for plain, name, _spec, _form in parts)
