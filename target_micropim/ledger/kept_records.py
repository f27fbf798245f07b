"""The newest record of each product or category that waits: what is decided goes in without the source.

So does what MicroPIM did not keep: the next run sends it again.
"""

import zlib

from sqlalchemy import Connection, bindparam, delete, func, select

from target_micropim.ledger import schema
from target_micropim.ledger.database import Database
from target_micropim.ledger.statements import Prepared

MOST_KEPT = 10_000  # records; what is beyond goes in when the source sends it again
MOST_KEPT_BYTES = 200_000  # of one, compressed
_MINE = (schema.kept_records.c.stream == bindparam("of_stream")) & (
    schema.kept_records.c.external_id == bindparam("key")
)
_DUE = Prepared(
    select(schema.kept_records.c.stream, schema.kept_records.c.external_id).where(schema.kept_records.c.due.is_(True))
)
_DROPPED = Prepared(delete(schema.kept_records).where(_MINE))
_COUNT = Prepared(select(func.count()).select_from(schema.kept_records))
_RECORD = Prepared(select(schema.kept_records.c.record).where(_MINE))


class KeptRecords(Database):
    """The part of the ledger that holds records."""

    _records: int | None = None  # until they were counted

    def put_record(
        self, connection: Connection, stream: str, external_id: str, record: bytes | None, *, due: bool = False
    ) -> None:
        """Keep this record, none (``b""``), or the one that is kept; ``due``: it is taken again in any case."""
        if record is None:
            return
        self.write(connection, _DROPPED, {"of_stream": stream, "key": external_id})
        data = zlib.compress(record) if record else b""
        if data and len(data) <= MOST_KEPT_BYTES and self._has_room(connection):
            row = {"stream": stream, "external_id": external_id, "record": data, "due": due}
            self.put(connection, schema.kept_records, [row])

    def _has_room(self, connection: Connection) -> bool:
        """Counted anew only where it may be full; a few too many do no harm."""
        if self._records is None or self._records >= MOST_KEPT:
            self._records = int(self.ask_within(connection, _COUNT)[0][0])
        self._records += 1
        return self._records <= MOST_KEPT

    def keep_record(self, stream: str, external_id: str, record: bytes) -> None:
        """Keep the record of something that is open."""
        with self.transaction() as connection:
            self.put_record(connection, stream, external_id, record)

    def due(self) -> list[tuple[str, str]]:
        """Stream and id of records that are to be taken again, categories first."""
        rows = self.read(_DUE)
        return sorted(((row.stream, row.external_id) for row in rows), key=lambda key: (key[0] == "products", key))

    def kept_record(self, stream: str, external_id: str) -> bytes | None:
        """A record that is kept."""
        rows = self.read(_RECORD, {"of_stream": stream, "key": external_id})
        return zlib.decompress(rows[0].record) if rows else None
