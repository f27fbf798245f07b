"""The taps that are tried before our target, each with the shop's list in its form."""

import csv
import functools
import json
import subprocess
import threading
from collections.abc import Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg

from trials.singer_clients import shop, stores
from trials.singer_clients.environments import Client
from trials.singer_clients.extractors import Extractor, Setting

SHEET = """
import json, sys, openpyxl
book = openpyxl.Workbook()
names, rows = json.load(sys.stdin)
book.active.append(names)
for row in rows:
    book.active.append([row[name] for name in names])
book.save(sys.argv[1])
"""
CREATE = """create table products
(sku bigint primary key, name text, ean bigint, price numeric(10, 2), stock integer, category text)"""
INSERT = "insert into products values (%(sku)s, %(name)s, %(ean)s, %(price)s, %(stock)s, %(category)s)"
Products = tuple[shop.Product, ...]


def _csv(setting: Setting, products: Products) -> None:
    (setting.folder / "list").mkdir(exist_ok=True)
    with (setting.folder / "list" / "products.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, shop.COLUMNS)
        writer.writeheader()
        writer.writerows(map(shop.as_text, products))


def _sheet(setting: Setting, products: Products) -> None:
    command = [str(setting.python), "-c", SHEET, str(setting.folder / "products.xlsx")]
    subprocess.run(command, input=json.dumps([shop.COLUMNS, products]), text=True, check=True, timeout=60)


def _json_lines(setting: Setting, products: Products) -> None:
    text = "".join(json.dumps(product) + "\n" for product in products)
    (setting.folder / "products.jsonl").write_text(text, encoding="utf-8")


def _json(setting: Setting, products: Products) -> None:
    (setting.folder / "items.json").write_text(json.dumps({"items": products}), encoding="utf-8")


def _table(setting: Setting, products: Products) -> None:
    with psycopg.connect(stores.address(setting.port)) as connection:
        connection.execute("create schema if not exists shop")
        connection.execute("set search_path to shop")
        connection.execute("drop table if exists products")
        connection.execute(CREATE)
        for product in products:
            connection.execute(INSERT, product)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing."""


@functools.cache
def _address(folder: Path) -> str:
    """A folder over HTTP on loopback, until the trial ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def _rest(setting: Setting) -> Mapping[str, Any]:
    return {
        "api_url": _address(setting.folder),
        "streams": [{"name": "items", "path": "/items.json", "records_path": "$.items[*]", "primary_keys": ["sku"]}],
    }


def _database(setting: Setting) -> Mapping[str, Any]:
    return {
        "host": stores.HOST, "port": setting.port, "user": stores.USER, "password": "unused",
        "database": stores.DATABASE, "filter_schemas": ["shop"],
    }  # fmt: skip


EXTRACTORS = (
    Extractor(
        Client("tap-csv-folder", "0.0.1a1", "tap-csv-folder"),
        lay_out=_csv,
        config=lambda setting: {
            "filesystem": "local", "path": str(setting.folder / "list"), "read_mode": "merge",
            "stream_name": "products",
        },
        form="a CSV file, all texts",
    ),
    Extractor(
        Client("tap-spreadsheets", "1.1.2", "tap-spreadsheets"),
        lay_out=_sheet,
        config=lambda setting: {
            "files": [
                {"path": str(setting.folder / "products.xlsx"), "format": "excel", "worksheet": "Sheet",
                 "table_name": "products", "primary_keys": ["sku"]}
            ]
        },
        form="a sheet, numbers as the sheet holds them",
    ),
    Extractor(
        Client("tap-jsonl", "0.3.1", "tap-jsonl"),
        lay_out=_json_lines,
        config=lambda setting: {
            "path": str(setting.folder / "products.jsonl"), "stream_name": "products", "primary_keys": ["sku"],
        },
        form="JSON lines, typed values",
    ),
    Extractor(
        Client("tap-rest-api-msdk", "1.4.2", "tap-rest-api-msdk", extras=("setuptools<81",)),
        lay_out=_json,
        config=_rest,
        form="an HTTP API, a stream `items` that `streams` names",
        streams={"items": "products"},
    ),
    Extractor(
        Client("meltanolabs-tap-postgres", "0.10.0", "tap-postgres"),
        lay_out=_table,
        config=_database,
        form="a table of PostgreSQL, a stream `shop-products` that `streams` names",
        streams={"shop-products": "products"},
        needs_database=True,
        selects=True,
    ),
)  # fmt: skip
