"""One night as its owner sees it: plan, report, list of nights and decisions, in two languages, at two widths.

``PICTURES=docs/pictures`` keeps what was seen, for the docs.
"""

import csv
import os
from html import escape
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

DESK, PHONE = {"width": 1100, "height": 720}, {"width": 360, "height": 740}
NAMES = {
    "en": ["Sun milk SPF 50, 200 ml", "Throat lozenges honey, 24", "Hand cream, 75 ml", "Vitamin D3, 60 capsules"],
    "nl": ["Zonnemelk SPF 50, 200 ml", "Keelpastilles honing, 24", "Handcrème, 75 ml", "Vitamine D3, 60 capsules"],
}
BY_HAND = {"en": "Sun milk for children, 200 ml", "nl": "Zonnemelk voor kinderen, 200 ml"}
NEW = {"en": "Sun milk SPF 50+, 250 ml", "nl": "Zonnemelk SPF 50+, 250 ml"}
SHEET = """<!doctype html><meta charset="utf-8"><title>decisions.csv</title><style>
body { margin: 0; font: 13px "DejaVu Sans", sans-serif; background: #fff } table { border-collapse: collapse }
td, th { border: 1px solid #c9cfcd; padding: 4px 8px; max-width: 15em; overflow: hidden; white-space: nowrap }
th { background: #eef1f0; font-weight: normal; color: #444 } tr:nth-child(2) td { font-weight: bold }</style>"""
IN_THE_DOCS = {"plan-en", "report-en", "report-en-phone", "report-nl", "report-nl-phone", "nights-en", "decisions-en"}
SHOWN = ("kind", "sku", "name", "field", "source", "micropim", "decision")


@pytest.fixture
def page(browser: Browser) -> Any:
    """A window on a desk."""
    context = browser.new_context(viewport=DESK, locale="en-GB", timezone_id="Europe/Brussels")
    yield context.new_page()
    context.close()


def keep(page: Page, name: str) -> None:
    """A picture for the docs, when somebody asked for it."""
    if (folder := os.environ.get("PICTURES")) and name in IN_THE_DOCS:
        page.screenshot(path=Path(folder) / f"{name}.png")


def see(page: Page, file: Path, name: str) -> str:
    """A page at both widths: it fits, and has no barrier; its text."""
    page.goto(file.as_uri())
    for suffix, size in (("", DESK), ("-phone", PHONE)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []
        keep(page, f"{name}{suffix}")
    return page.locator("body").inner_text()


def sheet_of(file: Path) -> str:
    """A table as a spreadsheet lays it out: letters above, numbers at the side."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = [[row[name] for name in SHOWN] for row in csv.DictReader(lines)]
    letters = "".join(f"<th>{letter}</th>" for letter in "ABCDEFG")
    body = "".join(
        f"<tr><th>{number}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for number, cells in enumerate([list(SHOWN), *rows], start=1)
    )
    return f"{SHEET}<table><tr><th></th>{letters}</tr>{body}</table>"


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_night_as_its_owner_sees_it(world: Any, singer: Any, page: Page, language: str) -> None:
    """A plan first, then the night: a conflict, a brand without an id, changes, something new, something ended."""
    spoken = {"locale": language, "report_language": language}
    products = [
        singer.product(number, name={language: name}, publicPrice=990 + number, brands=[{"name": "Exemplia"}])
        for number, name in enumerate(NAMES[language], start=1)
    ]
    world.load(singer.lines(products=products), **spoken)
    first = next(number for number, shown in world.pim.products.items() if shown["sku"] == "1")
    world.pim.edit(first, name=BY_HAND[language])
    night = [
        {**products[0], "name": {language: NEW[language]}},
        {**products[1], "name": {language: f"{NAMES[language][1]} + 4"}},
        {**products[2], "status": "inactive"},
        singer.product(5, name={language: NAMES[language][3] + " +"}),
        {"id": "6", "status": "active"},
    ]
    planned = world.load(singer.lines(products=night), **spoken, dry_run=True)
    plan = see(page, planned.folder / "report.html", f"plan-{language}")
    done = world.load(singer.lines(products=night), **spoken)
    told = see(page, done.folder / "report.html", f"report-{language}")
    see(page, done.folder.parent / "index.html", f"nights-{language}")

    for words in (BY_HAND[language], NEW[language], "Exemplia", NAMES[language][2]):
        assert words in told
    assert NEW[language] in plan
    assert {"en": "no text in any of the languages", "nl": "geen tekst in een van de talen"}[language] in told
    assert page.locator("a").count() == 3  # the first load, the plan and the night
    page.set_viewport_size({"width": DESK["width"], "height": 160})
    page.set_content(sheet_of(world.folder / "decisions.csv"))
    assert {"conflict", "brand"} <= set(page.locator("td:nth-child(2)").all_inner_texts())
    keep(page, f"decisions-{language}")
