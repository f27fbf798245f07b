"""What people answer in the decisions file is acted on by the next run, without the source having changed."""

import csv
import io
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from target_micropim.plan.decision import key_of, mark_of_ledger
from target_micropim.plan.question import Question
from target_micropim.plan.values import fingerprint
from tests.cases.records import brand, category, photos, product, sold_in, supplier, text
from tests.cases.shop import Json, Shop

KINDS = {"brand": brand, "supplier": supplier}


def rows(shop: Shop) -> list[Json]:
    """The lines of the file."""
    file = shop.folder / "decisions.csv"
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline=""))) if file.exists() else []


def decide(shop: Shop, answer: str, **which: str) -> None:
    """A person fills in the lines that look like this."""
    lines = rows(shop)
    chosen = [line for line in lines if which.items() <= line.items()]
    assert chosen, f"{which} is not among {lines}"
    for line in chosen:
        line["decision"] = answer
    write(shop, lines)


def write(shop: Shop, lines: list[Json], delimiter: str = ",", encoding: str = "utf-8") -> None:
    """Save the file as a spreadsheet does."""
    out = io.StringIO(newline="")
    sheet = csv.DictWriter(out, list(lines[0]), delimiter=delimiter)
    sheet.writeheader()
    sheet.writerows(lines)
    (shop.folder / "decisions.csv").write_bytes(out.getvalue().encode(encoding))


def edited(shop: Shop) -> None:
    """M1 was A, is X by hand, and is B in the source."""
    shop.night(product("M1", "A", **text("<p>old</p>")))
    shop.people.edit(shop.id_of("M1"), name="X")
    shop.night(product("M1", "B", **text("<p>old</p>")))
    assert shop.name("M1") == "X"


def test_all_that_is_open_stands_in_the_file(shop: Shop) -> None:
    """With both values, and the columns that a person needs."""
    edited(shop)
    (line,) = rows(shop)
    named = {"kind": "conflict", "sku": "M1", "field": "name", "source": "B", "micropim": "X", "decision": ""}
    assert named.items() <= line.items()


@pytest.mark.parametrize("word", ["source", " Bron ", "QUELLE", "Fuente"])
def test_source_goes_in_and_the_line_goes(shop: Shop, word: str) -> None:
    """On a night on which nothing comes; what the source says next follows by itself."""
    edited(shop)
    decide(shop, word, field="name")
    night = shop.night()
    assert (shop.name("M1"), rows(shop), night.conflicts) == ("B", [], set())
    assert night.listed("decisions") == {"M1"}
    assert night.report["tried_again"] == {"products": {"updated": 1}}
    shop.night(product("M1", "C"))
    assert shop.name("M1") == "C"


@pytest.mark.parametrize("word", ["keep", "behouden", "Garder", "MicroPIM"])
def test_keep_ends_the_question_until_the_source_changes(shop: Shop, word: str) -> None:
    """The same value of the source asks nothing and costs nothing; another one does."""
    edited(shop)
    decide(shop, word, field="name")
    for _ in range(2):
        night = shop.night(product("M1", "B", **text("<p>old</p>")))
        assert (shop.name("M1"), rows(shop), night.conflicts) == ("X", [], set())
    shop.forget_requests()
    shop.night(product("M1", "B", **text("<p>old</p>")))
    assert [request for request in shop.requests if request.path.startswith("/api/products")] == []
    night = shop.night(product("M1", "C"))
    assert (shop.name("M1"), night.conflicts) == ("X", {"M1"})
    assert [line["source"] for line in rows(shop)] == ["C"]


def test_an_edit_after_the_decision_stands(shop: Shop) -> None:
    """It was decided over X; what is Z by now is asked again."""
    edited(shop)
    decide(shop, "source", field="name")
    shop.people.edit(shop.id_of("M1"), name="Z")
    night = shop.night()
    assert (shop.name("M1"), night.conflicts) == ("Z", {"M1"})
    assert [(line["micropim"], line["decision"]) for line in rows(shop)] == [("Z", "")]


