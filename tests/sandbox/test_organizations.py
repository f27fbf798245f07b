"""Several organizations of MicroPIM behind one address, several keys of Medipim: what each sees, whose limit it is."""

import http.client
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from sandbox import MedipimOptions, MicroPimOptions, Sandbox, cli

FIRST, SECOND = "key-one", "key-two"
HERE, THERE = "127.0.0.1", "127.0.0.2"
Open = Callable[..., Sandbox]


@pytest.fixture
def two() -> Iterator[Open]:
    """Make two organizations behind one address."""
    with ExitStack() as stack:

        def make(**options: Any) -> Sandbox:
            both = [MicroPimOptions(api_key=key, **options) for key in (FIRST, SECOND)]
            return stack.enter_context(Sandbox(MedipimOptions(products=3), both))

        yield make


def call(box: Sandbox, key: str, method: str, path: str, body: Any = None, address: str = HERE) -> tuple[int, Any]:
    """Status and payload of a call that leaves from an address."""
    port = int(box.micropim_url.rpartition(":")[2])
    connection = http.client.HTTPConnection(HERE, port, timeout=5, source_address=(address, 0))
    try:
        connection.request(method, path, json.dumps(body), {"X-API-KEY": key, "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())["data"]
    finally:
        connection.close()


def test_each_key_has_a_catalogue_of_its_own(two: Open) -> None:
    """Products, categories, pictures, people and the log; the same SKU may stand in both."""
    box = two()
    status, made = call(box, FIRST, "POST", "/api/products", {"name": "One", "sku": "A"})
    assert status == 201
    assert call(box, FIRST, "POST", f"/api/products/{made['id']}/media", {"file_url": "https://x.test/1.jpg"})[0] == 201
    assert call(box, FIRST, "POST", "/api/categories", {"name": "Shelf"})[0] == 201
    assert call(box, SECOND, "GET", f"/api/products/{made['id']}")[0] == 404
    assert call(box, SECOND, "GET", "/api/products")[1]["products"] == []
    assert call(box, SECOND, "GET", "/api/categories/tree")[1] == {"tree": []}
    assert call(box, SECOND, "POST", "/api/products", {"name": "Two", "sku": "A"})[0] == 201
    one, other = box.organizations
    one.edit(made["id"], name="By hand")
    assert [row["name"] for row in one.products.values()] == ["By hand"]
    assert [row["name"] for row in other.products.values()] == ["Two"]
    assert (one.counts()["pictures"], other.counts()["pictures"]) == (1, 0)
    assert [record.method for record in other.requests] == ["GET", "GET", "GET", "POST"]
    assert box.micropim is one


def test_a_key_that_nobody_has_is_refused(two: Open) -> None:
    """As one organization alone refuses it; a key that was exchanged is the new one."""
    box = two()
    assert call(box, "wrong", "GET", "/api/products")[0] == 401
    assert requests.get(box.micropim_url + "/api/products", timeout=5).status_code == 401
    box.organizations[1].switch(api_key="rotated")
    assert call(box, SECOND, "GET", "/api/products")[0] == 401
    assert call(box, "rotated", "GET", "/api/products")[0] == 200


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this machine has one loopback address")
@pytest.mark.parametrize(
    ("limit_by", "allowed"),
    [
        ("address", {(FIRST, HERE): 2, (SECOND, HERE): 0, (FIRST, THERE): 2, (SECOND, THERE): 0}),
        ("key", {(FIRST, HERE): 2, (SECOND, HERE): 2, (FIRST, THERE): 0, (SECOND, THERE): 0}),
        ("both", {(FIRST, HERE): 2, (SECOND, HERE): 0, (FIRST, THERE): 0, (SECOND, THERE): 2}),
    ],
)
def test_a_limit_is_of_an_address_a_key_or_both(two: Open, limit_by: str, allowed: dict[tuple[str, str], int]) -> None:
    """Two writes a minute: who comes later finds what is left (docs/api/micropim.md#rate-limits)."""
    box = two(writes_per_minute=2, limit_by=limit_by)
    for (key, address), places in allowed.items():
        codes = [call(box, key, "POST", "/api/categories", {"name": str(i)}, address)[0] for i in range(3)]
        assert codes == [201] * places + [429] * (3 - places), (key, address)
    assert {record.client for record in box.organizations[0].requests} == {HERE, THERE}


def test_a_limit_can_become_another_one(two: Open) -> None:
    """For all organizations behind the address at once."""
    box = two(writes_per_minute=1)
    assert [call(box, key, "POST", "/api/categories", {"name": "A"})[0] for key in (FIRST, SECOND)] == [201, 429]
    box.micropim.allowance.becomes("write", 3)
    assert [call(box, key, "POST", "/api/categories", {"name": "B"})[0] for key in (SECOND, FIRST)] == [201, 201]
    assert call(box, SECOND, "POST", "/api/categories", {"name": "C"})[0] == 429


def test_limits_that_differ_behind_one_address_make_no_sense() -> None:
    """Nor do two organizations with one key."""
    with pytest.raises(ValueError, match="share writes_per_minute"):
        Sandbox(None, [MicroPimOptions(), MicroPimOptions(api_key=SECOND, writes_per_minute=5)])
    with pytest.raises(ValueError, match="a key of its own"):
        Sandbox(None, [MicroPimOptions(), MicroPimOptions()])


def test_pages_let_one_choose_an_organization(two: Open) -> None:
    """An overview, and below it the usual pages of each, whose links stay with it."""
    box = two()
    made = box.organizations[1].add("B", name="Of the second")["id"]
    start = box.page("micropim")
    overview = requests.get(start, timeout=5).text
    assert "2 organizations" in overview
    assert 'href="/_sandbox/organizations/2/"' in overview
    second = f"{start}organizations/2/"
    page = requests.get(second, timeout=5).text
    assert f'href="/_sandbox/organizations/2/products/{made}"' in page
    assert '<a href="/_sandbox/">All organizations</a>' in page
    assert "Of the second" not in requests.get(f"{start}organizations/1/", timeout=5).text
    edited = requests.post(f"{second}products/{made}", data={"name": "New"}, timeout=5)
    assert edited.url == f"{second}products/{made}?saved=1"
    assert box.organizations[1].products[made]["name"] == "New"
    assert requests.get(f"{second}summary", timeout=5).json()["products"] == 1
    assert requests.get(f"{start}style.css", timeout=5).ok
    for missing in ("3/", "0/", "x/"):
        assert requests.get(f"{start}organizations/{missing}", timeout=5).status_code == 404


def test_keys_of_medipim_have_a_limit_each() -> None:
    """The same market; an address has no limit (docs/api/medipim.md#rate-limits)."""
    options = MedipimOptions(products=1, requests_per_minute=2, more_keys={"2": "another"})
    with Sandbox(options, None) as box:
        url = box.medipim_url + "/v4/products/get-fields"
        for pair in ((options.api_key_id, options.api_key_secret), ("2", "another")):
            assert [requests.get(url, auth=pair, timeout=5).status_code for _ in range(3)] == [200, 200, 429]
        assert requests.get(url, auth=("2", options.api_key_secret), timeout=5).status_code == 401


def test_the_command_line_prints_the_keys() -> None:
    """For a fleet file; of one organization there is nothing more to print."""
    flags = cli.parser().parse_args(["--products", "1", "--organizations", "3", "--medipim-keys", "2", "--quick"])
    box = cli.sandbox_of(flags)
    assert cli.key_lines(box) == [
        "MEDIPIM_2_ID=2",
        "MEDIPIM_2_SECRET=sandbox-medipim-secret-2",
        "MICROPIM_KEY_1=sandbox-micropim-key",
        "MICROPIM_KEY_2=sandbox-micropim-key-2",
        "MICROPIM_KEY_3=sandbox-micropim-key-3",
    ]
    assert cli.key_lines(cli.sandbox_of(cli.parser().parse_args(["--products", "1"]))) == []
    with pytest.raises(SystemExit):
        cli.parser().parse_args(["--organizations", "0"])
