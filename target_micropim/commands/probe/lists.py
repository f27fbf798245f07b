"""Probes 1, 2 and 4: channels and headers, paging, search (docs/api/micropim.md#first-contact)."""

import requests

from target_micropim.commands.probe.client import Answer
from target_micropim.commands.probe.context import Facts, ProbeContext

LIMIT_WORDS = ("ratelimit", "retryafter", "requestid", "etag")


def channels(context: ProbeContext) -> Facts:
    """Which channels there are, and which headers speak of limits."""
    answer = context.ask("which channels are set up; which headers come along", "GET", "/api/channels")
    headers = sorted(h for h in answer.headers if any(word in h.replace("-", "").lower() for word in LIMIT_WORDS))
    slash = context.ask("is a slash at the end accepted", "GET", "/api/channels/")
    names = [str(row.get("value")) for row in answer.rows("channels")]
    return {"channels": names, "headers": headers, "trailing_slash": "accepted" if slash.good else str(slash.status)}


def paging(context: ProbeContext) -> Facts:
    """Page sizes and what lies outside of them (docs/api/micropim.md#product-list)."""
    path = "/api/products"
    context.ask("one product a page", "GET", path, params={"limit": 1})
    most = context.ask("the documented most, 100 a page", "GET", path, params={"limit": 100})
    below = context.ask("a limit below the range", "GET", path, params={"limit": 0})
    above = context.ask("a limit above the range", "GET", path, params={"limit": 500})
    context.ask("a page beyond the last", "GET", path, params={"page": 9999})
    nothing = context.ask("how an empty result counts its pages", "GET", path, params={"search": f"no{context.token}"})
    facts: Facts = {"page_limits": "clamp" if below.good and above.good else "400"}
    if isinstance(cap := _pages(most).get("items_per_page"), int):
        facts["page_cap"] = cap
    if isinstance(pages := _pages(nothing).get("total_pages"), int):
        facts["total_pages_when_empty"] = pages
    return facts


def search(context: ProbeContext) -> Facts:
    """Whether a full SKU is found, parts of it, another case; whether the order is the same each time.

    See docs/api/micropim.md#find-by-sku and docs/api/micropim.md#many-look-ups.
    """
    sku = f"{context.token}-{context.token[::-1]}"
    made = context.product("a product to search for", sku=f"PROBE-{sku}")
    for _ in range(3):
        context.product("more products, to see their order")

    def hits(answer: Answer) -> bool:
        return any(row.get("id") == made.id for row in answer.rows("products"))

    full, looks = context.client.look("its full SKU", "/api/products", hits, search=f"PROBE-{sku}")
    part = context.ask("the middle of its SKU", "GET", "/api/products", params={"search": sku[2:-2]})
    inner = context.ask("the middle of a word", "GET", "/api/products", params={"search": context.token[1:-1]})
    case = context.ask("another case", "GET", "/api/products", params={"search": f"probe-{sku}".swapcase()})
    kind = "substring" if hits(part) and hits(inner) else "tokens" if hits(full) else "none"
    return {
        "search_finds_sku": hits(full), "search": kind, "search_ignores_case": hits(case),
        "search_is_immediate": looks == 1, "order": _order(context),
    }  # fmt: skip


def _order(context: ProbeContext) -> str:
    orders = set()
    for _ in range(4):
        answer = context.ask("the order of the list, four times", "GET", "/api/products", params={"search": "PROBE"})
        orders.add(tuple(row.get("id") for row in answer.rows("products")))
    return "random" if len(orders) > 1 else "id"


def _pages(answer: Answer) -> Facts:
    pagination = answer.data.get("pagination") if isinstance(answer.data, dict) else None
    return pagination if answer.status == requests.codes.ok and isinstance(pagination, dict) else {}
