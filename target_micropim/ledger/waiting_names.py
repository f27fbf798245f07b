"""Products whose brand or supplier has no id, and the ids that a person has decided: such products get it later."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, select

from target_micropim.ledger import schema
from target_micropim.ledger.database import Database
from target_micropim.ledger.schema import ProductId, ProductRow, product_values
from target_micropim.ledger.statements import Prepared

EXAMPLES = 5
ROWS_AT_ONCE = 1000
_DECIDED = Prepared(
    select(schema.decided_names.c.kind, schema.decided_names.c.folded, schema.decided_names.c.remote_id)
)
_ONE = Prepared(select(schema.waiting_names.c.external_id).limit(1))
_WAITS_NOT = Prepared(delete(schema.waiting_names).where(schema.waiting_names.c.external_id == bindparam("key")))
_PRODUCTS = func.count().label("products")
_NAMES = Prepared(
    select(schema.waiting_names.c.kind, schema.waiting_names.c.folded, func.min(schema.waiting_names.c.name), _PRODUCTS)
    .group_by(schema.waiting_names.c.kind, schema.waiting_names.c.folded)
    .order_by(schema.waiting_names.c.kind, _PRODUCTS.desc(), schema.waiting_names.c.folded)
)
_EXAMPLES = Prepared(  # asked for each name
    select(schema.products.c.sku)
    .join(schema.waiting_names, schema.waiting_names.c.external_id == schema.products.c.external_id)
    .where(schema.waiting_names.c.kind == bindparam("kind"), schema.waiting_names.c.folded == bindparam("folded"))
    .order_by(schema.products.c.sku)
    .limit(EXAMPLES)
)


@dataclass(frozen=True)
class WaitingName:
    """A brand or supplier without an id, and how many products wait for it."""

    kind: str
    folded: str
    name: str
    products: int


class WaitingNames(Database):
    """The part of the ledger that is about names without an id."""

    _has_waiting: bool | None = None  # until it was asked for; a product may wait unless this is False

    def has_waiting_names(self) -> bool:
        """Whether a product waits for the id of its brand or supplier, or did since the start of this run."""
        if self._has_waiting is None:
            self._has_waiting = bool(self.read(_ONE))
        return self._has_waiting

    def put_waiting(
        self, connection: Connection, external_id: ProductId, names: Iterable[tuple[str, str, str]]
    ) -> None:
        """A product waits for these alone: kind, folded name, name."""
        table, rows = schema.waiting_names, []
        for kind, folded, name in names:
            key, text = (part.replace("\x00", "") for part in (folded, name))  # PostgreSQL takes none
            rows.append({"external_id": external_id, "kind": kind, "folded": key[: schema.MAX_KEY], "name": text})
        if self._has_waiting is None:
            self._has_waiting = bool(self.ask_within(connection, _ONE))
        if rows or self._has_waiting:
            self._has_waiting = True
            self.write(connection, _WAITS_NOT, {"key": external_id})
            self.put(connection, table, rows)

    def waiting_names(self) -> list[WaitingName]:
        """Names without an id by kind, those of most products first."""
        return [WaitingName(*row) for row in self.read(_NAMES)]

    def examples_of(self, kind: str, folded: str) -> tuple[str, ...]:
        """SKUs of a few products that wait for a name."""
        return tuple(row.sku for row in self.read(_EXAMPLES, {"kind": kind, "folded": folded}))

    def products_waiting(self, kind: str, folded: str, after: ProductId = "") -> list[ProductId]:
        """Some of the products that wait for a name, in order."""
        table = schema.waiting_names
        mine = (table.c.kind == kind) & (table.c.folded == folded) & (table.c.external_id > after)
        query = select(table.c.external_id).where(mine).order_by(table.c.external_id).limit(ROWS_AT_ONCE)
        return [row.external_id for row in self.read(query)]

    def named(self, external_id: ProductId, kind: str, row: ProductRow | None = None) -> None:
        """A product waits no longer for this name; ``row`` is what is known of it now."""
        table = schema.waiting_names
        with self.transaction() as connection:
            if row is not None:
                self.put(connection, schema.products, [product_values(row)])
            connection.execute(delete(table).where(table.c.external_id == external_id, table.c.kind == kind))

    # What a person has decided of a name

    def decided_names(self) -> dict[str, dict[str, int | None]]:
        """By kind: folded name to id, or to None where products shall go without."""
        decided: dict[str, dict[str, int | None]] = {}
        for row in self.read(_DECIDED):
            decided.setdefault(row.kind, {})[row.folded] = row.remote_id
        return decided

    def decide_name(self, kind: str, folded: str, number: int | None) -> None:
        """Note the id of a name."""
        with self.transaction() as connection:
            row = {"kind": kind, "folded": folded[: schema.MAX_KEY], "remote_id": number}
            self.put(connection, schema.decided_names, [row])

    def forget_decided_name(self, kind: str, folded: str) -> None:
        """MicroPIM refuses the id: the name is asked for again."""
        table = schema.decided_names
        with self.transaction() as connection:
            mine = (table.c.kind == kind) & (table.c.folded == folded[: schema.MAX_KEY])
            connection.execute(delete(table).where(mine))
