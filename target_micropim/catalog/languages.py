"""The language that a run writes: MicroPIM holds one (docs/api/micropim.md#translations), Medipim has several.

A new ledger takes none by itself: a whole shop in the wrong language is worse than a stop. What decides is, in this
order, the setting ``locale``, what the ledger was filled in, and a market that has one language
(docs/decisions/0036-no-language-by-itself.md). Records of profile native have none to choose from.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from pim_wire.errors import InvalidSettings
from target_micropim.ledger import Ledger
from target_micropim.mapping.texts import LANGUAGES, languages_in, objects, without_language
from target_micropim.settings.markets import MARKETS, locale_of
from target_micropim.settings.values import TargetSettings

LOOKED = 250  # products that are looked at before a run without a language stops
ENOUGH = 10
_FACT = "locale"


@dataclass(frozen=True)
class Language:
    """A language, and what has decided it; None while nothing has."""

    code: str | None
    decided_by: str


def language_of(settings: TargetSettings, ledger: Ledger) -> Language:
    """The language of a run with this ledger."""
    if settings.locale is not None:
        return Language(settings.locale, "locale")
    if settings.profile != "medipim":
        return Language(settings.locales[0], "native")
    if (filled_in := _filled_in(settings, ledger)) is not None:
        return Language(filled_in, "ledger")
    market = MARKETS.get(settings.market or "")
    if market is not None and market.has_one_language:
        return Language(market.languages[0], f"market {market.code}")
    return Language(None, "nothing")


def _filled_in(settings: TargetSettings, ledger: Ledger) -> str | None:
    """The language that the ledger was filled in; None of a new one."""
    noted = ledger.fact(_FACT)
    if noted is None and (ledger.knows_products() or ledger.categories()):  # an earlier release noted no language
        return locale_of(settings.market, None)
    return noted


class SourceLanguages:
    """The language of one run, and in how many of the products that come it is found."""

    def __init__(self, settings: TargetSettings, ledger: Ledger) -> None:
        self._language = language_of(settings, ledger)
        self._is_localized = settings.profile == "medipim"
        self._before = ledger.fact(_FACT) if self._is_localized and ledger.knows_products() else None
        self._market = settings.market
        self._products = 0
        self._found = 0
        self._seen: Counter[str] = Counter()
        self._has_looked = False

    @property
    def is_decided(self) -> bool:
        """Whether the run knows in which language it writes."""
        return self._language.code is not None

    @property
    def language(self) -> Language:
        """The language, and what has decided it."""
        return self._language

    def settled(self, settings: TargetSettings) -> TargetSettings:
        """The settings with this language."""
        return settings if self._language.code is None else settings.in_language(self._language.code)

    def note(self, ledger: Ledger) -> None:
        """The ledger is filled in this language from now on."""
        code = self._language.code
        if self._is_localized and code is not None and ledger.fact(_FACT) != code:
            ledger.note(_FACT, code)

    def count(self, record: Any) -> None:
        """A product comes: is it there in this language?"""
        if self._is_localized and isinstance(record, dict):
            self._products += 1
            name = record.get("name")
            text = name.get(self._language.code) if isinstance(name, dict) else name
            is_there = isinstance(text, str) and text.strip()  # as nearly always
            self._found += bool(is_there) or _is_in(record, self._language.code)

    def look(self, record: Any, *, is_product: bool) -> None:
        """While nothing is decided: which languages there are. Raises InvalidSettings when enough were looked at."""
        self._has_looked = True
        if not isinstance(record, dict):
            return
        if is_product:
            self._products += 1
            self._seen.update(_languages_of(record))
            if self._products >= LOOKED:
                self.demand()
        elif not self._products:
            for code in languages_in(record.get("name")):
                self._seen.setdefault(code, 0)

    @property
    def is_asked_for(self) -> bool:
        """Whether something came that cannot be written without a language."""
        return not self.is_decided and self._has_looked

    def demand(self) -> None:
        """Raises InvalidSettings, with the languages that the source has."""
        market = MARKETS.get(self._market or "")
        likely = ", ".join(market.languages if market else LANGUAGES)
        raise InvalidSettings(
            "Setting locale: is not set, and the ledger is new; MicroPIM holds one language, and the source has "
            f"{self._in_words()}: set locale to the language of the shop, like {likely}"
        )

    def _in_words(self) -> str:
        """The languages, those of most products first."""
        if not self._has_looked:
            return "several (--check --input FILE lists them)"
        if not self._products:
            return ", ".join(sorted(self._seen)) or "none that a category names"
        ordered = sorted(self._seen.items(), key=lambda item: (-item[1], item[0]))
        counts = ", ".join(f"{code} in {number}" for code, number in ordered) or "none that is named"
        return f"{counts} of the {self._products} products that were looked at"

    def facts(self) -> dict[str, Any] | None:
        """For the report; None where records have no languages."""
        if not self._is_localized:
            return None
        return {
            "locale": self._language.code,
            "decided_by": self._language.decided_by,
            "products": self._products,
            "found_in": self._found,
        }

    def remark(self) -> str | None:
        """What is odd: a language that no product is found in; of a few products that says nothing."""
        if self._found or self._products < ENOUGH:
            return None
        return f"locale {self._language.code}: none of {self._products} products has a name in it"

    def change(self) -> str | None:
        """What a setting does to a shop that was filled in another language: a part of it at a time."""
        if self._before in {None, self._language.code}:
            return None
        return (
            f"locale {self._language.code}: this ledger's products were written in {self._before}; those that come are "
            f"written in {self._language.code}, and all others stay in {self._before}: set locale to {self._before}, "
            "or read everything once (meltano run --full-refresh, or the tap without --state)"
        )

    def told(self) -> str:
        """In a line for people."""
        return f"{self._language.code} ({self._language.decided_by})"

    def found(self) -> str:
        """In how many products it was found."""
        return f"{self._language.code} in {self._found} of {self._products} products"


def _is_in(record: dict[str, Any], code: str | None) -> bool:
    """Whether a product has a name in this language; a name that is a plain text is in each."""
    for field in ("name", "seoName"):
        value = without_language(record.get(field))
        text = value.get(code) if isinstance(value, dict) else value
        if isinstance(text, str) and text.strip():
            return True
    return False


def _languages_of(record: dict[str, Any]) -> set[str]:
    """The languages in which a product has a name or a text."""
    texts = [record.get("name"), record.get("seoName")]
    texts += [text.get("content") for text in objects(record.get("descriptions"))]
    return set().union(*map(languages_in, texts))
