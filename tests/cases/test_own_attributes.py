"""Medipim's own attributes arrive with the names that its streams tell; links go when their time is over."""

from typing import Any

import pytest

from tests.cases.records import product
from tests.target.conftest import lines

COLOUR = {"id": 4, "code": "color", "name": {"nl": "Kleur", "fr": "Couleur"}}
OPTION = {"id": 91, "type": "color", "name": {"nl": "blauw"}}
VALUES = {"attributes_mode": "values"}


@pytest.fixture
def modern(make_shop: Any) -> Any:
    """A MicroPIM that takes attributes."""
    return make_shop(VALUES, attributes="map")


def feed(shop: Any, *products: Any, **streams: Any) -> Any:
    """A night with other streams before the products."""
    given = b"\n".join(lines(**streams, products=list(products))) + b"\n"
    return shop.fed(given)


def test_names_come_from_the_stream_and_stay_known(modern: Any) -> None:
    """Also on a night on which the stream is not read; no definition is made twice."""
    record = product("M1", "A", attributes=[OPTION])
    night = feed(modern, record, attributes=[COLOUR], attribute_options=[OPTION])
    assert night.is_good
    assert modern.product("M1")["attributes"] == {"color": "blauw"}
    assert [row["name"] for row in modern.pim.attributes.values()] == ["Kleur"]
    assert night.report["streams"]["attributes"] == {"received": 1, "acknowledged": 1}
    taste = {"id": 92, "type": "color", "name": {"nl": "wit"}}
    assert modern.night({**record, "attributes": [OPTION, taste]}).is_good
    assert modern.product("M1")["attributes"] == {"color": "blauw, wit"}
    assert len(modern.pim.attributes) == 1


def test_a_definition_without_a_code_is_found_by_its_name_in_another_language(make_shop: Any) -> None:
    """It was made in English by an earlier version."""
    shop = make_shop({**VALUES, "attribute_template": {"name": "{name}"}}, attributes="map")
    shop.night(product("M1", "A", weight=3), locale="en", fallback_locales=["nl"])
    shop.night(product("M1", "A", weight=4))
    assert [row["name"] for row in shop.pim.attributes.values()] == ["Weight"]


def test_a_link_counts_while_it_is_available(modern: Any) -> None:
    """The same record, on the next nights: another one of its links is of now."""
    now = int(modern.time.wall())
    links = [
        {"id": n, "linkType": "video", "url": f"https://v/{n}", "available": {"from": now - 9, "until": now + ends}}
        for n, ends in ((1, 40_000), (2, 900_000))
    ]
    for url in ("https://v/1", "https://v/2", "https://v/2"):
        assert modern.night(product("M1", "A", links=links)).is_good
        assert modern.product("M1")["attributes"] == {"video": url}


def film(url: str, until: int | None, **fields: Any) -> Any:
    """A product with a film that is to be seen until then."""
    window = None if until is None else {"from": 1, "until": until}
    link = {"id": url, "linkType": "video", "url": f"https://v/{url}", "available": window, **fields}
    return product("M1", "A", weight=3, links=[link])


@pytest.mark.parametrize("over", [{"until": 2}, {"until": None, "targetGroups": ["pharmacist"]}])
def test_a_link_that_is_over_is_taken_out(modern: Any, over: Any) -> None:
    """It was ours; a new one goes again, and the same one too when its time is extended."""
    modern.night(film("a", None))
    assert modern.night(film("a", **over)).is_good
    assert modern.product("M1")["attributes"] == {"video": "", "weight": "3 g"}
    modern.forget_requests()
    modern.night(film("a", **over, seoName={"nl": "x"}))
    modern.night({**film("a", **over), "seoName": {"nl": "x"}})
    assert [write for write in modern.writes() if "attributes" in write] == []
    modern.night(film("a", None))
    assert modern.product("M1")["attributes"]["video"] == "https://v/a"


def test_a_link_of_a_persons_own_stays(modern: Any) -> None:
    """And one that never was there makes no attribute."""
    modern.night(film("a", None))
    modern.people.edit(modern.id_of("M1"), attributes={"video": "https://own", "weight": "3 g"})
    modern.night(film("a", 2))
    assert modern.product("M1")["attributes"] == {"video": "https://own", "weight": "3 g"}
    modern.night({**film("a", 2), "id": "M2"})
    assert modern.product("M2")["attributes"] == {"weight": "3 g"}