def test_an_edit_back_to_what_was_given_up_stands(shop: Shop) -> None:
    """A decision is about one moment: typed again, the value is a person's again."""
    edited(shop)
    decide(shop, "source", field="name")
    shop.night()
    shop.people.edit(shop.id_of("M1"), name="X")
    night = shop.night(product("M1", "C"))
    assert (shop.name("M1"), night.conflicts) == ("X", {"M1"})


def test_other_questions_of_the_product_stay(shop: Shop) -> None:
    """One of two is decided."""
    shop.night(product("M1", "A", **text("<p>old</p>")))
    shop.people.edit(shop.id_of("M1"), name="X", description="<p>mine</p>")
    shop.night(product("M1", "B", **text("<p>new</p>")))
    decide(shop, "source", field="name")
    shop.night()
    assert (shop.name("M1"), shop.product("M1")["description"]) == ("B", "<p>mine</p>")
    assert [line["field"] for line in rows(shop)] == ["description"]
    decide(shop, "source", field="description")
    shop.night()
    assert (shop.product("M1")["description"], rows(shop)) == ("<p>new</p>", [])


@pytest.mark.parametrize(("answer", "shown"), [("source", "B"), ("keep", "Own")])
def test_unsure_is_decided_too(shop: Shop, answer: str, shown: str) -> None:
    """A product that the shop had before."""
    shop.people.add("M1", name="Own")
    night = shop.night(product("M1", "B"))
    assert night.unsure == {"M1"}
    decide(shop, answer, kind="unsure", field="name")
    night = shop.night()
    assert (shop.name("M1"), night.unsure, rows(shop)) == (shown, set(), [])
    night = shop.night(product("M1", "C"))
    assert shop.name("M1") == ("C" if answer == "source" else "Own")


def test_a_field_emptied_by_hand(shop: Shop) -> None:
    """It is filled again where a person says so."""
    shop.night(product("M1", "A", **text("<p>old</p>")))
    shop.people.empty(shop.id_of("M1"), "description")
    shop.night(product("M1", "A", **text("<p>new</p>")))
    decide(shop, "source", field="description")
    shop.night()
    assert shop.product("M1")["description"] == "<p>new</p>"


# Products and categories


def test_archived_by_hand(shop: Shop) -> None:
    """It comes back, or stays there without being asked again."""
    for answer, status in (("keep", "archived"), ("source", "draft")):
        key = f"M-{answer}"
        shop.night(product(key, "A"))
        shop.people.archive(shop.id_of(key))
        shop.night(product(key, "B"))
        decide(shop, answer, kind="archived", sku=key)
        night = shop.night()
        assert (shop.status(key), rows(shop)) == (status, [])
        assert night.listed("decisions") == {key}
    night = shop.night(product("M-keep", "C"))
    assert (night.listed("manual_actions"), rows(shop)) == (set(), [])
    assert shop.name("M-source") == "B"


def test_revived_by_hand(shop: Shop) -> None:
    """It goes back into the archive, or stays live."""
    for answer, status in (("keep", "active"), ("source", "archived")):
        key = f"M-{answer}"
        shop.night(product(key, "A"))
        shop.night(product(key, "A", status="inactive"))
        shop.people.revive(shop.id_of(key))
        shop.night(product(key, "B", status="inactive"))
        decide(shop, answer, kind="revived", sku=key)
        shop.night()
        assert (shop.status(key), rows(shop)) == (status, [])
    assert shop.night(product("M-keep", "C", status="inactive")).conflicts == set()


def test_deleted_by_hand(shop: Shop) -> None:
    """It is made again with its pictures, or stays away for good."""
    for key in ("M-keep", "M-source"):
        shop.night(product(key, "A", **photos(1, 2)))
        shop.people.remove(shop.id_of(key))
        shop.night(product(key, "B", **photos(1, 2)))
    decide(shop, "source", kind="deleted", sku="M-source")
    decide(shop, "keep", kind="deleted", sku="M-keep")
    shop.night()
    assert (shop.skus(), rows(shop)) == (["M-source"], [])
    assert shop.pictures("M-source") == [1, 2]
    assert shop.night(product("M-keep", "C")).conflicts == set()


