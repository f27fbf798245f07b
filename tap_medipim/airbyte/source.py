"""``source-medipim``: what Airbyte asks of a source."""

from importlib.metadata import version
from typing import TYPE_CHECKING

from airbyte_protocol_dataclasses.models import AirbyteCatalog, ConnectorSpecification
from typing_extensions import override

from pim_airbyte.command import Given, Source
from pim_wire.docs_site import SITE, docs_page
from pim_wire.errors import InvalidSettings, StrangeAnswer
from tap_medipim.airbyte.form import FORM
from tap_medipim.airbyte.streams import offered
from tap_medipim.errors import EndpointAbsent, StreamFailed
from tap_medipim.resources import RESOURCES, Resource
from tap_medipim.run import Run
from tap_medipim.settings import setting_errors

if TYPE_CHECKING:
    from tap_medipim.client import MedipimClient

CHECK_SECONDS = 60  # of patience: who waits for a check sits in front of a form
_ASKED = (
    "brands",
    "organizations",
    "categories",
)  # every market and version has them: one answer is enough


class SourceMedipim(Source):
    """Medipim as a source."""

    name = "source-medipim"
    form = FORM

    @override
    def spec(self) -> ConnectorSpecification:
        return ConnectorSpecification(
            FORM.specification(),
            documentationUrl=docs_page("how-to/airbyte"),
            changelogUrl=f"{SITE}changes/",
            supportsIncremental=True,
        )

    @override
    def check(self, given: Given) -> None:
        _check_settings(given)
        patience = min(given.settings["max_wait_seconds"], CHECK_SECONDS)
        settings = given.settings | {"max_wait_seconds": patience}
        run = Run(settings, f"{self.name}/{version('medipim-micropim')}", given.clock)
        given.output.mask(run.redactor)
        _ask(run)

    @override
    def discover(self, given: Given) -> AirbyteCatalog:
        _check_settings(given)
        return offered(given.settings["market"], given.settings["api_version"])

    @override
    def read(self, given: Given) -> None:
        from tap_medipim.airbyte.reading import Reading  # noqa: PLC0415 - a form must not wait for the framework

        _check_settings(given)
        Reading(given).run()


def _check_settings(given: Given) -> None:
    """Raises InvalidSettings for what no type of a field shows."""
    if errors := list(setting_errors(given.settings, given.clock.wall())):
        raise InvalidSettings("; ".join(errors))


def _ask(run: Run) -> None:
    """One cheap question: a page of brands. Raises StopRun when the key or the address does not serve."""
    refusals: list[str] = []
    for resource in (each for each in RESOURCES if each.name in _ASKED):
        try:
            _ask_for(run.client, resource, run.settings.api_version)
        except EndpointAbsent as refusal:
            refusals.append(str(refusal))
        except StreamFailed as failure:
            raise StrangeAnswer(f"Medipim cannot be read: {failure}") from None
        else:
            return
    raise StrangeAnswer(f"Medipim offers this key no list at all, as if it were not there: {refusals[0]}")


def _ask_for(client: "MedipimClient", resource: Resource, api_version: str) -> None:
    if api_version == "v3":
        client.get_all(resource.v3[0])
    else:
        client.query_list(f"{resource.v4}/query", {"page": {"no": 0, "size": 10}})
