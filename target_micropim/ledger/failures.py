"""What a failure of the database means for the person who reads the last line: where, what, and what to do."""

from urllib.parse import unquote, unquote_plus

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


def passwords_in(url: str) -> set[str]:
    """Every text in an address that may be a password: as it stands and decoded, in the host part and the options.

    An address that no parser reads (a password with a slash in it) is searched all the same.
    """
    _scheme, _, rest = url.partition("://")
    before, _, options = rest.partition("?")
    user, at, _host = before.rpartition("@")
    found = {user.partition(":")[2]} if at else set()
    for option in options.split("&"):
        name, _, value = option.partition("=")
        if "pass" in name.lower():
            found.add(value)
    return {form for password in found for form in (password, unquote(password), unquote_plus(password)) if form}


def cause(error: BaseException) -> str:
    """The first line of what the database said."""
    origin = getattr(error, "orig", None) or error
    return str(origin).splitlines()[0][:200] if str(origin) else type(origin).__name__
