"""The fixed words of the pages in the languages of the shops: words.json has them all, side by side.

Some sentences are made elsewhere, with a name or a value in them; they are known again by their form. One that is not
in the table stays English: a reader loses nothing but comfort. Tables beside the page stay English, for programs.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

LANGUAGES = ("en", "nl", "fr", "de", "es")
FILE = Path(__file__).with_name("words.json")
_DEEPEST = 3  # sentences within sentences
_LONGEST = 1000  # letters: what is longer is no sentence of ours


class Words:
    """The words in one language."""

    def __init__(self, language: str = "en") -> None:
        self.language = language

    def __call__(self, key: str, **values: Any) -> str:
        """A word or sentence by its key, with values where it has places for them."""
        text = str(table()["words"][key][self.language])
        return text.format(**values) if values else text

    def planned(self, key: str, *, plan: bool) -> str:
        """What is, or in a plan what would be."""
        return self(f"{key}_plan" if plan else key)

    def action(self, action: str, *, plan: bool) -> str:
        """How a record ended; a word of somebody else's as it is."""
        known = table()["words"]
        key = f"a_{action}_plan" if plan and f"a_{action}_plan" in known else f"a_{action}"
        return self(key) if key in known else action

    def sentence(self, text: str, depth: int = 0) -> str:
        """A sentence of the program, and those within it, in this language."""
        if self.language == "en" or not text or len(text) > _LONGEST or depth > _DEEPEST:
            return text
        for form, sentence in _forms():
            if found := form.fullmatch(text):
                parts = {name: self.sentence(value, depth + 1) for name, value in found.groupdict().items()}
                return str(sentence[self.language]).format(**parts)
        return text

    def moment(self, moment: datetime, *, with_day: bool = True) -> str:
        """A moment in local time, as people write it."""
        local = moment.astimezone()
        if not with_day:
            return f"{local:%H:%M}"
        month = self("months").split()[local.month - 1]
        return f"{self('day', day=local.day, month=month, year=local.year)}, {local:%H:%M}"


@cache
def table() -> Mapping[str, Any]:
    """The whole file."""
    read: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return read


@cache
def _forms() -> tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]:
    """Each sentence as an expression that finds it with its values; those without a value come first."""
    sentences = sorted(table()["sentences"], key=lambda sentence: sentence["en"].count("{"))
    return tuple((re.compile(_expression(sentence["en"]), re.DOTALL), sentence) for sentence in sentences)


def _expression(text: str) -> str:
    parts = Formatter().parse(text)
    return "".join(re.escape(plain) + (f"(?P<{name}>.*?)" if name else "") for plain, name, _spec, _form in parts)
