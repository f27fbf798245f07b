"""A setting that does not exist is named with the real one it is like; near one that protects, nothing runs."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from pim_wire.stray_settings import all_strays, stray_settings, stray_variables
from tap_medipim.tap import TapMedipim
from target_micropim.target import TargetMicroPim
from tests.support.forked import run_forked

TARGET = list(TargetMicroPim.config_jsonschema["properties"])
TAP = list(TapMedipim.config_jsonschema["properties"])
PREFIX = "TARGET_MICROPIM_"
PROTECTING: dict[str, str | None] = {
    "dryrun": "dry_run", "DryRun": "dry_run", "dry-run": "dry_run", "dry_runs": "dry_run", "dry": "dry_run",
    "is_dry_run": "dry_run", "drry_run": "dry_run", "preview": "dry_run", "read_only": "dry_run", "simulate": "dry_run",
    "max_archives": "max_archive", "maxarchive": "max_archive", "max_reject": "max_rejects",
    "plan_only": "dry_run", "what-if": "dry_run", "dry_mode": "dry_run",
    "archive_max": "max_archive", "limit_archive": "max_archive", "rejects_max": "max_rejects", "max_deletes": None,
    "update_only": "write_mode", "max_rejects_percent": "max_rejects",
    "writemode": "write_mode", "write_mod": "write_mode",
}  # fmt: skip
HARMLESS = {"local": "locale", "markt": "market", "api_kay": "api_key", "zzz": None, "brandmap": "brand_map"}


@pytest.mark.parametrize("name", [*PROTECTING, *HARMLESS])
def test_a_name_that_does_not_exist(name: str) -> None:
    """In a file and as a variable."""
    known = [*TARGET, "market"]
    (in_file,) = stray_settings([name], known)
    (variable,) = stray_variables({f"{PREFIX}{name.upper()}": "x"}, PREFIX, known)
    for found in (in_file, variable):
        assert found.protects == (name in PROTECTING)
        assert found.nearest == {**PROTECTING, **HARMLESS}[name] or (found.protects and not PROTECTING[name])
        assert name.lower() in str(found).lower()


@pytest.mark.parametrize(("prefix", "known"), [("TARGET_MICROPIM_", TARGET), ("TAP_MEDIPIM_", TAP)])
def test_what_exists_is_not_named(prefix: str, known: list[str]) -> None:
    """Settings, what the SDK reads, what Meltano keeps for itself, what is empty, other programs."""
    names = [*known, "loglevel", "_select", "_load_schema"]
    environment = {f"{prefix}{name.upper()}": "x" for name in names} | {f"{prefix}DRYRUN": "", "OTHER_DRYRUN": "x"}
    assert list(stray_variables(environment, prefix, known)) == []


@pytest.mark.parametrize(
    ("variable", "protects"),
    [
        ("target_micropim_dry_run", True), ("Target_Micropim_Dryrun", True), ("TARGET_MICROPIM__DRY_RUN", True),
        ("MICROPIM_DRY_RUN", True), ("TARGET_MICROPIN_DRY_RUN", True), ("TARGETMICROPIM_WRITE_MODE", True),
        ("target_micropim_locale", False), ("TARGET_MICROPIM_LOCALE_", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("root", ["", "/project"])
def test_a_variable_in_other_letters(variable: str, root: str, variables: Any, *, protects: bool) -> None:
    """Small letters, another prefix: none of them is read, with Meltano neither."""
    variables(MELTANO_PROJECT_ROOT=root, **{variable: "true"})
    assert strays() == {variable: protects}


@pytest.mark.parametrize(
    "variable",
    [
        "DRY_RUN",
        "OTHER_DRY_RUN",
        "TARGET_POSTGRES_DRY_RUN",
        "TARGET_MICROPIM__SELECT",
        "TAP_MEDIPIM_MAX_WAIT_SECONDS",
        "TAP_MEDIPIM_FR_MAX_NESTING",
        "MICROPIM_TEAM",
        "MICROPIM_DRY_RUN_LOG",
    ],
)
def test_a_variable_of_another_program(variable: str, variables: Any) -> None:
    """It is nobody's business here."""
    variables(**{variable: "true"})
    assert strays() == {}


def test_a_dry_run_of_the_tap(variables: Any) -> None:
    """It has none, and the target would write; a file that both plugins share says it to the target."""
    variables(TAP_MEDIPIM_DRY_RUN="true")
    (found,) = all_strays({}, "TAP_MEDIPIM_", TAP, reads_environment=True)
    assert (found.protects, "dry_run of the target" in str(found)) == (True, True)
    assert not any(found.protects for found in stray_settings(["dry_run"], TAP))


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set variables of the environment."""

    def put(**given: str) -> None:
        for name, value in given.items():
            monkeypatch.setenv(name, value)

    return put


def strays(config: dict[str, Any] | None = None, *, reads_environment: bool = True) -> dict[str, bool]:
    """What is named, and whether it protects."""
    found = all_strays(config or {}, PREFIX, TARGET, reads_environment=reads_environment)
    return {stray.written.split()[1]: stray.protects for stray in found}


def test_plugins_that_inherit(variables: Any) -> None:
    """Meltano names the plugin that runs: its own variables count, those of its sisters do not."""
    variables(
        MELTANO_PROJECT_ROOT="/project",
        MELTANO_LOADER_NAME="target-micropim-shop2",
        TARGET_MICROPIM_SHOP2_DRYRUN="true",
        TARGET_MICROPIM_SHOP2_LOCALE="nl",
        TARGET_MICROPIM_SHOP3_LOCALE="fr",
        TARGET_MICROPIM_SHOP2__LOAD_SCHEMA="x",
    )
    assert strays() == {"TARGET_MICROPIM_SHOP2_DRYRUN": True}


def test_variables_that_are_not_read(variables: Any) -> None:
    """Without ENV a right name protects nobody either; what the file says is not missed."""
    variables(TARGET_MICROPIM_DRY_RUN="true", TARGET_MICROPIM_LOCALE="nl", TARGET_MICROPIM_API_KEY="k")
    assert strays({"api_key": "k"}, reads_environment=False) == {
        "TARGET_MICROPIM_LOCALE": False,
        "TARGET_MICROPIM_DRY_RUN": True,
    }
    assert strays({"api_key": "k"}) == {}


@pytest.mark.parametrize(
    ("plugin", "variable"),
    [("target-micropim", "TARGET_MICROPIM_DRYRUN"), ("tap-medipim", "TAP_MEDIPIM_MAX_WAIT_SECOND")],
)
def test_a_run_does_not_begin(plugin: str, variable: str, tmp_path: Path) -> None:
    """Exit code 1 and one line that names the variable, from the environment and from an .env file."""
    key = {"TARGET_MICROPIM_API_KEY": "x", "TAP_MEDIPIM_API_KEY_ID": "1", "TAP_MEDIPIM_API_KEY_SECRET": "x" * 8}
    command = [str(Path(sys.executable).with_name(plugin)), "--config=ENV"]
    for given in ({variable: "1"}, {}):
        (tmp_path / ".env").write_text("" if given else f"{variable}=1\n", encoding="utf-8")
        done = run_forked(
            command,
            cwd=tmp_path,
            env={**os.environ, **key, **given},
            input="",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert variable in done.stderr.splitlines()[-1]


def test_a_misspelt_protection_in_a_file(tmp_path: Path) -> None:
    """The same."""
    (tmp_path / "target.json").write_text(json.dumps({"api_key": "x", "dryrun": True}), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("target-micropim")), "--config", "target.json"]
    done = run_forked(command, cwd=tmp_path, input="", capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "was dry_run meant?" in done.stderr
