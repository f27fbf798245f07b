"""What a failure of the database means for the person who reads the last line: where, what, and what to do."""

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from target_micropim.errors import LedgerUnusable

DAMAGED = "it is damaged: delete it or move it away; it is rebuilt by reading"
_ADVICE = {
    "malformed": DAMAGED,
    "not a database": "this is another file: choose another place, or delete it",
    "is full": "make room where it lies, then run it again",
    "I/O error": "make room where it lies or look after the disk, then run it again",
    "locked": "another program holds it: close that, then run it again",
}


def failed(place: str, error: BaseException) -> LedgerUnusable:
    """The failure in words. ``place`` is shown as it is."""
    told = cause(error) if not isinstance(error, ValueError) else "not an address of a database"
    advice = next((words for sign, words in _ADVICE.items() if sign in told), "run it again when that is put right")
    return LedgerUnusable(f"ledger_url {place} failed ({told}): {advice}")


def shown(url: str) -> str:
    """A ``ledger_url`` without its password, nor the options behind it, which may hold one."""
    try:
        return make_url(url).set(query={}).render_as_string(hide_password=True)
    except (SQLAlchemyError, ValueError):
        return "(not an address of a database)"


def cause(error: BaseException) -> str:
    """The first line of what the database said."""
    origin = getattr(error, "orig", None) or error
    return str(origin).splitlines()[0][:200] if str(origin) else type(origin).__name__
