"""What a person typed beside the column, and what became of the file meanwhile: nothing is lost in silence."""

import stat

import pytest

from tests.cases.records import brand, product
from tests.cases.shop import Night, Shop
from tests.cases.test_decisions import decide, edited, rows, write


def told(night: Night, part: str) -> list[str]:
    """What the report says to a person with these words in it."""
    lists = ("manual_actions", "warnings")
    return [row["what"] for name in lists for row in night.report[name] if part in row["what"]]


def spoilt(shop: Shop, **cells: str) -> None:
    """The only line with other cells."""
    (line,) = rows(shop)
    write(shop, [{**line, **cells}])


@pytest.mark.parametrize("column", ["kind", "sku", "name", "field", "source", "micropim", "products", "reason", "key"])
@pytest.mark.parametrize("answer", ["source", " Behouden "])
def test_an_answer_in_another_column_is_told(shop: Shop, column: str, answer: str) -> None:
    """With the line, what was typed and where it belongs; nothing is decided by it."""
    edited(shop)
    spoilt(shop, **{column: answer})
    night = shop.night()
    (what,) = told(night, "decisions.csv, line 2: ")
    assert f"{answer.strip()!r} stands in the column {column}" in what
    assert what.endswith("an answer goes into the column decision")
    assert (shop.name("M1"), [line["decision"] for line in rows(shop)]) == ("X", [""])
    decide(shop, "source", field="name")
    night = shop.night()
    assert (shop.name("M1"), told(night, "stands in")) == ("B", [])


@pytest.mark.parametrize("column", ["micropim", "products", "examples", "reason"])
def test_an_id_in_another_column_is_told(shop: Shop, column: str) -> None:
    """Of a brand, whose line has a number of its own."""
    shop.night(product("M1", "A", **brand("Vogel")))
    spoilt(shop, **{column: "12"})
    night = shop.night()
    assert [what for what in told(night, "line 2: '12'") if f"column {column}" in what]


def test_words_that_the_line_has_are_no_answers(shop: Shop) -> None:
    """A product of that name, a number of products: nothing that a person has typed."""
    shop.night(product("M1", "Source", **brand("Keep")), product("12", "A", **brand("Vogel")))
    shop.people.edit(shop.id_of("M1"), name="Done")
    shop.night(product("M1", "Fuente", **brand("Keep")))
    assert len(rows(shop)) == 3
    for _ in range(2):
        night = shop.night()
        assert told(night, "stands in") == []


def test_an_answer_in_a_column_of_ones_own(shop: Shop) -> None:
    """It stays, and is told while nothing else is decided."""
    edited(shop)
    spoilt(shop, Besluit="bron")
    night = shop.night()
    assert told(night, "line 2: 'bron' stands in the column besluit")
    assert rows(shop)[0]["besluit"] == "bron"
    decide(shop, "source", field="name")
    assert told(shop.night(), "stands in") == []


def test_a_cell_beyond_the_columns(shop: Shop) -> None:
    """It has no heading, so it cannot stay."""
    edited(shop)
    file = shop.folder / "decisions.csv"
    head, line, *_ = file.read_text(encoding="utf-8").splitlines()
    file.write_text(f"{head}\n{line},,source\n", encoding="utf-8")
    assert told(shop.night(), "line 2: 'source' stands in a column without a heading")


@pytest.mark.parametrize("heading", ["decision", "key", "note"])
def test_a_heading_that_stands_twice(shop: Shop, heading: str) -> None:
    """Nobody can say which of them counts: the file stays as it is."""
    edited(shop)
    file = shop.folder / "decisions.csv"
    spoilt(shop, note="n")
    head, line = file.read_text(encoding="utf-8").splitlines()
    file.write_text(f"{head},{heading}\n{line},source\n", encoding="utf-8")
    before = file.read_bytes()
    night = shop.night()
    assert told(night, f"names the column {heading} twice")
    assert (file.read_bytes(), shop.name("M1")) == (before, "X")


@pytest.mark.parametrize("heading", ["kind", "decision"])
def test_a_column_that_was_renamed(shop: Shop, heading: str) -> None:
    """The file stays as it is until it has its columns again."""
    edited(shop)
    decide(shop, "source", field="name")
    file = shop.folder / "decisions.csv"
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace(heading, "Spalte", 1), encoding="utf-8")
    before = file.read_bytes()
    night = shop.night()
    assert told(night, f"names no column {heading}")
    assert (file.read_bytes(), shop.name("M1")) == (before, "X")
    file.write_text(whole, encoding="utf-8")
    shop.night()
    assert shop.name("M1") == "B"


