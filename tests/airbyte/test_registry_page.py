"""The page that Airbyte's registry links to says of the streams what ``discover`` says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tap_medipim.resources import MARKETS

PAGE = Path(__file__).resolve().parents[2] / "docs/integrations/sources/medipim.md"
ROW = re.compile(r"^\| `(\w+)` \| ([\w, ]+) \| ([\w, ]+) \| `(\w+)` \| (?:`(\w+)`)? *\|$", re.MULTILINE)


@pytest.mark.parametrize("market", MARKETS)
def test_each_stream_of_a_market_has_its_row(
    sandbox: Callable[..., Sandbox], source: Callable[..., Any], market: str
) -> None:
    """Modes, key and cursor; and no row tells of a stream that is not there."""
    (catalog,) = source("discover", sandbox(products=1, market=market), market=market).of("CATALOG")
    found = {one["name"]: said_of(one) for one in catalog["streams"]}
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len(rows) > 10
    told = {
        name: (modes, key, cursor)
        for name, markets, modes, key, cursor in rows
        if markets == "all" or market in markets.split(", ")
    }
    assert told == found


def said_of(stream: dict[str, Any]) -> tuple[str, str, str]:
    """As the columns of the page have it."""
    modes = ", ".join(mode.replace("_", " ") for mode in stream["supported_sync_modes"])
    ((key,),) = stream["source_defined_primary_key"]
    return modes, key, "".join(stream.get("default_cursor_field", []))
