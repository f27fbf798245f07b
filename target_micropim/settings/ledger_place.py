"""Where the ledger lies, as one address: a schema of a shared database is part of it.

PostgreSQL takes the schema as an option of the connection, ``-csearch_path=name``, so that no table needs its name.
"""

import re
from urllib.parse import quote

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)
_RESERVED = ("pg_", "information_schema")


def ledger_address(url: str, schema: str | None) -> str:
    """The address of the ledger in this schema. Raises ValueError."""
    if schema is None:
        return url
    name = schema.strip()
    if not _NAME.fullmatch(name) or name.startswith(_RESERVED):
        raise ValueError(
            f"{schema!r} is no name of a schema: small letters, digits and _, at most 63, no digit first, no pg_ first"
        )
    scheme, _, query = url.partition(":")[0], *url.partition("?")[1:]
    if scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise ValueError("is for a ledger_url of PostgreSQL; a SQLite file is one shop's ledger")
    if "options=" in query:
        raise ValueError("ledger_url has options of its own: give the schema in one of the two")
    return f"{url}{'&' if query else '?'}options={quote(f'-csearch_path={name}')}"
