"""The ledger by itself: old versions led to this one, one commit for facts that belong together, keys with an end."""

import gc
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.faults import Fault
from target_micropim.errors import LedgerUnusable
from target_micropim.ledger import Ledger, MediaRow, ProductRow, addresses, statements
from target_micropim.ledger.migrations import VERSION
from target_micropim.plan.question import HELD_BACK, Question

FIRST_VERSION = """
create table meta (name varchar(64) primary key, value text not null);
create table run_lock (id integer primary key, owner varchar(64) not null, host varchar(255) not null,
                       pid integer not null, beat_at float not null);
create table products (external_id varchar(255) primary key, sku varchar(255) not null, remote_id integer not null,
                       digest varchar(64), acknowledged json not null, written json not null, categories json not null,
                       archived boolean not null);
create index ix_products_sku on products (sku);
insert into products values ('1', 'S-1', 77, 'abc', '{"name": "x"}', '{"name": "x"}', '["9"]', 0);
insert into meta values ('version', '1');
"""


def old_ledger(folder: Path) -> Path:
    """A ledger as the first program left it, before it had an index on remote_id."""
    file = folder / "ledger.db"
    with closing(sqlite3.connect(file)) as database, database:
        database.executescript(FIRST_VERSION)
    database.close()
    return file


def looked(file: Path, query: str) -> list[Any]:
    """What a database says, past the ledger."""
    database = sqlite3.connect(file)
    try:
        return [row[0] for row in database.execute(query)]
    finally:
        database.close()


def indexes(file: Path) -> set[str]:
    """The names of all indexes."""
    return set(looked(file, "select name from sqlite_master where type = 'index'"))


def test_an_old_ledger_is_led_to_this_version_with_its_facts(world: Any, singer: Any) -> None:
    """A run over a ledger of version 1: missing tables, index and column come in, what was known stays known."""
    file = old_ledger(world.folder)
    assert "ix_products_remote_id" not in indexes(file)
    world.load(singer.lines(products=[singer.product(5)]))
    assert "ix_products_remote_id" in indexes(file)
    assert looked(file, "select value from meta where name = 'version'") == [str(VERSION)]
    assert looked(file, "select settled_at from products where external_id = '1'") == [None]
    assert looked(file, "select settled_at from products where external_id = '5'")[0] > 1_700_000_000
    ledger = Ledger.open(f"sqlite:///{file}")
    assert ledger.product("1") == ProductRow(
        "1", "S-1", 77, "abc", {"name": "x"}, {"name": "x"}, ("9",), ours={"name": ("x",)}
    )  # fmt: skip
    assert ledger.owner(77) == "1"
    ledger.close()


def test_a_migration_that_was_cut_off_is_taken_up_again(tmp_path: Path) -> None:
    """The column is there already, the version is not: the step is run again and finds its work half done."""
    file = old_ledger(tmp_path)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("alter table products add column settled_at float")
    database.close()
    for _ in range(2):
        ledger = Ledger.open(f"sqlite:///{file}")
        ledger.upgrade()
        assert ledger.fact("version") == str(VERSION)
        ledger.close()
    assert "ix_products_remote_id" in indexes(file)


def test_a_ledger_of_a_newer_program_is_refused_and_left_alone(world: Any, singer: Any) -> None:
    """Somebody went back to an old program: it says so, and writes nothing anywhere."""
    file = old_ledger(world.folder)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("update meta set value = '99' where name = 'version'")
    database.close()
    outcome = world.run(singer.lines(products=[singer.product(1)]))
    assert isinstance(outcome.failure, LedgerUnusable)
    assert "newer version (99)" in str(outcome.failure)
    assert "ix_products_remote_id" not in indexes(file)
    assert looked(file, "select count(*) from run_lock") == [0]
    assert world.pim.requests == []


def test_a_plan_reads_an_old_ledger_without_changing_it(world: Any, singer: Any) -> None:
    """The copy is led to this version, the ledger itself stays as it is, byte for byte."""
    file = old_ledger(world.folder)
    before = file.read_bytes()
    world.load(singer.lines(products=[singer.product(5)]), dry_run=True)
    assert file.read_bytes() == before
    assert {found.name for found in world.folder.iterdir()} == {"ledger.db", "reports"}


def new_ledger(folder: Path) -> tuple[Ledger, list[str]]:
    """An empty ledger, and its commits from here."""
    ledger = Ledger.open(f"sqlite:///{folder}/ledger.db")
    ledger.upgrade()
    commits: list[str] = []
    driver: Any = ledger._open().connection.driver_connection
    driver.set_trace_callback(lambda words: commits.append(words) if words == "COMMIT" else None)
    return ledger, commits


