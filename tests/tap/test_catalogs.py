"""Every catalog, market by version, as a snapshot: a change of a schema is a change somebody looks at.

``RENEW_SNAPSHOTS=1 python -m pytest tests/tap/test_catalogs.py`` writes the snapshot anew.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tap_medipim.resources import MARKETS
from tap_medipim.tap import TapMedipim

SNAPSHOT = Path(__file__).parent / "snapshots" / "catalogs.json"
CASES = [*((market, "v4") for market in MARKETS), ("be", "v3")]


def catalog(market: str, version: str) -> dict[str, Any]:
    """What a catalog promises, in short."""
    config = {"api_key_id": "1", "api_key_secret": "x" * 8, "market": market, "api_version": version}
    return {entry["tap_stream_id"]: promise(entry) for entry in TapMedipim(config=config).catalog_dict["streams"]}


def promise(entry: dict[str, Any]) -> dict[str, Any]:
    """Key, replication, top-level fields with their types, and a digest of the whole schema."""
    properties = entry["schema"]["properties"]
    whole = json.dumps(entry["schema"], sort_keys=True).encode()
    return {
        "key": entry["key_properties"],
        "replication": [entry["replication_method"], entry.get("replication_key")],
        "fields": {name: "|".join(_types(field)) for name, field in properties.items()},
        "schema": hashlib.sha256(whole).hexdigest()[:16],
    }


def _types(field: dict[str, Any]) -> list[str]:
    found = field.get("type", [])
    return [found] if isinstance(found, str) else found


@pytest.mark.parametrize(("market", "version"), CASES)
def test_the_catalog_is_as_it_was(market: str, version: str) -> None:
    """Streams, keys, replication, fields and types of each market."""
    snapshot = json.loads(SNAPSHOT.read_text(encoding="utf-8")) if SNAPSHOT.exists() else {}
    found = catalog(market, version)
    if os.environ.get("RENEW_SNAPSHOTS"):
        snapshot[f"{market} {version}"] = found
        SNAPSHOT.write_text(json.dumps(snapshot, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    assert snapshot[f"{market} {version}"] == found
