"""``write``: Airbyte's messages handed to a run, and the states that became safe given back."""

import logging
import sys
from collections.abc import Callable, Sequence

from airbyte_protocol_dataclasses.models import ConfiguredAirbyteStream

from pim_wire.errors import InvalidInput
from target_micropim.airbyte.lasting import disk_warning
from target_micropim.airbyte.reader import IN_A_MESSAGE, Descriptor, MessageReader, Record
from target_micropim.airbyte.states import States
from target_micropim.airbyte.streams import declare, of_the_source, refuse_modes
from target_micropim.connection import Connection
from target_micropim.host import OpenRun
from target_micropim.lines import Unreadable

logger = logging.getLogger("destination-micropim")


def write(
    connection: Connection,
    reader: MessageReader,
    streams: Sequence[ConfiguredAirbyteStream],
    write_line: Callable[[bytes], None],
) -> None:
    """One run over what stdin holds. Raises StopRun, Interrupted."""
    if sys.stdin is None:
        raise InvalidInput("Standard input is closed: Airbyte's messages are read from it")
    refuse_modes(streams)
    if warning := disk_warning(connection.settings):  # before the ledger is made
        logger.warning("%s", warning)
    states = States(write_line)
    with OpenRun(connection, states.leave) as run:
        states.run = run
        declare(run, streams)
        _feed(run, reader, states, streams)


def _feed(run: OpenRun, reader: MessageReader, states: States, streams: Sequence[ConfiguredAirbyteStream]) -> None:
    """Hand over one message after the other."""
    configured: dict[str, Descriptor] = {one.stream.name: (one.stream.namespace, one.stream.name) for one in streams}
    for message in reader.messages(sys.stdin):
        if isinstance(message, Record):
            _hand_over(run, message, states, configured)
        else:
            states.take(message)


def _hand_over(run: OpenRun, record: Record, states: States, configured: dict[str, Descriptor]) -> None:
    data, (_namespace, name) = record.data, record.stream
    if isinstance(data, Unreadable):
        states.count(configured.get(name, record.stream))
        run.refuse(name, data.kept, data.reason)
        return
    states.count(record.stream)
    cleaned = of_the_source(data, record.line)
    if cleaned is data:
        run.receive(name, data, record.line, IN_A_MESSAGE)
    else:
        run.receive(name, cleaned)
