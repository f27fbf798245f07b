"""Requests a minute that MicroPIM was found to carry, so that the next run need not search for them again."""

from collections.abc import Mapping

from target_micropim.ledger.store import Ledger

KINDS = ("reads", "writes", "pictures")
_FACT = "rate:{}"


def rates_of(ledger: Ledger) -> dict[str, int]:
    """What earlier runs have found, by kind of request."""
    facts = {kind: ledger.fact(_FACT.format(kind)) for kind in KINDS}
    return {kind: int(value) for kind, value in facts.items() if value is not None and value.isdecimal()}


def note_rates(ledger: Ledger, found: Mapping[str, int]) -> None:
    """Keep what this run has found. Raises LedgerUnusable."""
    for kind, rate in found.items():
        ledger.note(_FACT.format(kind), str(rate))
