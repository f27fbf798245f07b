"""Medipim over real HTTP: keys, routes, paging, streams, changes."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox import MedipimOptions, MedipimService


def test_a_missing_or_wrong_key_is_401(medipim: Callable[..., Any]) -> None:
    """Every endpoint needs the Basic pair (docs/api/medipim.md#authentication)."""
    client = medipim()
    for auth in (None, ("1", "wrong"), ("2", client.service.options.api_key_secret)):
        answer = requests.post(client.url + "/v4/brands/query", auth=auth, timeout=5)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "authentication.not_authenticated"
    assert [record.authorised for record in client.service.requests] == [False] * 3
    assert "authorization" not in client.service.requests[0].headers


def test_the_stream_equals_the_query(medipim: Callable[..., Any]) -> None:
    """Stream and paged query hold the same products in the same order, but for the volatile link."""
    client = medipim(products=130)
    body = {"filter": {"status": ["active", "inactive"]}, "sorting": {"touchedAt": "DESC"}}
    streamed = list(map(requests.compat.json.loads, client.post("/v4/products/stream", body).iter_lines()))
    paged = []
    for number in range(3):
        page = client.post("/v4/products/query", {**body, "page": {"no": number, "size": 50}}).json()
        assert page["meta"]["page"] == {"no": number, "offset": number * 50, "size": 50}
        paged += page["results"]
    assert [line["meta"] for line in streamed] == [{"total": len(paged), "index": i} for i in range(len(paged))]
    links = [
        (line["result"]["meta"].pop("embedUrl"), row["meta"].pop("embedUrl"))
        for line, row in zip(streamed, paged, strict=False)
    ]
    assert all(first != second for first, second in links)
    assert [line["result"] for line in streamed] == paged


def test_a_stream_without_matches_is_204(medipim: Callable[..., Any]) -> None:
    """No match: 204 and an empty body (docs/api/medipim.md#streams)."""
    answer = medipim().stream({"updatedSince": 4_000_000_000})
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_stream_has_the_documented_type_and_is_chunked(medipim: Callable[..., Any]) -> None:
    """The vendor's client compares the content type for equality."""
    headers = medipim().stream().headers
    assert headers["content-type"] == "application/x-json-stream"
    assert headers["transfer-encoding"] == "chunked"


def test_a_stream_can_be_compressed(medipim: Callable[..., Any]) -> None:
    """With the switch on, clients that accept gzip get it."""
    answer = medipim(gzip=True).stream()
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content.count(b"\n") == 120


def test_rows_past_the_cap_cannot_be_reached(medipim: Callable[..., Any]) -> None:
    """Page 40 of 250 is refused, or empty by switch; the total is true, or clipped by switch."""
    body = {"filter": {"not": {"id": "none"}}, "sorting": {"id": "ASC"}, "page": {"no": 40, "size": 250}}
    client = medipim(products=10_100)
    assert client.post("/v4/products/query", body).status_code == 422
    last = client.post("/v4/products/query", {**body, "page": {"no": 39, "size": 250}}).json()
    assert (len(last["results"]), last["meta"]["total"]) == (250, 10_100)
    client = medipim(products=10_100, beyond_cap="empty", clip_total=True)
    beyond = client.post("/v4/products/query", body).json()
    assert (beyond["results"], beyond["meta"]["total"]) == ([], 10_000)


def test_a_question_asked_again_shows_what_changed_meanwhile(medipim: Callable[..., Any]) -> None:
    """Rows that were found are kept for the next page, and found anew when a product came, went or changed."""
    client = medipim(products=20)
    everything, catalogue = {"not": {"id": "none"}}, client.service.catalogue
    before = client.ids(everything)
    added = client.service.add(1)
    assert client.ids(everything) == sorted(before + added)
    client.service.deactivate(added[0])
    assert added[0] in client.ids({"status": ["inactive"]})
    catalogue.remove(added[0])
    assert client.ids(everything) == before
    named = {"search": {"query": "renamed in place"}}
    assert client.post("/v4/products/stream", {"filter": named, "sorting": {"id": "ASC"}}).status_code == 204
    catalogue.products[before[3]]["name"]["nl"] = "renamed in place"
    assert client.ids(named) == [before[3]]


def test_reference_lists_are_whole_unless_paged(medipim: Callable[..., Any]) -> None:
    """``meta.page`` is there only if the request had ``page`` (docs/api/medipim.md#answer-meta)."""
    client = medipim()
    whole = client.post("/v4/public-categories/query").json()
    assert whole["meta"] == {"total": 60}
    assert whole["results"][0]["parent"] is not None
    paged = client.post("/v4/public-categories/query", {"page": {"no": 1, "size": 50}}).json()
    assert paged["meta"]["page"]["offset"] == 50
    assert paged["results"] == whole["results"][50:]


def test_categories_repeat_a_name_below_different_parents(medipim: Callable[..., Any]) -> None:
    """A name alone never identifies a category."""
    rows = medipim().post("/v4/public-categories/query", {"filter": {"search": {"query": "kinderen", "locale": "nl"}}})
    assert len({row["parent"] for row in rows.json()["results"]}) == 2


def test_market_endpoints_exist_only_in_their_markets(medipim: Callable[..., Any]) -> None:
    """BCFI is Belgian, OSP French, fine line American (docs/api/medipim.md#read-endpoints)."""
    for market, path in (("be", "bcfi-categories"), ("fr", "osp-categories"), ("us", "fine-line-categories")):
        client = medipim(market=market, products=3)
        assert client.post(f"/v4/{path}/query", []).json()["meta"]["total"] == 3
        other = "osp-categories" if market != "fr" else "bcfi-categories"
        assert client.post(f"/v4/{other}/query").status_code == 404


def test_switched_off_endpoints(medipim: Callable[..., Any]) -> None:
    """A resource can be made missing or forbidden."""
    client = medipim(missing_endpoints=frozenset({"atc-categories"}), forbidden_endpoints=frozenset({"media"}))
    assert client.post("/v4/atc-categories/query").status_code == 404
    assert client.stream(path="/v4/media/stream").status_code == 403


def test_write_endpoints_are_forbidden(medipim: Callable[..., Any]) -> None:
    """The key may not write (docs/api/medipim.md#write-endpoints)."""
    assert medipim().post("/v4/products/update", {}).status_code == 403


def test_find_uses_the_documented_wrappers(medipim: Callable[..., Any]) -> None:
    """Each find endpoint has its own key (docs/api/medipim.md#find-wrappers)."""
    client = medipim(products=30)
    product = next(row for row in client.service.catalogue.products.values() if row["cnk"])
    assert client.get("/v4/products/find", id=product["id"]).json()["product"]["cnk"] == product["cnk"]
    assert client.get("/v4/products/find", cnk=product["cnk"]).json()["product"]["id"] == product["id"]
    assert client.get("/v4/products/find", id="M000000000").status_code == 404
    for path, key in (("brands", "brand"), ("organizations", "organisationItem"), ("product/attributes", "newsItem")):
        first = client.post(f"/v4/{path}/query").json()["results"][0]["id"]
        assert client.get(f"/v4/{path}/find", id=first).json()[key]["id"] == first
    media = client.post("/v4/media/query", {"filter": {"published": True}, "sorting": {"id": "ASC"}, "page": {}}).json()
    first = media["results"][0]["id"]
    assert client.get("/v4/media/find", id=first).json()["mediaItem"]["id"] == first


def test_get_fields_lists_codes(medipim: Callable[..., Any]) -> None:
    """Codes double as hasContent flags."""
    fields = {row["code"]: row for row in medipim(products=2).get("/v4/products/get-fields").json()["fields"]}
    assert fields["name"]["isLocalized"]
    assert "descriptions.usage" in fields


def test_v3_has_its_own_shapes(medipim: Callable[..., Any]) -> None:
    """Localized brand names, content with html and markdown, optional sorting and page (docs/api/medipim.md#v3)."""
    client = medipim()
    answer = client.post("/v3/products/search", {"filter": {"status": "active"}}).json()
    product = next(row for row in answer["results"] if row["brands"] and row["descriptions"])
    assert set(product["brands"][0]["name"]) == {"nl", "fr", "en", "de"}
    assert set(product["descriptions"][0]["content"]["nl"]) == {"html", "markdown"}
    assert "gtin" not in product
    assert client.get("/v3/brands/all").json()["meta"]["total"] == 48
    assert medipim(market="fr").get("/v3/brands/all").status_code == 404


def test_the_catalogue_depends_on_the_seed_only() -> None:
    """The same seed gives the same ids and records; another seed others."""
    first, second, other = (MedipimService(MedipimOptions(products=20, seed=seed)).catalogue for seed in (1, 1, 2))
    assert dict(first.products) == dict(second.products)
    assert not set(first.products) & set(other.products)


def test_the_catalogue_holds_the_awkward_values() -> None:
    """Statuses, shared codes, codeless products, shared seconds, missing creation times.

    See docs/api/medipim.md#surprises.
    """
    rows = list(MedipimService(MedipimOptions(products=1000)).catalogue.products.values())
    statuses = [row["status"] for row in rows]
    assert {"active", "inactive", "replaced", "no_selection"} == set(statuses)
    replaced = [row for row in rows if row["status"] == "replaced"]
    assert all(row["ean"] == [] and row["cnk"] is None and row["replacement"] for row in replaced)
    codes = [row["eanGtin14"] for row in rows if row["eanGtin14"]]
    assert len(codes) > len(set(codes))
    assert any(not row["ean"] and row["cnk"] is None and row["status"] == "active" for row in rows)
    seconds = [row["meta"]["updatedAt"] for row in rows]
    assert max(seconds.count(second) for second in set(seconds)) > 50
    assert any(row["meta"]["createdAt"] is None for row in rows)
    assert any("popularity" in row for row in rows)
    assert {row["publicPrice"] for row in rows} >= {0, None}
    assert any(len(row["ean"]) == 2 and row["ean"][1] == "0" + row["ean"][0] for row in rows)
    texts = [text for row in rows for item in row["descriptions"] for text in item["content"].values() if text]
    assert any("<script>" in text for text in texts)


@pytest.mark.parametrize("market", ["be", "fr", "de", "es", "au", "us"])
def test_every_catalogue_holds_the_awkward_texts(market: Any) -> None:
    """Legal texts, parts without a full text, other groups and languages; in the first hundred products too.

    See docs/api/medipim.md#description-types and docs/api/medipim.md#localized.
    """
    rows = list(MedipimService(MedipimOptions(products=100, market=market)).catalogue.products.values())
    kinds = [{text["type"] for text in row["descriptions"]} for row in rows]
    legal = [(row["requiresLegalText"], "legal_text" in found) for row, found in zip(rows, kinds, strict=True)]
    assert set(legal) == {(True, True), (True, False), (False, True), (False, False)}
    assert any("full_description" not in found and len(found - {"legal_text"}) > 1 for found in kinds)
    texts = [text for row in rows for text in row["descriptions"]]
    groups = {tuple(text["targetGroups"]) for text in texts}
    assert groups == {("public", "pharmacist"), ("pharmacist",), ("webshop",), ()}
    assert any(all(text["targetGroups"] == ["pharmacist"] for text in row["descriptions"]) for row in rows)
    contents = [html for text in texts for html in text["content"].values() if html]
    assert all(any(part in html for html in contents) for part in ("<section>", "data:image", "<o:p>", "<!--"))
    names = [name for row in rows for name in row["name"].values() if name]
    assert any("&amp;" in name for name in names)
    assert len(rows[0]["name"]) == 1 or any(not text["content"][next(iter(text["content"]))] for text in texts)


def test_absent_values_by_switch(medipim: Callable[..., Any]) -> None:
    """Scalars and translations are null, or left out."""
    client = medipim(null_scalars=False, null_locales=False)
    for line in client.stream().iter_lines():
        result = requests.compat.json.loads(line)["result"]
        assert None not in result.values()
        assert None not in result["name"].values()


def test_a_change_moves_the_product_on(medipim: Callable[..., Any]) -> None:
    """``change`` and ``touch`` give new later seconds that ``updatedSince`` sees."""
    client = medipim(products=50)
    service = client.service
    before = max(row["meta"]["updatedAt"] for row in service.catalogue.products.values())
    first, second, third, fourth = list(service.catalogue.products)[:4]
    service.change(first, lambda raw: raw["name"].update(nl="Nieuw"))
    service.touch([second])
    service.deactivate(third)
    service.replace(fourth, by=first)
    new = service.add(2)
    changed = client.ids({"updatedSince": before + 1}, {"touchedAt": "ASC"})
    assert changed == [first, second, third, fourth, *sorted(new)]
    assert client.ids({"and": [{"status": "replaced"}, {"updatedSince": before + 1}]}) == [fourth]
    assert service.catalogue.products[first]["name"]["nl"] == "Nieuw"


def test_a_running_stream_keeps_its_snapshot(medipim: Callable[..., Any]) -> None:
    """A change during the stream is not seen by that stream."""
    client = medipim(products=2000)
    last = max(client.service.catalogue.products)
    body = {"filter": {"not": {"id": "x"}}, "sorting": {"id": "ASC"}}
    with client.post("/v4/products/stream", body, stream=True) as answer:
        lines = answer.iter_lines(chunk_size=65_536)
        next(lines)
        client.service.change(last, lambda raw: raw.update(supplierReference="CHANGED"))
        rest = list(lines)
    assert b"CHANGED" not in rest[-1]
    assert len(rest) == 1999


def test_the_clock_of_updated_since_by_switch(medipim: Callable[..., Any]) -> None:
    """The bound is inclusive by default, exclusive by switch."""
    for inclusive in (True, False):
        client = medipim(products=10, updated_since_inclusive=inclusive)
        second = client.service.touch(list(client.service.catalogue.products)[:1])
        assert len(client.ids({"updatedSince": second})) == int(inclusive)


def test_control_routes(medipim: Callable[..., Any]) -> None:
    """The sandbox's own routes need no key and stay out of the log."""
    client = medipim(products=40)
    changed = requests.post(client.url + "/_sandbox/change", json={"count": 3}, timeout=5).json()["changed"]
    assert len(changed) == 3
    assert all("changed" in client.service.catalogue.products[key]["name"]["nl"] for key in changed)
    summary = requests.get(client.url + "/_sandbox/summary", timeout=5).json()
    assert (summary["products"], summary["requests"]) == (40, 0)
