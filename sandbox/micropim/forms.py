"""The form in which MicroPIM stores a text that it was sent (docs/api/micropim.md#stored-form)."""

import re
import unicodedata
from collections.abc import Callable, Mapping

from sandbox.micropim.options import MicroPimOptions, TextForm

CUT = 6
HTML_FIELDS = ("description",)
TEXT_FIELDS = ("name", "short_description", *HTML_FIELDS)
VOID_TAG = re.compile(r"<(br|hr|img)\b([^<>]*?)\s*/?>")
FOUR_BYTES = re.compile("[\U00010000-\U0010ffff]")

FORMS: Mapping[TextForm, Callable[[str], str]] = {
    "capitalised": lambda text: text[:1].upper() + text[1:].lower(),
    "single_spaces": lambda text: re.sub(" {2,}", " ", text),
    "void_tags": lambda text: VOID_TAG.sub(r"<\1\2 />", text),
    "entities": lambda text: text.replace("\u00e9", "&eacute;").replace("\u00e8", "&egrave;"),
    "paragraphs": lambda text: text if not text or text.startswith("<") else f"<p>{text}</p>",
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "question_marks": lambda text: FOUR_BYTES.sub("?", text),
    "line_end": lambda text: f"{text}\n" if text else text,
}
OF_HTML_ONLY: frozenset[TextForm] = frozenset({"void_tags", "entities", "paragraphs", "line_end"})


def stored_form(options: MicroPimOptions, field: str, value: str) -> str:
    """The value of a text field as it is stored."""
    if field == "sku":
        return {"as_sent": value, "lower": value.lower(), "cut": value[:CUT]}[options.sku_form]
    if field in TEXT_FIELDS:
        for form in options.text_forms:
            if field in HTML_FIELDS or form not in OF_HTML_ONLY:
                value = FORMS[form](value)
    return value


def is_unstorable(text: str) -> bool:
    """Whether a database may refuse this text: NUL, or a character of four bytes in UTF-8."""
    return "\0" in text or FOUR_BYTES.search(text) is not None