def test_a_category_taken_out_by_hand(shop: Shop) -> None:
    """The product goes in again."""
    tree = [category(1, "Skin")]
    shop.night(product("M1", "A", **sold_in(1)), categories=tree)
    shop.people.unassign(shop.id_of("M1"), shop.people.category_id("Skin"))
    shop.night(product("M1", "B", **sold_in(1)), categories=tree)
    decide(shop, "source", sku="M1")
    shop.night()
    assert (shop.categories_of("M1"), rows(shop)) == (["Skin"], [])


@pytest.mark.parametrize(("answer", "inside"), [("source", ["Skin"]), ("keep", ["Hair", "Skin"])])
def test_a_category_put_in_by_hand(make_shop: Callable[..., Shop], answer: str, inside: list[str]) -> None:
    """With categories_mode managed the source alone fills its categories, unless a person says otherwise."""
    shop, tree = make_shop({"categories_mode": "managed"}), [category(1, "Skin"), category(2, "Hair")]
    shop.night(product("M1", "A", **sold_in(1)), categories=tree)
    shop.people.assign(shop.id_of("M1"), shop.people.category_id("Hair"))
    shop.night(product("M1", "B", **sold_in(1)), categories=tree)
    decide(shop, answer, sku="M1")
    shop.night()
    night = shop.night(product("M1", "C", **sold_in(1)), categories=tree)
    assert (shop.categories_of("M1"), rows(shop), night.conflicts) == (inside, [], set())


def test_a_product_that_stays_out_of_a_category(shop: Shop) -> None:
    """keep: it is not asked again, until it was in."""
    tree = [category(1, "Skin")]
    shop.night(product("M1", "A", **sold_in(1)), categories=tree)
    shop.people.unassign(shop.id_of("M1"), shop.people.category_id("Skin"))
    shop.night(product("M1", "B", **sold_in(1)), categories=tree)
    decide(shop, "keep", sku="M1")
    for name in "CD":
        night = shop.night(product("M1", name, **sold_in(1)), categories=tree)
        assert (shop.categories_of("M1"), rows(shop), night.conflicts) == ([], [], set())


@pytest.mark.parametrize("with_records", [True, False])
def test_a_category_deleted_by_hand(shop: Shop, *, with_records: bool) -> None:
    """It is made again, and its products go in again."""
    tree = [category(1, "Skin"), category(2, "Hair")]
    shop.night(product("M1", "A", **sold_in(1, 2)), categories=tree)
    shop.people.delete_category(shop.people.category_id("Skin"))
    shop.night(categories=tree)
    decide(shop, "source", kind="category", name="Skin")
    shop.night(categories=tree if with_records else None)
    assert shop.paths() == ["Hair", "Skin"]
    assert (shop.categories_of("M1"), rows(shop)) == (["Hair", "Skin"], [])


@pytest.mark.parametrize("parent_only", [True, False])
def test_a_branch_deleted_by_hand(shop: Shop, *, parent_only: bool) -> None:
    """Each category has its line; a child stays away until it is decided, too."""
    tree = [category(1, "Care"), category(2, "Hair", 1)]
    shop.night(product("M1", "A", **sold_in(2)), categories=tree)
    shop.people.delete_category(shop.people.category_id("Care"))
    shop.night(categories=tree)
    assert {(line["kind"], line["name"]) for line in rows(shop)} == {("category", "Care"), ("category", "Hair")}
    decide(shop, "source", **({"name": "Care"} if parent_only else {"kind": "category"}))
    shop.night()
    assert shop.paths() == (["Care"] if parent_only else ["Care", "Care > Hair"])
    if parent_only:
        decide(shop, "source", name="Hair")
        shop.night()
    assert (shop.paths(), shop.categories_of("M1")) == (["Care", "Care > Hair"], ["Hair"])
    assert rows(shop) == []


def test_a_category_that_stays_away(shop: Shop) -> None:
    """It is not asked for again."""
    tree = [category(1, "Skin")]
    shop.night(categories=tree)
    shop.people.delete_category(shop.people.category_id("Skin"))
    shop.night(categories=tree)
    decide(shop, "keep", kind="category")
    for _ in range(2):
        assert (shop.night(categories=tree).conflicts, rows(shop), shop.paths()) == (set(), [], [])


