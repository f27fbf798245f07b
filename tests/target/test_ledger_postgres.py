"""The ledger in a real PostgreSQL: a cluster of this test's own, on a socket in a folder of its own."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from target_micropim.errors import AnotherShop, LedgerUnusable
from target_micropim.ledger import Ledger, RunLock, copy_of
from target_micropim.ledger.lock import DEAD_AFTER_SECONDS
from target_micropim.ledger.migrations import VERSION
from trials import postgres

pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed: pip install medipim-micropim[postgres]")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The folder of the socket of a running server."""
    if not postgres.is_here():
        pytest.skip(postgres.ABSENT)
    with postgres.cluster() as folder:
        yield folder


@pytest.fixture
def url(cluster: str, request: Any) -> str:
    """A database of this test's own."""
    return postgres.new_database(cluster, f"t{abs(hash(request.node.name))}")


def asked(url: str, query: str) -> list[Any]:
    """What the database says, past the ledger."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        found = connection.execute(text(query))
        rows = [row[0] for row in found] if found.returns_rows else []
    engine.dispose()
    return rows


def test_a_catalogue_goes_through_and_a_second_run_writes_nothing(
    world: Any, singer: Any, emitted: Any, url: str
) -> None:
    """The whole road over PostgreSQL: load, unchanged, changed, archived, and the same counts as over SQLite."""
    given = emitted(40)
    first = world.load(singer.lines(**given), ledger_url=url)
    assert first.report["streams"]["products"]["received"] == 40
    world.forget_requests()
    again = world.load(singer.lines(**given), ledger_url=url)
    assert world.writes() == []
    assert again.report["streams"]["products"]["unchanged"] == 40
    world.load(singer.lines(products=[{**given["products"][0], "status": "inactive"}]), ledger_url=url)
    assert world.writes()[-1].startswith("DELETE")
    assert asked(url, "select value from meta where name = 'version'") == [str(VERSION)]
    assert asked(url, "select count(*) from run_lock") == [0]


def test_an_older_schema_is_led_to_this_version(world: Any, singer: Any, url: str) -> None:
    """The index and the column of version 2 come in; the facts stay."""
    world.load(singer.lines(products=[singer.product(1)]), ledger_url=url)
    asked(url, "drop index ix_products_remote_id")
    asked(url, "alter table products drop column settled_at")
    asked(url, "update meta set value = '1' where name = 'version'")
    world.forget_requests()
    world.load(singer.lines(products=[singer.product(1)]), ledger_url=url, dry_run=True)
    assert asked(url, "select value from meta where name = 'version'") == ["1"]
    world.load(singer.lines(products=[singer.product(1)]), ledger_url=url)
    assert world.writes() == []
    assert asked(url, "select indexname from pg_indexes where indexname = 'ix_products_remote_id'")
    assert asked(url, "select settled_at from products") == [None]


def test_a_plan_leaves_no_trace_in_the_database(world: Any, singer: Any, url: str) -> None:
    """Not a table where there was none, not a row where there was one."""
    world.load(singer.lines(products=[singer.product(1)]), ledger_url=url, dry_run=True)
    assert asked(url, "select count(*) from information_schema.tables where table_schema = 'public'") == [0]
    world.load(singer.lines(products=[singer.product(1)]), ledger_url=url)
    before = asked(url, "select products::text from products order by 1")
    outcome = world.load(singer.lines(products=[singer.product(1), singer.product(2)]), ledger_url=url, dry_run=True)
    assert outcome.report["streams"]["products"] == {"received": 2, "created": 1, "unchanged": 1}
    assert asked(url, "select products::text from products order by 1") == before


def test_decisions_over_postgresql(world: Any, singer: Any, url: str) -> None:
    """A conflict is decided and a brand gets its id, without their records."""
    options = {"ledger_url": url, "brand_map": {}}
    branded = {"brands": [{"id": "b", "name": {"en": "Rosalba"}}]}
    world.load(singer.lines(products=[singer.product(n, **branded) for n in (1, 2)]), **options)
    ids = {row["sku"]: number for number, row in world.pim.products.items()}  # two workers make them, in any order
    one, two = ids["1"], ids["2"]
    world.pim.people.edit(one, name="X")
    world.load(singer.lines(products=[singer.product(1, name={"en": "B"}, **branded)]), **options)
    file = world.folder / "decisions.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(line.replace(",B,X,,", ",B,X,source,") for line in lines) + "\n")
    outcome = world.load(singer.lines(products=[]), ledger_url=url, brand_map={"Rosalba": 1})
    assert [world.pim.products[number]["brand_id"] for number in (one, two)] == [1, 1]
    assert world.pim.products[one]["name"] == "B"
    assert outcome.report["tried_again"] == {"products": {"updated": 1}}
    assert file.read_text().count("\n") == 1


def test_many_shops_share_a_database_by_schemas(world: Any, singer: Any, url: str) -> None:
    """Each schema is made where there is none, holds its own ledger, and writes nothing on the second night."""
    lines = singer.lines(products=[singer.product(1)])
    world.load(lines, ledger_url=url, ledger_schema="gent")
    world.forget_requests()
    world.load(lines, ledger_url=url, ledger_schema="gent")
    assert world.writes() == []
    assert asked(url, "select count(*) from gent.products") == [1]
    assert asked(url, "select count(*) from information_schema.tables where table_schema = 'public'") == [0]
    with pytest.raises(AnotherShop, match="schema gent beside it"):
        world.load(lines, ledger_url=url, ledger_schema="brugge")


def test_a_schema_that_is_there_needs_no_right_to_make_one(world: Any, singer: Any, url: str) -> None:
    """A shop's own role may use its schema and nothing else."""
    asked(url, "create role shop login")
    asked(url, "create schema own authorization shop")
    asked(url, f"revoke create on database {make_url(url).database} from public")
    own = make_url(url).set(username="shop").render_as_string()
    world.load(singer.lines(products=[singer.product(1)]), ledger_url=own, ledger_schema="own")
    assert asked(url, "select count(*) from own.products") == [1]


