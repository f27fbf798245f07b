"""``check``: whether a run could begin. Nothing is made."""

import logging

from target_micropim.airbyte.lasting import disk_warning
from target_micropim.catalog.languages import SourceLanguages
from target_micropim.catalog.ownership import enter_shop, fingerprint
from target_micropim.commands.places import check_places
from target_micropim.connection import Connection
from target_micropim.ledger import copy_of
from target_micropim.settings.markets import wrong_for

logger = logging.getLogger("destination-micropim")


def check(connection: Connection) -> None:
    """One question to MicroPIM, which proves the key, and a look at a copy of the ledger. Raises StopRun."""
    settings = connection.settings
    check_places(settings)
    connection.channels()
    _look_at_ledger(connection)
    for odd in (disk_warning(settings), wrong_for(settings.source_market, settings.currency), *settings.remarks):
        if odd is not None:
            logger.warning("%s", odd)


def _look_at_ledger(connection: Connection) -> None:
    """Whose it is, and in which language it is filled in."""
    ledger = copy_of(connection.settings.ledger_url)
    try:
        ledger.upgrade()
        if recognised := enter_shop(ledger, connection):
            logger.warning("%s", recognised)
        logger.info("Key accepted. Organization: %s (field organization)", fingerprint(ledger, connection))
        languages = SourceLanguages(connection.settings, ledger)
        if not languages.is_decided:
            languages.demand()
        logger.info("Language: %s", languages.told())
    finally:
        ledger.close()
