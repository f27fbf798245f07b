"""Every citation of a page of the docs leads to a page and an anchor that are there; none is left in an old form."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from markdown.extensions.toc import slugify

ROOT = Path(__file__).resolve().parents[2]
KINDS = {".py", ".md", ".yml", ".toml", ".html"}
CITED = re.compile(r"docs/[\w./-]*\.md(#[\w-]+)?")
WITHIN = re.compile(r"[\w./-]")  # before it: a part of a longer path
LINKED = re.compile(r"\]\(((?!\w+:)[^)#\s]*)(#[^)\s]+)?\)")
HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)
NAMED = re.compile(r"<a id=\"([\w-]+)\"></a>")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
# How code cited notes outside of the repository; such a citation leads nowhere.
OLD = re.compile(
    r"(?<![\w/(-])(?:medipim|micropim)\.md|(?<![\w/-])(?:singer|reliability-performance|design|redesign|style)\.md"
    r"|reliability sheet|fact sheet|\b[Ff]ault matrix|(?:\(|, )rows? \d+(?:(?:, | and | to )\d+)*[),:;]"
    r"|# rows? \d+:|\"\"\"Rows? \d|\"\"\"Section \d|\bsection \d"
)
OLD_WORDS = re.compile(r"\.md|[Rr]ows? \d|sheet|matrix|ection \d")  # a quick look: no line without one is read
FACTS = "docs/api/"


@cache
def files() -> dict[str, str]:
    """Path and text of what git keeps, new files included, but for this one."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    mine = Path(__file__).relative_to(ROOT).as_posix()
    kept = [name for name in told if (Path(name).suffix in KINDS or name == "Makefile") and name != mine]
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in kept if (ROOT / name).is_file()}


@cache
def anchors(page: str) -> frozenset[str]:
    """The anchors of a page: those that are named, and what the site makes of its headings.

    The pages of facts are cited by named anchors only: the numbers of their headings may change.
    """
    return anchors_of(files()[page], headings=not page.startswith(FACTS))


def anchors_of(text: str, *, headings: bool) -> frozenset[str]:
    """The anchors of a page's text."""
    text = FENCE.sub("", text)
    found = set(NAMED.findall(text))
    for heading in HEADING.findall(text) if headings else ():
        plain = re.sub(r"<[^>]+>|[`*]|\]\([^)]*\)|\[", "", heading)
        slug, again = slugify(plain, "-"), 0
        while (f"{slug}_{again}" if again else slug) in found:
            again += 1
        found.add(f"{slug}_{again}" if again else slug)
    return frozenset(found)


