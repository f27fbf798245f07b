"""report.html: whatever a name, a text or a server says, it stays text; and report.json tells before and after."""

import csv
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from target_micropim.errors import Reason, RecordRejected
from target_micropim.plan.question import Question
from target_micropim.report.parts import Parts
from target_micropim.report.product_rows import ProductEnd
from target_micropim.report.rejects import Rejects
from target_micropim.report.run_report import MAX_ROWS, Change, Report, Row, Subject
from target_micropim.report.shown import MAX_VALUE, OPEN_ROWS, SHOWN_ROWS
from target_micropim.report.unmapped import EXAMPLES, Unmapped
from target_micropim.report.words import Words

TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "section", "nav", "h1", "h2", "p", "div", "ul",
    "li", "a", "b", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td", "bdi", "details", "summary",
    "figure", "figcaption", "svg", "rect", "span",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "name", "content", "http-equiv", "class", "id", "href", "role", "scope", "data-head",
    "aria-label", "aria-labelledby", "viewbox", "preserveaspectratio", "x", "y", "width", "height",
}  # fmt: skip
CLASSES = {
    "state stopped", "state done", "state dry", "figures", "figure", "bad", "todo", "quiet", "more", "number", "ends",
    "legend", "blue", "teal", "orange", "grey", *(f"swatch {name}" for name in ("blue", "teal", "orange", "grey")),
}  # fmt: skip
EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    "</td></table></body></html><script>x</script>",
    "</title><script>x</script>",
    "</style><link rel=stylesheet href=//evil.test>",
    "$sections ${run_id} $$",
    "\u202etxt.exe\u202c \u200b\x00\x1b[31m\ud800",
    "javascript:alert(1)",
    "<!-- --> <![CDATA[ x ]]>",
    "&lt;b&gt;",
]


class Seen(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep tag and attributes."""
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A bar of a chart."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        """Every tag is closed in its turn."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep texts."""
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        """There are none."""
        raise AssertionError(data)


def seen(html: str) -> Seen:
    """The page, parsed and judged."""
    found = Seen()
    found.feed(html)
    found.close()
    assert set(found.tags) <= TAGS
    assert {name for name, _value in found.attributes} <= ATTRIBUTES
    assert {value for name, value in found.attributes if name == "class"} <= CLASSES
    assert all((value or "").startswith("#") for name, value in found.attributes if name == "href")
    assert found.open == []
    assert not re.search(r"(?i)url\(|@import|https?://[^<]*[\"']", html.replace("http-equiv", ""))
    return found


def report_of(folder: Any, evil: str) -> str:
    """A page in which one text stands wherever a text can stand."""
    report, unmapped = Report(folder, "run"), Unmapped()
    report.open()
    report.receive(evil)
    report.settle(evil, evil)
    report.picture(evil)
    report.languages_left([evil])
    report.attribute(evil)
    for kind in ("conflicts", "manual_actions", "warnings"):
        report.add(kind, Row(evil, evil, evil, evil))
    report.add("manual_actions", Row(evil, evil, evil, evil, "picture"))
    report.changed(Subject(evil, evil, evil, 1), [Change(evil, evil, [evil])])
    rejects = Rejects(report.folder / "rejects.jsonl", lambda: 0.0)
    rejects.write(evil, evil, {"id": evil}, RecordRejected(evil, [Reason(evil, evil)], said=evil))
    unmapped.add(evil, evil, evil)
    facts = {
        "stopped_by": evil, "api_url": evil, "started_at": evil, "finished_at": evil,
        "requests": {"over_time": {"bucket_seconds": 1.0, "series": {"reads": [1.0], evil: [1.0]}}},
    }  # fmt: skip
    report.run_id = evil
    report.write(facts, unmapped)
    return (report.folder / "report.html").read_text()


@pytest.mark.parametrize("evil", EVIL)
def test_hostile_content_stays_text(tmp_path: Any, evil: str) -> None:
    """In every place of the page: no tag, no attribute, no invisible mark of theirs."""
    html = report_of(tmp_path, evil)
    found = seen(html)
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200b\x00\x1b\ud800]", html)
    plain = "".join(found.text)
    assert plain.count(re.sub(r"[^ -~]", "\0", evil).split("\0")[0] or "[U+202E]") >= 25


def test_a_long_report_stays_small_and_says_where_the_rest_is(tmp_path: Any) -> None:
    """Five thousand rows of each kind: a page a phone can open, a bounded memory, and every row in a file."""
    report, unmapped = Report(tmp_path, "run"), Unmapped()
    report.open()
    rejects = Rejects(report.folder / "rejects.jsonl", lambda: 0.0)
    for number in range(5000):
        key = str(number)
        for kind in ("conflicts", "manual_actions", "warnings"):
            report.add(kind, Row("products", key, key, "x" * 100))
        report.changed(Subject("products", key, key, number), [Change("name", "b" * 500, "a" * 500)])
        report.receive("products")
        report.settle("products", "rejected")
        unmapped.add("brand", f"Brand {number}", key)
    rejects.write("products", "1", {"id": "1"}, RecordRejected("map", [Reason("name", "y" * 300)]))
    file = report.folder / "rejects.jsonl"
    file.write_text(file.read_text() * 5000)
    whole = report.write({"complete": True}, unmapped)
    html = (report.folder / "report.html").read_text()
    assert len(html) < 600_000
    assert len(whole["changes"]) == len(whole["conflicts"]) == MAX_ROWS
    found = seen(html)
    text = "".join(found.text)
    for name in ("questions.csv", "manual_actions.csv", "warnings.csv", "changes.csv", "rejects.csv", "unmapped.csv"):
        assert f"200 of 5,000 shown; all of them: {name}." in text
    assert found.tags.count("tr") <= 7 * (SHOWN_ROWS + 2) + 20
    assert found.tags.count("details") == 6
    assert OPEN_ROWS < SHOWN_ROWS
    for name, count in (("details.jsonl", 20_000), ("rejects.jsonl", 5000), ("unmapped.csv", 5001)):
        assert len((report.folder / name).read_text().splitlines()) == count
    assert (report.folder / "details.jsonl").stat().st_mode & 0o077 == 0


