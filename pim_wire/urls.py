"""URLs in settings: which ones are accepted, and how they are shown without their secrets.

A service's URL is https, or plain http to this machine, and has neither credentials nor a query.
"""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from pim_wire.errors import InvalidSettings

MOST_OF_A_SCOPE = 100
_STORE_SCHEMES = ("sqlite", "postgresql", "redis", "rediss")


def checked_base_url(setting: str, url: str, added: tuple[str, ...] = ()) -> str:
    """The base URL without a trailing slash. Raises InvalidSettings unless https, or http to loopback, and bare.

    ``added``: path segments that every request appends itself.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in {"https", "http"} or not parts.hostname:
        raise InvalidSettings(f"{setting}: not a web address; it must look like https://api.example.com")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidSettings(
            f"{setting}: must hold neither a user, a password nor a query; keys have their own settings"
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise InvalidSettings(f"{setting}: plain http is spoken to this machine only; use https for {parts.hostname}")
    base = url.strip().rstrip("/")
    if base.endswith(added):
        raise InvalidSettings(f"{setting}: leave the end out, /{base.rpartition('/')[2]}: every request adds it")
    return base


def checked_throttle_url(url: str | None) -> str | None:
    """A ``throttle_url`` that names one of the stores. Raises InvalidSettings."""
    if url is None:
        return None
    scheme, separator, location = url.strip().partition("://")
    is_no_file = scheme == "sqlite" and (not location.startswith("/") or ":memory:" in location)
    if not separator or scheme not in _STORE_SCHEMES or is_no_file or len(location) <= 1:
        raise InvalidSettings(
            "throttle_url: must look like sqlite:///path, postgresql://user@host/name or redis://host:6379/0"
        )
    return url.strip()


def checked_scope(scope: str | None) -> str | None:
    """A ``throttle_scope``: a name of one line. Raises InvalidSettings."""
    name = (scope or "").strip()
    if not name.isprintable() or len(name) > MOST_OF_A_SCOPE:
        raise InvalidSettings(f"throttle_scope: must be one line of at most {MOST_OF_A_SCOPE} characters")
    return name or None


def shown_url(url: str, kind: str = "database") -> str:
    """A URL of a database or store without its password and without its options, which may hold a password too.

    ``kind`` names what the URL should lead to, for the text in place of an unreadable one.
    """
    from sqlalchemy.engine.url import make_url  # noqa: PLC0415 - most commands need no database
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        return make_url(url).set(query={}).render_as_string(hide_password=True)
    except (SQLAlchemyError, ValueError):
        return f"(not an address of a {kind})"


def limit_name(base_url: str, whose: str, kind: str = "") -> str:
    """The name of a limit in a shared store: a service at an address counts by somebody, and perhaps by kind."""
    return " ".join(filter(None, (base_url, whose, kind)))


def _split(url: str) -> SplitResult | None:
    """The parts of a URL; None when it cannot be read."""
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        return None
    return parts


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by name or by IP address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
