"""Whether the ledger will be there in the next night: a container forgets its disk."""

import os
from pathlib import Path

from pim_wire.docs_site import docs_page
from target_micropim.ledger.addresses import place_of
from target_micropim.settings.values import TargetSettings

_MARKS_OF_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))
_BY_AIRBYTE, _BY_KUBERNETES = "AIRBYTE_", "KUBERNETES_SERVICE_HOST"


def disk_warning(settings: TargetSettings) -> str | None:
    """What to tell where the ledger is a new file in a container; a file that is there has lasted."""
    place = place_of(settings.ledger_url)
    if place.get_backend_name() != "sqlite" or not place.database or Path(place.database).exists():
        return None
    if not _is_in_a_container():
        return None
    return (
        f"ledger_url: {place.database} is a new file. Without the ledger of the night before, every product is looked "
        "up again, and what people changed or took out cannot be told from what was never sent. If this disk does not "
        f"outlive the container, give a PostgreSQL address ({docs_page('how-to/postgresql')})"
    )


def _is_in_a_container() -> bool:
    if any(mark.exists() for mark in _MARKS_OF_CONTAINERS):
        return True
    return _BY_KUBERNETES in os.environ or any(name.startswith(_BY_AIRBYTE) for name in os.environ)
