"""Reading back what a loader stored: stream to rows, as they are."""

import csv
import json
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

Rows = dict[str, list[dict[str, Any]]]
HOST, USER, DATABASE = "127.0.0.1", "tester", "postgres"
DUMP_DUCKDB = """
import duckdb, json, sys
database = duckdb.connect(sys.argv[1], read_only=True)
for (name,) in database.execute("select table_name from information_schema.tables").fetchall():
    found = database.execute(f'select * from "{name}"')
    names = [column[0] for column in found.description]
    for row in found.fetchall():
        print(json.dumps([name, dict(zip(names, row))], default=str))
"""


def json_lines(folder: Path) -> Rows:
    """Files ``stream-timestamp.jsonl``, a record a line."""
    rows: Rows = {}
    for file in sorted(folder.glob("*.jsonl")):
        lines = file.read_text(encoding="utf-8").splitlines()
        rows[file.name.rsplit("-", 1)[0]] = [json.loads(line, parse_float=Decimal) for line in lines]
    return rows


def csv_files(folder: Path) -> Rows:
    """Files ``stream.csv`` or ``stream-timestamp.csv`` with a line of names."""
    csv.field_size_limit(sys.maxsize)
    rows: Rows = {}
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            rows[file.stem.partition("-")[0]] = list(csv.DictReader(lines))
    return rows


def address(port: int) -> str:
    """The trial's PostgreSQL, for the trial itself."""
    return f"host={HOST} port={port} user={USER} dbname={DATABASE}"


def postgres(port: int, schema: str) -> Rows:
    """The tables of a schema."""
    rows: Rows = {}
    with psycopg.connect(address(port), row_factory=dict_row) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = %s", [schema]).fetchall()
        for name in (str(table["tablename"]) for table in tables):
            query = SQL("select * from {}.{}").format(Identifier(schema), Identifier(name))
            rows[name] = connection.execute(query).fetchall()
    return rows


def duckdb(python: Path, file: Path) -> Rows:
    """The tables of a DuckDB file, read by the client's own library."""
    command = [str(python), "-c", DUMP_DUCKDB, str(file)]
    rows: Rows = {}
    for line in subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines():
        name, row = json.loads(line, parse_float=Decimal)
        rows.setdefault(name, []).append(row)
    return rows


def sqlite(file: Path) -> Rows:
    """The tables of an SQLite file."""
    connection = sqlite3.connect(file)
    connection.row_factory = sqlite3.Row
    try:
        names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        return {name: [dict(row) for row in connection.execute(f'select * from "{name}"')] for name in names}  # noqa: S608 - names of this file
    finally:
        connection.close()
