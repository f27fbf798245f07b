"""The first night after an upgrade: texts that became better go once, and nothing else is written."""

from typing import Any

from tests.cases.records import brand, product, text

OLD = {"description_parts": ["full_description", "indication"]}  # as before: one type of text alone
INDICATION = {"type": "indication", "content": {"nl": "<p>Bij hoest.</p>"}}
USAGE = {"type": "usage", "content": {"nl": "<p>Driemaal daags.</p>"}}
LEGAL = {"type": "legal_text", "content": {"nl": "<p>Lees de bijsluiter.</p>"}}


def written(shop: Any) -> list[str]:
    """The SKUs of the products that were written to, and the pictures and categories, if any."""
    skus = {str(one["id"]): sku for sku in shop.skus() for one in [shop.product(sku)]}
    found = sorted(skus.get(write.rpartition("/")[2], write) for write in shop.writes())
    shop.forget_requests()
    return found


def test_an_upgrade_sends_what_became_better(shop: Any) -> None:
    """A plan shows it first; then it goes; then there is nothing more to do."""
    records = [
        product("FULL", "A", **text("<p>Alles.</p>")),
        product("PLAIN", "B"),
        product("ALONE", "C", descriptions=[INDICATION]),
        product("PARTS", "D", descriptions=[USAGE, INDICATION]),
        product("LEGAL", "E", descriptions=[INDICATION, LEGAL]),
        product("HAND", "F", descriptions=[USAGE, INDICATION]),
    ]
    shop.night(*records, **OLD)
    assert shop.product("PARTS")["description"] == "<p>Bij hoest.</p>"
    shop.people.edit(shop.id_of("HAND"), description="<p>Met de hand.</p>")
    written(shop)
    planned = shop.night(*records, dry_run=True)
    assert written(shop) == []
    plan = (planned.folder / "plan.jsonl").read_text()
    assert [sku for sku in shop.skus() if f'"{sku}"' in plan] == ["LEGAL", "PARTS"]
    night = shop.night(*records)
    assert written(shop) == ["LEGAL", "PARTS"]
    assert (
        shop.product("PARTS")["description"]
        == "<h3>Indicatie</h3><p>Bij hoest.</p><h3>Gebruik</h3><p>Driemaal daags.</p>"
    )
    assert shop.product("LEGAL")["description"].endswith("<p>Lees de bijsluiter.</p>")
    assert shop.product("HAND")["description"] == "<p>Met de hand.</p>"
    assert night.conflicts == {"HAND"}
    assert shop.night(*records).is_good
    assert written(shop) == []


def test_a_required_legal_text_and_other_languages_are_listed(shop: Any) -> None:
    """By product, field and language; what is right is not."""
    french = {"type": "legal_text", "content": {"fr": "<p>Lire la notice.</p>"}}
    night = shop.night(
        product("RIGHT", "A", descriptions=[INDICATION, LEGAL], requiresLegalText=True),
        product("FRENCH", "B", descriptions=[INDICATION, french], requiresLegalText=True),
        product("NONE", "C", descriptions=[INDICATION], requiresLegalText=True),
        product("NAME", "", descriptions=[INDICATION]) | {"name": {"nl": "\u200b", "fr": "Cr\u00e8me"}},
    )
    assert night.is_good
    assert night.listed("manual_actions") == {"FRENCH", "NONE"}
    told = [(row["external_id"], row["field"], row["what"]) for row in night.report["other_languages"]]
    assert sorted(told) == [
        ("FRENCH", "description (legal text)", "description (legal text): missing in nl, taken in fr"),
        ("NAME", "name", "name: missing in nl, taken in fr"),
    ]
    assert night.report["texts_in_other_languages"] == {"description (legal text)": {"fr": 1}, "name": {"fr": 1}}
    assert night.report["totals"]["other_languages"] == 2
    page = (night.folder / "report.html").read_text()
    assert "Texts in another language than the one asked for" in page
    assert "NAME" in page


def test_a_map_of_brands_with_entities_still_counts(make_shop: Any) -> None:
    """As Medipim wrote them, and as people read them."""
    shop = make_shop({"brand_map": {"A &amp; B": 10, "C & D": 11}}, brands={10: "A & B", 11: "C & D"})
    shop.night(product("P", "A", **brand("A &amp; B")), product("Q", "B", **brand("C &amp; D")))
    assert [shop.product(sku)["brand_id"] for sku in "PQ"] == [10, 11]