def test_ledgers_are_made_and_listed_by_command(world: Any, singer: Any, url: str) -> None:
    """Before the first run of a shop, and over all of them."""
    place = {"ledger_url": url, "ledger_schema": "new_shop"}
    assert (
        world.spawn("", flags=["--ledger=create", "--dry-run"], **place).out == "Ledger: nothing was made (dry run)\n"
    )
    assert world.spawn("", flags=["--ledger=create"], **place).out == f"Ledger: made, version {VERSION}\n"
    assert world.spawn("", flags=["--ledger=create"], **place).out == f"Ledger: version {VERSION}\n"
    world.load(singer.lines(products=[singer.product(1)]), ledger_url=url, ledger_schema="gent")
    listed = world.spawn("", flags=["--ledger=list"], **place).out.splitlines()
    assert listed[0].startswith(f"schema gent: {world.box.micropim_url} ")
    assert listed[0].endswith(f", 1 products, version {VERSION}")
    assert listed[1:] == [f"schema new_shop: no run yet, 0 products, version {VERSION}"]


HOLD = """
import sys
from target_micropim.ledger import Ledger, RunLock
lock = RunLock(Ledger.open(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: Any, tmp_path: Path) -> str:
    """A ledger of each kind: one rule holds for both."""
    return f"sqlite:///{tmp_path}/ledger.db" if request.param == "sqlite" else request.getfixturevalue("url")


def holder_of(url: str) -> "subprocess.Popen[str]":
    """Another process that holds the lock."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", HOLD, url], stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_one_lock_rule_for_both_databases(either: str) -> None:
    """Held by a living process: refused. Killed: taken at once. Silent for a minute: taken, and the old owner stops."""
    with holder_of(either) as living:
        ledger = Ledger.open(either)
        with pytest.raises(LedgerUnusable, match=str(living.pid)):
            RunLock(ledger).acquire()
        living.kill()
        living.wait()
    now = [1_000_000_000_000.0]
    first = RunLock(ledger, lambda: now[0])
    first.acquire()
    now[0] += DEAD_AFTER_SECONDS + 1
    second = RunLock(ledger, lambda: now[0])
    second.acquire()
    with pytest.raises(LedgerUnusable, match="took this ledger over"):
        first.beat()
    second.release()
    RunLock(ledger).acquire()
    ledger.close()


def test_of_many_that_come_at_once_one_gets_the_lock(either: str, monkeypatch: Any) -> None:
    """Also when the ledger does not exist yet, and when the lock of a dead owner lies in the way."""
    monkeypatch.setattr("target_micropim.ledger.lock._runs", lambda _pid: True)
    gate, ends = threading.Barrier(6), []

    def come() -> None:
        gate.wait()
        ledger = Ledger.open(either)
        try:
            RunLock(ledger).acquire()
            ends.append("got it")
        except LedgerUnusable:
            ends.append("refused")
        ledger.close()

    threads = [threading.Thread(target=come) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["got it", *["refused"] * 5]


def test_keys_at_the_limit_and_beyond(world: Any, singer: Any, url: str) -> None:
    """255 characters go in, 256 are a reject, and a category id of 300 characters never ends the run."""
    products = [
        singer.product(1, id="k" * 255, publicCategories=[{"id": "c" * 300}]),
        singer.product(2, id="k" * 256),
        singer.product(3, id="n\x00l"),
    ]
    outcome = world.load(singer.lines(products=products), ledger_url=url, sku_template="{id}")
    assert [product["sku"] for product in world.pim.products.values()] == ["k" * 255]
    assert len(outcome.rejects) == 2


def test_a_copy_holds_what_the_database_holds(url: str) -> None:
    """More rows than one chunk, read in one snapshot."""
    ledger = Ledger.open(url)
    ledger.upgrade()
    ledger.claim_for("somebody x")
    asked(
        url,
        "insert into products (external_id, sku, remote_id, acknowledged, written, categories, archived) "
        "select n::text, n::text, n, '{}', '{}', '[]', false from generate_series(1, 2500) n",
    )
    copy = copy_of(url)
    assert copy.count_live() == 2500
    copy.close()
    ledger.close()


def test_a_database_that_cannot_be_reached_is_one_line_without_the_password(world: Any) -> None:
    """The address is shown, its password is not."""
    outcome = world.run([], ledger_url="postgresql://somebody:s3cret@127.0.0.1:1/ledger")
    assert isinstance(outcome.failure, LedgerUnusable)
    assert "127.0.0.1" in str(outcome.failure)
    assert "s3cret" not in str(outcome.failure)


def test_a_ledger_in_another_schema_is_a_neighbour(world: Any, singer: Any, url: str) -> None:
    """A new one refuses the organization that the first one serves, unless it is named."""
    world.load(singer.lines(products=[singer.product(1)]), ledger_url=url)
    asked(url, "create schema paris")
    asked(url, "create schema empty")
    paris = url + ("&" if "?" in url else "?") + "options=-csearch_path%3Dparis"
    given = singer.lines(products=[singer.product(2)])
    refused = world.run(given, ledger_url=paris)
    assert isinstance(refused.failure, AnotherShop)
    assert "schema public" in str(refused.failure)
    assert asked(url, "select count(*) from paris.products") == [0]
    fingerprint = str(refused.failure).rpartition(" ")[2]
    world.load(given, ledger_url=paris, organization=fingerprint)
    world.load(given, ledger_url=paris)
    world.load(singer.lines(products=[singer.product(1)]), ledger_url=url)