@pytest.mark.parametrize("what", ["name", "place"])
def test_a_category_changed_by_hand(make_shop: Callable[..., Shop], what: str) -> None:
    """With update_categories, its name or place follows the source where a person says so."""
    shop = make_shop({"update_categories": True})
    shop.night(categories=[category(1, "Skin"), category(2, "Hair")])
    number = shop.people.category_id("Skin")
    if what == "name":
        shop.people.rename_category(number, "Mine")
    else:
        shop.people.move_category(number, shop.people.add_category("Mine")["id"])
    wanted = [category(2, "Hair"), category(1, "Face", 2)]
    shop.night(categories=wanted)
    decide(shop, "source", kind="category", field=what)
    shop.night()
    assert any(path.startswith("Hair > ") if what == "place" else path.endswith("Face") for path in shop.paths())
    assert rows(shop) == []


# Brands and suppliers


@pytest.fixture
def known(make_shop: Callable[..., Shop]) -> Shop:
    """A shop whose brands and suppliers have these ids."""
    names = {10: "A.Vogel", 12: "Rosalba", 99: "Another"}
    return make_shop(brands=names, suppliers=names)


def named(shop: Shop, kind: str) -> dict[str, int | None]:
    """The ids that products have."""
    return {sku: shop.product(sku)[f"{kind}_id"] for sku in shop.skus()}


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_reaches_all_products_that_wait(known: Shop, kind: str) -> None:
    """Also those that do not come, and new ones from then on."""
    known.night(*(product(f"M{n}", "A", **KINDS[kind]("Rosalba")) for n in range(7)), product("M7", "A"))
    (line,) = rows(known)
    assert (line["kind"], line["name"], line["products"]) == (kind, "Rosalba", "7")
    assert line["examples"].startswith("M0, M1")
    decide(known, "12.0", kind=kind)
    night = known.night()
    assert named(known, kind) == {**{f"M{n}": 12 for n in range(7)}, "M7": None}
    assert (rows(known), night.is_good) == ([], True)
    assert any("7 products" in row["what"] for row in night.report["decisions"])
    known.night(product("M8", "A", **KINDS[kind]("Rosalba")))
    assert known.product("M8")[f"{kind}_id"] == 12
    known.forget_requests()
    known.night()
    assert known.writes() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_map_reaches_products_that_did_not_change(known: Shop, kind: str) -> None:
    """Case 29: the map comes with the second night, the records do not."""
    known.night(*(product(f"M{n}", "A", **KINDS[kind]("A.Vogel")) for n in range(3)))
    known.night(**{f"{kind}_map": {"A.Vogel": 10}})
    assert named(known, kind) == dict.fromkeys(("M0", "M1", "M2"), 10)
    assert rows(known) == []


def test_a_brand_set_by_hand_stands(known: Shop) -> None:
    """A person was faster, and knows better."""
    known.night(*(product(key, "A", **brand("Rosalba")) for key in ("M1", "M2")))
    known.people.edit(known.id_of("M2"), brand_id=99)
    decide(known, "12", kind="brand")
    known.night()
    assert named(known, "brand") == {"M1": 12, "M2": 99}


def test_an_id_that_micropim_refuses_is_asked_for_again(make_shop: Callable[..., Shop]) -> None:
    """It is told once, and new products are made without it."""
    shop = make_shop(brands={12: "Rosalba"}, unknown_brand="refused")
    shop.night(*(product(f"M{n}", "A", **brand("Rosa")) for n in range(3)))
    decide(shop, "77", kind="brand")
    night = shop.night()
    assert [row["what"] for row in night.report["manual_actions"] if "77" in row["what"]]
    assert [(line["name"], line["decision"]) for line in rows(shop)] == [("Rosa", "")]
    decide(shop, "12", kind="brand")
    shop.night()
    assert set(named(shop, "brand").values()) == {12}


