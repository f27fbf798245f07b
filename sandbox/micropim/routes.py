"""The 25 routes (docs/api/micropim.md#endpoints), and the sandbox's own summary."""

from collections.abc import Callable

from starlette.routing import Route

from sandbox import html
from sandbox.exchange import Answer, Call, json_answer
from sandbox.micropim import answers, pages
from sandbox.micropim.envelope import failure
from sandbox.micropim.errors import ApiError
from sandbox.micropim.state import MicroPimState

Handler = Callable[[MicroPimState, Call], Answer]

TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/api/products", answers.list_products),
    ("POST", "/api/products", answers.create_product),
    ("POST", "/api/products/image-search", answers.image_search),
    ("GET", "/api/products/barcode/{barcode}", answers.barcode),
    ("GET", "/api/products/{id:int}", answers.get_product),
    ("PATCH", "/api/products/{id:int}", answers.patch_product),
    ("DELETE", "/api/products/{id:int}", answers.archive_product),
    ("POST", "/api/products/{id:int}/media", answers.attach_media),
    ("GET", "/api/products/{id:int}/variants", answers.list_variants),
    ("GET", "/api/products/{id:int}/variants/{variant_id:int}", answers.get_variant),
    ("GET", "/api/channels", answers.list_channels),
    ("GET", "/api/categories", answers.list_categories),
    ("GET", "/api/categories/tree", answers.category_tree),
    ("POST", "/api/categories", answers.create_category),
    ("PUT", "/api/categories/{id:int}", answers.put_category),
    ("DELETE", "/api/categories/{id:int}", answers.delete_category),
    ("GET", "/api/categories/{id:int}/children", answers.category_children),
    ("GET", "/api/categories/{id:int}/products", answers.category_products),
    ("POST", "/api/categories/{id:int}/products", answers.assign_products),
    ("POST", "/api/categories/{id:int}/move", answers.move_category),
    ("GET", "/api/product-attributes", answers.list_attributes),
    ("POST", "/api/product-attributes", answers.create_attribute),
    ("GET", "/api/product-attributes/{id:int}", answers.get_attribute),
    ("PUT", "/api/product-attributes/{id:int}", answers.update_attribute),
    ("PATCH", "/api/product-attributes/{id:int}", answers.update_attribute),
    ("DELETE", "/api/product-attributes/{id:int}", answers.delete_attribute),
)


def routes_for(state: MicroPimState) -> list[Route]:
    """Bind the table to one organization."""
    routes = []
    for method, path, handler in TABLE:
        paths = [path, path + "/"] if state.options.trailing_slash == "accepted" else [path]
        routes += [_route(one, _bound(state, handler), method) for one in paths]
    routes.append(_route("/_sandbox/summary", lambda _call: json_answer(200, state.counts()), "GET"))
    return [*routes, *_pages(state)]


def _pages(state: MicroPimState) -> list[Route]:
    return [
        _route("/_sandbox/", lambda call: pages.catalogue(state, call), "GET"),
        _route("/_sandbox/products/{id:int}", lambda call: pages.product(state, call), "GET"),
        _route("/_sandbox/products/{id:int}", lambda call: pages.edit(state, call), "POST"),
        _route("/_sandbox/pictures/{key}.svg", html.picture, "GET"),
        _route("/_sandbox/style.css", html.style, "GET"),
    ]


def _route(path: str, endpoint: Callable[[Call], Answer], method: str) -> Route:
    # Starlette adds HEAD to GET; nothing is documented about HEAD, so it is 404 like all else
    # (docs/api/micropim.md#exact-paths).
    route = Route(path, endpoint, methods=[method])
    route.methods = {method}
    return route


def _bound(state: MicroPimState, handler: Handler) -> Callable[[Call], Answer]:
    """Turn refusals into envelopes."""

    def handle(call: Call) -> Answer:
        if call.malformed:
            return failure(400, "The request body is not valid JSON")
        try:
            return handler(state, call)
        except ApiError as error:
            return failure(error.status, error.message)

    return handle
