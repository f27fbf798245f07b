"""The capability file that ``--probe`` writes, as the run reads it: only what saves requests or picks a safe way.

Law: a wrong or old file costs requests or time, never a product. Nothing here may replace a look: what the file says
about the archive is proven again in the run before it is used; a pace only ever gets slower; a route is only ever left
out. A file that cannot be read, or speaks of another address, counts as none, with a warning.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = "target-micropim capabilities 1"


@dataclass(frozen=True)
class Capabilities:
    """What a run makes of the facts. The defaults are those of a run without a file."""

    may_show_archive: bool = False
    search_finds_sku: bool = True
    may_assign: bool = True
    empties_with: str | None = None
    page_cap: int | None = None
    reads_per_minute: int | None = None
    writes_per_minute: int | None = None
    warning: str | None = None


def read_capabilities(value: Any, base_url: str) -> Capabilities:
    """The file at this path, or nothing known and a warning."""
    if not isinstance(value, str) or not value.strip():
        return Capabilities()
    path = Path(value.strip())
    try:
        page = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as why:
        return Capabilities(warning=f"capabilities_file {path} cannot be read and is not used ({type(why).__name__})")
    if not isinstance(page, dict) or page.get("format") != FORMAT or not isinstance(page.get("facts"), dict):
        return Capabilities(warning=f"capabilities_file {path} is none of --probe's and is not used")
    if page.get("service") != base_url:
        return Capabilities(warning=f"capabilities_file {path} speaks of another address and is not used")
    return _used(page["facts"])


def _used(facts: Mapping[str, Any]) -> Capabilities:
    return Capabilities(
        may_show_archive=facts.get("archived") == "shown",
        search_finds_sku=facts.get("search_finds_sku") is not False,
        may_assign=facts.get("assign") != "replace",
        empties_with="" if facts.get("patch_null") != "clears" and facts.get("patch_empty") == "clears" else None,
        page_cap=_positive(facts.get("page_cap")),
        reads_per_minute=_positive(facts.get("reads_per_minute")),
        writes_per_minute=_positive(facts.get("writes_per_minute")),
    )


def _positive(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
