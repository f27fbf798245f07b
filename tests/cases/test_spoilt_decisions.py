"""What a spreadsheet makes of the decisions file, beside its form: no answer reaches another product, none is lost."""

from collections.abc import Callable

import pytest

from tests.cases.records import brand, product
from tests.cases.shop import Shop
from tests.cases.test_decisions import decide, rows, write


def two_edited(shop: Shop, *skus: str) -> None:
    """The names of two products are X by hand and B in the source."""
    shop.night(*(product(sku, "A") for sku in skus))
    for sku in skus:
        shop.people.edit(shop.id_of(sku), name=f"X {sku}")
    shop.night(*(product(sku, f"B {sku}") for sku in skus))


def test_only_a_part_of_the_columns_was_sorted(shop: Shop) -> None:
    """The keys stayed where they were: what a person saw beside the answer counts."""
    two_edited(shop, "M1", "M2")
    first, second = rows(shop)
    first["key"], second["key"] = second["key"], first["key"]
    write(shop, [{**first, "decision": "source"}, second])
    shop.night()
    assert (shop.name("M1"), shop.name("M2")) == ("B M1", "X M2")
    assert [(line["sku"], line["decision"]) for line in rows(shop)] == [("M2", "")]
    decide(shop, "keep", sku="M2")
    shop.night()
    assert (shop.name("M2"), rows(shop)) == ("X M2", [])


def test_a_key_of_another_line_after_a_kill(shop: Shop) -> None:
    """The first answer was acted on, and the file could not be written: the line is none for the product of its key."""
    two_edited(shop, "M1", "M2")
    first, second = rows(shop)
    write(shop, [{**first, "key": second["key"], "decision": "source"}])
    spoilt = (shop.folder / "decisions.csv").read_bytes()
    shop.night()
    (shop.folder / "decisions.csv").write_bytes(spoilt)
    night = shop.night()
    assert (shop.name("M1"), shop.name("M2")) == ("B M1", "X M2")
    assert [(line["sku"], line["decision"]) for line in rows(shop)] == [("M2", "")]
    assert [row for row in night.report["manual_actions"] if "key of another line" in row["what"]]


def test_a_key_of_another_line_and_another_value(shop: Shop) -> None:
    """Neither the key nor what the line shows says for certain what is meant."""
    two_edited(shop, "M1", "M2")
    first, second = rows(shop)
    write(shop, [{**first, "key": second["key"], "source": "elsewhere", "decision": "source"}])
    night = shop.night()
    assert (shop.name("M1"), shop.name("M2")) == ("X M1", "X M2")
    assert [row for row in night.report["manual_actions"] if "line 2" in row["what"]]


@pytest.mark.parametrize("is_with_key", [True, False])
@pytest.mark.parametrize(("sku", "spoilt"), [("00123", "123"), ("1001", "1001.0"), ("1002", "1002,0")])
def test_an_sku_that_became_a_number(shop: Shop, sku: str, spoilt: str, *, is_with_key: bool) -> None:
    """Leading zeros are gone, or a fraction came; with and without the column key."""
    two_edited(shop, sku, "M2")
    lines = [line for line in rows(shop) if line["sku"] == sku]
    spoilt_lines = [{**line, "sku": spoilt, "decision": "source"} for line in lines]
    write(shop, spoilt_lines if is_with_key else [without_key(line) for line in spoilt_lines])
    shop.night()
    assert shop.name(sku) == f"B {sku}"
    assert [line["sku"] for line in rows(shop)] == ["M2"]


def without_key(line: dict[str, str]) -> dict[str, str]:
    """As where a person has deleted the column."""
    return {name: cell for name, cell in line.items() if name != "key"}


def test_two_skus_that_are_one_number(shop: Shop) -> None:
    """123 is the one, not 00123; where nobody can say, nothing happens."""
    two_edited(shop, "00123", "123")
    lines = [without_key({**line, "decision": "source"}) for line in rows(shop)]
    values = {"source": "", "micropim": "", "name": "B 123"}
    write(shop, [{**lines[0], **values, "sku": "123"}])
    shop.night()
    assert (shop.name("00123"), shop.name("123")) == ("X 00123", "B 123")
    write(shop, [{**lines[0], "sku": "0123"}])
    shop.night()
    assert shop.name("00123") == "B 00123"


def test_a_first_line_that_names_the_delimiter(shop: Shop) -> None:
    """``sep=;`` is for Excel."""
    two_edited(shop, "M1", "M2")
    decide(shop, "source", sku="M1")
    file = shop.folder / "decisions.csv"
    file.write_text("sep=;\n" + file.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    shop.night()
    assert (shop.name("M1"), [line["kind;sku;name;field;source;micropim;decision;products;examples;reason;key"][:11]
                              for line in rows(shop)]) == ("B M1", ["conflict;M2"])  # fmt: skip


def test_two_answers_wait_together(make_shop: Callable[..., Shop]) -> None:
    """None of them counts on a later night until a person has taken one away."""
    shop = make_shop(brands={10: "A.Vogel", 12: "Rosalba"})
    shop.night(product("M1", "A", **brand("Vogel")))
    (line,) = rows(shop)
    write(shop, [{**line, "decision": "10"}, {**line, "decision": "12"}])
    for _ in range(2):
        night = shop.night()
        assert [line["decision"] for line in rows(shop)] == ["10", "12"]
        assert [row for row in night.report["manual_actions"] if "another answer" in row["what"]]
    write(shop, rows(shop)[:1])
    shop.night()
    assert (shop.product("M1")["brand_id"], rows(shop)) == (10, [])


def test_a_file_that_cannot_be_written_is_told_once(shop: Shop) -> None:
    """What was decided is done all the same, and not done again from the file that stays."""
    two_edited(shop, "M1", "M2")
    decide(shop, "keep", sku="M1")
    (shop.folder / "decisions.csv.tmp").mkdir()
    night = shop.night()
    assert [row for row in night.report["warnings"] if "not written" in row["what"]][1:] == []
    night = shop.night(product("M1", "C"))
    assert (shop.name("M1"), night.conflicts) == ("X M1", {"M1", "M2"})
