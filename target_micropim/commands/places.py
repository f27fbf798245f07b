"""Whether a run could write where it must: the ledger's file and the folder of the reports. Nothing is made."""

import os
from collections.abc import Iterator
from pathlib import Path

from pim_wire.errors import CannotWrite
from target_micropim.ledger.addresses import place_of
from target_micropim.settings.values import TargetSettings

_INTO_A_FOLDER = os.W_OK | os.X_OK


def check_places(settings: TargetSettings) -> None:
    """Raises CannotWrite for the first place that a run could not write to."""
    ledger = place_of(settings.ledger_url)
    if ledger.get_backend_name() == "sqlite" and ledger.database:
        _check("ledger_url", Path(ledger.database), is_folder=False)
    _check("report_dir", Path(settings.report_dir), is_folder=True)


def other_places(settings: TargetSettings) -> Iterator[str]:
    """Files without which a run goes on, and tells: those that it could not write."""
    for name, place in (("decisions_file", settings.decisions_file), ("metrics_file", settings.metrics_file)):
        if place and (reason := _why_not(Path(place), is_folder=False)):
            yield f"{name} {place} cannot be written ({reason}): a run goes on without it, and warns"


def _check(name: str, place: Path, *, is_folder: bool) -> None:
    if reason := _why_not(place, is_folder=is_folder):
        raise CannotWrite(
            f"{name} {place} cannot be written ({reason}): choose another place, or give the right to write"
        )


def _why_not(place: Path, *, is_folder: bool) -> str | None:
    if place.exists() and not is_folder:
        if not place.is_file():
            return "this is no file"
        if not os.access(place, os.W_OK):
            return "no right to write this file"
        place = place.parent  # where SQLite keeps its log
    nearest = next((folder for folder in (place, *place.absolute().parents) if folder.exists()), Path("/"))
    if not nearest.is_dir():
        return f"{nearest} is no folder"
    return None if os.access(nearest, _INTO_A_FOLDER) else f"no right to write in {nearest}"
