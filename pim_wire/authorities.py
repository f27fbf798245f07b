"""Who vouches for certificates: what the environment says, looked at before requests does (docs/decisions/0018)."""

import os
import ssl
from pathlib import Path

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
    try:
        if path.is_dir():
            return None if any(path.iterdir()) else "is an empty folder"
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return "holds no certificate"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None
