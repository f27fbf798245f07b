"""Each case of ``cases/``: what a product looks like in MicroPIM, night after night, and who is named in the report."""

import re
from collections.abc import Callable

import pytest

from tests.catalogue.pair import Pair

Make = Callable[..., Pair]
CHECKS: dict[int, Callable[[Pair], None]] = {}


def case(number: int) -> Callable[[Callable[[Pair], None]], Callable[[Pair], None]]:
    """Register the check of a case."""

    def register(check: Callable[[Pair], None]) -> Callable[[Pair], None]:
        CHECKS[number] = check
        return check

    return register


@case(1)
def ended_records_need_no_content(pair: Pair) -> None:
    """Archived by their identity alone."""
    assert [pair.shop.status(f"PROD-{key}") for key in "ABC"] == ["archived"] * 3


@case(2)
def a_code_goes_to_the_successor(pair: Pair) -> None:
    """The old product is off sale; the new one has the SKU, or says what to do."""
    products = list(pair.shop.pim.products.values())
    (old,) = [product for product in products if product["name"] == "oud"] or [None]
    (new,) = [product for product in products if product["name"] == "nieuw"] or [None]
    if new is None:
        assert old is not None
        assert pair.last.tells("NEW-1")
    else:
        assert new["sku"] == "3612173"
        assert new["status"] != "archived"
    assert old is None or old["status"] == "archived"


@case(3)
def bad_content_costs_its_own_record(pair: Pair) -> None:
    """Four rejects, eight names."""
    assert [pair.shop.name(f"PROD-{n:02d}") for n in range(4, 12)] == [f"Nieuw {n}" for n in range(4, 12)]
    assert pair.nights[1].target.rejected == {f"PROD-{n:02d}" for n in range(4)}


@case(4)
def we_undo_our_own_archive(pair: Pair) -> None:
    """The status it had, and the name."""
    product = pair.product("PROD-A")
    assert (product["status"], product["name"]) == ("draft", "Weer leverbaar")


@case(5)
def an_address_is_a_picture(pair: Pair) -> None:
    """New ids are nothing new."""
    assert pair.pictures("PROD-A") == [f"https://assets.example.test/{name}.jpg" for name in "ab"]


@case(6)
def a_limit_over_all_nights(pair: Pair) -> None:
    """Never more than two; what the source dropped is listed."""
    assert len(pair.pictures("PROD-A")) <= 2
    assert pair.nights[1].tells("PROD-A", "880001")
    assert pair.nights[1].tells("PROD-A", "880002")


@case(8)
def twins_share_a_category(pair: Pair) -> None:
    """Nothing is sent for blanks and case; a rename is told or moves its product."""
    assert [pair.nights[n].writes for n in (1, 2, 4)] == [[], [], []]
    moved = pair.shop.categories_of("PROD-A") == ["Zon kids"]
    assert moved or pair.nights[3].tells("zon kids")
    assert pair.shop.categories_of("PROD-B") == ["Zon"]


@case(9)
def a_deleted_category_stays_deleted(pair: Pair) -> None:
    """Gone and told, or made again with its product."""
    if pair.shop.paths():
        assert pair.shop.categories_of("PROD-A") == ["Zonproducten"]
    else:
        assert all(night.tells("Zonproducten") for night in pair.nights[1:])


@case(10)
def tags_inside_a_line_leave_no_gap(pair: Pair) -> None:
    """Short texts out of HTML."""
    texts = " ".join(str(product["short_description"]) for product in pair.shop.pim.products.values())
    for part in ("Vitamine B12", "CO2", "106 KVE", "D-vitamine", "Dafalgan, pijn"):
        assert part in texts


@case(11)
def plain_text_is_no_html(pair: Pair) -> None:
    """What stands behind '<' stays."""
    for record in pair.case["products"]:
        product = pair.product(record["id"])
        (text,) = [record[name]["nl"] for name in ("seoName", "shortDescription") if name in record]
        assert product["short_description"] == text