def test_facts_that_may_wait_share_a_commit(tmp_path: Path) -> None:
    """Product and picture are remembered with what follows: one commit instead of three, and nothing is missing."""
    ledger, commits = new_ledger(tmp_path)
    row = ProductRow("1", "S-1", 7)
    ledger.remember(row, soon=True)
    ledger.remember_media("1", [MediaRow("a", "https://m.example.test/a.jpg", "sent")], soon=True)
    ledger.settle(row, "digest", ["9"])
    assert len(commits) == 1
    assert ledger.known(["1"])["1"][:3] == ("digest", None, 7)
    assert list(ledger.media("1")) == ["a"]
    ledger.close()


def test_a_fact_that_waits_is_seen_by_its_own_thread_and_written_by_a_flush(tmp_path: Path) -> None:
    """Nothing relies on a fact before it is on the disk: the next look writes it first."""
    ledger, commits = new_ledger(tmp_path)
    ledger.remember(ProductRow("1", "S-1", 7), soon=True)
    assert looked(tmp_path / "ledger.db", "select count(*) from products") == [0]
    assert ledger.owner_of_sku("S-1") == "1"
    ledger.remember(ProductRow("2", "S-2", 8), soon=True)
    ledger.flush()
    ledger.flush()
    assert looked(tmp_path / "ledger.db", "select count(*) from products") == [2]
    assert len(commits) == 2
    ledger.close()


def test_before_each_request_the_ledger_holds_what_it_relies_on(world: Any, singer: Any) -> None:
    """At the moment a picture is sent: the product is remembered, earlier pictures as sent, this one as intended."""
    seen: list[tuple[list[Any], list[Any]]] = []

    def look(call: Any) -> None:
        if call.path.endswith("/media"):
            file = world.folder / "ledger.db"
            seen.append(
                (looked(file, "select sku from products"), looked(file, "select state from media order by picture"))
            )

    world.pim.on_request(look)
    world.load(singer.lines(products=[singer.product(1, photos=[singer.picture(n) for n in (1, 2, 3)])]))
    assert seen == [(["1"], ["intent"]), (["1"], ["sent", "intent"]), (["1"], ["sent", "sent", "intent"])]
    assert looked(world.folder / "ledger.db", "select state from media") == ["sent"] * 3


def test_a_product_that_is_refused_half_way_is_remembered_all_the_same(world: Any, singer: Any) -> None:
    """The product is in, its picture's fate stays unclear: what waited is written before the hand turns to the next."""
    world.pim.faults.add(Fault("status", "POST /api/products/{id}/media", times=None, status=502))
    outcome = world.load(singer.lines(products=[singer.product(1, photos=[singer.picture(1)])]))
    assert [row["stage"] for row in outcome.rejects] == ["send"]
    assert looked(world.folder / "ledger.db", "select sku from products where digest is null") == ["1"]


@pytest.mark.parametrize("key", ["k" * 256, "with\x00nul"])
def test_a_key_that_no_ledger_could_hold_is_a_reject(world: Any, singer: Any, key: str) -> None:
    """One impossible id, or SKU, or category never ends the run for the others."""
    products = [singer.product(1, id=key), singer.product(2, cnk=key), singer.product(3, cnk="c")]
    given = singer.lines(categories=[singer.category(1, "A") | {"id": key}], products=products)
    outcome = world.load(given, sku_template="{cnk}")
    assert [product["sku"] for product in world.pim.products.values()] == ["c"]
    assert sorted(row["stream"] for row in outcome.rejects) == ["categories", "products", "products"]


def test_a_missing_driver_names_the_extra(world: Any, singer: Any, monkeypatch: Any) -> None:
    """PostgreSQL without its driver: one line that says what to install."""
    import sys  # noqa: PLC0415

    monkeypatch.setitem(sys.modules, "psycopg", None)
    outcome = world.run(singer.lines(products=[singer.product(1)]), ledger_url="postgresql://nobody@127.0.0.1:1/none")
    assert "medipim-micropim[postgres]" in str(outcome.failure)


def test_another_kind_of_database_is_refused(world: Any) -> None:
    """Two kinds are supported, and the message says which."""
    outcome = world.run([], ledger_url="mysql://nobody@127.0.0.1/none")
    assert "only sqlite:/// and postgresql:// are supported" in str(outcome.failure)


