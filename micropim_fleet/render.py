"""Write what Meltano and the store need, so that nothing of it is typed. A second time changes nothing."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from micropim_fleet.assortment import WrongList
from micropim_fleet.emit import as_yaml
from micropim_fleet.fleet import Fleet, Market, Shop
from micropim_fleet.meltano_file import project
from micropim_fleet.mistakes import CannotGoOn
from micropim_fleet.sql_file import files as sql_files
from micropim_fleet.sql_file import of_shop

MADE = "made by micropim-fleet render: change the fleet file instead"
MELTANO = "meltano.yml"
DAGSTER = "engine/dagster.yaml"
EGRESS_TAG, SHOP_TAG = "micropim_fleet/egress", "dagster/partition"
_SQL, _YAML = f"-- {MADE}\n", f"# {MADE}\n"


def rendered(fleet: Fleet) -> dict[str, str]:
    """Every file, by its path beside the fleet file. Raises CannotGoOn."""
    try:
        files = {name: _SQL + text for name, text in sql_files(fleet)}
    except WrongList as wrong:
        raise CannotGoOn(str(wrong)) from None
    return {MELTANO: _YAML + as_yaml(project(fleet)), DAGSTER: _YAML + as_yaml(_limits(fleet)), **files}


def _limits(fleet: Fleet) -> dict[str, Any]:
    """What Dagster's instance must know: how many shops an egress carries at a time, and each shop once.

    Without a number of all, Dagster runs ten at a time.
    """
    limits: list[dict[str, Any]] = [
        {"key": EGRESS_TAG, "value": egress.name, "limit": egress.concurrent_runs} for egress in fleet.egresses.values()
    ]
    most = sum(egress.concurrent_runs for egress in fleet.egresses.values()) + len(fleet.markets)
    limits.append({"key": SHOP_TAG, "value": {"applyLimitPerUniqueValue": True}, "limit": 1})
    return {"concurrency": {"runs": {"max_concurrent_runs": most, "tag_concurrency_limits": limits}}}


def project_of(fleet: Fleet, owner: Market | Shop) -> Path:
    """The folder of a project with one market or shop, made or renewed. Raises CannotGoOn.

    Its file says what the whole one says of it, so both have the same state.
    """
    folder = fleet.root / fleet.folder / "fleet" / "projects" / owner.name
    write(folder, {MELTANO: _YAML + as_yaml(project(fleet, owner))})
    return folder


def sql_of(shop: Shop) -> str:
    """The SQL of one shop, with its list as it is now. Raises CannotGoOn."""
    try:
        return of_shop(shop, shop.assortment.listed())
    except WrongList as wrong:
        raise CannotGoOn(f"shop {shop.name}: {wrong}") from None


def differing(root: Path, files: Mapping[str, str]) -> list[str]:
    """What writing would change: files that are new, other or left over from a shop that is gone."""
    changed = [name for name, text in files.items() if _read(root / name) != text]
    return [*changed, *(str(path.relative_to(root)) for path in _left_over(root, files))]


def write(root: Path, files: Mapping[str, str]) -> list[str]:
    """Write them; the names of those that changed. Raises CannotGoOn, before all else for a stranger's file."""
    for name in files:
        text = _read(root / name)
        if text is not None and not text.startswith((_SQL, _YAML)):
            raise CannotGoOn(f"{root / name} was not {MADE.partition(':')[0]}: move it away, then render again")
    names = differing(root, files)
    try:
        for name in names:
            _replace(root / name, files.get(name))
    except OSError as error:
        raise CannotGoOn(f"{error.filename or root} cannot be written: {error.strerror or error}") from None
    return names


def _left_over(root: Path, files: Mapping[str, str]) -> Iterator[Path]:
    for path in sorted((root / "sql" / "shops").glob("*.sql")):
        text = _read(path) if str(path.relative_to(root)) not in files else None
        if text is not None and text.startswith(_SQL):
            yield path


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return ""


def _replace(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")  # runs of other shops render too
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