def test_a_quote_that_nobody_closed(shop: Shop) -> None:
    """All lines after it would be one cell: the file is refused, and stays."""
    shop.night(product("M1", "A"), product("M2", "A"))
    for sku in ("M1", "M2"):
        shop.people.edit(shop.id_of(sku), name="X")
    shop.night(product("M1", "B"), product("M2", "B"))
    decide(shop, "source", sku="M2")
    file = shop.folder / "decisions.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("M1,", '"M1,', 1), encoding="utf-8")
    before = file.read_bytes()
    night = shop.night()
    assert told(night, "a quotation mark")
    assert (file.read_bytes(), shop.name("M2")) == (before, "X")


@pytest.mark.parametrize("is_quoted", [True, False])
def test_a_spreadsheet_took_each_line_for_one_cell(shop: Shop, *, is_quoted: bool) -> None:
    """As a Dutch Excel does after a double click: the answer stands in the second column, behind a semicolon."""
    edited(shop)
    file = shop.folder / "decisions.csv"
    mark = '"' if is_quoted else ""
    head, line = file.read_text(encoding="utf-8").splitlines()
    file.write_text(f"{mark}{head}{mark};\n{mark}{line}{mark};source\n", encoding="utf-8")
    before = file.read_bytes()
    assert told(shop.night(), "taken each line for one cell")
    assert (file.read_bytes(), shop.name("M1")) == (before, "X")
    file.unlink()
    shop.night()
    decide(shop, "source", field="name")
    shop.night()
    assert shop.name("M1") == "B"


@pytest.mark.parametrize("heading", ["remark, mine", "for Ann; or Bob"])
def test_a_column_of_ones_own_may_have_any_name(shop: Shop, heading: str) -> None:
    """Marks within it are nothing that a spreadsheet has glued."""
    edited(shop)
    spoilt(shop, **{heading: "x"}, decision="source")
    shop.night()
    assert shop.name("M1") == "B"


def test_a_line_that_was_deleted_comes_back(shop: Shop) -> None:
    """It is no answer."""
    edited(shop)
    (shop.folder / "decisions.csv").unlink()
    night = shop.night()
    assert (len(rows(shop)), told(night, "decisions")) == (1, [])


def test_an_answer_that_came_too_late_is_told(shop: Shop) -> None:
    """Both sides agree by then; the line goes, with a word."""
    edited(shop)
    decide(shop, "keep", field="name")
    file = (shop.folder / "decisions.csv").read_bytes()
    decide(shop, "", field="name")
    shop.people.edit(shop.id_of("M1"), name="B")
    shop.night(product("M1", "B"))
    (shop.folder / "decisions.csv").write_bytes(file)
    night = shop.night()
    assert [row for row in night.report["decisions"] if "line 2: 'keep'" in row["what"]]
    assert rows(shop) == []


def test_the_answers_of_another_ledger_are_counted(shop: Shop) -> None:
    """A file of another shop, or of a ledger that has moved: nothing of it is acted on, and a warning says so."""
    edited(shop)
    (line,) = rows(shop)
    key = line["key"]
    write(shop, [{**line, "decision": "source", "key": f"q{'p' if key[1] != 'p' else 'a'}{key[2:]}"}])
    night = shop.night()
    assert [row for row in night.report["warnings"] if "1 answer" in row["what"] and "another ledger" in row["what"]]
    assert shop.name("M1") == "X"
    assert sorted(line["decision"] for line in rows(shop)) == ["", "source"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_what_excel_calls_unicode_text(shop: Shop, encoding: str) -> None:
    """With a mark or without."""
    edited(shop)
    lines = [{**line, "decision": "source"} for line in rows(shop)]
    write(shop, lines, "\t", encoding)
    shop.night()
    assert shop.name("M1") == "B"


def test_who_may_read_the_file_stays_so(shop: Shop) -> None:
    """A person of the same group opens it on the next morning, too."""
    edited(shop)
    file = shop.folder / "decisions.csv"
    file.chmod(0o664)
    shop.night(product("M1", "C"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o664
    file.unlink()
    shop.night(product("M1", "D"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("language", ["nl", "fr", "de", "es"])
def test_it_is_told_in_the_language_of_the_shop(shop: Shop, language: str) -> None:
    """On the page; the tables stay English."""
    edited(shop)
    spoilt(shop, reason="source")
    night = shop.night(report_language=language)
    assert night.folder is not None
    page = (night.folder / "report.html").read_text(encoding="utf-8")
    assert "stands in the column" not in page
    assert "&#39;source&#39;" in page
    assert "stands in the column" in (night.folder / "manual_actions.csv").read_text(encoding="utf-8")
