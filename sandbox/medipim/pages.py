"""Products to look at and to change in a browser, under ``/_sandbox/``: no key, no limits, not part of Medipim."""

from datetime import UTC, datetime

from sandbox import html
from sandbox.exchange import Answer, Call, Json
from sandbox.medipim.state import MedipimState

A_PAGE = 50
NEW_STATES = ("active", "inactive", "no_selection")


def products(state: MedipimState, call: Call) -> Answer:
    """GET ``/_sandbox/``: products, narrowed by ``q``."""
    query = call.query.get("q", "").strip()
    ids = [key for key in state.catalogue.entries if not query or query.lower() in _searched(state, key)]
    pages = max(1, -(-len(ids) // A_PAGE))
    at = min(html.number(call.query.get("page")), pages)
    return html.page(
        "source",
        **_frame(state),
        total=len(ids),
        market=state.market.code,
        products=[_row(state, key) for key in ids[(at - 1) * A_PAGE : at * A_PAGE]],
        query=query,
        page=at,
        pages=pages,
        before=html.address(state.pages_at, q=query, page=at - 1),
        after=html.address(state.pages_at, q=query, page=at + 1),
    )


def product(state: MedipimState, call: Call) -> Answer:
    """GET ``/_sandbox/products/<id>``: a form."""
    if call.params["id"] not in state.catalogue.entries:
        return Answer(404, b"No such product", {"content-type": "text/plain"})
    raw, locale = state.catalogue.entries[call.params["id"]].raw, state.market.locales[0]
    texts = raw["descriptions"]
    return html.page(
        "change",
        **_frame(state),
        p=raw,
        locale=locale,
        name=raw["name"].get(locale) or "",
        text=(texts[0]["content"].get(locale) or "") if texts else None,
        saved="saved" in call.query,
        updated=datetime.fromtimestamp(raw["meta"]["updatedAt"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
    )


def change(state: MedipimState, call: Call) -> Answer:
    """POST ``/_sandbox/products/<id>``: what the form says, and back to it."""
    key, fields = call.params["id"], html.form(call)
    if key not in state.catalogue.entries or fields is None:
        return Answer(404 if fields is not None else 403, b"Not changed", {"content-type": "text/plain"})
    state.catalogue.change(key, lambda raw: _apply(raw, fields, state.market.locales[0]))
    return Answer(303, b"", {"location": f"{state.pages_at}products/{key}?saved=1"})


def _apply(raw: Json, fields: dict[str, str], locale: str) -> None:
    if fields.get("name", "").strip():
        raw["name"][locale] = fields["name"]
    if "text" in fields and raw["descriptions"]:
        raw["descriptions"][0]["content"][locale] = fields["text"]
    if fields.get("price", "").isdecimal() and "publicPrice" in raw:
        raw["publicPrice"] = int(fields["price"])
    if fields.get("status") in NEW_STATES:
        raw["status"] = fields["status"]


def _row(state: MedipimState, key: str) -> Json:
    raw = state.catalogue.entries[key].raw
    return {"id": key, "status": raw["status"], "name": raw["name"].get(state.market.locales[0]) or key}


def _searched(state: MedipimState, key: str) -> str:
    return f"{key}\n{_row(state, key)['name']}".lower()


def _frame(state: MedipimState) -> Json:
    return {
        "service": "Medipim", "root": state.pages_at, "above": state.above, "other": state.neighbour[0],
        "other_url": state.neighbour[1], "refresh": False,
    }  # fmt: skip
