"""The SQL of a fleet in a real PostgreSQL: what a shop sees, what is new to it, what a changed market does."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from micropim_fleet.fleet import Fleet, load
from micropim_fleet.mistakes import CannotGoOn
from micropim_fleet.render import sql_of
from micropim_fleet.store import _LOCK, Store
from trials import postgres

FLEET = """\
store: {{host: "{host}", database: {name}, user: tester, password: "${{P}}"}}
markets: {{be: {{market: be, api_key_id: "${{A}}", api_key_secret: "${{B}}"}}}}
defaults: {{locale: nl}}
shops:
  gent: {{api_key: "${{G}}", {asked}}}
"""
LATE = "2026-11-30 03:00:00"


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The folder of the socket of a running server."""
    if not postgres.is_here():
        pytest.skip(postgres.ABSENT)
    with postgres.cluster() as folder:
        yield folder


class World:
    """A market with six products in a database of its own, and one shop."""

    def __init__(self, host: str, name: str, folder: Path) -> None:
        self.host, self.name, self.folder = host, name, folder
        self.cursor: Any = psycopg.connect(host=host, user="tester", dbname=name, autocommit=True).cursor()
        self.fleet: Fleet = self.asked("assortment: all")
        self.store.prepare()

    def market(self, kind: str = "timestamp") -> None:
        """As target-postgres leaves it: two batches."""
        self.cursor.execute(f"""
            create schema be;
            create table be.products (id text primary key, status text, cnk text, ean jsonb, brands jsonb,
                "seoName" jsonb, _sdc_batched_at {kind}, _sdc_sequence bigint);
            create table be.categories (id text primary key, _sdc_batched_at {kind});
            insert into be.categories values ('c1', '2026-11-01');
            insert into be.products
            select n::text, case when n = 6 then 'inactive' else 'active' end, '00' || n,
                jsonb_build_array('54' || n, '96' || n), jsonb_build_array(jsonb_build_object('id', 20 + n % 2)), null,
                case when n < 4 then '2026-11-01' else '2026-11-02' end::timestamptz at time zone 'UTC', 1
            from generate_series(1, 6) n
        """)  # noqa: S608 - a type

    def asked(self, what: str) -> Fleet:
        """The shop asks for something else."""
        file = self.folder / "fleet.yml"
        file.write_text(FLEET.format(host=self.host, name=self.name, asked=what), encoding="utf-8")
        self.fleet = load(file)
        self.store = Store(self.fleet, {"P": "x"})
        return self.fleet

    def apply(self, what: str = "") -> None:
        """What a run does first; with ``what``, after the file has changed."""
        if what:
            self.asked(what)
        self.store.apply(sql_of(self.fleet.shops["gent"]))

    def seen(self, since: Any = None, columns: str = "id") -> list[Any]:
        """What the tap reads from a bookmark on, without the row of the bookmark itself."""
        query = f"select {columns} from feed_gent.products where changed_at > %s order by id"  # noqa: S608 - columns
        found = self.cursor.execute(query, [since or "-infinity"]).fetchall()
        return [row[0] if len(row) == 1 else row for row in found]

    def bookmark(self) -> Any:
        """Where a run that has read everything ends."""
        return self.cursor.execute("select max(changed_at) from feed_gent.products").fetchone()[0]

    def touch(self, where: str) -> None:
        """A batch of the market comes in now."""
        self.cursor.execute(
            f"update be.products set _sdc_batched_at = clock_timestamp() at time zone 'UTC' where {where}"  # noqa: S608
        )


@pytest.fixture
def world(cluster: str, tmp_path: Path, request: Any) -> Iterator[World]:
    """A database of this test's own."""
    name = f"f{abs(hash(request.node.name))}"
    postgres.new_database(cluster, name)
    world = World(cluster, name, tmp_path)
    yield world
    world.cursor.connection.close()


def test_a_shop_that_comes_before_its_market_waits(world: World) -> None:
    """No view yet; applying again is safe, and finds the table once it is there."""
    world.apply()
    world.market()
    world.apply()
    world.apply()
    assert world.seen() == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz"])
def test_the_view_has_what_the_market_has_today(world: World, kind: str) -> None:
    """A new column, one of another type, one less; nothing of the loader's own; both kinds of time."""
    world.market(kind)
    world.apply()
    names = "select attname from pg_attribute where attrelid = 'feed_gent.products'::regclass and attnum > 0"
    columns = [row[0] for row in world.cursor.execute(f"{names} order by attnum").fetchall()]
    assert columns == ["changed_at", "id", "status", "cnk", "ean", "brands", "seoName"]
    before = world.bookmark()
    world.cursor.execute("alter table be.products add column vat numeric")
    world.apply()
    assert world.seen(columns="vat") == [None] * 6
    world.cursor.execute("drop view feed_gent.products; alter table be.products alter column vat type text")
    world.apply()
    world.cursor.execute("drop view feed_gent.products; alter table be.products drop column cnk")
    world.apply()
    assert world.seen(before) == []


