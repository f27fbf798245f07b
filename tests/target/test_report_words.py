"""The words of the pages: each in every language, with the same places for values, and none without a use."""

import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from target_micropim.report.words import LANGUAGES, Words, table
from target_micropim.settings.schema import SETTINGS
from tests.target.test_report_page import seen

TARGET = Path(__file__).parents[2] / "target_micropim"
OTHERS = [language for language in LANGUAGES if language != "en"]


def places(text: str) -> set[str]:
    """The names of the values that a text has a place for."""
    return {name for _plain, name, _spec, _form in Formatter().parse(text) if name}


def test_every_word_stands_in_every_language_with_the_same_values() -> None:
    """A hole would end the run with its page."""
    for key, texts in [*table()["words"].items(), *((one["en"], one) for one in table()["sentences"])]:
        assert tuple(texts) == LANGUAGES, key
        assert all(texts.values()), key
        assert {frozenset(places(text)) for text in texts.values()} == {frozenset(places(texts["en"]))}, key
    assert {len(text.split()) for text in table()["words"]["months"].values()} == {12}


def test_every_key_of_the_program_is_there_and_none_too_many() -> None:
    """Keys stand in the code as they are, or are made of a beginning and a word."""
    code = "\n".join(file.read_text(encoding="utf-8") for file in TARGET.rglob("*.py"))
    used = set(re.findall(r"""words\(\s*["']([a-z_]+)["']""", code))
    assert used <= table()["words"].keys()
    spoken = set(re.findall(r"[a-z]+(?:_[a-z]+)*", code))
    made = re.compile(r"(?:[hanlo]_)?(.+?)(?:_(?:plan|note|sent|refused|caption))?")
    unused = [key for key in table()["words"] if key not in spoken and made.fullmatch(key)[1] not in spoken]  # type: ignore[index]
    assert unused == []


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


@pytest.mark.parametrize("language", OTHERS)
def test_a_page_is_whole_in_each_language(world: Any, singer: Any, language: str) -> None:
    """Conflict, reject, unmapped brand, archive, skip: the page says none of the English words."""
    world.load(singer.lines(products=[singer.product(n) for n in (1, 2)]), max_in_flight=1)
    world.pim.edit(90001, name="By hand")
    given = [singer.product(1, name={"en": "X"}, brands=[{"name": "Y"}]), singer.product(2, status="inactive")]
    given += [singer.product(3, status="inactive"), {"id": "4"}]
    for plan in (True, False):
        outcome = world.load(singer.lines(products=given), report_language=language, dry_run=plan)
        html = (outcome.folder / "report.html").read_text(encoding="utf-8")
        seen(html)
        assert f'<html lang="{language}">' in html
        words = Words(language)
        for key in ("conflicts", "unmapped", *(f"{name}{'_plan' * plan}" for name in ("title", "archived", "skipped"))):
            assert words(key) in html.replace("&#x27;", "'")
        for english in ("Needs a person", "product by product", "MicroPIM's value stands", "products archived"):
            assert english not in html.replace("&#x27;", "'")
