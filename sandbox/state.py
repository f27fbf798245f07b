"""What handlers may read of any service: its log of requests, and where the other service's pages are."""

from dataclasses import dataclass
from typing import Any

PAGES_AT = "/_sandbox/"


@dataclass(frozen=True)
class RequestRecord:
    """One line of the log; secrets are replaced by ``authorised`` (also a key of ``headers``).

    ``status`` is 0 when the connection was cut without an answer; ``kind`` is the limiter class of the call,
    ``client`` the address that it came from.
    """

    at: float
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    headers: dict[str, Any]
    authorised: bool
    kind: str
    client: str = ""


class ServiceState:
    """The part of the state that both services have."""

    def __init__(self) -> None:
        """Start without requests and without the other service."""
        self.requests: list[RequestRecord] = []
        self.neighbour = ("", "")  # name and page of the other service, for people
        self.pages_at = PAGES_AT  # below it are the pages for people
        self.above = ""  # the page that leads to this one, where there are several like it
