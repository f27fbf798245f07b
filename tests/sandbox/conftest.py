"""Real HTTP clients for the sandbox."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from sandbox import MedipimOptions, MedipimService, MicroPimOptions, MicroPimService, Sandbox

TIMEOUT = 5


class MedipimClient:
    """Speaks to one Medipim with the right key."""

    def __init__(self, box: Sandbox) -> None:
        self.url: str = box.medipim_url
        self.service: MedipimService = box.medipim
        self.session = requests.Session()
        self.session.auth = (box.medipim.options.api_key_id, box.medipim.options.api_key_secret)

    def post(self, path: str, body: Any = None, **more: Any) -> requests.Response:
        """POST JSON."""
        return self.session.post(self.url + path, json=body, timeout=TIMEOUT, **more)

    def get(self, path: str, **query: Any) -> requests.Response:
        """GET."""
        return self.session.get(self.url + path, params=query, timeout=TIMEOUT)

    def stream(self, filters: Any = None, sorting: Any = None, path: str = "/v4/products/stream") -> requests.Response:
        """POST a stream request over everything, unless told otherwise."""
        body = {"filter": filters or {"not": {"id": "none"}}, "sorting": sorting or {"id": "ASC"}}
        return self.post(path, body)

    def ids(self, filters: Any, sorting: Any = None) -> list[str]:
        """Ids of the streamed products."""
        answer = self.stream(filters, sorting)
        assert answer.status_code in {200, 204}, answer.text
        return [line["result"]["id"] for line in map(loads, answer.content.splitlines())]


class MicroPimClient:
    """Speaks to one MicroPIM with the right key."""

    def __init__(self, box: Sandbox) -> None:
        self.url: str = box.micropim_url
        self.service: MicroPimService = box.micropim
        self.session = requests.Session()
        self.session.headers["X-API-KEY"] = box.micropim.options.api_key

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """Any method."""
        return self.session.request(method, self.url + path, json=body, params=query, timeout=TIMEOUT)

    def data(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The payload of a call that has to succeed."""
        answer = self.call(method, path, body, **query)
        assert answer.status_code in {200, 201}, answer.text
        envelope = answer.json()
        assert envelope["status"] == 1
        assert envelope["error"] is None
        return envelope["data"]

    def create(self, sku: str, **fields: Any) -> Any:
        """Create a product."""
        return self.data("POST", "/api/products", {"name": f"Product {sku}", "sku": sku, **fields})

    def refused(self, method: str, path: str, body: Any = None, status: int = 400) -> str:
        """The error text of a call that has to fail."""
        answer = self.call(method, path, body)
        assert answer.status_code == status, answer.text
        envelope = answer.json()
        assert (envelope["status"], envelope["data"]) == (0, None)
        return str(envelope["error"])


def loads(line: bytes) -> Any:
    """Read one line."""
    return requests.compat.json.loads(line)


@pytest.fixture
def medipim() -> Iterator[Callable[..., MedipimClient]]:
    """Make a Medipim with options."""
    with ExitStack() as stack:

        def make(**options: Any) -> MedipimClient:
            options = {"requests_per_minute": None, "products": 120, **options}
            client = MedipimClient(stack.enter_context(Sandbox(MedipimOptions(**options), None)))
            stack.callback(client.session.close)
            return client

        yield make


@pytest.fixture
def micropim() -> Iterator[Callable[..., MicroPimClient]]:
    """Make a MicroPIM with options."""
    with ExitStack() as stack:

        def make(**options: Any) -> MicroPimClient:
            options = {"reads_per_minute": None, "writes_per_minute": None, **options}
            client = MicroPimClient(stack.enter_context(Sandbox(None, MicroPimOptions(**options))))
            stack.callback(client.session.close)
            return client

        yield make
