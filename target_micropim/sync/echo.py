"""Whether MicroPIM answers a write with what it stores.

An answer may repeat what was sent while the store keeps another form of it (docs/api/micropim.md#text-limits). Then the
next look would show a value that nobody typed and nobody sent. So a write of text is looked at once more, until this
service has answered with what it stores often enough. After one answer that differs from the look, all are looked at.
"""

import re
import threading
import unicodedata
from collections.abc import Collection, Mapping
from html import unescape
from typing import Any

from target_micropim.ledger import Ledger
from target_micropim.plan.fields import FIELDS
from target_micropim.plan.values import fingerprints

ANSWERS = "answers_with_what_is_stored"  # fact of the ledger: yes, no
FORMS = "keeps_texts_in_another_form"  # fact of the ledger: yes, once one was seen
ENOUGH = 5  # telling answers
TEXTS = frozenset(field.name for field in FIELDS if field.kind in {"text", "html", "line"})
_TAG = re.compile(r"<[^<>]*>")
_TELLING_CHARACTERS = 8  # a short text may look the same in every form


class Echo:
    """Used from several threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._verdict = ledger.fact(ANSWERS)
        self.changes_forms = ledger.fact(FORMS) is not None
        self._equal = 0

    def must_look(self, sent: Mapping[str, Any], answer: Mapping[str, str]) -> bool:
        """Whether the answer to this write proves too little."""
        texts = TEXTS & sent.keys()
        if self._verdict != "yes":
            return bool(texts)
        return not fingerprints({name: sent[name] for name in texts}).items() <= answer.items()

    def compare(self, sent: Mapping[str, Any], answer: Mapping[str, str], look: Mapping[str, str]) -> None:
        """Learn from an answer and the look after it."""
        texts = TEXTS & sent.keys()
        differs = any(answer.get(name) != look.get(name) for name in texts)
        with self._lock:
            if differs and self._verdict != "no":
                self._judge("no")
            elif self._verdict is None and any(_is_telling(sent[name]) for name in texts):
                self._equal += 1
                if self._equal >= ENOUGH:
                    self._judge("yes")

    def see(self, altered: Collection[str]) -> None:
        """Learn from fields that did take whether texts show in the form in which they were sent."""
        if not self.changes_forms and not TEXTS.isdisjoint(altered):
            self.changes_forms = True
            self._ledger.note(FORMS, "yes")

    def _judge(self, verdict: str) -> None:
        self._verdict = verdict
        self._ledger.note(ANSWERS, verdict)


def has_same_words(sent: Any, shown: Any) -> bool:
    """Whether a text may be another form of what was sent: trimmed, cut, cleaned, escaped, in another case."""
    ours, theirs = _letters(sent), _letters(shown)
    return ours.startswith(theirs) if theirs else not ours


def _letters(text: Any) -> str:
    """The letters and digits that a reader sees, in one case."""
    seen = unicodedata.normalize("NFKD", unescape(_TAG.sub(" ", unescape(str(text or "")))).casefold())
    return "".join(filter(str.isalnum, seen))


def _is_telling(text: Any) -> bool:
    """Whether a text would look different when it was trimmed, put in another case or cleaned."""
    return isinstance(text, str) and len(text) >= _TELLING_CHARACTERS and text != text.casefold()
