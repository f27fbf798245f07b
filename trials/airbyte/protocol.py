"""Every message of both executables: against the protocol's models, each record against its stream's schema."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from jsonschema import Draft7Validator

from trials.airbyte.shop import destination_form, leaked, sandbox, source_form
from trials.airbyte.tools import DESTINATION, OUTSIDE, SOURCE, Ran, Tools, catalog_of, run
from trials.singer_clients.results import Result, Verdict

NAME = "airbyte-protocol-models"
ROLE = "models of every message"
MARKETS = ("be", "fr", "de", "es", "au", "us")
PRODUCTS = 20
SHOWN = 5
NOBODY = {"api_url": "http://127.0.0.1:9", "max_wait_seconds": 1}  # listens there
VERSION = "from importlib.metadata import version; print(version('airbyte-protocol-models-pdv2'))"


def try_protocol(tools: Tools, folder: Path) -> Result:
    """All verbs, every market, every stream, both sides."""
    texts: list[bytes] = []
    wrong: list[str] = []
    records = 0
    for market in MARKETS[:1] if tools.short else MARKETS:
        place = folder / market
        place.mkdir()
        for ran in _both_sides(tools, place, market):
            texts.append(ran.out)
            records += sum(ran.counts().values())
            wrong += _schema_errors(ran)
            if ran.code:
                wrong.append(f"{market}: exit code {ran.code}: {ran.errors()} {ran.err[-300:]!r}")
        wrong += leaked(place, *texts)
    python = str(tools.theirs / "python")
    version = subprocess.run([python, "-c", VERSION], check=True, capture_output=True, text=True).stdout.strip()
    lines = b"".join(texts)
    wrong += _model_errors(python, lines)
    ran_text = (
        f"spec, check, discover, read, write: {len(lines.splitlines())} messages, {records} records of all streams"
    )
    verdict = Verdict.FAILED if wrong else Verdict.PASSED
    return Result(NAME, version, ROLE, ran_text, verdict, tuple(wrong[:SHOWN]))


def _both_sides(tools: Tools, folder: Path, market: str) -> Iterator[Ran]:
    """Every verb once, and what the source read into the destination."""
    source, destination = [tools.ours / SOURCE], [tools.ours / DESTINATION]
    with sandbox(PRODUCTS, market) as box:
        form, other = source_form(box), destination_form(box, folder, market=market)
        for executable, config in ((source, form), (destination, other)):
            yield run(executable, "spec", folder)
            yield run(executable, "check", folder, config=config)
            yield run(executable, "check", folder, config={**config, **NOBODY})
        discovered = run(source, "discover", folder, config=form)
        yield discovered
        catalog = catalog_of(discovered)
        read = run(source, "read", folder, config=form, catalog=catalog)
        read.schemas.update({one["stream"]["name"]: one["stream"]["json_schema"] for one in catalog["streams"]})
        yield read
        yield run(destination, "write", folder, read.out, config=other, catalog=catalog)


def _schema_errors(ran: Ran) -> Iterator[str]:
    validators = {
        name: Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)
        for name, schema in ran.schemas.items()
    }
    for record in ran.of_type("RECORD"):
        for error in validators[record["stream"]].iter_errors(record["data"]):
            yield f"{record['stream']} {record['data'].get('id')}: {error.message[:200]} at {list(error.absolute_path)}"


def _model_errors(python: str, lines: bytes) -> list[str]:
    done = subprocess.run(
        [python, str(OUTSIDE / "validate.py")], input=lines, capture_output=True, check=False, timeout=120
    )
    said = done.stdout.decode().splitlines()
    return [*said, *([done.stderr.decode()[-500:]] if done.returncode else [])]
