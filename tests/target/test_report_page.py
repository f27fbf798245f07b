"""report.html: whatever a name, a text or a server says, it stays text; and report.json tells before and after."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from target_micropim.report.page import page
from target_micropim.report.run_report import MAX_VALUE, Change, Report, Row, Subject

TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "table", "thead", "tbody", "tr", "th",
    "td", "bdi",
}  # fmt: skip
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class"}
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
    assert {value for name, value in found.attributes if name == "class"} <= {"table", "ended"}
    assert found.open == []
    assert not re.search(r"(?i)url\(|@import|https?://[^<]*[\"']", html.replace("http-equiv", ""))
    return found


@pytest.mark.parametrize("evil", EVIL)
def test_hostile_content_stays_text(tmp_path: Any, evil: str) -> None:
    """In every place of the page: no tag, no attribute, no invisible mark of theirs."""
    report = Report(tmp_path, "run")
    report.open()
    report.receive(evil)
    report.settle(evil, evil)
    report.picture(evil)
    report.languages_left([evil])
    report.attribute(evil)
    for kind in ("conflicts", "manual_actions", "warnings"):
        report.add(kind, Row(evil, evil, evil, evil))
    report.changed(Subject(evil, evil, evil, 1), [Change(evil, evil, [evil])])
    whole = {**report._whole({"stopped_by": evil, "api_url": evil, "requests": {evil: {evil: 1}}}, {}), "run_id": evil}
    html = page(whole, {(evil, evil): 2}, [[evil] * 5])
    found = seen(html)
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200b\x00\x1b\ud800]", html)
    plain = "".join(found.text)
    assert plain.count(re.sub(r"[^ -~]", "\0", evil).split("\0")[0] or "[U+202E]") >= 15


def test_a_run_leaves_a_page_for_people(world: Any, singer: Any) -> None:
    """Counts, changes with before and after, rejects, unmapped names: in one file that needs no other."""
    world.load(singer.lines(products=[singer.product(1), singer.product(2)]), max_in_flight=1)
    assert not world.load(singer.lines(products=[singer.product(1)])).report["changes"]
    world.pim.edit(90002, name="By <b>hand</b>")
    given = [singer.product(1, name={"en": "New <i>name</i>"}, brands=[{"name": "Brand <u>"}])]
    given += [singer.product(2, name={"en": "Other"}), {"id": "3"}]
    outcome = world.load(singer.lines(products=given))
    text = " ".join(seen((outcome.folder / "report.html").read_text()).text)
    for words in ("Product 1", "New <i>name</i>", "Brand <u>", "changed in the source and by hand", "ended well"):
        assert words in text
    assert "no text in any of the languages" in text
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
    assert "stopped: " in text
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
    report.changed(Subject("products", "1", "1", 1), [Change("f", value, value)])
    field = report._whole({}, {})["changes"][0]["fields"]["f"]
    assert field == {"before": kept, "after": kept}
    assert kept is None or len(str(field["after"])) <= MAX_VALUE
