"""Addresses as settings may give them. Of services: https, or plain http to this machine, and nothing but the place."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from pim_wire.errors import InvalidSettings

_STORES = ("sqlite", "postgresql", "redis", "rediss")


def checked_base_url(setting: str, url: str, added: tuple[str, ...] = ()) -> str:
    """The base URL without a trailing slash. Raises InvalidSettings unless https, or http to loopback, and bare.

    ``added``: endings that every request brings itself.
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
    """A ``throttle_url`` that one of the stores may be behind. Raises InvalidSettings."""
    if url is None:
        return None
    scheme, colon, place = url.strip().partition("://")
    is_no_file = scheme == "sqlite" and (not place.startswith("/") or ":memory:" in place)
    if not colon or scheme not in _STORES or is_no_file or len(place) <= 1:
        raise InvalidSettings(
            "throttle_url: must look like sqlite:///path, postgresql://user@host/name or redis://host:6379/0"
        )
    return url.strip()


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None when it cannot be read."""
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        return None
    return parts


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by name or by address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