def test_every_table_of_the_page_lies_beside_it(tmp_path: Any) -> None:
    """With as many rows at least; what it cost and the counts share one."""
    report, unmapped = Report(tmp_path, "run"), Unmapped()
    report.open()
    rejects = Rejects(report.folder / "rejects.jsonl", lambda: 0.0)
    rejects.write("products", "1", {}, RecordRejected("map", [Reason("name", "y")]))
    row = Row("products", "1", "1", "what", field="name")
    for kind in ("conflicts", "unsure", "manual_actions", "warnings", "decisions"):
        report.add(kind, row)
    report.add("manual_actions", replace(row, topic="picture"))
    report.text_language(row, "nl", "fr")
    report.changed(Subject("products", "1", "1", 1), [Change("name", "b", "a"), Change("price", 1.5, None)])
    report.held_back([Question("products", "1", "name", "held_back", "1", "a setting", "", "a", "b")])
    for action in ("created", "archived", "skipped"):
        report.receive("products")
        report.settle("products", action, ProductEnd("1", "1"))
    report.picture("sent")
    report.attribute("colour")
    report.languages_left(["nl"])
    unmapped.add("brand", "Many", "1")
    over_time = {"bucket_seconds": 1.0, "series": {"reads": [1.0, 2.0]}}
    content = report.write({"complete": True, "requests": {"reads": {"turns": 3}, "over_time": over_time}}, unmapped)
    parts = Parts(content, report._rows_beside(unmapped), Words())
    found = [part for part in (*parts.tasks(), *parts.products(), *parts.others()) if not part.is_empty]
    assert len(found) == 21
    tables = [part.table for part in found if part.table]
    tables += [table for part in found if part.cost for table in (part.cost.totals, part.cost.in_numbers)]
    for table in tables:
        with (report.folder / table.file).open(newline="", encoding="utf-8") as file:
            assert len(list(csv.reader(file))) > table.total


def test_unmapped_names_tell_whom_they_hold_back() -> None:
    """How many products, and a few of them; those that hold back most come first."""
    unmapped = Unmapped()
    for number in range(8):
        unmapped.add("brand", "Many", str(number))
    unmapped.add("supplier", "One", "9")
    assert list(unmapped.rows()) == [("brand", "Many", 8, "0, 1, 2, 3, 4, …"), ("supplier", "One", 1, "9")]
    assert EXAMPLES == 5


def test_a_run_leaves_a_page_for_people(world: Any, singer: Any) -> None:
    """Counts, changes with before and after, rejects, unmapped names: in one file that needs no other."""
    world.load(singer.lines(products=[singer.product(1), singer.product(2)]), max_in_flight=1)
    assert not world.load(singer.lines(products=[singer.product(1)])).report["changes"]
    world.pim.edit(90002, name="By <b>hand</b>")
    given = [singer.product(1, name={"en": "New <i>name</i>"}, brands=[{"name": "Brand <u>"}])]
    given += [singer.product(2, name={"en": "Other"}), {"id": "3"}]
    outcome = world.load(singer.lines(products=given))
    text = " ".join(seen((outcome.folder / "report.html").read_text()).text)
    for words in ("Product 1", "New <i>name</i>", "Brand <u>", "changed in the source and by hand", "Ended well."):
        assert words in text
    assert "no text in any of the languages" in text
    assert "The products came over without them" in text
    assert (outcome.folder / "unmapped.csv").read_text().splitlines()[1] == "brand,Brand <u>,1,1"
    assert outcome.report["changes"] == [
        {
            "stream": "products", "external_id": "1", "sku": "1", "remote_id": 90001,
            "fields": {"name": {"before": "Product 1", "after": "New <i>name</i>"}},
        }
    ]  # fmt: skip


def test_a_run_that_is_stopped_leaves_a_page_too(world: Any, singer: Any) -> None:
    """Whoever looks in the morning sees why."""
    outcome = world.run(singer.lines(products=[singer.product(1)]), api_key="wrong")
    text = " ".join(seen((outcome.folder / "report.html").read_text()).text)
    assert "Stopped before the end." in text
    assert "wrong" not in text


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        (5, 5),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_values_are_cut_to_what_a_person_can_read(tmp_path: Any, value: Any, kept: Any) -> None:
    """In report.json as on the page."""
    report = Report(tmp_path, "run")
    report.open()
    report.changed(Subject("products", "1", "1", 1), [Change("f", value, value)])
    field = report.content({}, Unmapped())["changes"][0]["fields"]["f"]
    assert field == {"before": kept, "after": kept}
    assert kept is None or len(str(field["after"])) <= MAX_VALUE


@pytest.mark.parametrize("evil", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_no_cell_of_the_list_of_names_is_a_formula(tmp_path: Any, evil: str) -> None:
    """A spreadsheet takes a cell that begins with one of these for something to carry out."""
    unmapped = Unmapped()
    unmapped.add("brand", evil, evil)
    unmapped.write(tmp_path / "unmapped.csv")
    with (tmp_path / "unmapped.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1] == ["brand", f"'{evil}", "1", f"'{evil}"]