@pytest.mark.parametrize(
    "url",
    [
        "ledger.db", "/var/lib/ledger.db", "postgresql://nobody@127.0.0.1:x/none", "sqlite://ledger.db", "sqlite://",
        "sqlite:///", "sqlite:///:memory:",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_database_is_told_how_one_looks(world: Any, url: str) -> None:
    """A path alone is the likely slip; SQLAlchemy's own words name neither the setting nor the remedy."""
    told = str(world.run([], ledger_url=url).failure)
    assert told.startswith("ledger_url: must look like sqlite:///")
    assert "postgresql://" in told


@pytest.mark.parametrize("table", ["products", "categories", "meta", "names"])
def test_a_database_of_another_program_is_left_as_it_is(world: Any, singer: Any, table: str) -> None:
    """A shop's own, with a table that has the name of one of ours: nothing is added, and the line says why."""
    with closing(sqlite3.connect(world.folder / "shop.db")) as shop:
        shop.execute(f"create table {table} (article text)")
        shop.commit()
        url = f"sqlite:///{world.folder}/shop.db"
        for settings in ({}, {"dry_run": True}):
            failure = world.run(singer.lines(products=[singer.product(1)]), ledger_url=url, **settings).failure
            assert f"its table {table} is another program's" in str(failure)
        assert shop.execute("select name from sqlite_master where type = 'table'").fetchall() == [(table,)]
    assert world.writes() == []


def test_a_ledger_may_lie_in_a_database_with_other_tables(world: Any, singer: Any) -> None:
    """Which has none of our names."""
    with closing(sqlite3.connect(world.folder / "shop.db")) as shop:
        shop.execute("create table articles (article text)")
        shop.commit()
    world.load(singer.lines(products=[singer.product(1)]), ledger_url=f"sqlite:///{world.folder}/shop.db")
    assert looked(world.folder / "shop.db", "select sku from products") == ["1"]


def test_a_new_ledger_can_be_opened_by_many_at_the_same_moment(tmp_path: Path) -> None:
    """SQLite does not wait while another connection makes the file what it is: nobody may take that for a failure."""
    failures: list[BaseException] = []

    def come(url: str, gate: threading.Barrier) -> None:
        gate.wait()
        try:
            Ledger.open(url).close()
        except LedgerUnusable as failure:
            failures.append(failure)

    for number in range(60):
        gate = threading.Barrier(8)
        url = f"sqlite:///{tmp_path}/ledger{number}.db"
        threads = [threading.Thread(target=come, args=(url, gate)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def test_ledgers_of_one_process_share_the_words_of_their_statements_and_nothing_else(tmp_path: Path) -> None:
    """The second ledger puts no statement into words again, and holds what is its own."""
    ledgers = [Ledger.open(f"sqlite:///{tmp_path / name}.db") for name in ("first", "second")]
    sizes = []
    for number, ledger in enumerate(ledgers):
        ledger.remember(ProductRow(str(number), f"SKU-{number}", number))
        assert [ledger.product(key) is not None for key in ("0", "1")] == [number == 0, number == 1]
        assert list(ledger.known(["0", "1"])) == [str(number)]
        sizes.append((len(statements.OF_SQLITE), statements.upsert_of_sqlite.cache_info().misses))
        ledger.close()
    assert sizes[0] == sizes[1] > (0, 0)


def test_what_a_person_is_asked_is_settled_in_one_commit(tmp_path: Path) -> None:
    """Questions of a product go with its settling: both are there, or the product is looked at again."""
    ledger, commits = new_ledger(tmp_path)
    held = Question("products", "1", "name", HELD_BACK, "S-1", "field_policies.name: always", "abc", "ours", "theirs")
    typed = replace(held, fact="price", kind="conflicts")
    assert ledger.ask("products", "1", [held, typed], b"{}", soon=True) == [held, typed]
    assert not commits
    ledger.settle(ProductRow("1", "S-1", 77), "digest", [])
    assert len(commits) == 1
    assert [(one.fact, one.kind) for one in ledger.questions_of("products", "1")] == [("price", "conflicts")]
    assert [one.fact for one in ledger.held_back()] == ["name"]
    assert ledger.kept_record("products", "1") == b"{}"
    ledger.close()


@pytest.mark.parametrize(("ask", "key"), [("known", list), ("product", "".join), ("media", "".join)])
def test_what_is_asked_for_every_few_records_leaves_nothing_behind(
    tmp_path: Path, ask: str, key: Callable[[list[str]], object]
) -> None:
    """No ring of objects: the collector looks so seldom that the keys of many thousand records would wait for it."""
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    getattr(ledger, ask)(key(["1"]))  # what is made once may stay
    gc.collect()
    gc.freeze()  # else the last look would be at all that earlier tests have left
    gc.disable()
    try:
        for number in range(200):  # far more than what threads of earlier tests may leave meanwhile
            getattr(ledger, ask)(key([f"{number}-{one}" for one in range(20)]))
        assert gc.collect() < 200, "less than one for each time"
    finally:
        gc.enable()
        ledger.close()


def test_a_connection_that_cannot_be_prepared_is_closed(tmp_path: Path) -> None:
    """The pool lets go of it without closing it: Python 3.13 and later warn of that."""
    file = tmp_path / "ledger.db"
    file.write_bytes(b"no database " * 100)
    connection = sqlite3.connect(file)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        addresses._set_pragmas(connection, None)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.cursor()
