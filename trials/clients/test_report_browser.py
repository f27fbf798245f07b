"""report.html in a real browser, headless: what it runs, asks for and shows, on a desk and on a phone.

Chromium is the system's own (``CHROMIUM`` names another); nothing is downloaded. In CI its absence is a failure.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from target_micropim.errors import Reason, RecordRejected
from target_micropim.report.nights import list_nights
from target_micropim.report.product_rows import ProductEnd
from target_micropim.report.rejects import Rejects
from target_micropim.report.run_report import Change, Report, Row, Subject
from target_micropim.report.unmapped import Unmapped
from target_micropim.report.words import LANGUAGES, Words

DESK, PHONE, SMALL = (1280, 900), (360, 740), (320, 640)
EVIL = [
    "<script>window.hit = 1; alert(1)</script>",
    '"><img src=https://evil.test/x.png onerror="window.hit = 1">',
    "' onmouseover='window.hit = 1' autofocus onfocus='window.hit = 1",
    "</td></table></main></body></html><script>window.hit = 1</script>",
    "</title></style><link rel=stylesheet href=https://evil.test/x.css><style>body{display:none}</style>",
    "<svg onload='window.hit = 1'><use href='https://evil.test/#x'/></svg>",
    "<a href='javascript:window.hit = 1'>click</a> javascript:alert(1)",
    "<meta http-equiv=refresh content='0;url=https://evil.test/'><base href=https://evil.test/>",
    "<form action=https://evil.test/><button>go</button></form><iframe src=https://evil.test/></iframe>",
    "\u202etxt.exe\u202c \u2066\u200b\x00\x1b[31m\ud800",
    "x" * 3000,
    "{{7*7}} ${run_id} $sections %s",
]


class Watched:
    """A page, and everything it did that a report must not do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: (self.said.append("dialog"), dialog.dismiss()))
        page.on("popup", lambda _page: self.said.append("popup"))

    def open(self, file: Path) -> Page:
        """Open a report."""
        self.page.goto(file.as_uri())
        return self.page

    def is_quiet(self, file: Path) -> None:
        """Nothing was asked but the file itself, nothing ran, nothing was said."""
        assert self.asked == [file.as_uri()]
        assert self.said == []
        assert self.page.evaluate("window.hit") is None
        assert self.page.url.split("#")[0] == file.as_uri()


@pytest.fixture
def look(browser: Browser) -> Iterator[Any]:
    """A window of a size and a colour scheme."""
    contexts = []

    def look(size: tuple[int, int] = DESK, scheme: Any = "light") -> Watched:
        contexts.append(browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme))
        return Watched(contexts[-1].new_page())

    yield look
    for context in contexts:
        context.close()


def report_of(folder: Path, words: list[str], rows: int = 1, language: str = "en", **more: Any) -> Path:
    """A report in which the words stand wherever words can stand."""
    report, unmapped = Report(folder, "run", language), Unmapped()
    report.open()
    rejects = Rejects(report.folder / "rejects.jsonl", lambda: 0.0)
    for word in words:
        report.receive(word)
        report.settle(word, word)
        for action in ("created", "updated", "archived", "skipped"):
            report.settle("products", action, ProductEnd(word, word, word, word, [(word, word, word)]))
        report.picture(word)
        report.languages_left([word])
        report.attribute(word)
        rejects.write(
            word, word, {"id": word}, RecordRejected(word, [Reason(word, word), Reason("ean", word)], said=word)
        )
        unmapped.add("brand", word, word)
        for _ in range(rows):
            for kind in ("conflicts", "manual_actions", "warnings"):
                report.add(kind, Row(word, word, word, word))
            report.add("manual_actions", Row(word, word, word, word, "picture"))
            report.changed(Subject(word, word, word, 1), [Change(word, word, [word])])
    report.receive("products")
    report.settle("products", "rejected")
    over_time = {"bucket_seconds": 2.0, "series": {"reads": [1.0, 5.0], "writes": [0.0, 2.0], "pace": [0.5, 1.0]}}
    facts = {
        "complete": True, "api_url": words[0], "duration_seconds": 4.0,
        "started_at": "2026-11-24T02:00:00Z", "finished_at": "2026-11-24T02:00:04Z",
        "requests": {"reads": {"turns": 6}, "writes": {"turns": 2}, "waits": {"pace": 1.5}, "over_time": over_time},
    }  # fmt: skip
    report.write({**facts, **more}, unmapped)
    return report.folder / "report.html"