@case(12)
def a_picture_inside_a_text(pair: Pair) -> None:
    """The text stays, the picture goes."""
    for record in pair.case["products"]:
        description = pair.product(record["id"])["description"]
        assert description
        assert "base64" not in description


@case(13)
def leftovers_of_other_programs(pair: Pair) -> None:
    """Office markup and page titles are no text."""
    for product in pair.shop.pim.products.values():
        assert _visible(product["description"]) == "Hallo"


@case(14)
def blocks_end_a_line(pair: Pair) -> None:
    """Words stay apart; a struck price does not look like a price."""
    texts = {key: str(product["description"]) for key, product in pair.shop.pim.products.items()}
    whole = " ".join(texts.values())
    for before, after in (("Een", "Twee"), ("Vraag", "Antwoord"), ("Bijschrift", "Tekst"), ("1 mg", "2 mg")):
        assert re.search(rf"{before}(?:<br>|</?(?:p|div)>)+{after}", whole)
    assert len(re.findall(r"Een(?:<br>|</?(?:p|div)>)+Twee", whole)) == 3
    assert "<s>" in whole or "<del>" in whole or "19,99" not in whole


@case(15)
def invisible_text_is_none(pair: Pair) -> None:
    """The next language counts."""
    product = pair.product("PROD-A")
    assert (product["name"], _visible(product["description"])) == ("Produit", "Texte")


@case(16)
def control_characters_are_left_out(pair: Pair) -> None:
    """Nothing that a database refuses is sent."""
    product = pair.product("PROD-A")
    assert product["name"] == "Naam met tekens"
    assert product["description"]
    assert not set(product["description"]) & set("\0\a\v\ufffe\x7f")


@case(17)
def entities_are_decoded(pair: Pair) -> None:
    """Names, short texts and categories."""
    (product,) = pair.shop.pim.products.values()
    assert product["name"] == "Head & Shoulders caf\u00e9"
    assert product["short_description"] == "Head & Shoulders"
    assert pair.shop.paths() == ["Zorg & Co"]


@case(18)
def french_codes_are_gtins(pair: Pair) -> None:
    """CIP, ACL, and a 14 with a leading zero."""
    assert _eans(pair) == ["3400935955838", "3401344408137", "3367729203738"]


@case(20)
def zero_is_no_price(pair: Pair) -> None:
    """And what is no cent is told."""
    assert float(pair.product("PROD-A")["price"]) == 33.6
    assert not float(pair.product("PROD-B")["price"] or 0) or pair.last.tells("PROD-B", "price")
    assert pair.last.tells("PROD-C", "price")
    assert pair.last.tells("PROD-D", "price")


@case(22)
def the_answer_is_not_the_store(pair: Pair) -> None:
    """Nobody is blamed for what the store does."""
    product = pair.product("PROD-A")
    assert product["name"] == "Cr\u00e8me nieuw"
    assert "d" in product["description"]
    assert not any(night.target.conflicts for night in pair.nights)


@case(23)
def our_own_ean_is_no_match(pair: Pair) -> None:
    """The second product is made."""
    assert pair.shop.skus() == ["PROD-A", "PROD-B"]


@case(25)
def a_person_revives(pair: Pair) -> None:
    """It stays on sale, and is listed."""
    assert pair.shop.status("PROD-A") == "active"
    assert pair.last.tells("PROD-A")


@case(26)
def legal_texts_are_shown(pair: Pair) -> None:
    """Beside another text, and alone."""
    for record in pair.case["products"]:
        (legal,) = [text for text in record["descriptions"] if text["type"] == "legal_text"]
        assert _visible(legal["content"]["nl"]) in _visible(pair.product(record["id"])["description"])


@case(27)
def all_parts_are_shown(pair: Pair) -> None:
    """Each of the four, in an order."""
    (record,) = pair.case["products"]
    description = _visible(pair.product("PROD-A")["description"])
    for text in record["descriptions"]:
        assert _visible(text["content"]["nl"]) in description


