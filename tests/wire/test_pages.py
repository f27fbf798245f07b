"""``--docs``: what messages name can be read right after an installation, without a network."""

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from pim_wire.docs_site import SITE, docs_page
from pim_wire.errors import page_of
from pim_wire.pages import PAGES, sections, shown
from pim_wire.plain_text import plain
from tap_medipim.tap import TapMedipim
from target_micropim.target import TargetMicroPim

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
WIDTH = 79


def packed() -> list[str]:
    """The pages that a wheel holds, by their path in docs/."""
    files = [file for place in places() for file in (place.rglob("*") if place.is_dir() else [place])]
    return sorted(str(file.relative_to(DOCS)).removesuffix(".md") for file in files)


def places() -> list[Path]:
    """What is packed of docs/."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    packs = build["targets"]["wheel"]["force-include"]
    assert all(packs[place] == f"pim_wire/_{place}" for place in packs if place.startswith("docs/"))
    return [ROOT / place for place in packs if place.startswith("docs/")]


def named() -> set[str]:
    """The pages that messages name, and those to which the page of errors sends a reader."""
    code = [file.read_text("utf-8") for name in ("pim_wire", "tap_medipim", "target_micropim")
            for file in (ROOT / name).rglob("*.py")]  # fmt: skip
    in_messages = re.findall(r"docs_page\([\"']([\w/-]+)[\"']", "".join(code))
    return {*in_messages, *re.findall(r"\]\(([\w/-]+)\.md", (DOCS / "errors.md").read_text("utf-8"))}


def test_a_wheel_holds_each_page_that_is_named() -> None:
    """A place that is not in the wheel would send a person to a site, which may be out of reach."""
    assert sorted(place.name.removesuffix(".md") for place in places()) == sorted(PAGES)
    assert len(packed()) > 20
    assert {"errors", "settings", "how-to/pictures"} <= named()
    assert named() <= set(packed())


@pytest.mark.parametrize("section", sections("errors"))
def test_each_section_of_errors_is_shown_by_its_address(section: str) -> None:
    """By the whole line that ends with it, too; nothing of the marks of a page is left."""
    text = shown(page_of(section), WIDTH)
    assert shown(f"2026 ERROR tap-medipim: it failed ({page_of(section)})", WIDTH) == text
    assert shown(f"errors#{section}", WIDTH) == text
    title, line, *_ = text.splitlines()
    assert title.lower().replace(" ", "-") == section
    assert line == "-" * len(title)
    assert not re.search(r"^\|| \| |\]\(|\*\*", text, re.MULTILINE)


@pytest.mark.parametrize("page", packed())
def test_each_page_is_shown_as_text(page: str) -> None:
    """As wide as it was asked for, but for what cannot be broken; each link leads to a page of here, or outside."""
    text = shown(page, WIDTH)
    assert not re.search(r"^\||\]\(|<!--|```|\*\*|^search:", text, re.MULTILINE)
    assert all(len(line) <= WIDTH or " " not in line.strip() for line in text.splitlines() if not line.startswith("  "))
    words = " ".join(text.split())
    for there, anchor in re.findall(r"--docs ([\w/-]+)(?:#([\w-]+))?\)", words):
        assert not anchor or anchor in sections(there), (there, anchor)
    for there in re.findall(rf"{re.escape(SITE)}([\w/-]+)/[#)]", words):
        assert (DOCS / f"{there}.md").exists(), there


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("settings", "Settings and flags"),
        ("errors#settings", "Settings"),
        ("#settings", "Settings"),
        ("Key not accepted", "Key not accepted"),
        ("limit-reached", "Limit reached"),
        ("undo", "Undo a run"),
        ("docs/how-to/undo.md", "Undo a run"),
        (docs_page("how-to/undo"), "Undo a run"),
        (docs_page("how-to/alerts", "the-line-that-says-why"), "The line that says why"),
        ("https://medipim-micropim.readthedocs.io/en/v0.9.1/errors/#ledger", "Ledger"),
        (f"({page_of('pipe')})", "Pipe"),
        ("", "Pages:"),
    ],
)
def test_a_name_is_understood_as_it_is_written(asked: str, title: str) -> None:
    """As an address, a file, a heading, or a word."""
    assert shown(asked, WIDTH).splitlines()[0] == title


@pytest.mark.parametrize("plugin", [TapMedipim, TargetMicroPim])
def test_both_plugins_show_pages_without_settings(
    plugin: type[TapMedipim], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--help`` says how; a name that does not exist is a wrong command line, which says what is near."""
    command, runner = plugin.get_singer_command(), CliRunner()
    monkeypatch.chdir(tmp_path)
    done = runner.invoke(command, ["--docs", page_of("no-room")])
    assert (done.exit_code, done.stdout) == (0, shown("errors#no-room", WIDTH))
    assert "errors#no-room\n" in runner.invoke(command, ["--docs"]).stdout
    assert "--docs [PAGE]" in runner.invoke(command, ["--help"]).stdout
    assert runner.invoke(command, ["--docs", "no-rom"]).exit_code == 2
    with pytest.raises(LookupError, match=r"'errors#leger' is no page or section; was errors#ledger meant"):
        shown("errors#leger", WIDTH)
    with pytest.raises(LookupError, match=r"'x y' is no page or section$"):
        shown("x\ny", WIDTH)


def test_what_markdown_means_is_said_in_plain_words() -> None:
    """Headings, lists, tables, code, links and pictures."""
    page = (
        "---\ntags: [x]\n---\n# A *page*\n\nOne **bold** [link](b.md#c) and\n[two](https://e.x/y).\n<!-- run -->\n"
        "```bash\na | b\n```\n\n- first\n  goes on\n- second\n\n| what | | why |\n| --- | --- | --- |\n"
        "| a \\| b | x | y |\n| c | | |\n\n    code\n\n## Next\n![A picture](p.png)\n"
    )
    assert plain(page, 30, lambda target: f"-> {target}") == (
        "A *page*\n========\n\nOne bold link (-> b.md#c) and\ntwo (-> https://e.x/y).\n\n    a | b\n\n"
        "- first goes on\n- second\n\na | b\n    x\n    why: y\n\nc\n\n    code\n\nNext\n----\n\n(picture: A picture)\n"
    )
