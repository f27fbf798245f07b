"""The SQL of a shop: its assortment as it is today, and its views. Safe to run again, the same for the same file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from micropim_fleet.assortment import Assortment
from micropim_fleet.fleet import Fleet, Shop
from micropim_fleet.names import identifier, literal

PRODUCTS = "products"
_ITSELF = "id"
_PER_LINE = 20


def of_the_store() -> str:
    """Tables and functions that every shop uses."""
    return Path(__file__).with_name("sql").joinpath("fleet.sql").read_text(encoding="utf-8")


def of_shop(shop: Shop, codes: tuple[str, ...] | None) -> str:
    """Everything of one shop. ``codes``: of its list, where it has one."""
    parts = [
        f"create schema if not exists {identifier(shop.feed)};",
        _definition(shop),
        *_assortment(shop, codes),
        *(_view(shop, stream) for stream in shop.market.streams),
    ]
    return "\n".join(parts) + "\n"


def _definition(shop: Shop) -> str:
    """When what a shop is told to get changes, all of it counts as changed: no cursor has seen it."""
    asked = shop.assortment
    told = json.dumps(
        {
            "schema": shop.market.schema,
            "filter": shop.filter,
            "match": asked.match,
            "assortment": "all" if asked.is_all else asked.table or "listed",
            "column": asked.column if asked.table else None,
            "on_removed": shop.on_removed,
        },
        sort_keys=True,
        ensure_ascii=False,
    )
    return (
        f"insert into fleet.shops as s (shop, definition) values ({literal(shop.schema)}, {literal(told)})\n"
        "on conflict (shop) do update set definition = excluded.definition, defined_at = clock_timestamp()\n"
        "where s.definition <> excluded.definition;"
    )


def _assortment(shop: Shop, codes: tuple[str, ...] | None) -> Iterator[str]:
    name, asked = literal(shop.schema), shop.assortment
    if asked.is_all:
        yield f"delete from fleet.assortments where shop = {name};"
        return
    source = _from_table(asked) if asked.table else _from_list(codes or ())
    yield (
        f"with wanted as materialized (\n{source}\n), gone as (\n"
        f"update fleet.assortments set removed_at = clock_timestamp()\n"
        f"where shop = {name} and removed_at is null and code not in (select code from wanted)\n"
        f")\ninsert into fleet.assortments as a (shop, code) select {name}, code from wanted\n"
        "on conflict (shop, code) do update set added_at = clock_timestamp(), removed_at = null\n"
        "where a.removed_at is not null;"
    )


def _from_table(asked: Assortment) -> str:
    table = ".".join(identifier(part) for part in str(asked.table).split("."))
    column = identifier(str(asked.column))
    return f"select distinct btrim({column}::text) as code from {table} where btrim({column}::text) <> ''"


def _from_list(codes: tuple[str, ...]) -> str:
    quoted = [literal(code) for code in codes]
    lines = [", ".join(quoted[place : place + _PER_LINE]) for place in range(0, len(quoted), _PER_LINE)]
    return "select unnest(array[\n" + ",\n".join(lines) + "\n]::text[]) as code"


def _view(shop: Shop, stream: str) -> str:
    """A view in a call that knows the columns of the day; a filter and an assortment are of products."""
    source = f"{identifier(shop.market.schema)}.{identifier(stream)}"
    joined, moments = f"{source} p", ["{batched}"]
    is_joined = stream == PRODUCTS and not shop.assortment.is_all
    if is_joined:
        joined += f" join {_listed(shop, source)} a on a.id = p.id"
        moments += ["a.added_at", "a.removed_at"]
    if stream == PRODUCTS:
        joined += f" join fleet.shops s on s.shop = {literal(shop.schema)}"
        moments += ["s.defined_at"]
    changed = f"greatest({', '.join(moments)})"
    reading = f"select reading_since from fleet.markets where market = {literal(shop.market.name)}"
    conditions = [f"{changed} <= coalesce(({reading}), 'infinity')"]
    if stream == PRODUCTS:
        conditions += [_fits(field, values) for field, values in sorted(shop.filter.items())]
    joined += f" where {' and '.join(conditions)}"
    leaving = "true" if is_joined and shop.on_removed == "archive" else "false"
    texts = ", ".join(literal(text) for text in (shop.feed, stream, source, changed, joined))
    return f"select fleet.make_view({texts}, {leaving});"


def _listed(shop: Shop, source: str) -> str:
    """The ids of the assortment; of a product with several codes the newest moment, and gone when all are."""
    asked, name = shop.assortment, literal(shop.schema)
    here = "" if shop.on_removed == "archive" else " and l.removed_at is null"
    if asked.match == _ITSELF:
        return f"(select code as id, added_at, removed_at from fleet.assortments l where shop = {name}{here})"
    value = "coalesce(v.value ->> 'id', v.value #>> '{}')"
    return (
        "(select q.id, max(l.added_at) as added_at,"
        " case when bool_or(l.removed_at is null) then null else max(l.removed_at) end as removed_at"
        f" from {source} q cross join lateral {_values('q', asked.match)} as v (value)"
        f" join fleet.assortments l on l.code = {value} where l.shop = {name}{here} group by q.id)"
    )


def _values(table: str, field: str) -> str:
    """The values of a field, whether it holds one or a list."""
    return f"jsonb_path_query(to_jsonb({table}.{identifier(field)}), 'lax $[*]')"


def _fits(field: str, values: list[Any]) -> str:
    wanted = ", ".join(literal(_text(value)) for value in values)
    value = "coalesce(v.value ->> 'id', v.value #>> '{}')"
    return f"exists (select from {_values('p', field)} as v (value) where {value} in ({wanted}))"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def files(fleet: Fleet) -> Iterator[tuple[str, str]]:
    """Each file of SQL, by its path beside the fleet file."""
    yield "sql/fleet.sql", of_the_store()
    for shop in fleet.shops.values():
        yield f"sql/shops/{shop.name}.sql", of_shop(shop, shop.assortment.listed())
