"""Every status rule in one table, tried on the write that makes, the write that changes and a read.

See docs/api/micropim.md#status-codes.

``ok``: carried out at the first answer. ``again``: the same request once more. ``looked``: the SKU was looked up before
the second POST. ``taken``: looked up after a refusal, then refused. ``elsewhere``: the id is stale, the SKU is looked
up, and since nobody knows what was sent to that product, it keeps its name. ``reject``: this record only. ``stop``: the
whole run, at once.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from pim_wire.errors import AccessDenied
from pim_wire.retry import RETRIED_STATUSES
from sandbox.faults import Fault
from target_micropim.api.client import STATUS_TABLE


@dataclass(frozen=True)
class Rule:
    """What becomes of a status on each of the three."""

    post: str
    patch: str
    get: str


WELL = Rule("ok", "ok", "ok")
TAKEN, REFUSED = Rule("taken", "reject", "reject"), Rule("reject", "reject", "reject")
STOP, WAIT, FAULT = Rule("stop", "stop", "stop"), Rule("again", "again", "again"), Rule("looked", "again", "again")
TABLE: dict[int, Rule] = {
    200: WELL, 201: WELL, 204: Rule("ok", "ok", "reject"),  # a read without a body shows no product
    400: TAKEN, 409: TAKEN, 422: TAKEN,
    401: STOP, 403: STOP,
    404: Rule("reject", "again", "elsewhere"),
    405: REFUSED, 413: REFUSED, 415: REFUSED, 418: REFUSED,  # 418: any status that nobody has named
    429: WAIT,
    500: FAULT, 502: FAULT, 503: FAULT, 504: FAULT, 408: FAULT, 425: FAULT, 520: FAULT,
}  # fmt: skip
ROUTES = {"post": "POST /api/products$", "patch": "PATCH /api/products/{id}", "get": "GET /api/products/{id}$"}


def answer(status: int, route: str) -> Fault:
    """A good answer is carried out; any other is not, and speaks MicroPIM's envelope."""
    if status == 204:
        return Fault("status", route, status=status, body=b"", commit=True)
    if status < 300:
        shown = '{"id": 90001, "sku": "1", "name": "Product 1", "images": [], "status": "draft"}'
        body = f'{{"status": 1, "data": {shown}, "error": null}}' if route != ROUTES["patch"] else None
        body = body or '{"status": 1, "data": {"id": 90001}, "error": null}'
        return Fault("status", route, status=status, body=body, commit=True)
    return Fault("status", route, status=status)


@pytest.mark.parametrize("status", TABLE)
@pytest.mark.parametrize("verb", ROUTES)
def test_every_status_has_its_reaction(world: Any, singer: Any, status: int, verb: str) -> None:
    """Attempts, look-ups, rejects and the end of the run."""
    expected = getattr(TABLE[status], verb)
    record = singer.product(1)
    if verb != "post":
        world.load(singer.lines(products=[record]))
        record = {**record, "name": {"en": "New"}}
        world.forget_requests()
    world.pim.faults.add(answer(status, ROUTES[verb]))
    outcome = world.run(singer.lines(products=[record]))
    seen = [
        r for r in world.pim.requests if ROUTES[verb].rstrip("$").replace("{id}", "90001") == f"{r.method} {r.path}"
    ]
    place = world.pim.requests.index(seen[0])
    last = world.pim.requests.index(seen[-1]) if len(seen) > 1 else len(world.pim.requests)
    looks = [r for r in world.pim.requests[place:last] if r.path == "/api/products" and r.method == "GET"]
    assert isinstance(outcome.failure, AccessDenied) is (expected == "stop")
    assert len(outcome.rejects) == (expected in {"reject", "taken"})
    if verb != "get":  # a product is read before and perhaps after it is changed
        assert len(seen) == (2 if expected in {"again", "looked"} else 1)
    is_looked_for = expected in {"looked", "taken", "elsewhere"} or (verb == "post" and status in {204, 429})
    assert (len(looks) > 0) is is_looked_for or (verb, expected) == ("post", "ok")  # does a new product show?
    if expected not in {"stop", "reject", "taken"}:
        name = record["name"]["en"]
        assert [product["name"] for product in world.pim.products.values()] == [name]


@pytest.mark.parametrize("body", ["", '{"status": 1, "data": null, "error": null}', '{"status": 1, "data": {}}'])
def test_a_read_that_shows_no_product_fills_none(world: Any, singer: Any, body: str) -> None:
    """Read as an empty product, it would get an EAN over the one that a person gave it."""
    world.load(singer.lines(products=[singer.product(1)]))
    world.pim.edit(90001, ean="4006381333931")
    world.pim.faults.add(
        Fault("status", ROUTES["get"], times=None, status=200 if body else 204, body=body or b"", commit=True)
    )
    world.forget_requests()
    outcome = world.load(singer.lines(products=[singer.product(1, ean=["5449000000996"])]))
    assert "shows no product" in outcome.rejects[0]["reason"]
    assert world.writes() == []


@pytest.mark.parametrize("verb", ROUTES)
@pytest.mark.parametrize("status", [200, 201])
def test_both_layers_are_judged(world: Any, singer: Any, verb: str, status: int) -> None:
    """A good status around an envelope that says no is a reject of that record, with the server's words.

    See docs/api/micropim.md#status-in-envelope.
    """
    record = singer.product(1)
    if verb != "post":
        world.load(singer.lines(products=[record]))
        record = {**record, "name": {"en": "New"}}
    body = '{"status": 0, "data": null, "error": "Not like this"}'
    world.pim.faults.add(Fault("status", ROUTES[verb], status=status, body=body))
    assert [row["said"] for row in world.load(singer.lines(products=[record])).rejects] == ["Not like this"]


def test_an_id_that_becomes_stale_before_the_write_is_looked_up_again(world: Any, singer: Any) -> None:
    """A product that goes away between look and PATCH was deleted by somebody: it is looked for, and told."""
    world.load(singer.lines(products=[singer.product(1)]))
    world.pim.on_request(lambda call: world.pim.products.pop(90001, None) if call.method == "PATCH" else None)
    outcome = world.load(singer.lines(products=[singer.product(1, name={"en": "New"})]))
    assert outcome.rejects == []
    assert outcome.report["streams"]["products"] == {"received": 1, "skipped": 1}
    assert [row["field"] for row in outcome.report["conflicts"]] == ["existence"]
    world.forget_requests()
    world.load(singer.lines(products=[singer.product(1, name={"en": "New"})]))
    assert world.writes() == []


def test_the_table_is_whole() -> None:
    """Every status that the program names stands in the table."""
    assert set(STATUS_TABLE) | RETRIED_STATUSES <= set(TABLE)
