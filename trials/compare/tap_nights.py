"""Nights of the tap alone: what it says of itself, each setting that shapes its requests or messages."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from sandbox import MedipimOptions
from trials.compare.nights import SOURCE, Night
from trials.compare.stage import Json, NotSo, Stage

SMALL: dict[str, Any] = {"page_size": 10}
WANTED = {"status": "active"}
VARIANTS: dict[str, Json] = {
    "page by page": {"products_endpoint": "query"},
    "page by page, small": {"products_endpoint": "query", **SMALL},
    "small pages": SMALL,
    "small pages, v3": {"api_version": "v3", **SMALL},
    "filter": {"filter": WANTED},
    "filter as a text": {"filter": json.dumps({"or": [{"status": "inactive"}, {"status": "replaced"}]})},
    "filter, v3": {"filter": WANTED, "api_version": "v3"},
    "bad filter": {"filter": {"nonsense": 1}},
    "start date": {"start_date": "2026-06-01T00:00:00Z"},
    "sorting": {"sorting": {"id": "DESC"}},
    "look-back": {"lookback_seconds": 86_400 * 200},
    "embed url": {"keep_embed_url": True},
    "stream maps": {"stream_maps": {"products": {"__alias__": "items", "shop": "'night'"}}, "stream_map_config": {}},
    "flattening": {"flattening_enabled": True, "flattening_max_depth": 1},
    "user agent": {"user_agent": "somebody/1"},
    "few bytes a line": {"max_line_bytes": 4096},
}
FAILING = {"bad filter", "few bytes a line"}
SERVICES: dict[str, Json] = {
    "404 and 403": {
        "missing_endpoints": frozenset({"bcfi-categories"}), "forbidden_endpoints": frozenset({"organizations"}),
    },
    "null left out": {"null_scalars": False, "null_locales": False, "integer_codes": True},
    "gzip": {"gzip": True},
    "exclusive bounds": {"updated_since_inclusive": False, "several_keys": False},
}  # fmt: skip


def tap_nights() -> Iterator[Night]:
    """All of them."""
    yield Night("what the plugins say of themselves", _about)
    for name, settings in VARIANTS.items():
        yield Night(f"tap, {name}", partial(_two_runs, fails=name in FAILING), tap=settings)
    for name, options in SERVICES.items():
        source: MedipimOptions = replace(SOURCE, **options)
        yield Night(f"tap, service with {name}", partial(_two_runs, fails=False), source)
    yield Night("tap, catalog", _catalog)
    yield Night("tap, states", _states)
    yield Night("tap, filter changed", _filter_changed)
    yield Night("tap, test and probe", _errands)


def _about(stage: Stage) -> None:
    for side in ("tap", "target"):
        for flag in ("--version", "--help", "--about --format=json", "--about --format=markdown", "--about"):
            told = stage.command(f"{side} {flag}", side, *flag.split())
            stage.expect(told.code == 0 and told.out, f"{side} {flag} said nothing")
    for market in ("be", "fr", "us"):
        found = json.loads(stage.tap(f"tap --discover {market}", "--discover", market=market).out)
        stage.expect(found["streams"], "no stream was found")
    stage.tap("tap --discover v3", "--discover", api_version="v3")


def _two_runs(stage: Stage, *, fails: bool) -> None:
    """From nothing, then from the state after three products changed."""
    first = stage.tap("1 everything")
    stage.expect((first.code != 0) is fails, f"the exit code is {first.code}")
    stage.state = next((message["value"] for message in reversed(first.messages) if message["type"] == "STATE"), None)
    for key in list(stage.box.medipim.catalogue.products)[:3]:
        stage.box.medipim.change(key, lambda raw: raw.update(hsCode="999999"))
    second = stage.tap("2 what changed")
    stage.expect(fails or _records(second.messages) < _records(first.messages), "the state did not count")


def _records(messages: list[Json]) -> int:
    return sum(message["type"] == "RECORD" for message in messages)


def _catalog(stage: Stage) -> None:
    """Streams and properties deselected, a stream read whole."""
    found = json.loads(stage.tap("1 discover", "--discover").out)
    for stream in found["streams"]:
        for entry in stream["metadata"]:
            where = entry["breadcrumb"]
            if not where:
                entry["metadata"]["selected"] = stream["stream"] in {"products", "media", "brands"}
            if where in (["properties", "name"], ["properties", "descriptions"]):
                entry["metadata"]["selected"] = False
        if stream["stream"] == "media":
            stream["replication_method"] = "FULL_TABLE"
    (stage.folder / "catalog.json").write_text(json.dumps(found), encoding="utf-8")
    chosen = stage.tap("2 chosen", "--catalog", "catalog.json")
    streams = {message["stream"] for message in chosen.messages if message["type"] == "RECORD"}
    stage.expect(streams == {"products", "media", "brands"}, f"the catalog did not count: {streams}")


def _states(stage: Stage) -> None:
    """States as other runs, and other hands, leave them."""
    future, past = ({"replication_key": "updated_at", "replication_key_value": t} for t in ("2099-01-01", "2026-09-01"))
    states: dict[str, Any] = {
        "1 past": {"bookmarks": {"products": past}},
        "2 future": {"bookmarks": {"products": future}},
        "3 no date": {"bookmarks": {"products": {**past, "replication_key_value": "yesterday"}}},
        "4 no bookmarks": {"bookmarks": []},
        "5 of another stream": {"bookmarks": {"orders": past}},
    }
    for step, state in states.items():
        stage.state = state
        stage.tap(step)
    codes = [stage.texts[f"{step}/tap.exit"] for step in ("1 past", "2 future", "3 no date", "4 no bookmarks")]
    if codes != ["0\n", "1\n", "1\n", "1\n"]:
        raise NotSo(f"unexpected exit codes {codes}")


def _filter_changed(stage: Stage) -> None:
    first = stage.tap("1 one filter", filter=WANTED)
    stage.state = first.messages[-1]["value"]
    again = stage.tap("2 another", filter={"status": "inactive"})
    stage.expect(_records(again.messages), "nothing was read again")


def _errands(stage: Stage) -> None:
    stage.expect(stage.tap("1 test", "--test", "x").code == 0, "the test failed")
    stage.tap("2 test of schemas", "--test=schema")
    stage.expect(stage.tap("3 probe", "--probe", "found.json").code == 0, "the probe failed")
    stage.target("4 probe without consent", None, "--probe", "found-too.json")
