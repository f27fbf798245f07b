"""airbyte/: what a registry of Airbyte would take, and what Airbyte Cloud would run, held against the code."""

import json
import re
import tomllib
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
import pytest
import yaml

from pim_wire.docs_site import docs_page
from pim_wire.schema_files import read_schema
from scripts.docs import airbyte_manifest
from tap_medipim.resources import MARKETS, RESOURCES, resources_of
from tap_medipim.tap import TapMedipim
from target_micropim.target import TargetMicroPim

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"source-medipim": "integrations/sources/medipim", "destination-micropim": "integrations/destinations/micropim"}
REQUIRED = (
    "name", "definitionId", "connectorType", "dockerRepository", "dockerImageTag", "license", "documentationUrl",
    "githubIssueLabel", "connectorSubtype", "releaseStage",
)  # fmt: skip
SECTIONS = ("Prerequisites", "Setup guide", "Supported sync modes", "Limitations", "Changelog")


def metadata(name: str) -> dict[str, Any]:
    """What stands under ``data``."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "airbyte" / name / "metadata.yaml").read_text(encoding="utf-8"))
    assert set(found) == {"metadataSpecVersion", "data"}
    data: dict[str, Any] = found["data"]
    return data


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The file, read."""
    found: dict[str, Any] = yaml.safe_load(airbyte_manifest.FILE.read_text(encoding="utf-8"))
    return found


def streams(manifest: dict[str, Any], market: str) -> dict[str, dict[str, Any]]:
    """Those that a market has, as the CDK chooses them."""
    found = {}
    for entry in manifest["streams"]:
        if entry["type"] == "DeclarativeStream":
            found[entry["name"]] = entry
        elif worth(entry["condition"], market=market) == "True":
            found |= {one["name"]: one for one in entry["streams"]}
    return found


def worth(expression: str, **config: str) -> str:
    """An expression of the manifest for a filled form."""
    return jinja2.Environment(autoescape=False).from_string(expression).render(config=config)  # noqa: S701


class TestMetadata:
    """What the registry reads."""

    @pytest.mark.parametrize("name", PAGES)
    def test_it_has_what_the_registry_requires(self, name: str) -> None:
        """See the schema ConnectorMetadataDefinitionV0 of Airbyte."""
        data = metadata(name)
        assert all(isinstance(data[key], str) and data[key] for key in REQUIRED)
        assert data["connectorType"] == name.partition("-")[0]
        assert data["connectorSubtype"] == "api"
        assert data["supportLevel"] == "community"
        assert data["dockerRepository"].endswith(f"/{name}")
        assert str(uuid.UUID(data["definitionId"])) == data["definitionId"]
        assert (ROOT / "airbyte" / name / data["icon"]).read_text(encoding="utf-8").startswith("<svg ")

    def test_the_two_have_ids_of_their_own(self) -> None:
        """A registry knows a connector by its id for ever."""
        assert len({metadata(name)["definitionId"] for name in PAGES}) == 2

    @pytest.mark.parametrize("name", PAGES)
    def test_version_licence_and_page_are_those_of_the_project(self, name: str) -> None:
        """An image of another version would be pulled in vain."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        data = metadata(name)
        assert (data["dockerImageTag"], data["license"]) == (project["version"], project["license"])
        assert data["documentationUrl"] == docs_page(PAGES[name])

    def test_the_source_may_reach_each_host_of_each_market_and_no_other(self) -> None:
        """Production and Medipim's sandbox."""
        hosts = {urlsplit(one.url(kind)).netloc for one in MARKETS.values() for kind in ("production", "sandbox")}
        listed = metadata("source-medipim")["allowedHosts"]["hosts"]
        assert sorted(listed) == sorted(hosts)

    def test_the_destination_may_reach_the_service_and_its_ledger(self) -> None:
        """``ledger_url`` is a setting."""
        default = TargetMicroPim.config_jsonschema["properties"]["api_url"]["default"]
        listed = metadata("destination-micropim")["allowedHosts"]["hosts"]
        assert set(listed) == {urlsplit(default).netloc, "${ledger_url}"}

    def test_suggested_streams_are_streams_of_every_market(self) -> None:
        """Else the form would suggest what is not there."""
        suggested = set(metadata("source-medipim")["suggestedStreams"]["streams"])
        assert suggested
        assert all(suggested <= {one.name for one in resources_of(market, "v4")} for market in MARKETS)

    @pytest.mark.parametrize("name", PAGES)
    def test_the_tests_of_the_cdk_find_their_files(self, name: str) -> None:
        """The right keys are written by the trial; wrong ones lie here, and are no one's."""
        folder = ROOT / "airbyte" / name
        config = yaml.safe_load((folder / "acceptance-test-config.yml").read_text(encoding="utf-8"))
        entries = [entry for section in config["acceptance_tests"].values() for entry in section["tests"]]
        for path in {entry["config_path"] for entry in entries} - {"secrets/config.json"}:
            wrong = json.loads((folder / path).read_text(encoding="utf-8"))
            assert set(wrong.values()) & {"wrong"}
        assert not (folder / "secrets").exists()


