"""``destination-micropim``: what Airbyte asks of a destination. What only one command needs is imported by it."""

from typing import TYPE_CHECKING

from airbyte_protocol_dataclasses.models import ConnectorSpecification, DestinationSyncMode
from typing_extensions import override

from pim_airbyte.command import Destination, Given
from pim_wire.docs_site import SITE, docs_page
from pim_wire.errors import InvalidSettings
from target_micropim.airbyte.form import FORM
from target_micropim.host import connect, own_version, redactor_of, setting_errors

if TYPE_CHECKING:
    from target_micropim.airbyte.reader import MessageReader
    from target_micropim.connection import Connection

CHECK_SECONDS = 60  # of patience: who waits for a check sits in front of a form
OFFERED = (DestinationSyncMode.append_dedup, DestinationSyncMode.append)


class DestinationMicroPim(Destination):
    """Products and categories into MicroPIM; streams that it has no place for are taken and left out."""

    name = "destination-micropim"
    form = FORM

    def __init__(self) -> None:
        self._reader: MessageReader | None = None  # while records are read

    @override
    def spec(self) -> ConnectorSpecification:
        return ConnectorSpecification(
            self.form.specification(),
            documentationUrl=docs_page("how-to/airbyte"),
            changelogUrl=f"{SITE}changes/",
            supportsIncremental=True,
            supported_destination_sync_modes=list(OFFERED),
        )

    @override
    def may_interrupt(self) -> bool:
        """While records are read, only a wait for the next one: a write is finished, or ended by its own wait."""
        return self._reader is None or self._reader.is_waiting

    @override
    def check(self, given: Given) -> None:
        """One question to MicroPIM, and a look at the ledger. Raises StopRun."""
        from target_micropim.airbyte.checking import check

        check(self._connected(given, patience=CHECK_SECONDS))

    @override
    def write(self, given: Given) -> None:
        """Raises StopRun, Interrupted."""
        from target_micropim.airbyte.reader import MessageReader
        from target_micropim.airbyte.writing import write

        connection = self._connected(given)
        self._reader = MessageReader(connection.settings.size_limits, given.clock)
        write(connection, self._reader, given.catalog.streams, given.output.write_lines)

    def _connected(self, given: Given, patience: float | None = None) -> "Connection":
        """Raises InvalidSettings with all that is wrong."""
        settings = dict(given.settings)
        given.output.mask(redactor_of(settings))
        if errors := setting_errors(settings, lambda name: f"the field {self.form.called(name)}"):
            raise InvalidSettings("; ".join(errors))
        if patience is not None:
            settings["max_wait_seconds"] = min(settings["max_wait_seconds"], patience)
        return connect(settings, f"{self.name}/{own_version()}", given.clock, given.output.redactor)
