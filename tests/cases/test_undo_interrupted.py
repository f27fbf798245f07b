"""An undo that is killed, meets another run, or belongs to another ledger: nothing twice, nothing in silence."""

import csv
import subprocess
import sys

import pytest

from sandbox import Fault
from tests.cases.records import product
from tests.cases.shop import Night, Shop
from tests.support.forked import ForkedPopen
from tests.target.conftest import lines

ARCHIVE, CHANGE = "DELETE /api/products/{id}", "PATCH /api/products/{id}"


def start_undo(shop: Shop, run: str) -> "subprocess.Popen[bytes]":
    """An undo in a process of its own."""
    command = [sys.executable, "-m", "target_micropim", "--config", str(shop.write_settings()), "--undo", run]
    return ForkedPopen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=shop.folder)


def killed_undo(shop: Shop, run: str, write: str, nth: int = 1) -> None:
    """It is killed after this write is carried out, before its answer."""
    process = start_undo(shop, run)
    shop.pim.meanwhile.do_after(lambda: (process.kill(), process.wait(10)), write=write, nth=nth)
    process.communicate(timeout=60)


@pytest.mark.parametrize("night_between", [True, False])
def test_killed_while_it_archives(shop: Shop, *, night_between: bool) -> None:
    """What it had made goes into the archive once; a night with the same records leaves it there."""
    shop.night(product("M0", "A"))
    bad = [product("M0", "B"), product("M1", "New"), product("M2", "New")]
    night = shop.night(*bad)
    assert night.folder is not None
    killed_undo(shop, night.folder.name, ARCHIVE)
    assert sorted(shop.status(sku) for sku in ("M1", "M2")).count("archived") == 1
    if night_between:
        shop.night(*bad)
        assert sorted(shop.status(sku) for sku in ("M1", "M2")).count("archived") == 1
    again = shop.undo(night.folder.name)
    assert again.is_good
    assert (shop.name("M0"), shop.status("M1"), shop.status("M2")) == ("A", "archived", "archived")
    archived = [write for write in shop.writes() if write.startswith("DELETE")]
    assert len(archived) == len(set(archived)) == 2
    assert again.report["conflicts"] == again.report["manual_actions"] == []
    shop.night(*bad)
    assert (shop.name("M0"), shop.status("M1"), shop.status("M2")) == ("A", "archived", "archived")
    shop.night(product("M1", "Newer"))
    assert (shop.name("M1"), shop.status("M1") != "archived") == ("Newer", True)


@pytest.mark.parametrize("status", [403, 422, 503])
@pytest.mark.parametrize("night_between", [True, False])
def test_an_archive_that_was_announced_and_not_done(shop: Shop, status: int, *, night_between: bool) -> None:
    """MicroPIM refuses or fails: the product is live, is not sent again, and the next undo archives it."""
    shop.night(product("M0", "A"))
    night = shop.night(product("M1", "New"))
    assert night.folder is not None
    shop.pim.faults.add(Fault("status", ARCHIVE, times=None, status=status))
    failed = shop.undo(night.folder.name)
    assert failed.listed("manual_actions") == {"M1"} or not failed.is_good
    assert shop.status("M1") != "archived"
    shop.pim.faults.clear()
    if night_between:
        shop.night(product("M1", "New"))
        assert (shop.name("M1"), shop.status("M1") == "archived") == ("New", False)
    assert shop.undo(night.folder.name).is_good
    assert shop.status("M1") == "archived"
    shop.night(product("M1", "New"))
    assert shop.status("M1") == "archived"
    shop.night(product("M1", "Newer"))
    assert (shop.name("M1"), shop.status("M1") == "archived") == ("Newer", False)


def test_killed_while_it_takes_out_of_the_archive(shop: Shop) -> None:
    """The status that a product had comes back once, and stays."""
    shop.night(product("M1", "A"), product("M2", "A"))
    before = {sku: shop.status(sku) for sku in ("M1", "M2")}
    bad = [product(sku, "A", status="inactive") for sku in before]
    night = shop.night(*bad)
    assert night.folder is not None
    killed_undo(shop, night.folder.name, CHANGE)
    shop.night(*bad)
    assert shop.undo(night.folder.name).is_good
    assert {sku: shop.status(sku) for sku in before} == before
    shop.night(*bad)
    assert {sku: shop.status(sku) for sku in before} == before


def test_while_a_run_is_on_its_way(shop: Shop) -> None:
    """It is refused with a word, writes nothing, and afterwards it goes through."""
    shop.night(product("M0", "A"))
    night = shop.night(product("M0", "B"))
    assert night.folder is not None
    run, refused = night.folder.name, []
    shop.pim.meanwhile.do_after(
        lambda: refused.append(start_undo(shop, run).communicate()), write="POST /api/products$"
    )
    process = shop.start()
    process.communicate(b"\n".join(lines(products=[product("M9", "New")])) + b"\n", timeout=60)
    assert process.returncode == 0
    assert b"Another run" in refused[0][1]
    assert shop.name("M0") == "B"
    assert shop.undo(run).is_good
    assert shop.name("M0") == "A"


def test_a_run_while_an_undo_is_on_its_way(shop: Shop) -> None:
    """The other way round."""
    shop.night(product("M0", "A"))
    night = shop.night(product("M0", "B"))
    assert night.folder is not None
    refused: list[Night] = []
    shop.pim.meanwhile.do_after(lambda: refused.append(shop.night(product("M0", "C"))), write=CHANGE)
    shop.undo(night.folder.name)
    assert "Another run" in str(refused[0].failure)
    assert shop.name("M0") == "A"
    shop.night(product("M0", "C"))
    assert shop.name("M0") == "C"


def test_a_run_of_another_ledger(shop: Shop) -> None:
    """It says which run, why, and what knows better; nothing is sent, and that ledger can still do it."""
    shop.night(product("M0", "A"))
    night = shop.night(product("M0", "B"))
    assert night.folder is not None
    other = shop.another(report_dir=str(shop.folder / "reports"))
    shop.forget_requests()
    refused = other.undo(night.folder.name)
    assert "wrote with another ledger" in str(refused.failure)
    assert night.folder.name in str(refused.failure)
    assert [request for request in shop.requests if request.method != "GET"] == []
    assert shop.undo("last").is_good
    assert shop.name("M0") == "A"


@pytest.mark.parametrize("beginning", ["", '{"journal": 1, "led'])
def test_a_run_that_was_killed_before_it_wrote(shop: Shop, beginning: str) -> None:
    """Its first line is cut off, so it has sent nothing; there is nothing to take back, and that is no failure."""
    shop.night(product("M0", "A"))
    killed = shop.folder / "reports" / "29990101T000000Z-0a1b2c"
    killed.mkdir()
    (killed / "changes.jsonl").write_text(beginning, encoding="utf-8")
    for run in (killed.name, "last"):
        assert shop.undo(run).is_good
    assert shop.name("M0") == "A"


def test_each_product_of_an_undo_has_its_sku(shop: Shop) -> None:
    """Also one that is as before already."""
    shop.night(product("M0", "A"))
    night = shop.night(product("M0", "B"))
    assert night.folder is not None
    for action in ("undone", "unchanged"):
        undo = shop.undo(night.folder.name)
        assert undo.folder is not None
        with (undo.folder / "products.csv").open(newline="", encoding="utf-8") as file:
            assert [(row["sku"], row["action"]) for row in csv.DictReader(file)] == [("M0", action)]
