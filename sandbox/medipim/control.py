"""The sandbox's own controls; the real service has nothing of the kind."""

from sandbox.exchange import Answer, Call, Json, json_answer
from sandbox.medipim.state import MedipimState

DEFAULT_COUNT = 20


def change(state: MedipimState, call: Call) -> Answer:
    """POST ``/_sandbox/change {"count": n}``: new name and description on n active products."""
    count = (call.body or {}).get("count", DEFAULT_COUNT) if isinstance(call.body, dict | None) else DEFAULT_COUNT
    if not isinstance(count, int) or count < 0:
        return json_answer(400, {"error": "count must be a number from 0"})
    active = [key for key, entry in state.catalogue.entries.items() if entry.head.status == "active"][:count]
    locale = state.market.locales[0]
    second = state.catalogue.next_second()
    for product_id in active:
        state.catalogue.change(product_id, lambda raw: _rewrite(raw, locale, second))
    return json_answer(200, {"changed": active})


def summary(state: MedipimState, call: Call) -> Answer:
    """GET ``/_sandbox/summary``."""
    del call
    statuses: Json = {}
    for entry in state.catalogue.entries.values():
        statuses[entry.head.status] = statuses.get(entry.head.status, 0) + 1
    return json_answer(200, {
        "products": len(state.catalogue.entries), "products_by_status": statuses, "requests": len(state.requests),
        "too_many_requests": sum(record.status == 429 for record in state.requests),  # noqa: PLR2004
    })  # fmt: skip


def _rewrite(raw: Json, locale: str, second: int) -> None:
    raw["name"][locale] = f"{raw['name'][locale] or raw['id']} (changed {second})"
    if raw["descriptions"]:
        raw["descriptions"][0]["content"][locale] = f"<p>Changed at {second}.</p>"