class TestManifest:
    """The second form of the source."""

    def test_it_is_made_from_the_code(self) -> None:
        """``make generate`` would change nothing."""
        assert airbyte_manifest.FILE.read_text(encoding="utf-8") == airbyte_manifest.text()

    @pytest.mark.parametrize("market", MARKETS)
    def test_each_market_has_its_streams_and_hosts(self, manifest: dict[str, Any], market: str) -> None:
        """The same as the tap's."""
        found = streams(manifest, market)
        assert set(found) == {one.name for one in resources_of(market, "v4")}
        url = manifest["definitions"]["requester"]["url_base"]
        for kind in ("production", "sandbox"):
            assert worth(url, market=market, environment=kind) == MARKETS[market].url(kind)
        assert worth(url, market=market, api_url="https://medipim.example") == "https://medipim.example"

    def test_a_form_without_a_choice_is_belgium(self, manifest: dict[str, Any]) -> None:
        """The default of the settings."""
        assert worth(manifest["definitions"]["requester"]["url_base"]) == MARKETS["be"].api_url

    def test_each_stream_is_read_as_the_tables_say(self, manifest: dict[str, Any]) -> None:
        """Path, key, cursor and schema."""
        everywhere: dict[str, dict[str, Any]] = {}
        for market in MARKETS:
            everywhere |= streams(manifest, market)
        for resource in RESOURCES:
            stream = everywhere[resource.name]
            ending = "stream" if resource.incremental else "query"
            assert stream["retriever"]["requester"]["path"] == f"{resource.v4}/{ending}"
            assert stream["primary_key"] == ["id"]
            assert ("incremental_sync" in stream) == resource.incremental
            assert stream["schema_loader"]["schema"] == read_schema("medipim", resource.name)

    def test_its_form_has_settings_of_the_tap_and_hides_the_secret(self, manifest: dict[str, Any]) -> None:
        """One type a field, in an order, with what the declaration says."""
        form = manifest["spec"]["connection_specification"]
        declared = TapMedipim.config_jsonschema["properties"]
        assert form["required"] == ["api_key_id", "api_key_secret"]
        for name, field in form["properties"].items():
            assert isinstance(field["type"], str)
            assert field["title"] == declared[name]["title"]
            assert bool(field.get("airbyte_secret")) == bool(declared[name].get("secret"))
        assert sorted(field["order"] for field in form["properties"].values()) == list(range(len(form["properties"])))


class TestPages:
    """What the registry links to."""

    @pytest.mark.parametrize("name", PAGES)
    def test_a_page_has_the_sections_that_the_registry_wants(self, name: str) -> None:
        """In their order; the source tells its streams too."""
        headings = re.findall(r"^## (.+)$", (ROOT / "docs" / f"{PAGES[name]}.md").read_text("utf-8"), re.MULTILINE)
        wanted = [*SECTIONS[:3], *(["Supported streams"] if name.startswith("source") else []), *SECTIONS[3:]]
        assert [heading for heading in headings if heading in wanted] == wanted

    @pytest.mark.parametrize("name", PAGES)
    def test_its_changelog_has_the_version_of_the_image(self, name: str) -> None:
        """Newest first."""
        text = (ROOT / "docs" / f"{PAGES[name]}.md").read_text("utf-8").partition("## Changelog")[2]
        versions = re.findall(r"^\| (\d+\.\d+\.\d+) \|", text, re.MULTILINE)
        assert versions[0] == metadata(name)["dockerImageTag"]