@case(28)
def own_attributes_arrive(pair: Pair) -> None:
    """Both options."""
    assert {"zalf", "blauw"} <= _values(pair, "PROD-A")


@case(29)
def links_that_count(pair: Pair) -> None:
    """In their time, and for the public."""
    arrived = _values(pair, "PROD-A") | _values(pair, "PROD-B")
    assert not {"https://video.example.test/over", "https://video.example.test/apotheker"} & arrived
    assert {"https://video.example.test/nu", "https://video.example.test/publiek"} <= _values(pair, "PROD-B")


@case(30)
def a_withdrawn_picture_is_told(pair: Pair) -> None:
    """Nothing is sent for it."""
    assert pair.nights[1].tells("PROD-A", "880012")
    assert pair.nights[1].writes == pair.nights[2].writes == []


@case(31)
def held_back_values_are_told(pair: Pair) -> None:
    """They stay, and each is listed."""
    product = pair.product("PROD-A")
    assert (float(product["price"]), product["ean"], product["brand_id"]) == (14.5, "3282770049374", 10)
    for names in (("price", "publicPrice"), ("ean", "ean"), ("brand_id", "brand")):
        assert any(pair.last.tells("PROD-A", name) for name in names)


@case(32)
def the_successor_is_named(pair: Pair) -> None:
    """In one line with the old one."""
    assert pair.shop.status("OLD-1") == "archived"
    assert pair.last.tells("OLD-1", "NEW-1")


@case(33)
def leading_zeros_come_back(pair: Pair) -> None:
    """By the length of the field."""
    twelve = {"012345678905", "0012345678905"}
    a, b, c, d, e = _eans(pair)
    assert {a, b, d} <= twelve
    assert c == "01234565"
    assert e in {"3367729203738", "03367729203738"}


@case(34)
def a_picture_that_can_be_had(pair: Pair) -> None:
    """WebP only in the first language."""
    assert pair.pictures("PROD-A")
    assert pair.pictures("PROD-B") or pair.last.tells("PROD-B")


@case(35)
def another_language_is_told(pair: Pair) -> None:
    """Of the product that got one, and of no other."""
    assert any("prod-a" in text and ("fr" in text or "language" in text) for text in pair.last.told)
    assert not any("prod-b" in text and "language" in text for text in pair.last.told)


@pytest.mark.parametrize("number", sorted(CHECKS), ids="{:02d}".format)
def test_case(pair: Make, number: int) -> None:
    """Every night ends well on both sides, and the outcome is right."""
    played = pair(number).play()
    assert all(night.is_good for night in played.nights), [night.target.failure for night in played.nights]
    CHECKS[number](played)


def test_texts_that_cannot_be_stored(pair: Make) -> None:
    """A product that MicroPIM's database refuses is a reject, in its first night too; the other one is in."""
    records = [{"id": "PROD-A", "name": {"nl": "Cr\u00e8me \U0001f600"}}, {"id": "PROD-B"}]
    case = {"products": records, "target": {"max_wait_seconds": 12}}
    played = pair(case, unstorable="500").play()
    assert played.last.is_good
    assert (played.shop.skus(), played.last.target.rejected) == (["PROD-B"], {"PROD-A"})


def _visible(html: str, gap: str = " ") -> str:
    text = "".join(gap if part.startswith("<") else part for part in _parts(html or ""))
    return " ".join(text.split())


def _parts(html: str) -> list[str]:
    parts, rest = [], html
    while rest:
        cut = rest.find(">") + 1 if rest.startswith("<") else rest.find("<")
        cut = cut if cut > 0 else len(rest)
        parts.append(rest[:cut])
        rest = rest[cut:]
    return parts


def _eans(pair: Pair) -> list[str]:
    return [str(pair.product(record["id"])["ean"]) for record in pair.case["products"]]


def _values(pair: Pair, sku: str) -> set[str]:
    attributes = pair.product(sku)["attributes"] or {}
    values = attributes.values() if isinstance(attributes, dict) else attributes
    return {str(item) for value in values for item in (value if isinstance(value, list) else [value])}
