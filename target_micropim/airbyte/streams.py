"""The configured streams: what Airbyte asks for that MicroPIM's shop must not get, and the marks on its records."""

import logging
from collections.abc import Sequence
from typing import Any

from airbyte_protocol_dataclasses.models import ConfiguredAirbyteStream, DestinationSyncMode

from pim_wire.docs_site import docs_page
from pim_wire.errors import InvalidInput
from target_micropim.host import OpenRun
from target_micropim.mapping.desired import DELETED

_MARK = b'"_a'  # how the name of each mark begins
_MARKS = ("_ab_", "_airbyte_")  # what sources of Airbyte note about a record, such as where it stood in a log
_DELETED_AT = "_ab_cdc_deleted_at"
_REPLACED = frozenset({DestinationSyncMode.overwrite})
_UNKNOWN = frozenset({DestinationSyncMode.update, DestinationSyncMode.soft_delete})
PLACES = ("products", "categories")

logger = logging.getLogger("destination-micropim")


def refuse_modes(streams: Sequence[ConfiguredAirbyteStream]) -> None:
    """Say which streams would be emptied elsewhere and are not here. Raises InvalidInput for a mode that is unknown."""
    for configured in streams:
        name, mode = configured.stream.name, configured.destination_sync_mode
        if mode in _UNKNOWN:
            raise InvalidInput(f"Stream {name}: the mode {mode.value} is not offered: choose append_dedup or append")
        if mode in _REPLACED:
            what = "the sync mode overwrite"
        elif configured.minimum_generation_id:
            what = "a refresh or a clearing of data"
        else:
            continue
        logger.warning(
            "%s: %s deletes nothing in MicroPIM, where people work on the same products: what comes is written as with "
            "append_dedup, what does not come stays (%s)",
            name, what, docs_page("how-to/airbyte"),
        )  # fmt: skip


def declare(run: OpenRun, streams: Sequence[ConfiguredAirbyteStream]) -> None:
    """Let the run judge each stream before its first record. Raises InvalidInput."""
    for configured in streams:
        stream = configured.stream
        keys = configured.primary_key or stream.source_defined_primary_key or []
        run.declare(stream.name, stream.json_schema, [path[0] for path in keys if path])
        if not run.takes(stream.name) and (place := _prefixed(stream.name)):
            logger.warning(
                "%s: MicroPIM has no place for a stream of this name. If it holds %s, take the prefix out of the "
                "connection; with the profile native, the field streams can name it", stream.name, place,
            )  # fmt: skip


def _prefixed(name: str) -> str | None:
    """The stream that may be meant where a connection puts something before, or behind, its name."""
    lower = name.lower()
    return next((place for place in PLACES if lower.startswith(place) or lower.endswith(place)), None)


def of_the_source(record: Any, line: bytes) -> Any:
    """A record without what Airbyte's sources note about it; itself where they note nothing.

    What a source of a database tells of a deleted row says the same as ``_sdc_deleted_at``.
    See docs/api/micropim.md#product-delete.
    """
    if _MARK not in line or not isinstance(record, dict):
        return record
    bare = {name: value for name, value in record.items() if not name.startswith(_MARKS)}
    if len(bare) == len(record):
        return record
    if record.get(_DELETED_AT):
        bare[DELETED] = record[_DELETED_AT]
    return bare
