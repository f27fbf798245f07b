"""--explain: why a product is in MicroPIM, or not; from every side, with one look, and without a write."""

import json
import sys
from typing import Any

import pytest

from tests.support.forked import run_forked


def explained(world: Any, sku: str, **settings: Any) -> tuple[int, str]:
    """Exit code and what is said, of a process of its own."""
    process = world.start(flags=["--explain", sku], **settings)
    out, _err = process.communicate(timeout=60)
    return process.returncode, out.decode()


def test_a_product_is_told_from_every_side(world: Any, singer: Any) -> None:
    """Made, edited by hand, renamed at the source: ledger, MicroPIM, the last runs and the open question."""
    world.load(singer.lines(products=[singer.product(1), singer.product(2, status="inactive"), {"id": "3"}]))
    world.pim.edit(90001, name="By hand")
    world.load(singer.lines(products=[singer.product(1, name={"en": "At the source"})]))
    world.forget_requests()

    code, told = explained(world, "1")

    assert code == 0
    assert "Source: 1, At the source" in told
    assert "Ledger: SKU 1; MicroPIM's id 90001; made by us" in told
    assert "MicroPIM: id 90001; sku 1; name By hand" in told
    assert told.index(": unchanged (MicroPIM's value stands: name") < told.index(": created")
    assert "Open question: name: changed in the source and by hand" in told
    assert "(source: At the source; MicroPIM: By hand)" in told
    assert [request.method for request in world.pim.requests] == ["GET"]


@pytest.mark.parametrize(
    ("sku", "words"),
    [
        ("2", "2 is not in MicroPIM; skipped in the run"),
        ("3", "3 is not in MicroPIM; rejected in the run"),
    ],
)
def test_why_a_product_is_not_in(world: Any, singer: Any, sku: str, words: str) -> None:
    """One that was never made, and one that was refused: the reason is that of the last run."""
    world.load(singer.lines(products=[singer.product(1), singer.product(2, status="inactive"), {"id": "3"}]))
    code, told = explained(world, sku)
    assert code == 0
    assert words in told.splitlines()[-1]
    assert {"2": "given it up", "3": "no text in any of the languages"}[sku] in told.splitlines()[-1]


def test_an_unknown_sku_is_told(world: Any, singer: Any) -> None:
    """Not in the ledger, not in MicroPIM, in no run; the same before the first run of all."""
    code, told = explained(world, "X-9")
    assert (code, told.splitlines()[-1].startswith("In short: X-9 is unknown")) == (1, True)
    world.load(singer.lines(products=[singer.product(1)]))
    code, told = explained(world, "X-9")
    assert (code, told.splitlines()[-1].startswith("In short: X-9 is unknown")) == (1, True)


def test_the_last_line_of_an_unknown_sku_says_so_where_a_log_keeps_it(world: Any) -> None:
    """On stderr, with the page that explains."""
    _out, err = world.start(flags=["--explain", "X-9"]).communicate(timeout=60)
    last = err.decode().splitlines()[-1]
    assert "--explain: nobody knows X-9: see " in last
    assert "how-to/explain" in last


def test_what_only_micropim_has_is_found_there(world: Any) -> None:
    """A product that a person made: no record of it has come."""
    world.pim.people.add("TEA", name="Shop's own tea")
    code, told = explained(world, "TEA")
    assert code == 0
    assert "Ledger: does not know it" in told
    assert "name Shop's own tea" in told
    assert "none of the last 60 runs has met it" in told


def test_a_key_that_is_refused_hides_nothing_else(world: Any, singer: Any) -> None:
    """What the ledger and the runs know is told all the same, without the key."""
    world.load(singer.lines(products=[singer.product(1)]))
    code, told = explained(world, "1", api_key="wrong-key")
    assert code == 0
    assert "MicroPIM: could not be asked" in told
    assert "Ledger: SKU 1" in told
    assert "wrong-key" not in told


def test_nothing_is_explained_about_no_sku(world: Any) -> None:
    """An empty text is a wrong command line; and one errand at a time."""
    for flags in (["--explain", " "], ["--explain", "1", "--check"]):
        (world.folder / "config.json").write_text(json.dumps(world.settings()))
        command = [sys.executable, "-m", "target_micropim", "--config", "config.json", *flags]
        assert run_forked(command, cwd=world.folder, capture_output=True).returncode == 2
