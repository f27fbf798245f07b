"""What the environment says of the way to a service: who vouches for certificates, and passwords of proxies.

Proxies themselves are read by requests; docs/decisions/0018 says what is heeded and what is not.
"""

import os
from pathlib import Path
from urllib.parse import unquote

from pim_wire.errors import SettingsRefused

AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def authorities() -> str | None:
    """The file or folder of certificates to trust instead of the usual ones; an empty variable counts as none.

    Raises SettingsRefused for one that cannot be used: the check of certificates is never left out.
    """
    for name in AUTHORITIES:
        if path := os.environ.get(name, ""):
            if trouble := _trouble_with(Path(path)):
                raise SettingsRefused(f"{name}: {path} {trouble}; give a file of certificates (PEM), or unset it")
            return path
    return None


def _trouble_with(path: Path) -> str | None:
    """Why these certificates cannot be used, in words; None when they can."""
    import ssl

    try:
        if path.is_dir():
            return None if any(path.iterdir()) else "is an empty folder"
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return "holds no certificate"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None


def proxy_credentials() -> list[tuple[str, str]]:
    """User and password of each proxy of the environment, as written and as sent."""
    found: set[tuple[str, str]] = set()
    for address in (value for name, value in os.environ.items() if name.lower().endswith("_proxy")):
        before, _at, _host = address.rpartition("@")
        user, _colon, password = before.rpartition("//")[2].partition(":")
        found |= {(user, password), (unquote(user), unquote(password))}
    return sorted(found - {("", "")})
