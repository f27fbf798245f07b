"""Where a fleet is tried: a PostgreSQL of its own, and the programs of ``.venv`` and ``.clients/fleet``."""

import os
import socket
from contextlib import ExitStack
from pathlib import Path

import psycopg

from trials import postgres

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
USER = DATABASE_PASSWORD = "tester"
DATABASE = "fleet"


def store(stack: ExitStack) -> int:
    """The port of a server with an empty database. Raises RuntimeError where there is no PostgreSQL."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = int(free.getsockname()[1])
    stack.enter_context(postgres.cluster(HOST, f"{HOST}/32", port))
    with psycopg.connect(host=HOST, port=port, user=USER, dbname="postgres", autocommit=True) as server:
        server.execute(f"create database {DATABASE}")
    return port


def environment() -> dict[str, str]:
    """This process's, with the programs that a run needs on the path; they keep what they compile, as installed."""
    path = f"{ROOT}/.venv/bin:{ROOT}/.clients/fleet/bin:{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PATH": path, "DB_PASSWORD": DATABASE_PASSWORD}
