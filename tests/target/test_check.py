"""--check, --ledger and the connection test of a host: looks without a trace."""

import json
import subprocess
from typing import Any

import pytest

from target_micropim.ledger.migrations import VERSION


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


def test_a_check_tells_the_limits_that_hold_where_none_is_set(world: Any) -> None:
    """They protect without a setting, so no line may say that there are none."""
    assert {"max_rejects: 5%, never below 10", "max_archive: 20%, never below 50"} <= set(command(world, "--check")[1])


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
    assert bad.endswith("/errors/#key-not-accepted)")
    assert any(line.startswith("Limits") for line in lines)


def checked(world: Any, given: list[bytes], **settings: Any) -> list[str]:
    """``--check --input`` over lines, while stdin stays open and silent; it must leave no trace."""
    file = world.folder / "in.jsonl"
    file.write_bytes(b"\n".join(given) + b"\n")
    world.forget_requests()
    before = _files(world)
    process = world.start(flags=["--check", "--input", str(file)], **settings)
    try:
        out = process.stdout.read().decode()
        said = process.stderr.read().decode()
        assert process.wait(60) == 0, out + said
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
    assert _files(world) == before
    assert world.writes() == []
    return out.splitlines()


def _files(world: Any) -> dict[str, bytes]:
    """The content of the working folder, the settings apart."""
    paths = [path for path in world.folder.rglob("*") if path.is_file() and path.name != "config.json"]
    return {str(path): path.read_bytes() for path in paths}


def test_a_check_counts_what_a_file_would_come_to(world: Any, singer: Any) -> None:
    """Known to the ledger, by SKU, by EAN, new, inactive, ambiguous, unmappable: as the run after it finds them."""
    world.load(singer.lines(products=[singer.product(n) for n in (1, 2)]))
    world.pim.add("3", name="By hand")
    world.pim.add("ELSE", ean="5412345678908")
    given = [
        singer.product(1, name={"en": "New"}),
        singer.product(2, status="inactive"),
        singer.product(3),
        singer.product(4, ean=["5412345678908"]),
        singer.product(5),
        singer.product(5, name={"en": "Again"}),
        singer.product(6, status="inactive"),
        {"id": "7", "status": "active"},
        ["no object"],
    ]
    lines = checked(world, singer.lines(products=given), match_on=["sku", "ean"])
    assert lines[-6:] == [
        "Input: 9 product records, 1 of them a product's later version",
        "Would match: 4 (2 by the ledger, 1 by SKU, 1 by EAN), of them 1 inactive in the source",
        "Would be made: 1",
        "Would be left out, since inactive or write_mode is update_only: 1",
        "Ambiguous: 0",
        lines[-1],
    ]
    assert lines[-1].startswith("Unmappable: 2, such as 7: ")
    assert "no text in any of the languages" in lines[-1]
    assert "Of the ledger's 2 products 2 are still in MicroPIM, 0 are not" in lines
    world.forget_requests()
    ends = world.load(singer.lines(products=given), match_on=["sku", "ean"]).report["streams"]["products"]
    assert (ends["created"], ends["rejected"], ends["archived"], ends["skipped"]) == (1, 2, 1, 1)


def test_a_check_names_what_is_ambiguous(make_world: Any, singer: Any) -> None:
    """Two products of MicroPIM with one SKU, and two records of the source with one: nobody guesses."""
    world = make_world(sku_unique=False)
    world.pim.add("1")
    world.pim.add("1")
    given = [singer.product(1), singer.product(2, cnk="9"), singer.product(3, cnk="9")]
    lines = checked(world, singer.lines(products=given), sku_template="{cnk}")
    assert lines[-4] == "Would be made: 1"
    assert lines[-2] == "Ambiguous: 1, such as 3: sku: 9 already belongs to 2 of this source"
    assert lines[-1].startswith("Unmappable: 1, such as 1: ")
    (twice,) = [line for line in checked(world, singer.lines(products=given)) if line.startswith("Ambiguous")]
    assert "2 products of MicroPIM have 1" in twice