def test_a_name_that_is_near_is_offered(make_shop: Callable[..., Shop]) -> None:
    """Of those that MicroPIM's products show."""
    shop = make_shop(brands={11: "Dr Hauschka"})
    shop.people.add("OWN-1", brand_id=11)
    shop.night(product("M1", "A", **brand("Dr. Hauschka")), product("M2", "A", **brand("Weleda")))
    assert {line["name"]: line["micropim"] for line in rows(shop)} == {"Dr. Hauschka": "dr hauschka (11)", "Weleda": ""}


def test_a_name_may_be_left_out(shop: Shop) -> None:
    """keep: products go without, and nobody is asked again."""
    shop.night(product("M1", "A", **brand("Rosalba")))
    decide(shop, "keep", kind="brand")
    shop.night()
    shop.night(product("M2", "A", **brand("Rosalba")))
    assert (rows(shop), named(shop, "brand")) == ([], {"M1": None, "M2": None})


# Pictures


def test_pictures_wait_until_they_are_done(shop: Shop) -> None:
    """Cumulative over the nights; what is done is not asked for again."""
    shop.night(product("M1", "A", **photos(1, 2)), product("M2", "A", **photos(3)))
    shop.night(product("M1", "A", **photos(1)))
    shop.night(product("M2", "A", **photos()))
    shop.night()
    assert {(line["kind"], line["sku"]) for line in rows(shop)} == {("picture", "M1"), ("picture", "M2")}
    decide(shop, "done", sku="M1")
    shop.night()
    assert {line["sku"] for line in rows(shop)} == {"M2"}


# The file


def test_what_cannot_be_understood_is_told_and_stays(shop: Shop) -> None:
    """With the file, the line and the value; nothing changes."""
    edited(shop)
    decide(shop, "perhaps", field="name")
    night = shop.night()
    told = [row["what"] for row in night.report["manual_actions"]]
    assert [what for what in told if "decisions.csv, line 2: 'perhaps'" in what]
    assert (shop.name("M1"), [line["decision"] for line in rows(shop)]) == ("X", ["perhaps"])


FORMS = [(";", "utf-8-sig"), ("\t", "utf-16"), (";", "cp1252"), (",", "utf-8")]


@pytest.mark.parametrize(("delimiter", "encoding"), FORMS)
@pytest.mark.parametrize("columns", ["all", "seven", "turned"])
def test_a_spreadsheet_may_have_saved_it(shop: Shop, delimiter: str, encoding: str, columns: str) -> None:
    """Other delimiters, encodings, orders and further columns; the seven columns are enough."""
    shop.night(product("M1", "Crème"))
    shop.people.edit(shop.id_of("M1"), name="Été")
    shop.night(product("M1", "Crème 2"))
    lines = [{**line, "decision": "source", "remark": "mine"} for line in rows(shop)]
    seven = ("kind", "sku", "name", "field", "source", "micropim", "decision")
    order = {"all": list(lines[0]), "seven": list(seven), "turned": list(reversed(lines[0]))}[columns]
    write(shop, [{name: line[name] for name in order} for line in lines], delimiter, encoding)
    shop.night()
    assert shop.name("M1") == "Crème 2"