def unfold(page: Page) -> None:
    """Open everything that can be opened, as a reader would."""
    for summary in page.locator("summary").all():
        summary.click()


def test_hostile_words_neither_run_nor_ask_for_anything(tmp_path: Path, look: Any) -> None:
    """Scripts, handlers, links, forms, frames, closing tags: all of it is text that a reader sees."""
    file = report_of(tmp_path, EVIL)
    watched = look()
    page = watched.open(file)
    unfold(page)
    for link in page.locator("a").all():
        assert (link.get_attribute("href") or "").startswith("#")
        link.click()
    page.mouse.move(300, 300)
    page.wait_for_timeout(100)
    watched.is_quiet(file)
    assert page.locator("script, img, iframe, form, link, base, object, embed, input, button").count() == 0
    attributes = page.evaluate("[...new Set([...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()))]")
    assert not [name for name in attributes if name.startswith("on") or name in {"src", "style", "autofocus"}]
    text = page.locator("body").inner_text()
    for word in EVIL[:9] + EVIL[11:]:
        assert word in text
    assert "[U+202E]txt.exe[U+202C]" in text
    assert not {"\u202e", "\u2066", "\u200b", "\x1b"} & set(text)


def test_a_script_would_be_refused_even_if_one_slipped_in(tmp_path: Path, look: Any) -> None:
    """The page's own policy is the second wall: what we forget to escape still does not run."""
    file = report_of(tmp_path, ["x"])
    file.write_text(file.read_text().replace("</main>", "<script>window.hit = 1</script></main>"))
    watched = look()
    page = watched.open(file)
    assert page.evaluate("window.hit") is None
    assert any("Content Security Policy" in line for line in watched.said)


