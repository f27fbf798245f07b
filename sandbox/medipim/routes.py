"""The routes of one market.

See docs/api/medipim.md#read-endpoints, docs/api/medipim.md#write-endpoints and docs/api/medipim.md#v3.
"""

from collections.abc import Callable
from functools import partial

from starlette.routing import Route

from sandbox import html
from sandbox.exchange import Answer, Call
from sandbox.medipim import control, handlers, pages
from sandbox.medipim.errors import error_answer
from sandbox.medipim.resources import RESOURCES
from sandbox.medipim.state import MedipimState
from sandbox.medipim.v3 import V3_LISTS
from sandbox.medipim.violations import Violation

BIG = ("products", "media")
OK = 200
Endpoint = Callable[[Call], Answer]
WRITES = (
    "products/create", "products/update", "products/add-media", "products/remove-media", "product/descriptions/create",
    "product/descriptions/update", "product/descriptions/delete", "media/upload", "media/create-link", "media/update",
    "media/publish", "media/unpublish", "organizations/create", "organizations/check/subscription", "brands/create",
    "brands/update", "users/create", "api-keys/create", "api-keys/revoke", "corrections/create",
)  # fmt: skip


def routes_for(state: MedipimState) -> list[Route]:
    """Everything this market offers; all else is 404."""
    return [*_big_routes(state), *_resource_routes(state), *_v3_routes(state), *_other_routes(state)]


def _big_routes(state: MedipimState) -> list[Route]:
    routes = []
    for kind in BIG:
        routes += [
            *_queries(state, kind, partial(handlers.query, state, kind=kind)),
            _route(state, kind, "POST", f"/v4/{kind}/stream", partial(handlers.stream, state, kind=kind)),
            _route(state, kind, "GET", f"/v4/{kind}/get-fields", partial(handlers.get_fields, state, kind=kind)),
        ]
    find = {"products": handlers.find_product, "media": handlers.find_media}
    return routes + [_route(state, k, "GET", f"/v4/{k}/find", partial(f, state)) for k, f in find.items()]


def _resource_routes(state: MedipimState) -> list[Route]:
    routes = []
    for resource in RESOURCES:
        if not resource.everywhere and resource.path not in state.market.category_resources:
            continue
        listed = partial(handlers.list_resource, state, resource=resource)
        routes += _queries(state, resource.path, listed)
        if resource.find:
            endpoint = partial(handlers.find_resource, state, resource=resource)
            routes.append(_route(state, resource.path, "GET", f"/v4/{resource.path}/find", endpoint))
    routes.append(
        _route(state, "corrections", "GET", "/v4/corrections/types", partial(handlers.correction_types, state))
    )
    return routes


def _v3_routes(state: MedipimState) -> list[Route]:
    """Belgium only, as far as seen."""
    if state.market.code != "be":
        return []
    lists = [
        _route(state, name, "GET", f"/v3/{name}/all", partial(handlers.v3_all, state, table=table))
        for name, table in V3_LISTS.items()
    ]
    return [_route(state, "products", "POST", "/v3/products/search", partial(handlers.v3_search, state)), *lists]


def _other_routes(state: MedipimState) -> list[Route]:
    writes = [_route(state, path, "POST", f"/v4/{path}", partial(handlers.forbidden, state)) for path in WRITES]
    return [
        *writes,
        Route("/_sandbox/change", partial(control.change, state), methods=["POST"]),
        *_pages(state),
        Route("/_sandbox/summary", partial(control.summary, state), methods=["GET"]),
    ]


def _pages(state: MedipimState) -> list[Route]:
    one = "/_sandbox/products/{id}"
    return [
        Route("/_sandbox/", partial(pages.products, state), methods=["GET"]),
        Route("/_sandbox/style.css", html.style, methods=["GET"]),
        Route(one, partial(pages.product, state), methods=["GET"]),
        Route(one, partial(pages.change, state), methods=["POST"]),
    ]


def _queries(state: MedipimState, path: str, endpoint: Endpoint) -> list[Route]:
    """Products and media are asked by POST alone: they need a filter."""
    methods = {"POST": endpoint}
    if state.options.get_queries:
        methods["GET"] = endpoint
    if state.options.post_queries != OK and path not in BIG:
        methods["POST"] = partial(handlers.no_post, state)
    return [_route(state, path, method, f"/v4/{path}/query", each) for method, each in methods.items()]


def _route(state: MedipimState, resource: str, method: str, path: str, endpoint: Endpoint) -> Route:
    route = Route(path, _guarded(state, resource, endpoint), methods=[method])
    route.methods = {method}
    return route


def _guarded(state: MedipimState, resource: str, endpoint: Endpoint) -> Endpoint:
    """Turn refusals into error bodies, and honour the switches for missing and forbidden endpoints."""

    def handle(call: Call) -> Answer:
        if resource in state.options.missing_endpoints:
            return error_answer(404)
        if resource in state.options.forbidden_endpoints:
            return error_answer(403)
        if call.malformed:
            return error_answer(400)
        try:
            return endpoint(call)
        except Violation as violation:
            item = {"path": violation.path, "message": violation.message}
            return error_answer(state.options.validation_status, "validation_failed", violations=[item])

    return handle
