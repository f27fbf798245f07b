"""--check, --ledger and the connection test of a host: looks without a trace."""

import json
import subprocess
from typing import Any

import pytest


def command(world: Any, *flags: str, given: bytes = b"", **settings: Any) -> "tuple[int, list[str], str]":
    """A command line to its end: exit code, lines on stdout, stderr."""
    process: subprocess.Popen[bytes] = world.start(flags=list(flags), **settings)
    out, said = process.communicate(given, timeout=60)
    return process.returncode, out.decode().splitlines(), said.decode()


def test_the_check_of_a_new_place_writes_nothing(world: Any) -> None:
    """Key, channels, catalogue, limits and times; no ledger, no report, no write."""
    for number in range(250):
        world.pim.add(f"S{number}")
    world.forget_requests()
    code, lines, said = command(world, "--check", reads_per_minute=120, writes_per_minute=60, max_archive="5%")
    assert code == 0, said
    told = "\n".join(lines)
    assert "Key: accepted" in told
    assert "Channels of the organization: web, mobile" in told
    assert "Catalogue: 250 products listed, 0 products archived" in told
    assert "Reading the whole list: 6 requests, about 1 min" in told
    assert "Writing every listed product once: about 5 min" in told
    assert "Ledger: none yet" in told
    assert "max_archive: 5%" in told
    assert "120 reads and 60 writes a minute" in told
    assert world.writes() == []
    assert [file.name for file in world.folder.iterdir()] == ["config.json"]


def test_the_check_tells_what_the_ledger_knows(world: Any, singer: Any) -> None:
    """How many products, whose ledger, and that nobody writes; the lock is not kept."""
    world.load(singer.lines(products=[singer.product(n) for n in range(3)]))
    world.load(singer.lines(products=[singer.product(1, status="inactive")]))
    code, lines, _said = command(world, "--check")
    assert code == 0
    assert "Products known to the ledger: 3, of them 1 archived and 0 not finished" in lines
    assert "Ledger's owner: this organization" in lines
    assert "Lock: nobody is writing" in lines
    world.load(singer.lines(products=[singer.product(4)]))


@pytest.mark.parametrize(
    ("settings", "options", "word"),
    [({"api_key": "wrong"}, {}, "api_key"), ({}, {"has_organization": False}, "organization")],
)
def test_a_check_that_finds_something_wrong_ends_with_one(
    make_world: Any, settings: dict[str, str], options: dict[str, bool], word: str
) -> None:
    """A wrong key or no organization: said in its place, the rest is told all the same."""
    code, lines, _said = command(make_world(**options), "--check", **settings)
    assert code == 1
    (bad,) = [line for line in lines if line.startswith("NOT GOOD")]
    assert word in bad
    assert any(line.startswith("Limits") for line in lines)


def test_a_check_names_the_ledger_of_another_key(world: Any, singer: Any) -> None:
    """The owner is part of the check."""
    world.load(singer.lines(products=[singer.product(1)]))
    code, lines, _said = command(world, "--check", api_url=world.box.micropim_url.replace("127.0.0.1", "localhost"))
    assert code == 1
    assert any("belongs to another" in line for line in lines)


def test_the_ledger_is_shown_and_exported_while_a_run_writes(world: Any, singer: Any) -> None:
    """Counts and owner; one JSON line a product; no key of anything; the running writer is named."""
    process = world.start()
    process.stdin.write(b"\n".join(singer.lines(products=[singer.product(n) for n in range(3)])) + b"\n")
    process.stdin.flush()
    process.stdout.readline()
    try:
        code, lines, _said = command(world, "--ledger=show")
        assert code == 0
        assert any(str(process.pid) in line for line in lines)
        assert f"Ledger: version 2, made for {world.box.micropim_url}" in lines
        code, rows, said = command(world, "--ledger=export")
        assert code == 0, said
        exported = [json.loads(row) for row in rows]
        assert [row["sku"] for row in exported] == ["0", "1", "2"]
        assert all(row["remote_id"] > 0 and row["digest"] and row["settled_at"] for row in exported)
    finally:
        process.communicate(timeout=30)


def test_no_ledger_is_no_failure(world: Any) -> None:
    """Nothing to show is said; nothing to export is nothing; no file is made."""
    assert command(world, "--ledger=show")[:2] == (0, ["Ledger: none yet"])
    assert command(world, "--ledger=export")[:2] == (0, [])
    assert [file.name for file in world.folder.iterdir()] == ["config.json"]


def test_errands_do_not_go_together(world: Any) -> None:
    """Two flags that each take the place of a run are a mistake on the command line."""
    code, _lines, said = command(world, "--check", "--ledger=show")
    assert code == 2
    assert "cannot go together" in said


TEST_LINES = (
    b'{"type": "SCHEMA", "stream": "meltano_test_stream", "schema": {"type": "object", "properties": '
    b'{"id": {"type": "string"}}}, "key_properties": ["id"]}\n'
    b'{"type": "RECORD", "stream": "meltano_test_stream", "record": {"id": "x"}}\n'
    b'{"type": "STATE", "value": {}}\n'
)


def test_the_connection_test_of_meltano_is_recognised(world: Any) -> None:
    """One GET, no write, no ledger, exit code 0, and none of the words that Meltano takes for a failure."""
    code, lines, said = command(world, given=TEST_LINES)
    assert code == 0
    assert [f"{r.method} {r.path}" for r in world.pim.requests] == ["GET /api/channels"]
    assert "error" not in said.lower()
    assert "exception" not in said.lower()
    assert lines == ["{}"]
    assert [file.name for file in world.folder.iterdir()] == ["config.json"]


def test_the_connection_test_fails_with_a_wrong_key(world: Any) -> None:
    """Exit code 1, and the setting is named."""
    code, _lines, said = command(world, given=TEST_LINES, api_key="wrong")
    assert code == 1
    assert "api_key" in said


def test_a_connection_test_passes_while_a_run_holds_the_ledger(world: Any, singer: Any) -> None:
    """Testing the connection does not need the ledger."""
    process = world.start()
    process.stdin.write(b"\n".join(singer.lines(products=[singer.product(1)])) + b"\n")
    process.stdin.flush()
    process.stdout.readline()
    try:
        assert command(world, given=TEST_LINES)[0] == 0
    finally:
        process.communicate(timeout=30)
