"""Pure: which addresses of pictures may be handed on to a server that will fetch them."""

import ipaddress
import unicodedata
from urllib.parse import urlsplit

MAX_URL = 2048
_PRIVATE_ZONES = (".localhost", ".local", ".internal")


def is_public_url(url: str, *, allow_private: bool = False) -> bool:
    """Whether a picture's address may be handed on: http(s), a host, no credentials, no private or loopback address.

    A backslash is refused: programs disagree on where the host ends.
    """
    if len(url) > MAX_URL or not url.startswith(("http://", "https://")):
        return False
    if "\\" in url or any(ord(character) <= ord(" ") for character in url):
        return False
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password:
        return False
    return allow_private or _is_public_host(host)


def _is_public_host(host: str) -> bool:
    """A global address, or a name with a dot in no private zone, as whoever resolves it will read it."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    name = unicodedata.normalize("NFKC", host).replace("\u3002", ".").rstrip(".")
    last = name.rpartition(".")[2]
    is_number = last.isdigit() or last.startswith("0x")  # 127.1, 2130706433, 0x7f.1: addresses in disguise
    return "." in name and not is_number and not name.endswith(_PRIVATE_ZONES)
