"""A small fleet in a folder of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

FLEET = """\
store: {host: db.example, database: fleet, user: sync, password: "${DB_PASSWORD}"}
timezone: Europe/Brussels
defaults:
  locale: nl
  settings: {media_mode: append, field_policies: {name: never}}
markets:
  be: {market: be, api_key_id: "${BE_ID}", api_key_secret: "${BE_SECRET}"}
egresses:
  north: {writes_per_minute: 60}
shops:
  gent: {api_key: "${GENT_KEY}", egress: north, assortment: [3, 1, 2]}
  brugge: {api_key: "${BRUGGE_KEY}", egress: north, filter: {brands: [21], status: active}}
"""
VARIABLES = {
    name: f"secret-{name}" for name in ("DB_PASSWORD", "BE_ID", "BE_SECRET", "GENT_KEY", "BRUGGE_KEY", "KORTRIJK_KEY")
}
Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write a fleet file: the one above with ``more`` at its end, or another text."""

    def write(more: str = "", text: str = FLEET) -> Path:
        file = tmp_path / "fleet.yml"
        file.write_text(text + more, encoding="utf-8")
        return file

    return write
