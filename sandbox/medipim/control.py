"""The sandbox's own controls; the real service has nothing of the kind."""

from typing import TYPE_CHECKING

from sandbox.exchange import Answer, Call, Json, json_answer

if TYPE_CHECKING:
    from sandbox.medipim.service import MedipimService

DEFAULT_COUNT = 20


def change(service: "MedipimService", call: Call) -> Answer:
    """POST ``/_sandbox/change {"count": n}``: new name and description on n active products."""
    count = (call.body or {}).get("count", DEFAULT_COUNT) if isinstance(call.body, dict | None) else DEFAULT_COUNT
    if not isinstance(count, int) or count < 0:
        return json_answer(400, {"error": "count must be a number from 0"})
    active = [key for key, entry in service.catalogue.entries.items() if entry.head.status == "active"][:count]
    locale = service.market.locales[0]
    second = service.catalogue.next_second()
    for product_id in active:
        service.catalogue.change(product_id, lambda raw: _rewrite(raw, locale, second))
    return json_answer(200, {"changed": active})


def summary(service: "MedipimService", call: Call) -> Answer:
    """GET ``/_sandbox/summary``."""
    del call
    statuses: Json = {}
    for entry in service.catalogue.entries.values():
        statuses[entry.head.status] = statuses.get(entry.head.status, 0) + 1
    return json_answer(200, {
        "products": len(service.catalogue.entries), "products_by_status": statuses, "requests": len(service.requests),
        "too_many_requests": sum(record.status == 429 for record in service.requests),  # noqa: PLR2004
    })  # fmt: skip


def _rewrite(raw: Json, locale: str, second: int) -> None:
    raw["name"][locale] = f"{raw['name'][locale] or raw['id']} (changed {second})"
    if raw["descriptions"]:
        raw["descriptions"][0]["content"][locale] = f"<p>Changed at {second}.</p>"
