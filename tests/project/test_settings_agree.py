"""Settings stand in the code; meltano.yml, the README, docs/settings.md and .env.example must agree with them."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from pim_airbyte.form import Form
from scripts.docs.generated import main as compare_lists
from tap_medipim.airbyte.form import FORM as SOURCE
from tap_medipim.tap import TapMedipim
from target_micropim.airbyte.form import FORM as DESTINATION
from target_micropim.target import TargetMicroPim

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = {"TAP_MEDIPIM_": TapMedipim, "TARGET_MICROPIM_": TargetMicroPim}


def test_generated_lists_are_in_step_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """``make generate`` would change nothing."""
    monkeypatch.setattr(sys, "argv", ["generated"])
    assert compare_lists() == 0


def test_the_environment_example_names_real_settings() -> None:
    """What a new shell and a scheduler run is ``prod``; the rest are settings of the plugins."""
    environment, *lines = (ROOT / ".env.example").read_text(encoding="utf-8").split()

    names = [
        each["name"] for each in yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["environments"]
    ]
    assert environment == "MELTANO_ENVIRONMENT=prod"
    assert "prod" in names
    assert len(lines) == 5
    for line in lines:
        name = line.partition("=")[0]
        prefix = next(prefix for prefix in PLUGINS if name.startswith(prefix))
        assert name.removeprefix(prefix).lower() in PLUGINS[prefix].config_jsonschema["properties"]


def defaults(level: dict[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Name, default and declaration of each setting that has one, at any level."""
    for name, setting in level.get("properties", {}).items():
        if "default" in setting:
            yield name, setting["default"], setting
        yield from defaults(setting)


@pytest.mark.parametrize("plugin", PLUGINS.values())
def test_every_default_is_what_its_setting_may_be(plugin: type[TapMedipim | TargetMicroPim]) -> None:
    """It is filled in at each start and not judged again (pim_wire/checked_settings.py)."""
    schema = json.loads(json.dumps(plugin.config_jsonschema))
    plugin.append_builtin_config(schema)
    found = list(defaults(schema))
    assert len(found) > 10
    wrong = [name for name, default, setting in found if not Draft202012Validator(setting).is_valid(default)]
    assert wrong == []


@pytest.mark.parametrize("kind", ["extractors", "loaders"])
def test_capabilities_in_meltano_yml_are_those_of_the_plugin(kind: str) -> None:
    """What meltano.yml promises is what ``--about`` says."""
    declared = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"][kind][0]
    plugin = TapMedipim if kind == "extractors" else TargetMicroPim

    assert declared["name"] == plugin.name
    assert declared["capabilities"] == [str(capability.value) for capability in plugin.capabilities]


def test_environments_of_meltano_yml_use_real_settings() -> None:
    """A misspelt setting in an environment would be ignored silently."""
    whole = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    known = {plugin.name: plugin.config_jsonschema["properties"] for plugin in PLUGINS.values()}

    assert [environment["name"] for environment in whole["environments"]] == ["demo", "dev", "prod"]
    for environment in whole["environments"]:
        for plugins in environment.get("config", {}).get("plugins", {}).values():
            for plugin in plugins:
                assert set(plugin["config"]) <= set(known[plugin["name"]])


def test_what_may_be_a_text_is_one_to_meltano() -> None:
    """As an object it would lose its names with dots in a variable; a path or ``web,mobile`` would be refused."""
    declared = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["loaders"][0]["settings"]
    kinds = {setting["name"]: setting["kind"] for setting in declared}
    assert {kinds[name] for name in ("brand_map", "supplier_map", "match_on", "channel_rules")} == {"string"}


@pytest.mark.parametrize(
    ("form", "kind", "plugin"), [(SOURCE, "extractors", "tap-medipim"), (DESTINATION, "loaders", "target-micropim")]
)
def test_airbyte_asks_for_what_meltano_and_the_hub_ask_for(form: Form, kind: str, plugin: str) -> None:
    """The same settings with the same labels, words, choices and secrets, wherever they are filled in."""
    fields = form.specification()["properties"]
    meltano = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"][kind][0]
    hub = yaml.safe_load((ROOT / "hub" / f"{plugin}.yml").read_text(encoding="utf-8"))
    for listed in (meltano["settings"], hub["settings"]):
        known = {setting["name"]: setting for setting in listed if setting["name"] in {*form.declared["properties"]}}
        assert set(known) == set(fields) | form.left_out
        for name, field in fields.items():
            assert (field["title"], field.get("airbyte_secret", False)) == (
                known[name]["label"],
                known[name].get("sensitive", False) or name in form.locations,
            )
            assert field["description"].startswith(known[name]["description"])
            if choices := known[name].get("options"):
                assert [choice["value"] for choice in choices] == field["enum"]
