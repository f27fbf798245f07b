"""Keys and passwords in settings: of the wrong type, in an address, in any log configuration. None is ever shown."""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pim_wire.clock import Clock
from pim_wire.redaction import Redactor, passwords_in
from pim_wire.urls import shown_url
from tap_medipim.run import Run
from tests.support.forked import run_forked
from trials.canary import KEY, KEY_ID, PASSWORD, SECRET, forms, leaks, written

BIN = Path(sys.executable).parent
DEAD = "http://127.0.0.1:9"
GIVEN = {
    "tap-medipim": {"api_url": DEAD, "api_key_id": KEY_ID, "api_key_secret": SECRET, "max_wait_seconds": 0},
    "target-micropim": {"api_url": DEAD, "api_key": KEY, "max_wait_seconds": 0},
}
RECORD = (
    b'{"type":"SCHEMA","stream":"products","schema":{"properties":{}},"key_properties":[]}\n'
    b'{"type":"RECORD","stream":"products","record":{"id":"1"}}\n'
)
COMMANDS = {
    "tap-medipim": [
        [], ["--version"], ["--about"], ["--about", "--format=json"], ["--about", "--format=markdown"], ["--discover"],
        ["--test"], ["--test=schema"], ["--state", "tap-medipim.secret"], ["--no-such-flag"],
    ],
    "target-micropim": [
        [], ["--version"], ["--about"], ["--about", "--format=json"], ["--about", "--format=markdown"], ["--check"],
        ["--dry-run"], ["--replay", "given.jsonl"], ["--ledger=show"], ["--ledger=export"],
        ["--check", "--ledger=show"],
    ],
}  # fmt: skip


def run(plugin: str, folder: Path, settings: dict[str, Any], *arguments: str) -> list[bytes]:
    """Everything that one command wrote, at the level that shows everything."""
    (folder / f"{plugin}.secret").write_text(json.dumps({**GIVEN[plugin], **settings}), encoding="utf-8")
    (folder / "given.jsonl").write_bytes(RECORD)
    command = [str(BIN / plugin), "--config", f"{plugin}.secret", *arguments]
    env = {**os.environ, "LOGLEVEL": "DEBUG"}
    done = run_forked(command, cwd=folder, env=env, input=RECORD, capture_output=True, check=False, timeout=60)
    assert b"Traceback" not in done.stderr.split(b"The failure in full")[0]
    return [done.stdout, done.stderr, *written(folder)]


@pytest.mark.parametrize(
    ("plugin", "arguments"), [(plugin, arguments) for plugin, lines in COMMANDS.items() for arguments in lines], ids=str
)
def test_no_command_shows_a_key(plugin: str, arguments: list[str], tmp_path: Path) -> None:
    """Each command line, at debug level, with a service that cannot be reached."""
    assert leaks(*run(plugin, tmp_path, {}, *arguments)) == []


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{quote(PASSWORD, safe='')}@127.0.0.1:9/pim",
        f"postgresql://me:{PASSWORD}@127.0.0.1:9/pim",
        f"postgresql://127.0.0.1:9/pim?user=me&password={quote(PASSWORD, safe='')}",
        f"mysql://me:{quote(PASSWORD, safe='')}@127.0.0.1/pim",
        f"postgresql://me:{quote(PASSWORD, safe='')}@127.0.0.1:port/pim",
        [f"postgresql://me:{PASSWORD}@127.0.0.1/pim"],
        {"url": f"postgresql://me:{PASSWORD}@127.0.0.1/pim"},
    ],
    ids=["quoted", "not quoted", "an option", "another database", "no port", "a list", "an object"],
)
def test_the_password_of_a_ledger_is_not_shown(url: Any, tmp_path: Path) -> None:
    """Neither where the address is good and nobody answers, nor where it is none."""
    found = run("target-micropim", tmp_path, {"ledger_url": url}, "--ledger=show")

    assert leaks(*found) == []
    assert b"ledger_url" in b"".join(found)


@pytest.mark.parametrize("plugin", GIVEN)
@pytest.mark.parametrize("scheme", ["postgresql", "redis", "mysql"])
def test_the_password_of_a_shared_throttle_is_not_shown(scheme: str, plugin: str, tmp_path: Path) -> None:
    """Neither where nobody answers, nor where the address is none."""
    url = f"{scheme}://me:{quote(PASSWORD, safe='')}@127.0.0.1:9/0"
    found = run(plugin, tmp_path, {"throttle_url": url}, *(["--test"] if plugin == "tap-medipim" else []))

    assert leaks(*found) == []
    assert b"throttle_url" in b"".join(found)


@pytest.mark.parametrize("wrong", [[SECRET], {"deep": [SECRET]}, {"deep": {SECRET: 1}}])
@pytest.mark.parametrize(("plugin", "name"), [("tap-medipim", "api_key_secret"), ("target-micropim", "api_key")])
def test_a_key_of_the_wrong_type_is_not_shown(plugin: str, name: str, wrong: Any, tmp_path: Path) -> None:
    """The setting is named, its value is not."""
    found = run(plugin, tmp_path, {name: wrong})

    assert leaks(*found) == []
    assert f"Setting {name}".encode() in b"".join(found)


def test_a_key_with_blanks_around_it_is_masked_as_it_travels() -> None:
    """Keys are sent without the blanks of a copied line; so they must be masked without them."""
    settings = {"api_key_id": f" {KEY_ID}", "api_key_secret": f"{SECRET}\n"}
    redactor = Run(settings, "agent", Clock()).redactor
    for form in forms(SECRET, KEY_ID):
        assert form.decode("latin-1") not in redactor.clean(f"before {form.decode('latin-1')} after")


@pytest.mark.parametrize("secret", [SECRET, KEY, PASSWORD, 'with "quotes" and \\', "straße"])
def test_every_form_is_masked(secret: str) -> None:
    """Escaped for JSON, quoted, in base64 of either alphabet and either charset."""
    redactor = Redactor([secret], [(KEY_ID, secret)])
    for form in forms(secret, KEY_ID):
        try:
            text = form.decode()
        except UnicodeDecodeError:
            continue  # no text holds it: a log is UTF-8
        assert text not in redactor.clean(f"before {text} after"), text


def test_handlers_of_other_loggers_are_filtered(tmp_path: Path) -> None:
    """A log configuration may give a library a file of its own."""
    logger = logging.getLogger("some.library")
    handler = logging.FileHandler(tmp_path / "own.log")
    logger.addHandler(handler)
    try:
        Redactor([SECRET]).install()
        logger.error("sent %s", SECRET)
    finally:
        logger.removeHandler(handler)
        handler.close()
        for other in logging.getLogger().handlers:
            other.filters = [found for found in other.filters if "Redactor" not in repr(found)]

    assert SECRET not in (tmp_path / "own.log").read_text()


def test_an_address_is_shown_without_passwords() -> None:
    """Neither the password before the host nor one among the options."""
    url = "postgresql://me:one@host/pim?password=two&sslpassword=three"
    assert passwords_in(url) == {"one", "two", "three"}
    assert shown_url(url) == "postgresql://me:***@host/pim"
