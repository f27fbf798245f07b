"""Pure: which language a text is taken in when the wanted one is missing.

Medipim documents an order for three languages (v3 page, tip under photos): NL: fr, en, others; FR: nl, en, others;
EN: nl, others. For the others nothing is documented: English first, since every market has it.
"""

from collections.abc import Iterable

LANGUAGES = ("nl", "fr", "en", "de", "es")
DOCUMENTED = {"nl": ("fr", "en"), "fr": ("nl", "en"), "en": ("nl",)}
_UNDOCUMENTED = ("en",)


def languages(wanted: str, fallbacks: Iterable[str] | None) -> tuple[str, ...]:
    """The wanted language, then exactly the fall-backs given; without any, the documented order and then the rest."""
    if fallbacks is None:
        fallbacks = (*DOCUMENTED.get(wanted, _UNDOCUMENTED), *LANGUAGES)
    return tuple(dict.fromkeys([wanted, *fallbacks]))
