"""Names as SQL has them, and the values that go beside them: quoted, never pasted."""

import re

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")  # with what is put before it, within PostgreSQL's 63 bytes
FLEET = "fleet"  # the schema of assortments and notes
TAKEN = frozenset({FLEET, "public", "information_schema"})
FEED = "feed_"


def schema_of(name: str) -> str:
    """The SQL schema of a shop or market."""
    return name.lower().replace("-", "_")


def feed_of(name: str) -> str:
    """The schema with the views that a shop reads."""
    return FEED + schema_of(name)


def is_free(schema: str) -> bool:
    """Whether a schema may have this name."""
    return schema not in TAKEN and not schema.startswith("pg_")


def identifier(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted text; a backslash is one, whatever the server's settings are."""
    quoted = "'" + text.replace("'", "''") + "'"
    return f"E{quoted.replace(chr(92), chr(92) * 2)}" if "\\" in text else quoted
