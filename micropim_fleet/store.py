"""The store of a fleet: one PostgreSQL database. Here is all that talks to it; what is said stands in SQL files."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from micropim_fleet.fleet import Fleet
from micropim_fleet.mistakes import CannotGoOn
from micropim_fleet.sql_file import of_the_store
from micropim_fleet.variables import filled

EXTRA = "the store needs a library that is an extra: install medipim-micropim[postgres]"
MOST_SKEW_SECONDS = 2.0  # a run needs longer than that to begin, and fleet.begin_reading holds back ten seconds
CONNECT_SECONDS = 30
_LOCK = 7_460_213  # one at a time changes tables and functions that all share


def libpq(fleet: Fleet, environment: Mapping[str, str]) -> dict[str, str]:
    """What PostgreSQL's own library reads: the ledger's address needs no password."""
    found = {"PGPASSWORD": filled(fleet.store.password, environment)}
    return found | ({"PGSSLMODE": fleet.store.sslmode} if fleet.store.sslmode else {})


class Store:
    """A connection to the store."""

    def __init__(self, fleet: Fleet, environment: Mapping[str, str]) -> None:
        self._fleet = fleet
        self._environment = environment
        self._reader: Any = None  # holds the lock of a market while it is read

    def apply(self, sql: str) -> None:
        """Carry out SQL, whole or not at all. Raises CannotGoOn."""
        with self._transaction() as cursor:
            cursor.execute(sql)

    def prepare(self) -> None:
        """Make what every shop uses, where it is not there or is older."""
        with self._transaction() as cursor:
            cursor.execute(f"select pg_advisory_xact_lock({_LOCK})")
            cursor.execute(of_the_store())

    def begin_reading(self, market: str, wall: Callable[[], float]) -> None:
        """From now on no shop sees what is newer. Raises CannotGoOn.

        It is refused where another run reads this market, and where two clocks disagree: moments order rows.
        """
        self._take_turn(market)
        try:
            with self._transaction() as cursor:
                _check_clock(cursor, wall)
                cursor.execute("select fleet.begin_reading(%s)", [market])
        except CannotGoOn:
            self._reader.close()
            raise

    def _take_turn(self, market: str) -> None:
        """Lock a market until the connection is closed, whichever way this process ends."""
        with self._failing():
            self._reader = self._connected()
            got = self._reader.execute("select pg_try_advisory_lock(%s, hashtext(%s))", [_LOCK, market]).fetchone()
            self._reader.commit()
        if not got[0]:
            self._reader.close()
            raise CannotGoOn(f"market {market} is being read by another run")

    def end_reading(self, market: str) -> None:
        """Let shops see all that was read."""
        with self._transaction() as cursor:
            cursor.execute("select fleet.end_reading(%s)", [market])
        with suppress(CannotGoOn), self._failing():  # the lock goes with its connection, whatever became of it
            self._reader.execute("select pg_advisory_unlock_all()")
            self._reader.commit()
        self._reader.close()

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """Whole or not at all."""
        with self._failing(), self._connected() as connection:
            yield connection.cursor()

    def _connected(self) -> Any:
        import psycopg  # noqa: PLC0415 - an extra

        store = self._fleet.store
        options: dict[str, Any] = {"sslmode": store.sslmode} if store.sslmode else {}
        return psycopg.connect(
            host=filled(store.host, self._environment),
            port=store.port,
            dbname=filled(store.database, self._environment),
            user=filled(store.user, self._environment),
            password=filled(store.password, self._environment),
            connect_timeout=CONNECT_SECONDS,
            **options,
        )

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Whatever the store says becomes one line."""
        try:
            import psycopg  # noqa: PLC0415 - an extra
        except ImportError:
            raise CannotGoOn(EXTRA) from None
        try:
            yield
        except psycopg.Error as error:
            said = " ".join(str(error).split()) or type(error).__name__
            raise CannotGoOn(f"the store: {said[:300]}") from None


def _check_clock(cursor: Any, wall: Callable[[], float]) -> None:
    """Raises CannotGoOn where the store's clock was not between two looks at ours, however long the way takes."""
    before = wall()
    cursor.execute("select extract(epoch from clock_timestamp())")
    there, after = float(cursor.fetchone()[0]), wall()
    skew = max(before - there, there - after)
    if skew > MOST_SKEW_SECONDS:
        raise CannotGoOn(f"the clocks of the store and of this machine differ by {skew:.0f} seconds: set them right")
