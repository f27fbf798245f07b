"""A PostgreSQL of one's own for tests and ``make kill``: a cluster on a socket in a folder of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

ABSENT = "no PostgreSQL on this machine: apt-get install postgresql; pip install 'medipim-micropim[postgres]'"


def tool(name: str) -> str | None:
    """A program of PostgreSQL, from the path or from where Debian puts it."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


def is_here() -> bool:
    """Whether a cluster can be started, and its driver is installed."""
    return bool(tool("initdb") and tool("pg_ctl") and find_spec("psycopg"))


def _carry_out(*words: str) -> None:
    """Quietly, and not as root, which PostgreSQL refuses; where the user postgres may be."""
    command = ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else list(words)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


@contextmanager
def cluster(listen: str = "", network: str = "", port: int = 5432) -> Iterator[str]:
    """The folder of the socket of a running server. Raises RuntimeError where there is none.

    ``listen``: an address and ``port`` as well, at which everybody of a ``network`` is let in.
    """
    initdb, server = tool("initdb"), tool("pg_ctl")
    if initdb is None or server is None:
        raise RuntimeError(ABSENT)
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data = str(folder / "data")
        _carry_out(initdb, "-D", data, "-U", "tester", "-A", "trust", "--no-sync")
        if network:
            with Path(data, "pg_hba.conf").open("a", encoding="utf-8") as rules:
                rules.write(f"host all all {network} trust\n")
        options = f"-c listen_addresses='{listen}' -c port={port} -c unix_socket_directories={folder} -c fsync=off"
        _carry_out(server, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield str(folder)
        finally:
            _carry_out(server, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(folder: str, name: str) -> str:
    """The ledger_url of a new database in a cluster."""
    engine = _engine(f"postgresql://tester@/postgres?host={folder}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    engine.dispose()
    return f"postgresql://tester@/{name}?host={folder}"


def _engine(url: str, **options: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"), **options)


class PostgresLedger:
    """The ledger of a deployment in a database of its own, which can be saved and restored, table by table."""

    def __init__(self, folder: str, name: str) -> None:
        self.url = new_database(folder, name)
        self._engine = _engine(self.url)

    def save(self) -> dict[str, bytes]:
        """Its rows by table; nothing where there are no tables yet."""
        with self._engine.begin() as connection:
            found = connection.execute(text("select tablename from pg_tables where schemaname = 'public'"))
            names = list(found.scalars())
            with connection.connection.cursor() as cursor:
                return {name: self._copied(cursor, name) for name in names}

    @staticmethod
    def _copied(cursor: object, name: str) -> bytes:
        with cursor.copy(f"copy {name} to stdout") as rows:  # type: ignore[attr-defined]  # psycopg's own
            return b"".join(map(bytes, rows))

    def restore(self, content: dict[str, bytes]) -> None:
        """Back to a saved content; an empty content drops the tables."""
        from target_micropim.ledger.schema import METADATA  # noqa: PLC0415 - the target's tables, where it is installed

        with self._engine.begin() as connection:
            connection.execute(text("drop schema public cascade"))
            connection.execute(text("create schema public"))
            if content:
                METADATA.create_all(connection)
            with connection.connection.cursor() as cursor:
                for name, rows in content.items():
                    with cursor.copy(f"copy {name} from stdin") as into:  # type: ignore[attr-defined]  # psycopg's own
                        into.write(rows)

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()
