"""The catalogue in a browser, to look at and to edit by hand, under ``/_sandbox/``: no key, no limits."""

import time
from collections import Counter
from collections.abc import Iterator
from threading import RLock

from sandbox import html
from sandbox.exchange import Answer, Call, Json
from sandbox.micropim.checks import STATUSES
from sandbox.micropim.errors import ApiError
from sandbox.micropim.journal import Event, short
from sandbox.micropim.people import People
from sandbox.micropim.render import shown_product, visible_media
from sandbox.micropim.state import MicroPimState
from sandbox.micropim.store import Store

A_PAGE = 48
LATEST = 15
DEEPEST = 3
TYPED = ("name", "short_description", "price", "status")
FIELDS = (
    "id", "sku", "ean", "price", "currency", "stock", "brand", "supplier", "short_description", "description",
    "publishing_channels", "attributes", "slug",
)  # fmt: skip


def catalogue(state: MicroPimState, call: Call) -> Answer:
    """GET ``/_sandbox/``: products, narrowed by ``q`` and ``category``; the whole list refreshes itself."""
    store, query, category = state.store, call.query.get("q", "").strip(), html.number(call.query.get("category"), 0)
    rows = list(_matching(store, query.lower(), category))
    pages = max(1, -(-len(rows) // A_PAGE))
    at = min(html.number(call.query.get("page")), pages)
    narrowed = {"q": query, "category": category}
    return html.page(
        "catalogue",
        **_frame(state, refresh=not (query or category or at > 1 or "still" in call.query)),
        total=len(store.products),
        figures=_figures(state),
        categories=list(_category_rows(store, _sizes(store))),
        category=category,
        heading=store.path(category)
        if category in store.categories
        else f"Products found: {len(rows)}"
        if query
        else "Products",
        products=[_card(store, product) for product in rows[(at - 1) * A_PAGE : at * A_PAGE]],
        events=[_line(store, event) for event in store.journal.latest(LATEST)],
        query=query,
        page=at,
        pages=pages,
        before=html.address(state.pages_at, **narrowed, page=at - 1, still=1),
        after=html.address(state.pages_at, **narrowed, page=at + 1, still=1),
        still=html.address(state.pages_at, still=1),
    )


def product(state: MicroPimState, call: Call, refused: str = "") -> Answer:
    """GET ``/_sandbox/products/<id>``: fields, pictures, categories, history, and a form to edit by hand."""
    store = state.store
    row = store.products.get(call.params["id"])
    if row is None:
        return Answer(404, b"No such product", {"content-type": "text/plain"})
    shown = shown_product(store, row)
    return html.page(
        "product",
        **_frame(state, refresh=False),
        p=row,
        pictures=[item["id"] for item in visible_media(store, row)],
        categories=[{"id": i, "path": store.path(i)} for i in row["category_ids"] if i in store.categories],
        fields=[(name, short(shown[name])) for name in FIELDS if shown[name] not in (None, "", [], {})],
        events=[_line(store, event) for event in store.journal.of(row["id"])],
        statuses=STATUSES,
        saved="saved" in call.query,
        refused=refused,
    )


def edit(state: MicroPimState, call: Call) -> Answer:
    """POST ``/_sandbox/products/<id>``: a person types what the form says, and is led back to it."""
    row, form = state.store.products.get(call.params["id"]), html.form(call)
    if row is None or form is None:
        return Answer(403 if form is None else 404, b"Not changed", {"content-type": "text/plain"})
    person = People(state.store, RLock())  # the service holds the lock of its catalogue while it answers
    typed = _typed(row, form)
    try:
        if values := {name: value for name, value in typed.items() if value != ""}:
            person.edit(row["id"], **values)
        if emptied := [name for name, value in typed.items() if value == ""]:
            person.empty(row["id"], *emptied)
    except ApiError as error:
        return product(state, call, refused=error.message)
    return Answer(303, b"", {"location": f"{state.pages_at}products/{row['id']}?saved=1"})


def _typed(row: Json, form: dict[str, str]) -> Json:
    """What the form says otherwise than the product; a browser does not send a box that is not ticked."""
    typed: Json = {name: form[name] for name in TYPED if name in form and form[name] != (row[name] or "")}
    kept = [number for number in row["category_ids"] if f"category_{number}" in form]
    return typed | ({"category_ids": kept} if "has_categories" in form and kept != row["category_ids"] else {})


def _frame(state: MicroPimState, *, refresh: bool) -> Json:
    return {
        "service": "MicroPIM", "root": state.pages_at, "above": state.above, "other": state.neighbour[0],
        "other_url": state.neighbour[1], "refresh": refresh,
    }  # fmt: skip


def _figures(state: MicroPimState) -> list[tuple[str, int]]:
    counts = state.counts()
    names = ("products", "categories", "pictures", "reads", "writes")
    return [(name, counts[name]) for name in names]


def _matching(store: Store, query: str, category: int) -> Iterator[Json]:
    """Newest first."""
    for row in reversed(list(store.products.values())):
        if category and category not in row["category_ids"]:
            continue
        if query in f"{row['name']}\n{row['sku']}".lower():
            yield row


def _sizes(store: Store) -> Counter[int]:
    return Counter(number for row in store.products.values() for number in row["category_ids"])


def _category_rows(store: Store, sizes: Counter[int], parent: int | None = None, depth: int = 0) -> Iterator[Json]:
    for row in store.children(parent):
        yield {
            "id": row["id"],
            "name": row["name"],
            "depth": min(depth, DEEPEST),
            "count": sizes[row["id"]],
        }
        yield from _category_rows(store, sizes, row["id"], depth + 1)


def _card(store: Store, row: Json) -> Json:
    keys = [item["id"] for item in visible_media(store, row)]
    price = str(row["price"] or "").removesuffix("00")
    return {**row, "picture": keys[0] if keys else f"none-{row['id']}", "price": price}


def _line(store: Store, event: Event) -> Json:
    product = store.products.get(event.product, {})
    clock = time.strftime("%H:%M:%S", time.localtime(event.at))
    return {**vars(event), "time": clock, "name": product.get("name", event.product)}