def test_further_columns_and_answers_that_wait_stay(shop: Shop) -> None:
    """A remark of a person stays with its line."""
    edited(shop)
    lines = [{**line, "decision": "tomorrow", "remark": "ask Ann"} for line in rows(shop)]
    write(shop, lines, ";", "utf-8-sig")
    shop.night()
    data = (shop.folder / "decisions.csv").read_bytes().decode("utf-8-sig")
    assert data.splitlines()[0].endswith(";remark")
    assert "tomorrow" in data
    assert "ask Ann" in data


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_an_old_spreadsheet_can_read_it_again(shop: Shop, encoding: str) -> None:
    """What it saved in its own way comes back with the mark by which it knows UTF-8."""
    edited(shop)
    lines = [{**line, "decision": "tomorrow", "remark": "Zoé"} for line in rows(shop)]
    write(shop, lines, ";", encoding)
    shop.night()
    data = (shop.folder / "decisions.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert "Zoé" in data.decode()


def test_another_file_is_not_overwritten(shop: Shop) -> None:
    """A file without the columns is no decisions file."""
    file = shop.folder / "decisions.csv"
    file.write_text("name,id\nRosalba,12\n", encoding="utf-8")
    edited(shop)
    night = shop.night()
    assert file.read_text(encoding="utf-8") == "name,id\nRosalba,12\n"
    assert [row for row in night.report["manual_actions"] if "names no column" in row["what"]] == []
    assert [row for row in night.report["warnings"] if "decisions_file" in row["what"]]


@pytest.mark.parametrize("name", ["", "/dev/null"])
def test_there_may_be_no_file(shop: Shop, name: str) -> None:
    """A device is none, and stays one."""
    edited(shop)
    (shop.folder / "decisions.csv").unlink()
    night = shop.night(product("M1", "C"), decisions_file=name)
    assert (night.conflicts, night.report["warnings"], night.listed("manual_actions")) == ({"M1"}, [], set())
    assert Path("/dev/null").is_char_device()
    assert rows(shop) == []


def test_a_link_stays_a_link(shop: Shop, tmp_path: Path) -> None:
    """The file may lie on a share."""
    (shop.folder / "decisions.csv").symlink_to(tmp_path / "share.csv")
    edited(shop)
    assert (shop.folder / "decisions.csv").is_symlink()
    assert len(rows(shop)) == 1


def test_two_answers_to_one_question_are_none(shop: Shop) -> None:
    """Both are told and stay."""
    edited(shop)
    (line,) = rows(shop)
    write(shop, [{**line, "decision": "keep"}, {**line, "decision": "source"}])
    night = shop.night()
    assert shop.name("M1") == "X"
    assert [row for row in night.report["manual_actions"] if "line 3" in row["what"]]


def test_a_dry_run_changes_neither_file_nor_ledger(shop: Shop) -> None:
    """It plans what was decided."""
    edited(shop)
    decide(shop, "source", field="name")
    before = rows(shop)
    night = shop.night(dry_run=True)
    assert night.folder is not None
    assert '"B"' in (night.folder / "plan.jsonl").read_text(encoding="utf-8")
    assert (rows(shop), shop.name("M1")) == (before, "X")
    shop.night()
    assert (rows(shop), shop.name("M1")) == ([], "B")


def test_two_ledgers_share_one_file(shop: Shop, tmp_path: Path) -> None:
    """Each keeps the lines of the other, and what is typed into them."""
    shared = str(tmp_path / "shared.csv")
    other = shop.another(decisions_file=shared, sku_template="O-{id}")
    mine = Shop(shop.box, shop.folder, {"decisions_file": shared}, shop.time)
    for one, sku in ((mine, "M1"), (other, "O-M1")):
        one.night(product("M1", "A"))
        one.people.edit(one.id_of(sku), name="X")
        one.night(product("M1", "B"))
    file = Path(shared)
    file.write_text(file.read_text().replace("X,,", "X,source,"))
    mine.night()
    assert (mine.name("M1"), mine.name("O-M1")) == ("B", "X")
    other.night()
    assert (mine.name("O-M1"), file.read_text().count("\n")) == ("B", 1)


def test_a_kill_costs_nothing(shop: Shop) -> None:
    """Killed after the write and before anything is remembered: the next run finds its own value."""
    edited(shop)
    decide(shop, "source", field="name")
    shop.killed(product("M9", "new"), write="PATCH /api/products/{id}")
    night = shop.night()
    assert (shop.name("M1"), night.conflicts, rows(shop)) == ("B", set(), [])
    shop.people.edit(shop.id_of("M1"), name="Z")
    shop.night(product("M1", "C"))
    assert shop.name("M1") == "Z"


def test_killed_before_the_file_is_written(shop: Shop) -> None:
    """What was acted on is not acted on again, also where the column of the keys is gone; other lines are."""
    edited(shop)
    shop.night(product("M2", "A"))
    shop.people.edit(shop.id_of("M2"), name="Y")
    shop.night(product("M2", "B"))
    lines = [{**line, "decision": "source"} for line in rows(shop)]
    for line in lines:
        del line["key"]
    write(shop, lines, ";")
    shop.killed(product("M9", "new"), write="PATCH /api/products/{id}", nth=2)
    shop.people.edit(shop.id_of("M1"), name="Z")
    night = shop.night()
    assert (shop.name("M1"), shop.name("M2"), shop.skus()) == ("Z", "B", ["M1", "M2", "M9"])
    assert night.report["manual_actions"] == []
    assert "source;" not in (shop.folder / "decisions.csv").read_text(encoding="utf-8").partition("\n")[2]


@pytest.mark.parametrize("gone", ["M3", ""])
def test_a_line_that_nobody_knows_is_told_and_stays(shop: Shop, gone: str) -> None:
    """A spreadsheet may have spoilt its SKU."""
    edited(shop)
    (line,) = rows(shop)
    write(shop, [{**line, "decision": "source", "sku": gone, "key": ""}])
    night = shop.night()
    assert shop.name("M1") == "X"
    assert [row for row in night.report["manual_actions"] if "line 2: 'source'" in row["what"]]
    assert sorted(one["decision"] for one in rows(shop)) == ["", "source"]


def test_what_is_typed_while_a_run_goes_on_stays(make_shop: Callable[..., Shop]) -> None:
    """The file is read again before it is written."""
    shop = make_shop()
    edited(shop)
    shop.pim.meanwhile.do_after(lambda: decide(shop, "source", field="name"), write="POST /api/products", nth=1)
    shop.night(product("M2", "A"))
    assert [line["decision"] for line in rows(shop)] == ["source"]
    shop.night()
    assert (shop.name("M1"), rows(shop)) == ("B", [])


def test_a_newer_record_is_not_taken_back(shop: Shop) -> None:
    """Decided to be made again, and the source says something newer in the same night."""
    shop.night(product("M1", "A"))
    shop.people.remove(shop.id_of("M1"))
    shop.night(product("M1", "B"))
    decide(shop, "source", sku="M1")
    shop.night(product("M1", "C"))
    assert (shop.name("M1"), rows(shop)) == ("C", [])
    shop.night()
    assert shop.name("M1") == "C"


def test_a_question_of_an_older_program(shop: Shop) -> None:
    """It knew no more than the text of MicroPIM's value: the answer stays until that was looked at."""
    edited(shop)
    with sqlite3.connect(shop.folder / "ledger.db") as ledger:
        ledger.execute("update questions set micropim_print = null, name = null")
        ledger.execute("delete from kept_records")
    ledger.close()
    (shop.folder / "decisions.csv").unlink()
    assert shop.night().conflicts == {"M1"}
    with sqlite3.connect(shop.folder / "ledger.db") as ledger:
        ledger.execute("update questions set micropim_print = null")
    ledger.close()
    (line,) = rows(shop)
    write(shop, [{**line, "decision": "source", "key": old_key(shop)}])
    night = shop.night()
    assert [row for row in night.report["manual_actions"] if "older program" in row["what"]]
    assert [line["decision"] for line in rows(shop)] == ["source"]
    shop.night(product("M1", "B", **text("<p>old</p>")))
    assert (shop.name("M1"), rows(shop)) == ("B", [])


def old_key(shop: Shop) -> str:
    """The key of a line while only the text was known."""
    asked = Question("products", "M1", "name", "conflicts", "M1", "", fingerprint("name", "B"), "B", "X")
    return key_of(mark_of_ledger(f"sqlite:///{shop.folder}/ledger.db"), asked)


def test_a_question_without_its_record_is_decided_all_the_same(shop: Shop, monkeypatch: Any) -> None:
    """Beyond the bound no record is kept: the decision waits for the source."""
    monkeypatch.setattr("target_micropim.ledger.kept_records.MOST_KEPT", 0)
    edited(shop)
    decide(shop, "source", field="name")
    night = shop.night()
    assert (shop.name("M1"), rows(shop)) == ("X", [])
    assert "when the source sends it again" in night.report["decisions"][0]["what"]
    shop.night(product("M1", "B", **text("<p>old</p>")))
    assert shop.name("M1") == "B"
