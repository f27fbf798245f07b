"""``destination-micropim``: Airbyte's commands over the same run as the Singer target's."""

import logging
import sys

from airbyte_protocol_dataclasses.models import ConfiguredAirbyteStream, ConnectorSpecification, DestinationSyncMode
from typing_extensions import override

from pim_airbyte.command import Destination, Given
from pim_wire.docs_site import docs_page
from pim_wire.errors import InvalidInput, InvalidSettings
from target_micropim.airbyte.form import FORM
from target_micropim.airbyte.lasting import disk_warning
from target_micropim.airbyte.reader import IN_A_MESSAGE, Descriptor, MessageReader, Record
from target_micropim.airbyte.states import States
from target_micropim.airbyte.streams import declare, of_the_source, refuse_modes
from target_micropim.catalog.languages import SourceLanguages
from target_micropim.catalog.ownership import enter_shop, fingerprint
from target_micropim.commands.places import check_places
from target_micropim.connection import Connection
from target_micropim.host import OpenRun, connect, own_version, redactor_of, setting_errors
from target_micropim.ledger import copy_of
from target_micropim.lines import Unreadable

CHECK_SECONDS = 60  # of patience: who waits for a check sits in front of a form
OFFERED = (DestinationSyncMode.append_dedup, DestinationSyncMode.append)

logger = logging.getLogger("destination-micropim")


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
            changelogUrl=docs_page("changes"),
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
        connection = self._connected(given, patience=CHECK_SECONDS)
        check_places(connection.settings)
        connection.channels()
        look_at_ledger(connection)
        _tell(disk_warning(connection.settings))

    @override
    def write(self, given: Given) -> None:
        """Raises StopRun, Interrupted."""
        if sys.stdin is None:
            raise InvalidInput("Standard input is closed: Airbyte's messages are read from it")
        refuse_modes(given.catalog.streams)
        connection = self._connected(given)
        self._reader = reader = MessageReader(connection.settings.size_limits, given.clock)
        _tell(disk_warning(connection.settings))  # before the ledger is made
        states = States(given.output.write_lines)
        with OpenRun(connection, states.leave) as run:
            states.run = run
            declare(run, given.catalog.streams)
            _feed(run, reader, states, given.catalog.streams)

    def _connected(self, given: Given, patience: float | None = None) -> Connection:
        """Raises InvalidSettings with all that is wrong."""
        settings = dict(given.settings)
        given.output.mask(redactor_of(settings))
        if errors := setting_errors(settings, lambda name: f"the field {self.form.called(name)}"):
            raise InvalidSettings("; ".join(errors))
        if patience is not None:
            settings["max_wait_seconds"] = min(settings["max_wait_seconds"], patience)
        return connect(settings, f"{self.name}/{own_version()}", given.clock, given.output.redactor)


def _tell(warning: str | None) -> None:
    if warning is not None:
        logger.warning("%s", warning)


def look_at_ledger(connection: Connection) -> None:
    """Whether a run could begin with it; in a copy. Raises StopRun."""
    ledger = copy_of(connection.settings.ledger_url)
    try:
        ledger.upgrade()
        _tell(enter_shop(ledger, connection))
        languages = SourceLanguages(connection.settings, ledger)
        if not languages.is_decided:
            languages.demand()
        logger.info("Key accepted. Organization: %s (setting organization)", fingerprint(ledger, connection))
        logger.info("Language: %s", languages.told())
    finally:
        ledger.close()


def _feed(run: OpenRun, reader: MessageReader, states: States, configured: list[ConfiguredAirbyteStream]) -> None:
    """Hand over all that is read from stdin. Raises StopRun, Interrupted."""
    named: dict[str, Descriptor] = {each.stream.name: (each.stream.namespace, each.stream.name) for each in configured}
    for message in reader.messages(sys.stdin):
        if not isinstance(message, Record):
            states.take(message)
        elif isinstance(message.data, Unreadable):
            name = message.data.stream
            states.count(named.get(name, message.stream))
            run.refuse(name, message.data.kept, message.data.reason)
        else:
            states.count(message.stream)
            record, is_as_it_came = of_the_source(message.data, message.line)
            text = message.line if is_as_it_came else None
            run.receive(message.stream[1], record, text, IN_A_MESSAGE if is_as_it_came else ())
