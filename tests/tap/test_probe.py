"""--probe finds out by reading which Medipim this is; --test says in plain words whether every stream can be read."""

import json
from pathlib import Path
from typing import Any

import pytest

from pim_wire.errors import StopRun
from tap_medipim.probe import FORMAT, Probe
from tap_medipim.tap import TapMedipim

# Switch of the sandbox, its value, and what the report says of it.
WORLDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {},
        {
            "updated_since_inclusive": True,
            "until": "honoured",
            "several_filters": "and",
            "stream_gzip": False,
            "stream_total": 1,
            "stream_empty": 204,
            "order_by_update_time": "holds",
            "products_total": 60,
            "beyond_cap": "422",
            "absent_values": "null",
            "ean_type": ["str"],
            "limit_headers": [],
            "products_fields_without_schema": [],
        },
    ),
    ({"updated_since_inclusive": False}, {"updated_since_inclusive": False}),
    ({"several_keys": False}, {"several_filters": "422"}),
    ({"gzip": True}, {"stream_gzip": True}),
    ({"beyond_cap": "empty"}, {"beyond_cap": "0 rows"}),
    ({"validation_status": 400}, {"beyond_cap": "400"}),
    ({"null_scalars": False}, {"absent_values": "left out"}),
    ({"integer_codes": True}, {"ean_type": ["int"]}),
    ({"products": 10_300, "clip_total": True, "beyond_cap": "empty"}, {"total_is_clipped": True}),
    ({"products": 10_300, "beyond_cap": "empty"}, {"total_is_clipped": False, "products_total": 10_300}),
]


@pytest.fixture
def probe(sandbox: Any, tap_config: Any, make_clock: Any, tmp_path: Path) -> Any:
    """Probe a sandbox in this process: the facts, what was told, and the sandbox."""

    def run(**options: Any) -> "tuple[dict[str, Any], list[str], Any]":
        box = sandbox(**options)
        told: list[str] = []
        tap = TapMedipim(config=tap_config(box), clock=make_clock())
        Probe(tap.run.client.wire, tap.run.settings, told.append).write(tmp_path / "found.json", 0)
        tap.run.client.wire._session.close()
        page = json.loads((tmp_path / "found.json").read_text())
        assert page["format"] == FORMAT
        return page["facts"], told, box

    return run


@pytest.mark.parametrize(("options", "expected"), WORLDS)
def test_the_probe_finds_out_what_the_world_is(probe: Any, options: Any, expected: dict[str, Any]) -> None:
    """Each switch alone."""
    facts, _told, _box = probe(**options)
    assert {name: facts.get(name) for name in expected} == expected


@pytest.mark.parametrize("market", ["be", "fr", "us"])
def test_every_field_of_a_market_has_its_schema(probe: Any, market: str) -> None:
    """get-fields names none that this program would not know; streams of other markets are absent."""
    facts, _told, _box = probe(market=market)
    assert facts["products_fields_without_schema"] == []
    assert facts["offered"]["bcfi_categories"] == ("yes" if market == "be" else "absent")


def test_restricted_streams_are_told(probe: Any) -> None:
    """403 and 404 are two things."""
    facts, _told, _box = probe(
        forbidden_endpoints=frozenset({"organizations"}), missing_endpoints=frozenset({"brands"})
    )
    assert (facts["offered"]["organizations"], facts["offered"]["brands"]) == ("forbidden", "absent")


def test_it_reads_only_and_explains_first(probe: Any) -> None:
    """Only queries, streams and get-fields; one explanation and one answer each; within a minute's allowance."""
    _facts, told, box = probe()
    asked = [f"{r.method} {r.path}" for r in box.medipim.requests]
    assert all(line.endswith(("/query", "/stream", "/get-fields")) for line in asked)
    explained = [line for line in "\n".join(told).splitlines() if line.startswith("    ") and "/v4/" in line]
    assert [line.split()[0:2] for line in explained] == [line.split() for line in asked]
    assert len(asked) < 50


def test_a_wrong_key_ends_it_with_the_settings_named(sandbox: Any, tap_command: Any, tap_config: Any) -> None:
    """One line, exit code 1, no file."""
    box = sandbox()
    ended = tap_command(tap_config(box, api_key_secret="wrong"), "--probe", "/nonexistent/found.json")
    assert ended.code == 1
    assert "api_key_secret" in ended.errors[0]


def test_v3_is_not_probed(sandbox: Any, tap_config: Any, make_clock: Any, tmp_path: Path) -> None:
    """Its answers would say nothing about v4."""
    tap = TapMedipim(config=tap_config(sandbox(), api_version="v3"), clock=make_clock())
    with pytest.raises(StopRun, match="api_version"):
        Probe(tap.run.client.wire, tap.run.settings, print).write(tmp_path / "found.json", 0)
    tap.run.client.wire._session.close()


def test_the_connection_test_speaks_plainly(sandbox: Any, tap_command: Any, tap_config: Any) -> None:
    """No record, no line that looks like a failure; how many streams can be read, and what is left out."""
    box = sandbox(forbidden_endpoints=frozenset({"organizations"}))
    ended = tap_command(tap_config(box), "--test")
    assert ended.code == 0, ended.err
    assert ended.out == "Connection test passed: 12 streams can be read\n"
    assert ended.errors == []
    assert "organizations: not offered to this key" in ended.err
    assert "METRIC" not in ended.err
