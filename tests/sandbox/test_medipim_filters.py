"""Filters, sortings and validation of Medipim.

See docs/api/medipim.md#query-grammar and docs/api/medipim.md#product-questions.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

ALL = {"not": {"id": "none"}}
BY_ID = {"id": "ASC"}


def test_filters_are_really_evaluated(medipim: Callable[..., Any]) -> None:
    """Each filter gives exactly the products for which it is true."""
    client = medipim(products=300)
    rows = client.service.catalogue.products
    one = next(row for row in rows.values() if row["ean"] and row["brands"])
    brand, category = one["brands"][0]["id"], one["publicCategories"][0]["id"]
    cases = {
        "brand": ({"brand": brand}, lambda r: any(b["id"] == brand for b in r["brands"])),
        "category": ({"publicCategory": [category]}, lambda r: any(c["id"] == category for c in r["publicCategories"])),
        "status": ({"status": ["replaced", "inactive"]}, lambda r: r["status"] in {"replaced", "inactive"}),
        "ean": ({"ean": one["ean"]}, lambda r: bool(set(r["ean"]) & set(one["ean"]))),
        "cnk": ({"cnk": int(one["cnk"])}, lambda r: r["cnk"] == one["cnk"]),
        "flag": ({"prescription": True}, lambda r: r["prescription"]),
        "created": (
            {"createdAt": {"from": 1_650_000_000, "until": 1_700_000_000}},
            lambda r: r["meta"]["createdAt"] is not None and 1_650_000_000 <= r["meta"]["createdAt"] <= 1_700_000_000,
        ),
        "content": ({"hasContent": {"flag": "name", "locale": "en"}}, lambda r: bool(r["name"]["en"])),
        "minimum": ({"minimumContent": True}, lambda r: bool(r["photos"] and r["descriptions"])),
        "search": (
            {"search": {"query": "GEL", "locale": "nl", "type": "contains"}},
            lambda r: "gel" in (r["name"]["nl"] or "").lower(),
        ),
        "apb": ({"apbCategory": "cosmetics"}, lambda r: r["apbCategory"]["id"] == "cosmetics"),
        "two keys": ({"apbCategory": "cosmetics", "prescription": False}, None),
        "or": ({"or": [{"brand": brand}, {"status": "inactive"}]}, None),
        "not": ({"not": {"status": "active"}}, lambda r: r["status"] != "active"),
    }
    for name, (body, expected) in cases.items():
        found = client.ids(body)
        assert found, name
        if expected is not None:
            assert found == sorted(key for key, row in rows.items() if expected(row)), name


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filter": ALL, "sorting": BY_ID},
        {"filter": ALL, "page": {}},
        {"sorting": BY_ID, "page": {}},
        {"filter": {"colour": "red"}, "sorting": BY_ID, "page": {}},
        {"filter": {"status": "gone"}, "sorting": BY_ID, "page": {}},
        {"filter": {"pzn": "1"}, "sorting": BY_ID, "page": {}},
        {"filter": {"id": [str(i) for i in range(1001)]}, "sorting": BY_ID, "page": {}},
        {"filter": {"or": [{"id": [str(i) for i in range(800)]}, {"cnk": ["1"] * 800}]}, "sorting": BY_ID, "page": {}},
        {"filter": ALL, "sorting": {"id": {"direction": "ASC"}}, "page": {}},
        {"filter": ALL, "sorting": {"weight": "ASC"}, "page": {}},
        {"filter": ALL, "sorting": {"name": {"direction": "ASC", "locale": "es"}}, "page": {}},
        {"filter": ALL, "sorting": BY_ID, "page": {"size": 1}},
        {"filter": ALL, "sorting": BY_ID, "page": {"no": -1}},
    ],
)
def test_bad_requests_are_422_with_violations(medipim: Callable[..., Any], body: dict[str, Any]) -> None:
    """Validation failures name the field; the status is a switch."""
    for status in (422, 400):
        answer = medipim(products=1, validation_status=status).post("/v4/products/query", body)
        assert answer.status_code == status
        assert answer.json()["error"]["violations"][0]["message"]


def test_a_brand_equivalent_is_asked_for_one_code_alone(medipim: Callable[..., Any]) -> None:
    """As the page says of it, and of no other code (docs/api/medipim.md#product-codes)."""
    client = medipim(products=1, market="us")
    for value, status in (("00000856001503", 200), (["00000856001503"], 422)):
        body = {"filter": {"brandEquivalent": value}, "sorting": BY_ID, "page": {}}
        assert client.post("/v4/products/query", body).status_code == status


def test_a_search_of_v3_has_no_type(medipim: Callable[..., Any]) -> None:
    """Query and locale (docs/api/medipim.md#v3)."""
    client = medipim(products=1)
    for more, status in (({}, 200), ({"type": "contains"}, 422)):
        body = {"filter": {"search": {"query": "gel", "locale": "nl", **more}}}
        assert client.post("/v3/products/search", body).status_code == status


def test_a_body_that_is_not_json_is_400(medipim: Callable[..., Any]) -> None:
    """``bad_request`` is documented."""
    client = medipim(products=1)
    answer = client.session.post(client.url + "/v4/products/query", data=b"{", timeout=5)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


def test_codes_of_a_wrong_length_are_refused_in_france(medipim: Callable[..., Any]) -> None:
    """``cip13`` wants exactly 13 characters (docs/api/medipim.md#code-lengths)."""
    client = medipim(products=20, market="fr")
    assert client.stream({"cip13": "340093"}).status_code == 422
    known = next(row["cip13"] for row in client.service.catalogue.products.values() if row["cip13"])
    assert len(client.ids({"cip13": known})) == 1


@pytest.mark.parametrize("name", ["id", "createdAt", "touchedAt", "statusTouchedAt", "status", "cnk"])
def test_sorting_is_done_with_ties_by_id(medipim: Callable[..., Any], name: str) -> None:
    """ASC and DESC hold the same products; equal values stay in the order of the ids."""
    client = medipim(products=200)
    up, down = client.ids(ALL, {name: "ASC"}), client.ids(ALL, {name: "DESC"})
    assert sorted(up) == sorted(down)
    rows = client.service.catalogue.products
    if name == "touchedAt":
        assert up == sorted(up, key=lambda key: (rows[key]["meta"]["updatedAt"], key))
        assert down == sorted(sorted(up), key=lambda key: -rows[key]["meta"]["updatedAt"])


@pytest.mark.parametrize("market", ["be", "fr", "de", "es", "au", "us"])
def test_each_market_has_its_fields(medipim: Callable[..., Any], market: str) -> None:
    """The codes of each market are there (docs/api/medipim.md#product-codes), prices everywhere but in the US."""
    client = medipim(products=10, market=market)
    row = next(iter(client.service.catalogue.products.values()))
    assert set(client.service.market.codes) <= set(row)
    assert ("publicPrice" in row) == (market != "us")
    assert set(row["name"]) == set(client.service.market.locales)
    assert len(client.ids(ALL)) == 10


def test_media_are_listed_once_and_filtered(medipim: Callable[..., Any]) -> None:
    """Shared photos appear once; ``product`` and ``type`` filter."""
    client = medipim(products=60)
    answer = client.stream({"published": True}, path="/v4/media/stream")
    lines = [json.loads(line) for line in answer.iter_lines()]
    ids = [line["result"]["id"] for line in lines]
    assert len(ids) == len(set(ids))
    row = next(row for row in client.service.catalogue.products.values() if row["photos"])
    mine = client.stream({"and": [{"product": row["id"]}, {"type": "photo"}]}, path="/v4/media/stream")
    assert mine.content.count(b"\n") == len(row["photos"])
