"""What a flag of the command line asks for in place of a run. What only one of them needs is imported by it."""

import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from target_micropim.commands.check import Feed
    from target_micropim.connection import Connection

logger = logging.getLogger("target-micropim")


def check(connection: "Connection", feed: "Feed | None") -> None:
    """``--check``, with a file's records where ``feed`` hands them over. Ends the process."""
    from target_micropim.commands.check import Check

    report = Check(connection, feed)
    for line in report.lines():
        click.echo(connection.redactor.clean(line))
    logger.log(logging.INFO if report.is_good else logging.ERROR, "%s", report.verdict)
    sys.exit(0 if report.is_good else 1)


def inspect_ledger(what: str, connection: "Connection") -> None:
    """``--ledger`` show and export; nothing is asked."""
    from target_micropim.commands.ledger import inspected

    for line in inspected(what, connection.settings.ledger_url):
        click.echo(line)


def create_ledger(connection: "Connection", *, dry_run: bool) -> None:
    """``--ledger=create``."""
    from target_micropim.commands.ledger import created

    click.echo(created(connection, dry_run=dry_run))


def rebind_ledger(connection: "Connection", *, dry_run: bool) -> None:
    """``--ledger=rebind``."""
    from target_micropim.commands.ledger import rebound

    click.echo(connection.redactor.clean(rebound(connection, dry_run=dry_run)))


def probe(connection: "Connection", given: Mapping[str, Any]) -> None:
    """``--probe``, with the flags beside it. Ends the process where the probe fails."""
    from target_micropim.commands.probe.probe import Probe, ProbeRequest

    request = ProbeRequest(given["probe"], given["throw_away"], given["probe_picture"], given["probe_big_picture"])
    if not Probe(connection, request, lambda line: click.echo(connection.redactor.clean(line))).run():
        sys.exit(1)


def explain(connection: "Connection", sku: str) -> None:
    """``--explain``. Ends the process where nobody knows the product."""
    from target_micropim.commands.explain import Explain

    if not sku.strip():
        raise click.UsageError("--explain needs a SKU, or an id of the source")
    clean = connection.redactor.clean
    explanation = Explain(connection, sku)
    for line in explanation.lines():
        click.echo(clean(line))
    if not explanation.is_known:
        logger.error("%s", clean(explanation.verdict))
        sys.exit(1)
