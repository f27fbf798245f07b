"""The command line of micropim-fleet."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from micropim_fleet.fleet import FILE, load
from micropim_fleet.mistakes import CannotGoOn, WrongFleet
from micropim_fleet.morning import in_short, morning
from micropim_fleet.notice import is_due, send
from micropim_fleet.page import page
from micropim_fleet.plan import as_text, loads
from micropim_fleet.render import differing, rendered, write
from micropim_fleet.run import STOPPED, Runner
from micropim_fleet.shape import schema
from micropim_fleet.store import Store
from micropim_fleet.variables import environment_of, filled
from pim_wire.docs_site import SITE, docs_page

PAGE = docs_page("how-to/twenty-shops")


def parser() -> argparse.ArgumentParser:
    """What can be given."""
    top = argparse.ArgumentParser(
        prog="micropim-fleet",
        description="Many shops from one extraction, told in one file.",
        epilog=f"Docs: {SITE}",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = _command(commands, "check", "say everything that is wrong with the file, by line and shop")
    check.add_argument("--no-variables", action="store_true", help="do not look whether variables are set")
    check.add_argument("--schema", action="store_true", help="print the JSON Schema of the file, for editors")
    check.add_argument("place", nargs="?", type=Path, metavar="FILE", help="the same as --file")
    render = _command(commands, "render", "write meltano.yml and the SQL of each shop beside the file")
    render.add_argument("--check", action="store_true", help="write nothing; exit code 1 if something would change")
    run = _command(commands, "run", "carry out markets and shops, one after the other")
    run.add_argument("names", nargs="+", metavar="NAME", help="a market or a shop")
    run.add_argument("--full", action="store_true", help="from the beginning: all of Medipim, or all of the store")
    run.add_argument("--dry-run", action="store_true", help="a plan of what a shop would get; nothing is written")
    plan = _command(commands, "plan", "say what each egress has to carry, and what does not fit into its window")
    plan.add_argument("--look", action="store_true", help="make a dry run of each shop first, which costs reads only")
    plan.add_argument("--json", action="store_true", help="for machines")
    report = _command(commands, "report", "one page and one JSON over all shops; exit code 1 if one did not end well")
    report.add_argument("--no-notices", action="store_true", help="send nothing to notify_urls")
    return top


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.", epilog=f"Docs: {PAGE}")
    command.add_argument("-f", "--file", type=Path, default=Path(FILE), help=f"the fleet file ({FILE})")
    return command


def carry_out(words: Sequence[str]) -> int:
    """The exit code of a command: 0 done, 1 something is wrong, 2 the command line is, 130 stopped on request."""
    arguments = parser().parse_args(words)
    try:
        return _COMMANDS[arguments.command](arguments)
    except WrongFleet as wrong:
        number = len(wrong.mistakes)
        sys.stderr.write(f"{wrong}\n{number} mistake{'s' if number > 1 else ''} ({PAGE})\n")
    except CannotGoOn as reason:
        sys.stderr.write(f"micropim-fleet: {reason} ({PAGE})\n")
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        sys.stderr.write(f"micropim-fleet: {error.strerror or error}{place}\n")
    except KeyboardInterrupt:
        return STOPPED
    return 1


def _check(arguments: argparse.Namespace) -> int:
    if arguments.schema:
        sys.stdout.write(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")
        return 0
    file = arguments.place or arguments.file
    environment = None if arguments.no_variables else environment_of(file.resolve().parent)
    fleet = load(file, environment)
    counts = {"shop": len(fleet.shops), "market": len(fleet.markets), "egress": len(fleet.egresses)}
    told = ", ".join(f"{number} {_several(name, number)}" for name, number in counts.items())
    sys.stdout.write(f"{file}: no mistakes: {told}\n")
    return 0


def _several(name: str, number: int) -> str:
    return name if number == 1 else name + ("es" if name.endswith("s") else "s")


def _render(arguments: argparse.Namespace) -> int:
    fleet = load(arguments.file)
    files = rendered(fleet)
    if arguments.check:
        names = differing(fleet.root, files)
        sys.stdout.write("".join(f"{name} would change\n" for name in names))
        return 1 if names else 0
    names = write(fleet.root, files)
    sys.stdout.write("".join(f"{name}\n" for name in names) or "nothing has changed\n")
    return 0


def _run(arguments: argparse.Namespace) -> int:
    environment = environment_of(arguments.file.resolve().parent)
    fleet = load(arguments.file)
    write(fleet.root, rendered(fleet))
    runner = Runner(fleet, environment, Store(fleet, environment), time.time, arguments.full, arguments.dry_run)
    failed = False
    for owner in [runner.owner(name) for name in arguments.names]:
        failed = bool(runner.run(owner)) or failed
        if runner.stopped:
            return STOPPED
    return int(failed)


def _plan(arguments: argparse.Namespace) -> int:
    environment = environment_of(arguments.file.resolve().parent)
    fleet = load(arguments.file)
    if arguments.look:
        write(fleet.root, rendered(fleet))
        runner = Runner(fleet, environment, Store(fleet, environment), time.time, dry_run=True)
        for shop in fleet.shops.values():
            runner.run(shop)
            if runner.stopped:
                return STOPPED
    found, expected = loads(fleet)
    if arguments.json:
        content = {
            "egresses": [{**asdict(load), "fits": load.fits} for load in found],
            "shops": list(map(asdict, expected)),
        }
        sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in as_text(found)))
    return 0 if all(load.fits for load in found) else 1


def _report(arguments: argparse.Namespace) -> int:
    fleet = load(arguments.file)
    found = morning(fleet, datetime.now(UTC))
    folder = fleet.root / fleet.folder / "fleet"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("report.json", json.dumps(found.as_json(), indent=2, ensure_ascii=False) + "\n"),
        ("report.html", page(found)),
    ):
        draft = folder / f".{name}.tmp"
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")
        draft.replace(folder / name)
    told = "\n".join(in_short(found))
    sys.stdout.write(f"{told}\n{folder / 'report.html'}\n")
    if fleet.notify_urls and not arguments.no_notices and is_due(fleet.notify_on, found):
        environment = environment_of(fleet.root)
        if lost := send([filled(url, environment) for url in fleet.notify_urls], told, failed=bool(found.bad)):
            sys.stderr.write(f"micropim-fleet: {lost}\n")
    return 1 if found.bad else 0


_COMMANDS = {"check": _check, "plan": _plan, "render": _render, "run": _run, "report": _report}


def main() -> None:
    """Carry out the arguments of this process."""
    raise SystemExit(carry_out(sys.argv[1:]))