def test_a_bare_check_never_waits_for_input_and_tells_what_is_still_there(world: Any, singer: Any) -> None:
    """Somebody deleted a product for good; stdin is a silent pipe; the way to the count is told."""
    world.load(singer.lines(products=[singer.product(n) for n in range(3)]))
    del world.pim.products[90001]
    process = world.start(flags=["--check"])
    try:
        lines = process.stdout.read().decode().splitlines()
        assert process.wait(60) == 0
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
    assert "Of the ledger's 3 products 2 are still in MicroPIM, 1 are not" in lines
    assert lines[-1] == "To count it here: give the tap's output as a file, --check --input FILE"


def test_a_check_of_a_bad_file_says_the_line(world: Any, singer: Any) -> None:
    """A file that is no Singer output: said in its place, exit code 1."""
    file = world.folder / "in.jsonl"
    file.write_bytes(singer.schema("products") + b"\nnonsense\n")
    code, lines, _said = command(world, "--check", "--input", str(file))
    assert code == 1
    assert any(line.startswith("NOT GOOD: Input line 2") for line in lines)


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
        assert f"Ledger: version {VERSION}, made for {world.box.micropim_url}" in lines
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


def test_a_check_counts_what_is_left_out_by_its_status(world: Any, singer: Any) -> None:
    """As a run would."""
    given = singer.lines(products=[singer.product(1), singer.product(2, status="no_selection")])
    lines = checked(world, given, statuses=["active"])
    assert "Would be made: 1" in lines
    assert "Would be left out by their status (statuses): 1" in lines


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ledger_url": "sqlite:///file/ledger.db"}, "ledger_url file/ledger.db cannot be written ("),
        ({"ledger_url": "sqlite:///."}, "ledger_url . cannot be written (this is no file): choose another place"),
        ({"report_dir": "file"}, "report_dir file cannot be written ("),
        ({"report_dir": "file/reports"}, "/file is no folder): choose another place, or give the right to write"),
    ],
)
def test_the_check_finds_a_place_that_a_run_could_not_write_to(world: Any, settings: Any, said: str) -> None:
    """And makes none; the verdict stands last on stderr, where the log is."""
    (world.folder / "file").touch()
    code, lines, stderr = command(world, "--check", **settings)
    assert code == 1
    assert any(line.startswith("NOT GOOD: ") and said in line for line in lines), lines
    assert said in (last := stderr.splitlines()[-1])
    assert "Check: NOT GOOD: " in last
    assert last.endswith("/errors/#no-room)")
    assert {file.name for file in world.folder.iterdir()} == {"config.json", "file"}


def test_the_verdict_counts_what_else_is_wrong(world: Any) -> None:
    """One line for who keeps stderr alone; what is good is said too."""
    code, lines, stderr = command(world, "--check", report_dir="config.json", api_key="wrong-key")
    assert code == 1
    assert sum(line.startswith("NOT GOOD: ") for line in lines) == 2
    assert "Check: NOT GOOD, and 1 more above: MicroPIM at " in stderr.splitlines()[-1]
    code, _lines, stderr = command(world, "--check")
    assert (code, stderr.splitlines()[-1].endswith("Check: good; nothing stands in the way of a run")) == (0, True)


@pytest.mark.parametrize("name", ["decisions_file", "metrics_file"])
@pytest.mark.parametrize("place", [".", "file/x.csv"])
def test_the_check_tells_of_a_file_that_a_run_would_go_on_without(world: Any, name: str, place: str) -> None:
    """The run warns of it at its end, when a person's answers were not read."""
    (world.folder / "file").touch()
    code, lines, _ = command(world, "--check", **{name: place})
    assert code == 0
    assert any(line.startswith(f"{name} {place} cannot be written (") for line in lines)
