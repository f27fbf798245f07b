"""``source-medipim spec``, ``check`` and ``discover``."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from tap_medipim.airbyte.form import FORM
from tap_medipim.resources import MARKETS, resources_of
from tap_medipim.tap import TapMedipim

Make = Callable[..., Sandbox]
Ask = Callable[..., Any]


def test_the_form_has_each_setting_of_the_tap(sandbox: Make, source: Ask) -> None:
    """Title, meaning, default and choice as Meltano and the Hub have them, of the same declaration."""
    (spec,) = source("spec", sandbox(products=1)).of("SPEC")
    fields = spec["connectionSpecification"]["properties"]
    declared = {name: one for name, one in TapMedipim.config_jsonschema["properties"].items() if name in FORM.names}
    assert set(fields) == set(FORM.declared["properties"]) == set(declared)
    for name, field in fields.items():
        assert isinstance(field["type"], str)
        assert (field["title"], field.get("enum")) == (declared[name]["title"], declared[name].get("enum"))
        assert field["description"].startswith(declared[name]["description"])
        assert field.get("default") == declared[name].get("default")
    assert {name for name, field in fields.items() if field.get("airbyte_secret")} == {"api_key_secret", "throttle_url"}
    assert spec["supportsIncremental"] is True


def test_a_check_costs_one_small_request(sandbox: Make, source: Ask) -> None:
    """A page of brands."""
    box = sandbox(products=5)
    answer = source("check", box)
    assert (answer.code, answer.of("CONNECTION_STATUS")) == (0, [{"status": "SUCCEEDED"}])
    assert [request.path for request in box.medipim.requests] == ["/v4/brands/query"]
    old = source("check", box, api_version="v3")
    assert (old.code, old.of("CONNECTION_STATUS")) == (0, [{"status": "SUCCEEDED"}])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"api_key_secret": "canary-wrong"}, "does not accept the key"),
        ({"api_key_id": ""}, "API key ID (api_key_id) is missing"),
        ({"market": "xx"}, "Market (market): 'xx' is not one of"),
        ({"filter": '{"brand": '}, "Filter (filter): is not JSON"),
        ({"filter": '{"nonsense": 1}'}, "Filter (filter)"),
        ({"start_date": "yesterday"}, "Start date (start_date)"),
        ({"api_url": "http://example.com"}, "api_url"),
        ({"market": "fr", "api_version": "v3"}, "API version (api_version): v3 exists in market be only"),
        ({"page_size": 17}, "Page size (page_size): 17 is not one of"),
        ({"sorting": "[1"}, "Sorting (sorting): is not JSON"),
    ],
)
def test_a_check_that_fails_names_the_field(sandbox: Make, source: Ask, settings: Any, words: str) -> None:
    """By its title; exit code 0, since the answer is no."""
    answer = source("check", sandbox(products=1), **settings)
    (status,) = answer.of("CONNECTION_STATUS")
    assert (answer.code, status["status"]) == (0, "FAILED")
    assert words in status["message"]
    assert "TAP_MEDIPIM" not in status["message"]
    assert "canary" not in str(answer.messages)


def test_a_check_waits_no_quarter_of_an_hour(sandbox: Make, source: Ask, fake_clock: Any) -> None:
    """A person sits in front of the form."""
    box = sandbox(products=1)
    box.medipim.faults.add(Fault("status", status=503, times=None))
    (status,) = source("check", box).of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert sum(fake_clock.slept) <= 60


@pytest.mark.parametrize("option", ["missing_endpoints", "forbidden_endpoints"])
def test_a_check_asks_for_another_list_where_the_key_has_no_brands(sandbox: Make, source: Ask, option: str) -> None:
    """The key is accepted all the same."""
    box = sandbox(products=1, **{option: frozenset({"brands"})})
    (status,) = source("check", box).of("CONNECTION_STATUS")
    assert status["status"] == "SUCCEEDED"
    box = sandbox(products=1, **{option: frozenset({"brands", "organizations", "public-categories"})})
    (status,) = source("check", box).of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"


@pytest.mark.parametrize(("market", "version"), [*((market, "v4") for market in MARKETS), ("be", "v3")])
def test_discover_offers_what_the_market_has(sandbox: Make, source: Ask, market: str, version: str) -> None:
    """Without a request; incremental where there is an update time."""
    box = sandbox(products=1)
    answer = source("discover", box, market=market, api_version=version)
    (catalog,) = answer.of("CATALOG")
    assert [stream["name"] for stream in catalog["streams"]] == [one.name for one in resources_of(market, version)]
    assert box.medipim.requests == []
    for stream in catalog["streams"]:
        is_incremental = stream["name"] in {"products", "media"}
        assert ("incremental" in stream["supported_sync_modes"]) is is_incremental
        assert stream["source_defined_primary_key"] == [["id"]]
        assert stream.get("default_cursor_field") == (["updated_at"] if is_incremental else None)
        assert stream["source_defined_cursor"] is stream["is_resumable"] is is_incremental
        assert stream["json_schema"]["properties"]["id"]


def test_a_time_says_that_it_has_a_zone(sandbox: Make, source: Ask) -> None:
    """Else a warehouse makes a text of the cursor."""
    (catalog,) = source("discover", sandbox(products=1)).of("CATALOG")
    (products,) = [stream for stream in catalog["streams"] if stream["name"] == "products"]
    cursor = products["json_schema"]["properties"]["updated_at"]
    assert (cursor["format"], cursor["airbyte_type"]) == ("date-time", "timestamp_with_timezone")
