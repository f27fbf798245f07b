"""The words of the pages: the catalogues have what the pages say, in every language, and nothing else."""

import html
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

from target_micropim.report.words import LANGUAGES, SENTENCE, Words, catalogue, duration
from target_micropim.settings.schema import SETTINGS
from tests.target.test_report_page import seen

REPORT = Path(__file__).parents[2] / "target_micropim" / "report"
OTHERS = [language for language in LANGUAGES if language != "en"]
REJECTED = "Records that could not go in"
DONE = ("What came over to MicroPIM", "Products archived", "Products skipped")
PLANNED = ("What would come over to MicroPIM", "Products that would be archived", "Products that would be skipped")
KEYWORDS = DEFAULT_KEYWORDS | {"words": None, "say": None, "marked": None}
Message = tuple[Any, str | None]  # a text, or one and many of them; its context


def places(text: str) -> set[str]:
    """The names of the values that a text has a place for."""
    return {name for _plain, name, _spec, _form in Formatter().parse(text) if name}


@cache
def spoken() -> frozenset[Message]:
    """What templates and modules of the report say, as the tool of Babel finds it."""
    kinds = [("templates/*.html", "jinja2"), ("*.py", "python")]
    found = extract_from_dir(REPORT, method_map=kinds, options_map={"*.py": {"encoding": "utf-8"}}, keywords=KEYWORDS)
    return frozenset((text, context) for _file, _line, text, _comments, context in found)


def written(language: str) -> dict[Message, Any]:
    """What a catalogue says, but for what is made elsewhere."""
    return {(one.id, one.context): one.string for one in catalogue(language) if one.id and one.context != SENTENCE}


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_text_of_the_pages_and_none_too_many(language: str) -> None:
    """A missing text would be English on the page, one that is not used any more misleads a translator."""
    assert sorted(map(str, spoken() - written(language).keys())) == []
    assert sorted(map(str, written(language).keys() - spoken())) == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_with_the_same_values(language: str) -> None:
    """A value too many would end the run with its page."""
    for one in catalogue(language):
        english = (one.id,) if isinstance(one.id, str) else one.id
        others = (one.string,) if isinstance(one.string, str) else one.string
        if english == ("",):
            continue
        assert all(others), one.id
        assert not one.fuzzy, one.id
        assert {frozenset(places(text)) for text in others} <= {frozenset(places(text)) for text in english}, one.id
        assert places(others[-1]) == places(english[-1]), one.id


def test_every_catalogue_knows_the_same_sentences() -> None:
    """They are made elsewhere, so no tool finds them."""
    forms = [{one.id for one in catalogue(language) if one.context == SENTENCE} for language in OTHERS]
    assert forms[0]
    assert all(form == forms[0] for form in forms)


def test_the_setting_offers_these_languages() -> None:
    """And no other."""
    assert SETTINGS.to_dict()["properties"]["report_language"]["enum"] == list(LANGUAGES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("its status in the source is replaced", "de status in de bron is replaced"),
        (
            "price: changed in the source and by hand in MicroPIM; MicroPIM's value stands",
            "price: gewijzigd in de bron en met de hand in MicroPIM; de waarde van MicroPIM blijft staan",
        ),
        (
            "rejected by an earlier run, and tried again; its category A > B has come",
            "geweigerd door een eerdere run, en opnieuw geprobeerd; de categorie A > B is gekomen",
        ),
        ("something that MicroPIM said {0} {path}", "something that MicroPIM said {0} {path}"),
        ("", ""),
    ],
)
def test_sentences_with_values_are_known_again(text: str, words: str) -> None:
    """And those within them; what is not known stays as it is."""
    assert Words("nl").sentence(text) == words
    assert Words("en").sentence(text) == text


def test_a_sentence_that_nobody_knows_costs_no_time() -> None:
    """Words of a server may be long and full of marks."""
    assert Words("fr").sentence("a: " * 300 + ";") == "a: " * 300 + ";"


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "3 August 2026, 02:30"),
        ("nl", "3 augustus 2026, 02:30"),
        ("fr", "3 août 2026, 02:30"),
        ("de", "3. August 2026, 02:30"),
        ("es", "3 de agosto de 2026, 02:30"),
    ],
)
def test_times_are_local_and_written_as_people_do(language: str, written: str, brussels: None) -> None:  # noqa: ARG001
    """The program's clock is UTC; a shop is somewhere."""
    assert Words(language).moment(datetime(2026, 8, 3, 0, 30, tzinfo=UTC)) == written


@pytest.mark.parametrize(
    ("language", "number", "lasted"),
    [
        ("en", "12,345.68", "2.5 s"),
        ("nl", "12.345,68", "2,5 s"),
        ("fr", "12\u202f345,68", "2,5 s"),
        ("de", "12.345,68", "2,5 s"),
        ("es", "12.345,68", "2,5 s"),
    ],
)
def test_numbers_are_written_as_people_do(language: str, number: str, lasted: str) -> None:
    """A price keeps its cents."""
    assert Words(language).number(12345.68) == number
    assert Words(language).number(7) == "7"
    assert duration(2.54, Words(language)) == lasted


def test_the_log_stays_english_and_reads_no_catalogue() -> None:
    """Its durations need no page."""
    assert [duration(seconds) for seconds in (0, 2.54, 65, 3725)] == ["0 s", "2.5 s", "1 min 05 s", "1 h 02 min"]


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1 zaak vraagt om een mens."), (5000, "5.000 zaken vragen om een mens.")]
)
def test_one_and_many_are_told_apart(number: int, said: str) -> None:
    """By the rule of the catalogue."""
    assert Words("nl").ngettext("1 thing needs a person.", "{number} things need a person.", number) == said


@pytest.mark.parametrize("language", OTHERS)
def test_a_page_is_whole_in_each_language(world: Any, singer: Any, language: str) -> None:
    """Conflict, reject, unmapped brand, archive, skip: the page says none of the English words."""
    world.load(singer.lines(products=[singer.product(n) for n in (1, 2)]), max_in_flight=1)
    world.pim.edit(90001, name="By hand")
    given = [singer.product(1, name={"en": "X"}, brands=[{"name": "Y"}]), singer.product(2, status="inactive")]
    given += [singer.product(3, status="inactive"), {"id": "4"}]
    for plan in (True, False):
        outcome = world.load(singer.lines(products=given), report_language=language, dry_run=plan)
        page = (outcome.folder / "report.html").read_text(encoding="utf-8")
        seen(page)
        assert f'<html lang="{language}">' in page
        text, words = html.unescape(page), Words(language)
        assert (words.pgettext("plan", REJECTED) if plan else words(REJECTED)) in text
        shown = ["Changed on both sides", "Names without an id in MicroPIM", *(PLANNED if plan else DONE)]
        assert [english for english in shown if words(english) not in text] == []
        for english in ("Needs a person", "product by product", "MicroPIM's value stands", "products archived"):
            assert english not in text