@pytest.mark.parametrize("size", [DESK, PHONE, SMALL])
def test_it_fits_the_width_and_is_large_enough_to_read(tmp_path: Path, look: Any, size: tuple[int, int]) -> None:
    """No sideways scrolling, not even with words of 3,000 letters; no letter under 14 pixels."""
    file = report_of(tmp_path, [*EVIL, "Dafalgan 500 mg"], rows=3)
    page = look(size).open(file)
    unfold(page)
    wide, inner = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= inner == size[0]
    outside = page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => getComputedStyle(e).position !== 'absolute' &&"
        " !e.closest('caption, thead') && e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert outside == 0
    small = page.evaluate(
        "Math.min(...[...document.querySelectorAll('body *')].filter(e => e.innerText?.trim())"
        ".map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert small >= 14


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_every_part_can_be_reached_from_the_top(tmp_path: Path, look: Any, size: tuple[int, int]) -> None:
    """Each section has a link, each link a section that comes into view; what needs a person comes first."""
    file = report_of(tmp_path, ["x"], rows=30)
    page = look(size).open(file)
    sections = page.evaluate("[...document.querySelectorAll('section')].map(e => e.id)")
    links = page.locator("a")
    targets = [(link.get_attribute("href") or "").removeprefix("#") for link in links.all()]
    assert sections == ["todo", *targets]
    assert targets[:5] == ["rejected", "conflicts", "pictures", "products", "unmapped"]
    assert targets[5:9] == ["products-created", "changes", "products-archived", "products-skipped"]
    assert targets[-1] == "cost"
    assert {"warnings", "streams", "sent", "languages", "attributes", "cost"} < set(targets)
    for place, target in enumerate(targets):
        links.nth(place).click()
        top, bottom = page.evaluate(
            f"(r => [r.top, r.bottom])(document.getElementById('{target}').getBoundingClientRect())"
        )
        assert bottom > 0
        assert top < size[1]
    assert page.locator("h1").bounding_box()["y"] < page.locator("#todo").bounding_box()["y"]  # type: ignore[index]


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_it_has_no_barrier_that_a_program_can_find(
    tmp_path: Path, look: Any, size: tuple[int, int], scheme: str
) -> None:
    """Language, headings, table heads, landmarks, contrast: the rules of axe-core, light and dark."""
    file = report_of(tmp_path, ["Dafalgan", EVIL[0]], rows=15)
    page = look(size, scheme).open(file)
    unfold(page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.locator("html").get_attribute("lang") == "en"
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(e => e.tagName)")
    assert levels[0] == "H1"
    assert set(levels[1:]) == {"H2"}
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(20, 24, 27)") is (scheme == "dark")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_fits_a_phone_and_has_no_barrier(tmp_path: Path, look: Any, language: str) -> None:
    """Words are longer there; a plan as well as a night."""
    for plan in (False, True):
        file = report_of(tmp_path / str(plan), ["Dafalgan 500 mg"], 3, language, dry_run=plan)
        page = look(PHONE).open(file)
        unfold(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert Axe().run(page).violations_count == 0
        assert page.locator("html").get_attribute("lang") == language
        keep(page, f"report-{language}{'-plan' * plan}")


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_the_nights_fit_and_lead_to_their_reports(tmp_path: Path, look: Any, size: tuple[int, int]) -> None:
    """The list beside the folders, at both widths."""
    for hour in (1, 2):
        (tmp_path / f"2026112{hour}T020000Z-00000{hour}").mkdir()
        report_of(tmp_path, ["x"]).rename(tmp_path / f"2026112{hour}T020000Z-00000{hour}" / "report.html")
    list_nights(tmp_path, Words())
    page = look(size).open(tmp_path / "index.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert Axe().run(page).violations_count == 0
    keep(page, f"nights-{size[0]}")
    page.locator("a").first.click()
    assert page.locator("h1").inner_text() == "What came over to MicroPIM"


def keep(page: Page, name: str) -> None:
    """A picture for whoever wants to look, when ``LOOK`` names a folder."""
    if folder := os.environ.get("LOOK"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_the_charts_show_what_was_asked_over_time(tmp_path: Path, look: Any) -> None:
    """Bars of the right height, a name for those who cannot see them, and the same as numbers."""
    page = look().open(report_of(tmp_path, ["x"]))
    charts = page.locator("svg[role=img]")
    assert charts.count() == 2
    assert charts.first.get_attribute("aria-label") == "Requests over time, highest bar: 7 requests in 2 s"
    heights = [float(bar.get_attribute("height") or 0) for bar in charts.first.locator("rect").all()]
    assert heights == pytest.approx([120 / 7, 5 * 120 / 7, 2 * 120 / 7], abs=0.1)
    assert not charts.first.is_visible()  # what it cost stands last, and folded
    unfold(page)
    assert charts.first.is_visible()
    rows = page.locator("#cost details details tbody tr").all_inner_texts()
    assert [row.partition("\t")[2] for row in rows] == ["1\t0\t0\t0.5\t0\t0", "5\t2\t0\t1\t0\t0"]
    assert [row[2:8] for row in rows] == [":00:00", ":00:02"]  # the hour is that of the place


def test_the_report_of_a_real_run(world: Any, singer: Any, look: Any) -> None:
    """Hostile names in the source and in MicroPIM, a real run, the real file."""
    evil = EVIL[1]
    world.load(singer.lines(products=[singer.product(n, name={"en": f"Name {n}"}) for n in range(1, 4)]))
    first = next(number for number, shown in world.pim.products.items() if shown["sku"] == "1")  # made side by side
    world.pim.edit(first, name=EVIL[0])
    given = [
        singer.product(1, name={"en": EVIL[3]}, brands=[{"name": evil}]),
        singer.product(2, name={"en": EVIL[5]}),
        {"id": EVIL[6], "status": "active"},
    ]
    outcome = world.load(singer.lines(products=given))
    file = outcome.folder / "report.html"
    watched = look(PHONE)
    text = watched.open(file).locator("body").inner_text()
    watched.is_quiet(file)
    for words in ("Ended well.", "3 things need a person", evil, EVIL[6], "no text in any of the languages", "Name 2"):
        assert words in text
