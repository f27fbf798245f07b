"""Flags of the command line beside the SDK's own."""

from pathlib import Path

import click

WHAT = "Write the Singer messages of stdin into MicroPIM, only what changed; what is safe leaves on stdout as states."
EXAMPLES = (
    "target-micropim --config target.json --check",
    "tap-medipim --config tap.json | target-micropim --config target.json --dry-run",
    "tap-medipim --config tap.json --state state.json | target-micropim --config target.json > states.jsonl",
    "target-micropim --config target.json --ledger=show",
    "target-micropim --config target.json --replay .micropim/reports/20261130T020000Z-1a2b3c/rejects.jsonl",
    "target-micropim --config target.json --undo last --dry-run",
    "target-micropim --config target.json --explain M000101EEF",
)
FLAGS: tuple[click.Option, ...] = (
    click.Option(["--check"], is_flag=True, help="Ask MicroPIM and the ledger what a run would find; write nothing."),
    click.Option(["--dry-run"], is_flag=True, help="Write nothing; leave plan.jsonl in the report's folder."),
    click.Option(
        ["--replay"],
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Feed a rejects.jsonl again instead of reading messages.",
    ),
    click.Option(
        ["--undo"],
        metavar="RUN",
        help="Put back what a run has written, wherever MicroPIM still shows it: the name of its folder in report_dir, "
        "or last. With --dry-run: only say what would be put back.",
    ),
    click.Option(
        ["--ledger"],
        type=click.Choice(["show", "list", "export", "create", "rebind"]),
        help="show: counts and owner of the ledger. list: all ledgers of its database or folder. export: its products "
        "as JSON lines. create: make it, or lead an older one to this version. rebind: bind it to the present address "
        "and key, if its products are there.",
    ),
    click.Option(
        ["--probe"],
        type=click.Path(dir_okay=False, path_type=Path),
        help="Find out what nobody says about MicroPIM, in a throw-away organization; what it is goes into this file.",
    ),
    click.Option(
        ["--explain"],
        metavar="SKU",
        help="Why is this product in MicroPIM, or not: source, ledger, MicroPIM, last runs, open questions.",
    ),
    click.Option(["--throw-away"], metavar="FINGERPRINT", help="With --probe: this organization may be written to."),
    click.Option(["--probe-picture"], metavar="URL", help="With --probe: a small public picture to attach."),
    click.Option(["--probe-big-picture"], metavar="URL", help="With --probe: a public picture of some 20 MB."),
)


def refuse_together(**given: object) -> None:
    """Raises UsageError when more than one of the flags that take the place of a run is given."""
    names = [f"--{name}" for name, value in given.items() if value]
    if len(names) > 1:
        raise click.UsageError(f"{' and '.join(names)} cannot go together")
