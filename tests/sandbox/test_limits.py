"""Clients that do not throttle are refused, on both services."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import requests


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.mark.parametrize("header", [False, True])
def test_medipim_refuses_the_101st_call_of_a_minute(medipim: Callable[..., Any], *, header: bool) -> None:
    """100 calls in any 60 seconds per key, then 429 without a header, or with one by switch."""
    clock = Clock()
    client = medipim(products=1, requests_per_minute=100, retry_after=header, clock=clock)
    codes = [client.get("/v4/products/get-fields").status_code for _ in range(100)]
    assert codes == [200] * 100
    clock.now += 59
    refused = client.get("/v4/products/get-fields")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert refused.headers.get("retry-after") == ("1" if header else None)
    clock.now += 1
    assert client.get("/v4/products/get-fields").status_code == 200


def test_micropim_has_two_allowances(micropim: Callable[..., Any]) -> None:
    """Writes run out before reads; the wait is told in seconds (docs/api/micropim.md#rate-limits)."""
    clock = Clock()
    client = micropim(reads_per_minute=12, writes_per_minute=6, clock=clock)
    codes = [client.call("POST", "/api/categories", {"name": str(i)}).status_code for i in range(7)]
    assert codes == [201] * 6 + [429]
    codes = [client.call("GET", "/api/channels").status_code for _ in range(13)]
    assert codes == [200] * 12 + [429]
    clock.now += 10.5
    refused = client.call("POST", "/api/categories", {"name": "late"})
    assert refused.headers["retry-after"] == str(math.ceil(49.5))
    assert refused.json() == {"status": 0, "data": None, "error": "Too many requests"}
    assert client.service.counts()["too_many_requests"] == 3
    assert len(client.service.categories) == 6


def test_pictures_can_have_an_allowance_of_their_own(micropim: Callable[..., Any]) -> None:
    """Within that of writes; other writes go on."""
    client = micropim(writes_per_minute=6, pictures_per_minute=2)
    number = client.call("POST", "/api/products", {"name": "One", "sku": "1"}).json()["data"]["id"]
    picture = {"file_url": "https://media.example.test/1.jpg"}
    codes = [client.call("POST", f"/api/products/{number}/media", picture).status_code for _ in range(3)]
    assert codes == [201, 201, 429]
    codes = [client.call("POST", "/api/categories", {"name": str(i)}).status_code for i in range(4)]
    assert codes == [201, 201, 201, 429]


def test_a_limit_that_falls_says_when_the_window_has_room_again(micropim: Callable[..., Any]) -> None:
    """What was admitted by the higher limit fills the window of the lower one."""
    clock = Clock()
    client = micropim(writes_per_minute=6, clock=clock)
    for number in range(6):
        assert client.call("POST", "/api/categories", {"name": str(number)}).status_code == 201
        clock.now += 1
    client.service.allowance.becomes("write", 2)
    refused = client.call("POST", "/api/categories", {"name": "too many"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, str(60 - 2))
    clock.now += 58
    assert client.call("POST", "/api/categories", {"name": "one more"}).status_code == 201
    client.service.allowance.becomes("write", None)
    assert client.call("POST", "/api/categories", {"name": "no limit"}).status_code == 201


@pytest.mark.parametrize(("mode", "kind"), [("none", "application/json"), ("html", "text/html")])
def test_a_429_without_header_or_as_html(micropim: Callable[..., Any], mode: str, kind: str) -> None:
    """The other two modes (docs/api/micropim.md#sandbox-choices)."""
    client = micropim(reads_per_minute=0, retry_after=mode)
    refused = client.call("GET", "/api/channels")
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers
    assert refused.headers["content-type"].startswith(kind)


def test_image_search_counts_as_a_write(micropim: Callable[..., Any]) -> None:
    """It is a POST."""
    client = micropim(writes_per_minute=1)
    url = client.url + "/api/products/image-search"
    picture = {"image": ("a.png", b"\x89PNG", "image/png")}
    codes = [client.session.post(url, files=picture, timeout=5).status_code for _ in range(2)]
    assert codes == [200, 429]


def test_bad_keys_are_401_and_strangers_403(micropim: Callable[..., Any]) -> None:
    """Missing, wrong, without organization (docs/api/micropim.md#envelope)."""
    client = micropim()
    for headers in ({}, {"X-API-KEY": "wrong"}):
        answer = requests.get(client.url + "/api/products", headers=headers, timeout=5)
        assert (answer.status_code, answer.json()["status"]) == (401, 0)
    client = micropim(has_organization=False)
    assert client.call("GET", "/api/products").status_code == 403
