"""The loaders that are tried, each as its users set it up."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trials.singer_clients import stores
from trials.singer_clients.comparison import same, same_cell
from trials.singer_clients.environments import Client
from trials.singer_clients.loaders import Fault, Loader, Place

ONE_MORE = {"stream_maps": {"apb_categories": {"one": "int(1)"}}}  # the only stream of texts alone: HEADER


def _schema(properties: str) -> str:
    return (
        '{"type": "SCHEMA", "stream": "brands", "key_properties": ["id"], '
        f'"schema": {{"type": "object", "properties": {{{properties}}}}}}}'
    )


def _record(fields: str) -> str:
    return f'{{"type": "RECORD", "stream": "brands", "record": {{{fields}}}}}'


TEXTS = _schema('"id": {"type": "string"}, "name": {"type": ["string", "null"]}')
HEADER = Fault(
    what="A table of texts alone loses the first row of each batch without a word: DuckDB takes it for names. Beside "
    "DuckDB 2.0.1, which its installer takes, other tables lose rows too, by what their values look like.",
    lines=(TEXTS, _record('"id": "a", "name": "x"'), _record('"id": "b", "name": "y"')),
    outcome="One row is stored, exit code 0.",
    is_so=lambda done, stored: not done.code and len(stored.get("brands", [])) == 1,
    way_round="`duckdb<1.2` in its environment, as old as the client, and a number more in `apb_categories`, the only "
    'such stream: `stream_maps: {"apb_categories": {"one": "int(1)"}}` in the tap. The table above was filled so.',
)
NEW_LINE = Fault(
    what="A new line in a text becomes a backslash and an n.",
    lines=(
        _schema('"id": {"type": "integer"}, "name": {"type": ["string", "null"]}'),
        _record('"id": 1, "name": "a\\nb"'),
    ),
    outcome="`name` has four characters.",
    is_so=lambda done, stored: not done.code and [row["name"] for row in stored.get("brands", [])] == ["a\\nb"],
    way_round=r"`replace(name, '\n', chr(10))` where it is read. In HTML new lines mean nothing.",
)
NO_LETTER = Fault(
    what="A text without a letter becomes null.",
    lines=(_schema('"id": {"type": "integer"}, "name": {"type": ["string", "null"]}'), _record('"id": 1, "name": ""')),
    outcome="`name` is null.",
    is_so=lambda done, stored: not done.code and [row["name"] for row in stored.get("brands", [])] == [None],
    way_round="none, and none is needed where no text and an empty one mean the same.",
)


def _same_or_empty(sent: Any, stored: Any) -> bool:
    return same(sent, stored) or (sent == "" and stored is None)


def _same_in_one_line(sent: Any, stored: Any) -> bool:
    on_one = sent.replace("\n", "\\n") if isinstance(sent, str) else sent
    return _same_or_empty(sent, stored) or _same_or_empty(on_one, stored)


def _with_password(place: Place, database: str) -> Mapping[str, Any]:
    return {
        "host": stores.HOST, "port": place.port, "user": stores.USER, "password": "unused", database: stores.DATABASE,
        "default_target_schema": place.schema,
    }  # fmt: skip


def _postgres(place: Place, binaries: Path) -> stores.Rows:
    del binaries
    return stores.postgres(place.port, place.schema)


LOADERS = (
    Loader(
        Client("target-jsonl", "0.1.4", "target-jsonl"),
        config=lambda _: {"destination_path": "."},
        read=lambda place, _: stores.json_lines(place.folder),
        by_key=False,
    ),
    Loader(
        Client("meltanolabs-target-csv", "0.5.0", "target-csv"),
        config=lambda _: {"output_path": "."},
        read=lambda place, _: stores.csv_files(place.folder),
        by_key=False,
        equal=same_cell,
    ),
    Loader(
        Client("meltanolabs-target-postgres", "0.8.1", "target-postgres"),
        config=lambda place: _with_password(place, "database"),
        read=_postgres,
        by_key=True,
        needs_database=True,
    ),
    Loader(
        Client("pipelinewise-target-postgres", "2.1.2", "target-postgres"),
        config=lambda place: _with_password(place, "dbname"),
        read=_postgres,
        by_key=True,
        faults=(NO_LETTER, NEW_LINE),
        equal=_same_in_one_line,
        needs_database=True,
    ),
    Loader(
        Client("target-duckdb", "0.8.0", "target-duckdb", extras=("duckdb<1.2",)),
        config=lambda _: {"path": "store.duckdb", "default_target_schema": "main"},
        read=lambda place, binaries: stores.duckdb(binaries / "python", place.folder / "store.duckdb"),
        by_key=True,
        settings=ONE_MORE,
        faults=(HEADER, NO_LETTER),
        equal=_same_or_empty,
    ),
)
