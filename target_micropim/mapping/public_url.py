"""Pure: which addresses of pictures may be handed on to a server that will fetch them."""

import ipaddress
import re
import unicodedata
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

MAX_URL = 2048
MAX_HOST = 253
_PRIVATE_ZONES = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "private", "lan", "home", "corp", "home.arpa"}
)
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all else of IPv6 is local, or another spelling of an IPv4 address
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_UNSEEN = ("C", "Z")  # control and format characters, surrogates, blanks: Unicode's classes
_IN_NAMES = ("L", "M", "N")  # letters, marks, digits


def is_public_url(url: str, *, allow_private: bool = False) -> bool:
    """Whether a picture's address may be handed on: http(s), a host, no credentials, no private or loopback address.

    Refused, too, is what programs read in different ways: a backslash, characters nobody sees, a host in per cent
    codes. What a name resolves to cannot be known here.
    """
    parts = _parts(url)
    if parts is None or "@" in parts.netloc or not parts.hostname:
        return False
    return _is_public_host(parts.hostname, allow_private=allow_private, in_brackets=parts.netloc.startswith("["))


@lru_cache(maxsize=128)  # a source keeps its pictures on a few hosts
def _is_public_host(host: str, *, allow_private: bool, in_brackets: bool) -> bool:
    if in_brackets:
        return _is_address(host, allow_private=allow_private)
    labels = _labels(host)
    if not labels:
        return False
    if _ends_in_number(labels):  # an address, in one of its many spellings
        return _is_address(".".join(labels), allow_private=allow_private)
    return allow_private or (len(labels) > 1 and not _is_in_private_zone(labels))


def _parts(url: str) -> SplitResult | None:
    """The parts of a web address that all programs read alike, else None."""
    if len(url) > MAX_URL or not url.startswith(("http://", "https://")) or "\\" in url:
        return None
    if not (url.isprintable() and " " not in url if url.isascii() else all(map(_is_visible, url))):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in _UNSEEN


def _labels(host: str) -> list[str]:
    """The labels of a name as whoever resolves it will read them, without the root's; none when it is no name."""
    name = unicodedata.normalize("NFKC", host).casefold()
    name = unicodedata.normalize("NFKC", name).replace("\u3002", ".").removesuffix(".")
    labels = name.split(".")
    return labels if len(name) <= MAX_HOST and all(map(_is_label, labels)) else []


def _is_label(label: str) -> bool:
    if label.isascii():
        return _LABEL.fullmatch(label) is not None
    return all(c == "-" or unicodedata.category(c)[0] in _IN_NAMES for c in label)


def _ends_in_number(labels: list[str]) -> bool:
    """As browsers tell addresses from names: 127.1, 2130706433, 0x7f.1 and 0177.1 are addresses."""
    last = labels[-1]
    return last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last) is not None


def _is_address(host: str, *, allow_private: bool) -> bool:
    """An address in its plain spelling; a global one, unless private ones are allowed."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if allow_private:
        return True
    if isinstance(address, ipaddress.IPv6Address):
        return address in _GLOBAL_UNICAST and address.is_global and address.sixtofour is None
    return address.is_global and not address.is_multicast


def _is_in_private_zone(labels: list[str]) -> bool:
    return labels[-1] in _PRIVATE_ZONES or ".".join(labels[-2:]) in _PRIVATE_ZONES