def citations(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Page and anchor of each citation; in Markdown of each link as well."""
    for match in CITED.finditer(text):
        if not WITHIN.match(text[match.start() - 1 : match.start()]):
            page, _, anchor = match[0].partition("#")
            yield page, anchor
    if name.endswith(".md"):
        for target, anchor in LINKED.findall(FENCE.sub("", text)):
            page = (ROOT / name).parent / target if target else ROOT / name
            if page.suffix == ".md":
                yield page.resolve().relative_to(ROOT).as_posix(), anchor[1:]


def dead(name: str, text: str) -> list[str]:
    """Each citation that leads nowhere."""
    found = []
    for page, anchor in citations(name, text):
        if page not in files():
            found.append(f"{name}: {page} is not there")
        elif anchor and anchor not in anchors(page):
            found.append(f"{name}: {page} has no #{anchor}")
        elif not anchor and page.startswith(FACTS) and not name.endswith((".md", ".yml")):
            found.append(f"{name}: {page} is cited without an anchor")
    return found


def old(text: str) -> list[str]:
    """Each citation in a form that nobody can follow."""
    return [line.strip() for line in text.splitlines() if OLD_WORDS.search(line) and OLD.search(line)]


def test_every_citation_leads_to_a_page_and_an_anchor() -> None:
    """In code, sandbox, tests, scripts, configuration and docs."""
    assert sum(1 for name, text in files().items() for _ in citations(name, text)) > 300
    assert [problem for name, text in files().items() for problem in dead(name, text)] == []


def test_no_citation_in_code_has_an_old_form() -> None:
    """Numbers of sections and rows, and notes that are not in the repository."""
    code = {name: text for name, text in files().items() if not name.endswith(".md")}
    assert [f"{name}: {line}" for name, text in code.items() for line in old(text)] == []


def test_an_anchor_stands_once_on_its_page() -> None:
    """Two of one name: nobody knows which is meant."""
    for name, text in files().items():
        named = NAMED.findall(text)
        assert len(named) == len(set(named)), name


def test_each_row_of_gaps_has_an_anchor() -> None:
    """The facts of the 38 rows are cited by a word each."""
    rows = re.findall(r"^\| <a id=\"[a-z-]+\"></a>(\d+) \|", files()["docs/api/micropim.md"], re.MULTILINE)
    assert rows == [str(number) for number in range(1, 39)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(docs/api/micropim.md#rate-limit)", "docs/api/micropim.md has no #rate-limit"),
        ("(docs/api/micropim.md#13-rate-limits)", "docs/api/micropim.md has no #13-rate-limits"),
        ("see docs/nowhere.md, too", "docs/nowhere.md is not there"),
        ("(docs/api/medipim.md)", "docs/api/medipim.md is cited without an anchor"),
        ("docs/decisions/0099-none.md#", "docs/decisions/0099-none.md is not there"),
        ("(docs/errors.md#no-such-error)", "docs/errors.md has no #no-such-error"),
    ],
)
def test_a_citation_that_leads_nowhere_is_told(text: str, problem: str) -> None:
    """Made-up texts."""
    assert dead("made_up.py", text) == [f"made_up.py: {problem}"]


def test_links_of_a_page_are_followed_from_where_it_stands() -> None:
    """Of the same folder, of another, of the page itself."""
    text = "[a](medipim.md#rate-limits) [b](../errors.md) [c](#sku-taken) [d](https://example.org/x.md#y) [e](gone.md)"
    assert dead("docs/api/micropim.md", text) == ["docs/api/micropim.md: docs/api/gone.md is not there"]
    assert dead("docs/api/micropim.md", "[c](#sku)") == ["docs/api/micropim.md: docs/api/micropim.md has no #sku"]


@pytest.mark.parametrize(
    "text",
    [
        "(micropim.md 4, row 12)", "medipim.md section 8", "(row 21)", "(rows 9 and 10)", "(row 23, at once)",
        "(said once, row 3)", '"""Row 4 (U): taken."""', "# row 21: one", "the object of section 1.6",
        "(singer.md 1.2)", "(reliability-performance.md 2.4)", "(reliability sheet 5.1)", "(design.md 3)",
    ],
)  # fmt: skip
def test_an_old_form_is_told(text: str) -> None:
    """Made-up texts."""
    assert old(f"x = 1  {text}")


@pytest.mark.parametrize(
    "text",
    [
        "(docs/api/micropim.md#brand-ids)",
        "no page beyond row 10,000",
        '"row 1 is missing: row 2 came"',
        "- x: api/medipim.md",
    ],
)
def test_what_is_no_old_form_is_let_through(text: str) -> None:
    """Rows of an answer are rows."""
    assert old(text) == []


def test_anchors_are_those_of_the_site() -> None:
    """Words of a heading, a second one of the same words, a name; nothing inside of a block of code."""
    text = '# The `one`, (two)\n\n## Again\n\n## Again\n\n### 1.2 Third <a id="third"></a>\n\n```\n# not\n```\n'
    assert anchors_of(text, headings=True) == {"the-one-two", "again", "again_1", "12-third", "third"}
    assert anchors_of(text, headings=False) == {"third"}