def test_a_list_grows_and_shrinks(world: World) -> None:
    """What is added is new; what is taken away is gone, or comes once more as inactive; and back again."""
    world.market()
    world.apply("assortment: [1, 2, 99]")
    assert world.seen() == ["1", "2"]
    mark = world.bookmark()
    world.apply("assortment: [99, 2, 3, 1]")
    assert world.seen(mark) == ["3"]
    mark = world.bookmark()
    world.apply("assortment: [2, 3]")
    assert world.seen() == ["2", "3"]
    assert world.seen(mark) == []
    world.apply("assortment: [2, 3, 1]")
    assert world.seen(mark) == ["1"]
    world.apply("assortment: [2, 3, 1], on_removed: archive")
    mark = world.bookmark()
    world.apply("assortment: [2], on_removed: archive")
    assert world.seen(mark, "id, status") == [("1", "inactive"), ("3", "inactive")]
    mark = world.bookmark()
    world.apply("assortment: [2, 3], on_removed: archive")
    assert world.seen(mark, "id, status") == [("3", "active")]
    assert world.seen(columns="id, status") == [("1", "inactive"), ("2", "active"), ("3", "active")]


def test_a_list_may_stand_in_a_table_by_another_code(world: World) -> None:
    """A product with two codes comes once, and is gone when both are."""
    world.market()
    world.cursor.execute("create schema erp; create table erp.sold (code text)")
    world.cursor.execute("insert into erp.sold values (' 541 '), ('961'), ('543'), (null), ('')")
    world.apply("assortment: {table: erp.sold, column: code, match: ean}, on_removed: archive")
    assert world.seen() == ["1", "3"]
    mark = world.bookmark()
    world.cursor.execute("delete from erp.sold where code = '961'")
    world.apply()
    assert [row[1] for row in world.seen(columns="id, status")] == ["active", "active"]
    world.cursor.execute("delete from erp.sold where code = ' 541 '")
    world.apply()
    assert world.seen(mark, "id, status") == [("1", "inactive")]


def test_a_filter_fits_values_ids_and_lists(world: World) -> None:
    """A text, the ids of a list of objects, one of several codes; another filter makes all of it new."""
    world.market()
    world.apply("filter: {status: active, brands: [21]}")
    assert world.seen() == ["1", "3", "5"]
    mark = world.bookmark()
    world.apply()
    assert world.seen(mark) == []
    world.apply("filter: {ean: ['542', 'x''y\\z'], cnk: ['002', '001']}")
    assert world.seen(mark) == ["2"]


def test_nothing_newer_shows_while_a_market_is_read(world: World) -> None:
    """A cursor that moved past a batch which came in late would never see it."""
    world.market()
    world.apply("assortment: [1, 2]")
    mark = world.bookmark()
    world.cursor.execute("update fleet.shops set defined_at = defined_at - interval '1 hour'")
    world.cursor.execute("update fleet.assortments set added_at = added_at - interval '1 hour'")
    reading = world.store
    reading.begin_reading("be", time.time)
    world.touch("id = '1'")
    world.apply("assortment: [1, 2, 3]")
    assert world.seen() == ["2"]
    with pytest.raises(CannotGoOn, match="market be is being read by another run"):
        world.store.begin_reading("be", time.time)
    reading._reader.close()  # killed; the server notices a moment later
    world.cursor.execute(f"select pg_advisory_lock({_LOCK}, hashtext('be')), pg_advisory_unlock_all()")
    reading.begin_reading("be", time.time)
    world.touch("id = '2'")
    assert world.seen() == []
    reading.end_reading("be")
    assert world.seen(mark) == ["1", "2", "3"]
    with pytest.raises(CannotGoOn, match=r"differ by 6\d\d seconds"):
        reading.begin_reading("be", lambda: time.time() - 600)


def test_what_the_store_refuses_is_one_line(world: World) -> None:
    """A table that is not there, a server that is not: no traceback, no password."""
    world.market()
    with pytest.raises(CannotGoOn, match=r'^the store: relation "erp\.sold" does not exist'):
        world.apply("assortment: {table: erp.sold, column: code}")
    nowhere = Store(world.asked("assortment: all"), {"P": "hunter22"})
    nowhere._fleet = load_at(world, "/nowhere")
    with pytest.raises(CannotGoOn, match=r"^the store: connection") as raised:
        nowhere.prepare()
    assert "hunter22" not in str(raised.value)


def load_at(world: World, host: str) -> Fleet:
    """The same fleet with its store at another place."""
    world.host = host
    return world.asked("assortment: all")
