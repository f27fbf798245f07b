"""hub/: what Meltano Hub would take, checked against its own schemas and against what the plugins say of themselves."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from scripts.docs.hub_pages import main as compare_definitions
from tests.support.forked import run_forked

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"tap-medipim": "extractors", "target-micropim": "loaders"}


def definition(name: str) -> dict[str, Any]:
    """A definition in hub/."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "hub" / f"{name}.yml").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def validator_of() -> Any:
    """The Hub's schema of extractors or loaders, its references resolved within hub/schema/."""
    folder = ROOT / "hub" / "schema"
    resources = []
    for path in folder.rglob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        schema.pop("$id")  # relative ids there do not match the places the references mean
        resources.append((f"https://hub.test/{path.relative_to(folder)}", Resource.from_contents(schema)))
    registry = Registry().with_resources(resources)

    def make(kind: str) -> Draft7Validator:
        return Draft7Validator({"$ref": f"https://hub.test/plugin_definitions/{kind}.schema.json"}, registry=registry)

    return make


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_the_hub_would_take_it(validator_of: Any, name: str, kind: str) -> None:
    """No error against the Hub's schema; and the schema does refuse something."""
    validator = validator_of(kind)
    assert [error.message for error in validator.iter_errors(definition(name))] == []
    for wrong in ({"qualty": "x"}, {"capabilities": ["flying"]}, {"settings": [{"name": "x", "kind": "text"}]}):
        assert not validator.is_valid({**definition(name), **wrong})


def test_the_definitions_are_those_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """``make generate`` would change nothing."""
    monkeypatch.setattr(sys, "argv", ["hub_pages"])
    assert compare_definitions(run_forked) == 0


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_it_says_what_meltano_yml_says(name: str, kind: str) -> None:
    """Settings, select and groups; no secret has a default; the logo is there."""
    (declared,) = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"][kind]
    page = definition(name)
    assert [row["name"] for row in page["settings"]] == [row["name"] for row in declared["settings"]]
    assert page.get("select") == declared.get("select")
    assert page["settings_group_validation"] == declared["settings_group_validation"]
    assert {row["name"] for row in page["settings"] if row.get("sensitive")} & {"api_key", "api_key_secret"}
    assert not [row for row in page["settings"] if row.get("sensitive") and "value" in row]
    assert (ROOT / "hub" / Path(page["logo_url"]).name).read_text(encoding="utf-8").startswith("<svg")
