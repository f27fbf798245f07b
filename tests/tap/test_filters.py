"""The filter setting: known before the first request, split where it is too long, and part of the bookmark."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pim_wire.schema_files import read_schema
from sandbox import Sandbox
from tap_medipim.filters import MAX_CODES, both, read_filter, refusals, shape_errors, split

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
TIME = {"from": 1471525605, "until": 1571525605}

# The examples of the vendors' pages (US v4, BE v3), and the names that are known (docs/api/medipim.md#product-filters)
# for the other markets.
COMMON = [
    {"id": "M12345ABCD"}, {"id": [1, 2]}, {"status": "active"}, {"status": ["replaced", "inactive"]},
    {"organization": [2, 15]}, {"publicCategory": 12}, {"brand": [14, 3]}, {"productFamily": 4},
    {"search": {"query": "my query", "locale": "en", "type": "contains"}}, {"minimumContent": True},
    {"hasContent": {"flag": "name", "locale": "en"}}, {"hasContent": {"flag": "media"}}, {"ean": "3574660696318"},
    {"ean": ["01234567", "123456789012", "3401526293056"]}, {"gtin": "03664798014846"}, {"eanGtin8": "01234567"},
    {"eanGtin12": ["123456789012"]}, {"eanGtin13": "0012345678901"}, {"eanGtin14": "01234567890123"},
    {"hsCode": ["010203", "010204"]}, {"activeIngredient": [1, 2]}, {"conservation": ["room", "frozen"]},
    {"allowedSpecies": "human"}, {"atcCategory": ["BC01D", "A1"]}, {"biocide": False}, {"attributes": [1, 2]},
    {"officialDeletionAt": 1471525605}, {"createdAt": TIME}, {"updatedSince": 1471525605}, {"updatedSince": TIME},
    {"and": [{"brand": [24, 65]}, {"status": "active"}]}, {"or": [{"publicCategory": [2, 16]}, {"status": "active"}]},
    {"not": {"publicCategory": 81}}, {"and": [{"not": {"or": [{"brand": 1}, {"brand": 2}]}}]},
    {"brand": 1, "status": "active"}, {"narcotic": True}, {"media": [700001, 700002]},
]  # fmt: skip
BY_MARKET = {
    "be": [
        {"cnk": ["1234567", "4444444"]}, {"apbCategory": ["material", "reactive"]}, {"bcfiCategory": "0017566"},
        {"prescription": True}, {"writtenRequestByPatient": False}, {"cti": "240904"},
        {"ecommerce": ["yes", "unknown"]},
    ],
    "fr": [
        {"ecommerce": "no"}, {"prescription": False}, {"cipOrAcl7": "3012345"},
        {"cip13": "3400930123454"}, {"acl13": ["3401526293056"]},
    ],
    "de": [{"pzn": "01234567"}],
    "es": [{"cn": ["123456"]}],
    "au": [
        {"artgId": "12345"}, {"pbs": "1234A"}, {"fred": "1"}, {"zCode": "2"}, {"snomedMp": "12345678901234567"},
        {"snomedMpp": "1"}, {"snomedMpuu": "1"}, {"snomedTp": "1"}, {"snomedTpp": ["1"]}, {"snomedTpuu": "1"},
        {"snomedCtpp": "1"}, {"notApplicableField": ["artgId"]}, {"gs1Category": "10000922"},
    ],
    "us": [
        {"ndc": ["1234-1234-12", "12345678912"]}, {"upc10": "0123456789"}, {"upc11": "00123456789"},
        {"upc12": "000123456789"}, {"hamacherCode": ["63", "79"]}, {"privateLabelType": ["NAT", "GDS"]},
        {"pin": "12345-1234-12"}, {"hri": "1234-123456"}, {"brandEquivalent": "00000856001503"},
        {"fineLineCategory": ["0113", "0210"]},
    ],
}  # fmt: skip
V3 = [
    {"id": ["M12345ABCD", "M54321DCBA"]}, {"cnk": "4444444"}, {"status": ["replaced", "inactive"]},
    {"apbCategory": ["material", "reactive"]}, {"conservation": ["room", "frozen"]}, {"publicCategory": [3, 6]},
    {"bcfiCategory": ["0017566", "0000976"]}, {"brand": [4, 3]}, {"organization": 2}, {"prescription": True},
    {"writtenRequestByPatient": True}, {"minimumContent": False}, {"createdAt": TIME}, {"updatedSince": 1471525605},
    {"cti": "240904"}, {"ean": ["3574660696318", "3401526293056"]}, {"gtin": "03664798014846"},
    {"activeIngredient": [1, 2]}, {"search": {"query": "test", "locale": "nl"}}, {"productFamily": "0017566"},
    {"ecommerce": ["yes", "unknown"]}, {"and": [{"brand": [24]}, {"status": "active"}]}, {"not": {"cnk": "1"}},
    {"or": [{"publicCategory": [2, 16]}, {"status": "active"}]},
]  # fmt: skip
# Filters that no page of these markets shows or denies (docs/api/medipim.md#product-filters): let through here, unknown
# to the sandbox.
NOT_SEEN = {code: {"narcotic", "media"} for code in ("be", "de", "es")} | {"fr": {"narcotic"}} | {
    code: {"media"} for code in ("au", "us")
}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ({}, None),
        ("{}", None),
        ('{"brand": [21]}', {"brand": [21]}),
        ({"not": {"brand": [1]}}, {"not": {"brand": [1]}}),
    ],
)
def test_a_filter_is_an_object_or_its_text(value: Any, read: Any) -> None:
    """Both forms mean the same; an empty one is none."""
    assert read_filter(value) == read


@pytest.mark.parametrize("value", ["{", "[1]", "12", [1], 12])
def test_a_filter_that_is_no_object_is_refused(value: Any) -> None:
    """Neither a list nor half a text passes."""
    with pytest.raises(ValueError, match=r"JSON|object"):
        read_filter(value)


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ({"brand": [1]}, []),
        ({"and": [{"brand": 1}, {"or": [{"not": {"a": 0}}, {"b": False}]}]}, []),
        ({"and": []}, ["filter.and"]),
        ({"or": {"brand": 1}}, ["filter.or"]),
        ({"not": [{"brand": 1}]}, ["filter.not"]),
        ({"and": [{"brand": None}, 3, {}]}, ["filter.and[0].brand", "filter.and[1]", "filter.and[2]"]),
    ],
)
def test_what_is_wrong_with_a_filter_is_named_with_its_place(value: Any, places: list[str]) -> None:
    """Every mistake is listed, not just the first."""
    assert [error.split(":")[0] for error in shape_errors(value)] == places


def test_both_filters_must_match() -> None:
    """Ours is and-ed to theirs, also when theirs has several keys."""
    assert both({"a": 1, "b": 2}, {"c": 3}) == {"and": [{"a": 1, "b": 2}, {"c": 3}]}
    assert both(None, {"c": 3}) == {"c": 3}


def examples_of(market: str) -> list[dict[str, Any]]:
    """The examples of a market of v4, or of v3."""
    return V3 if market == "v3" else [*COMMON, *BY_MARKET[market]]


MARKET_CASES = [(market, example) for market, examples in BY_MARKET.items() for example in [*COMMON, *examples]]


@pytest.mark.parametrize(("market", "example"), MARKET_CASES, ids=str)
def test_documented_v4_filters_are_accepted(market: str, example: dict[str, Any]) -> None:
    """Every filter of the pages passes in its market."""
    assert list(refusals(example, "v4", market)) == []


@pytest.mark.parametrize("example", V3, ids=str)
def test_documented_v3_filters_are_accepted(example: dict[str, Any]) -> None:
    """Every filter of the v3 page passes."""
    assert list(refusals(example, "v3", "be")) == []


@pytest.mark.parametrize("market", [*BY_MARKET, "v3"])
def test_the_examples_are_all_filters_of_a_market(market: str) -> None:
    """No filter that the schema offers to a market is without an example here."""
    version, code = ("v3", "be") if market == "v3" else ("v4", market)
    known = read_schema("medipim/filters", version)["$defs"]["filter"]["properties"]
    offered = {name for name, rule in known.items() if code in rule.get("x-markets", [code])}

    assert {name for example in examples_of(market) for name in example} >= offered


@pytest.mark.parametrize("market", [*BY_MARKET, "v3"])
def test_the_sandbox_accepts_them_too(market: str, sandbox: Make, run_tap: Run) -> None:
    """Filters that pass the check are filters the service takes; one request holds them all."""
    version, code = ("v3", "be") if market == "v3" else ("v4", market)
    box = sandbox(products=10, market=code)
    taken = [example for example in examples_of(market) if not (set(example) & set(NOT_SEEN.get(code, ())))]

    run = run_tap(box, "products", filter={"or": taken}, api_version=version)

    assert run.error is None
    assert run.ids()


@pytest.mark.parametrize(
    ("wrong", "market", "words"),
    [
        ({"colour": "red"}, "be", "no filter colour"),
        ({"and": [{"status": "active"}, {"colour": "red"}]}, "be", "filter.and.1: v4 has no filter colour"),
        ({"cnk": "1234567"}, "fr", "exists in be only"),
        ({"not": {"pzn": "1"}}, "be", "filter.not.pzn"),
        ({"status": "sold"}, "be", "filter.status"),
        ({"brand": "Exemplia"}, "be", "filter.brand"),
        ({"cip13": "123"}, "fr", "filter.cip13"),
        ({"and": []}, "be", "filter.and: must be a list of filters"),
        ({"or": {"brand": 1}}, "be", "filter.or: must be a list of filters"),
        ({"brand": None}, "be", "filter.brand: has no value"),
        ({"or": [{"ean": [str(n) for n in range(1001)]}]}, "be", "1001 codes"),
        ({"not": {"ean": [str(n) for n in range(1001)]}}, "be", "1001 codes"),
        ({"ean": [str(n) for n in range(1001)], "gtin": [str(n) for n in range(1001)]}, "be", "2002 codes"),
        ("{nope", "be", "is not JSON"),
        ("[1]", "be", "must be an object"),
    ],
)
def test_a_wrong_filter_is_one_line_and_no_request(
    wrong: Any, market: str, words: str, sandbox: Make, tap_command: Callable[..., Any], tap_config: Callable[..., Any]
) -> None:
    """Unknown name, wrong market, wrong type, wrong nesting, too many codes: said before anything is asked."""
    box = sandbox(products=1, market=market)

    ended = tap_command(tap_config(box, filter=wrong))

    assert ended.code == 1
    assert len(ended.errors) == 1
    assert words in ended.errors[0]
    assert box.medipim.requests == []


@pytest.mark.parametrize("as_text", [True, False])
def test_a_filter_may_come_as_an_object_or_as_text(as_text: bool, sandbox: Make, run_tap: Run) -> None:
    """Environment variables give JSON text, files give objects; both narrow the products."""
    box = sandbox(products=60)
    wanted = {"status": ["inactive", "replaced"]}

    run = run_tap(box, "products", filter=json.dumps(wanted) if as_text else wanted)

    assert run.ids()
    assert {record["status"] for record in run.records()} <= {"inactive", "replaced"}


@pytest.mark.parametrize("endpoint", ["stream", "query"])
@pytest.mark.parametrize("nested", [True, False])
def test_a_long_list_of_codes_is_asked_in_parts(nested: bool, endpoint: str, sandbox: Make, run_tap: Run) -> None:
    """1,500 codes are two questions; their union arrives, no version twice, and the state moves at the end only."""
    box = sandbox(products=60)
    ids = list(box.medipim.catalogue.products)
    codes = [*(f"M{number:09X}" for number in range(1, 1441)), *ids]
    wanted: dict[str, Any] = {"id": codes}
    if nested:
        wanted = {"and": [wanted, {"status": ["active", "inactive", "replaced"]}]}

    run = run_tap(box, "products", filter=wanted, products_endpoint=endpoint, page_size=10)

    expected = [key for key in ids if not nested or box.medipim.catalogue.products[key]["status"] != "no_selection"]
    assert run.error is None
    assert sorted(run.ids()) == sorted(expected)
    assert {len(part) for part in sent_codes(box)} == {MAX_CODES, 500}
    moved = [state["bookmarks"]["products"].get("replication_key_value") for state in run.states[:-1]]
    assert run.bookmark() is not None
    assert set(moved) <= {None, run.bookmark()}


def sent_codes(box: Sandbox) -> list[list[str]]:
    """The id lists of the requests."""
    found: list[list[str]] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("id"), list):
                found.append(value["id"])
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    for request in box.medipim.requests:
        look((request.body or {}).get("filter"))
    return found


def test_codes_beside_the_long_list_count_too() -> None:
    """A part holds at most 1,000 codes in all."""
    parts = split({"and": [{"ean": [str(n) for n in range(1500)]}, {"gtin": ["1", "2"]}]}, "v4")

    assert [len(part["and"][0]["ean"]) for part in parts if part] == [998, 502]


def test_a_changed_filter_voids_the_bookmark(sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture) -> None:
    """A bookmark of another filter says nothing about what this one matches: all is read again, and said once."""
    box = sandbox(products=60)
    first = run_tap(box, "products", filter={"status": "active"})

    caplog.clear()
    changed = run_tap(box, "products", state=first.state, filter={"status": ["inactive", "replaced"]})
    warnings = [record.message for record in caplog.records if "filter setting changed" in record.message]
    caplog.clear()
    kept = run_tap(box, "products", state=changed.state, filter={"status": ["inactive", "replaced"]})
    without = run_tap(box, "products", state=changed.state)

    catalogue = box.medipim.catalogue.products
    assert set(changed.ids()) == {key for key, raw in catalogue.items() if raw["status"] in {"inactive", "replaced"}}
    assert len(warnings) == 1
    assert len(kept.ids()) < len(changed.ids())
    assert not [record for record in caplog.records[:1] if "filter setting changed" in record.message]
    assert set(without.ids()) == set(catalogue)


def test_the_order_of_keys_does_not_change_a_filter(sandbox: Make, run_tap: Run) -> None:
    """The same filter written in another order keeps its bookmark."""
    box = sandbox(products=60)
    first = run_tap(box, "products", filter={"status": "active", "minimumContent": True})

    again = run_tap(box, "products", state=first.state, filter={"minimumContent": True, "status": "active"})

    assert len(again.ids()) < len(first.ids())


SORTINGS = [
    ("be", "v4", {"id": "DESC"}), ("be", "v4", {"name": {"direction": "ASC", "locale": "nl"}}),
    ("be", "v4", {"createdAt": "ASC"}), ("be", "v4", {"touchedAt": "DESC"}), ("be", "v4", {"statusTouchedAt": "ASC"}),
    ("be", "v4", {"status": "DESC"}), ("be", "v4", {"cnk": "ASC"}), ("us", "v4", {"ndc": "ASC"}),
    ("us", "v4", {"upc12": "DESC"}), ("us", "v4", {"hamacherCode": "ASC"}), ("us", "v4", {"hri": "ASC"}),
    ("us", "v4", {"pin": "DESC"}), ("au", "v4", {"pbs": "ASC"}), ("be", "v3", {"id": "DESC"}),
    ("be", "v3", {"cnk": "ASC"}),
]  # fmt: skip


@pytest.mark.parametrize(("market", "version", "sorting"), SORTINGS, ids=str)
def test_every_documented_sorting_reads_everything(
    market: str, version: str, sorting: dict[str, Any], sandbox: Make, run_tap: Run
) -> None:
    """A one-off pull in another order is complete, asks in that order, and ends with a bookmark."""
    box = sandbox(products=40, market=market)

    run = run_tap(box, "products", sorting=sorting, api_version=version, market=market)

    assert run.error is None
    assert sorted(run.ids()) == sorted(box.medipim.catalogue.products)
    assert sorting in [request.body["sorting"] for request in box.medipim.requests]
    assert run.bookmark() is not None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sorting": {"colour": "ASC"}}, "must be one of id, name"),
        ({"sorting": {"id": "UP"}}, "must be one of id, name"),
        ({"sorting": {"name": "ASC"}}, "must be one of id, name"),
        ({"sorting": {"ndc": "ASC"}}, "exists in us only"),
        ({"sorting": {"id": "ASC"}, "products_endpoint": "query"}, "products_endpoint: stream"),
        ({"sorting": {"touchedAt": "ASC"}, "api_version": "v3"}, "must be one of id, cnk"),
        ({"sorting": "{nope"}, "is not JSON"),
    ],
)
def test_a_wrong_sorting_is_one_line_and_no_request(
    settings: dict[str, Any], words: str, sandbox: Make, tap_command: Callable[..., Any], tap_config: Callable[..., Any]
) -> None:
    """Unknown, misshapen or of another market: said before anything is asked."""
    box = sandbox(products=1)

    ended = tap_command(tap_config(box, **settings))

    assert ended.code == 1
    assert [words in line for line in ended.errors] == [True]
    assert box.medipim.requests == []
